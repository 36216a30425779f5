"""The running agent against a controller that comes, goes, refuses and forgets to answer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agent.certificates import make_authority
from tests.integration.agent.played import ROOT, PlayedPC


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], Any], seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = ready()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


class Controller:
    """The double, as a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.ca_file, _, _ = make_authority(folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.behave()

    def behave(self, **wanted: Any) -> None:
        values = {"status": "accepted", "token": "t" * 32} | wanted
        fresh = self.folder / "behaviour.new"
        fresh.write_text(json.dumps(values))
        fresh.replace(self.folder / "behaviour.json")

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.integration.agent.controller_double", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)

        def listening() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(listening)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]

    def received(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.lines("received.jsonl") if message["type"] == kind]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    controller = Controller(tmp_path / "controller")
    yield controller
    controller.kill()


@pytest.fixture
def pc(tmp_path: Path, controller: Controller) -> PlayedPC:
    pc = PlayedPC(tmp_path / "pc", url=f"https://127.0.0.1:{controller.port}", ca_file=controller.ca_file)
    pc.settings["health_seconds"] = 3600
    pc.write()
    return pc


@pytest.fixture
def start(pc: PlayedPC, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    tools = tmp_path / "tools"
    tools.mkdir()
    # The host may have no systemd: units are what the test says.
    fake = tools / "systemctl"
    fake.write_text(f'#!/bin/sh\n[ "$1" = is-active ] && cat {tools}/state 2>/dev/null\nexit 0\n')
    fake.chmod(0o755)

    def run() -> subprocess.Popen[bytes]:
        environment = pc.environment(PATH=f"{tools}:{os.environ['PATH']}")
        process = subprocess.Popen(pc.command("run"), env=environment, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        try:
            assert process.wait(10) == 0
        finally:
            process.kill()


Start = Callable[[], "subprocess.Popen[bytes]"]


def finished_job(pc: PlayedPC, job_id: str) -> None:
    folder = pc.job(job_id, kind="erase")
    (folder / "log").write_text("one line\nanother line\n")
    result = {
        "job_id": job_id, "kind": "erase", "state": "succeeded", "started_at": "", "ended_at": "",
        "error": "", "result": {},
    }  # fmt: skip
    (folder / "result.json").write_text(json.dumps(result))


def test_announce_wait_for_acceptance_link_and_report(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.behave(status="quarantined")
    controller.start()
    start()
    wait_until(lambda: len(controller.lines("announced.jsonl")) >= 3)
    status = json.loads((pc.state_dir / "status.json").read_text())
    assert status["state"] == "quarantined"
    assert not (pc.folder / "token").exists()
    controller.behave()
    wait_until(lambda: controller.received("inventory") and controller.received("health"))
    bodies = [line["body"] for line in controller.lines("announced.jsonl")]
    assert {body["boot_secret"] for body in bodies} == {bodies[0]["boot_secret"]}
    assert len(bodies[0]["boot_secret"]) == 64
    assert bodies[0]["chassis"]["system_serial"] == "PF0ABCDE"
    assert bodies[0]["nics"][0]["mac"] == "52:54:00:00:00:01"
    assert (pc.folder / "token").stat().st_mode & 0o777 == 0o600
    assert controller.received("inventory")[0]["body"]["schema"] == "recyclerie.inventory/1"
    assert controller.received("health")[0]["body"]["schema"] == "recyclerie.health/1"
    wait_until(lambda: len(controller.received("heartbeat")) >= 2)
    wait_until(lambda: not list((pc.state_dir / "spool").glob("*.json")))  # all was acknowledged
    assert json.loads((pc.state_dir / "status.json").read_text())["state"] == "linked"


def test_results_survive_a_controller_that_is_killed(controller: Controller, pc: PlayedPC, start: Start) -> None:
    """Nothing is lost, nothing is told twice to a controller that keeps ids, and the order stays."""
    controller.start()
    start()
    wait_until(lambda: controller.received("inventory"))
    controller.kill()
    for number in range(6):
        finished_job(pc, f"r1-erase-d{number}")
    time.sleep(3)
    controller.start()
    controller.behave(cut_after=5)  # the link breaks after every fifth message, unacknowledged
    wait_until(lambda: len({m["id"] for m in controller.received("job.result")}) >= 3, 40)
    controller.kill()
    controller.behave()
    controller.start()
    wait_until(lambda: len({m["id"] for m in controller.received("job.result")}) == 6, 40)
    wait_until(lambda: not list((pc.state_dir / "spool").glob("*.json")))
    first_seen = list(dict.fromkeys(m["body"]["job_id"] for m in controller.received("job.result")))
    assert first_seen == [f"r1-erase-d{number}" for number in range(6)]
    logs = {m["id"]: m["body"] for m in controller.received("job.log")}
    assert len(logs) == 6
    assert {body["text"] for body in logs.values()} == {"one line\nanother line\n"}
    before = len(controller.received("job.result"))
    time.sleep(3)
    assert len(controller.received("job.result")) == before


def test_a_restarted_agent_does_not_report_again(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.start()
    first = start()
    finished_job(pc, "r1-erase-d1")
    wait_until(lambda: controller.received("job.result") and controller.received("inventory"))
    wait_until(lambda: not list((pc.state_dir / "spool").glob("*.json")))
    first.terminate()
    first.wait(10)
    start()
    wait_until(lambda: len(controller.received("inventory")) >= 2)
    time.sleep(2.5)
    assert len(controller.received("job.result")) == 1
    secrets = {line["body"]["boot_secret"] for line in controller.lines("announced.jsonl")}
    assert len(secrets) == 1  # the same boot, the same secret


def test_what_was_not_acknowledged_survives_the_agent(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.behave(acknowledge=False)
    controller.start()
    first = start()
    finished_job(pc, "r1-erase-d1")
    wait_until(lambda: controller.received("job.result"))
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    controller.behave()
    second = start()
    wait_until(lambda: len(controller.received("job.result")) >= 2)
    assert len({m["id"] for m in controller.received("job.result")}) == 1
    second.terminate()
    second.wait(10)
    first.returncode = 0  # killed on purpose


def test_a_refused_token_means_a_new_announcement(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.start()
    start()
    wait_until(lambda: controller.received("inventory"))
    controller.kill()
    controller.behave(token="n" * 32)
    controller.start()
    announced = len(controller.lines("announced.jsonl"))
    wait_until(lambda: len(controller.lines("announced.jsonl")) > announced, 40)
    wait_until(lambda: (pc.folder / "token").read_text().strip() == "n" * 32)


def test_a_report_on_demand(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.start()
    start()
    wait_until(lambda: controller.received("inventory"))
    say = controller.folder / "say.json"
    say.write_text(json.dumps({"type": "report.now", "body": {"what": "inventory"}}))
    wait_until(lambda: len(controller.received("inventory")) >= 2)


def test_progress_is_streamed_at_most_once_a_second(controller: Controller, pc: PlayedPC, start: Start) -> None:
    controller.start()
    start()
    wait_until(lambda: controller.received("heartbeat"))
    folder = pc.job("r1-erase-d1", kind="erase")
    began = time.monotonic()
    done = 0
    while time.monotonic() - began < 4:
        done += 1
        fresh = folder / "p.new"
        fresh.write_text(json.dumps({"job_id": "r1-erase-d1", "phase": "write", "done": done, "total": 100}))
        fresh.replace(folder / "progress.json")
        time.sleep(0.1)
    wait_until(lambda: controller.received("job.progress")[-1]["body"]["done"] == done)
    assert 2 <= len(controller.received("job.progress")) <= time.monotonic() - began + 2


def test_a_job_that_died_is_reported_lost(controller: Controller, pc: PlayedPC, start: Start, tmp_path: Path) -> None:
    controller.start()
    state = tmp_path / "tools/state"
    start()
    state.write_text("active\n")
    folder = pc.job("r1-erase-d1", kind="erase")
    (folder / "progress.json").write_text(json.dumps({"phase": "write", "done": 1, "total": 9}))
    wait_until(lambda: controller.received("job.progress"))
    time.sleep(6)
    assert not controller.received("job.result")
    state.write_text("failed\n")
    body = wait_until(lambda: controller.received("job.result"))[0]["body"]
    assert body["state"] == "lost"
    assert body["result"]["outcome"] == "unknown"
    assert json.loads((folder / "result.json").read_text()) == body


def test_a_stranger_with_another_authority_is_not_trusted(
    controller: Controller, pc: PlayedPC, start: Start, tmp_path: Path
) -> None:
    other, _, _ = make_authority(tmp_path / "other", "another authority")
    pc.settings["ca_file"] = str(other)
    pc.write()
    controller.start()
    start()
    status = pc.state_dir / "status.json"
    wait_until(lambda: status.exists() and "certificate" in json.loads(status.read_text())["message"])
    assert not controller.lines("announced.jsonl")


def test_resident_announces_with_its_own_token(controller: Controller, pc: PlayedPC, start: Start) -> None:
    token = pc.folder / "token"
    token.write_text("r" * 40 + "\n")
    token.chmod(0o600)
    controller.behave(token="r" * 40)
    pc.settings["mode"] = "resident"
    pc.write()
    controller.start()
    start()
    wait_until(lambda: controller.received("health"))
    line = controller.lines("announced.jsonl")[0]
    assert line["authorization"] == "Bearer " + "r" * 40
    assert line["body"]["mode"] == "resident"


def test_it_stays_small_and_quiet(controller: Controller, pc: PlayedPC, start: Start) -> None:
    """A family's PC has little memory, and a laptop little battery: 40 MB, and next to no CPU when idle."""
    controller.start()
    agent = start()
    wait_until(lambda: controller.received("health"))
    time.sleep(1)

    def cpu_seconds() -> float:
        fields = Path(f"/proc/{agent.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = cpu_seconds()
    time.sleep(5)
    # The double asks for two heartbeats a second, forty times as many as the controller.
    assert cpu_seconds() - before < 0.25
    status = Path(f"/proc/{agent.pid}/status").read_text()
    resident = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    assert resident < 40 * 1024
    # The collectors' libraries live in children only.
    maps = Path(f"/proc/{agent.pid}/maps").read_text()
    assert "psutil" not in maps
