"""The job ``test`` on a played PC: run whole, cut and gone on with, refused; its network and drive tests for real."""

from __future__ import annotations

import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.agent.bad_drives import BadDrive, can_play_bad_drives
from tests.integration.agent.certificates import make_authority
from tests.integration.agent.loops import LoopDisk
from tests.integration.agent.played import ROOT, PlayedPC

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs the administrator")

MIB = 2**20
QUICK = {"memory_seconds": 1, "memory_mib": 4, "cpu_seconds": 0.2, "surface_seconds": 5, "fans_seconds": 1}
QUICK |= {"battery_seconds": 1, "network_seconds": 0.5}


@pytest.fixture
def pc(tmp_path: Path) -> PlayedPC:
    return PlayedPC(tmp_path / "pc")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.img", 48 * MIB) as disk:
        yield disk


def order_of(pc: PlayedPC, *names: str, job_id: str = "r1-test", **spec: Any) -> Path:
    """A job folder with its spec."""
    folder = pc.jobs_dir / job_id
    folder.mkdir(parents=True, exist_ok=True)
    order = {"job_id": job_id, "kind": "test", "chassis": pc.chassis, "tests": list(names), "options": QUICK} | spec
    (folder / "spec.json").write_text(json.dumps(order))
    return folder


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in result["result"]["results"]}


def test_every_automatic_test_has_a_result(pc: PlayedPC, disk: LoopDisk) -> None:
    pc.plug(disk.path, serial="LOOP1", transport="loop")
    folder = order_of(pc)
    result = pc.run_job(folder)
    assert (result["state"], result["error"]) == ("succeeded", "")
    found = by_name(result)
    wanted = "battery camera clock cpu drive-self-test drive-surface fans graphics memory network sound wifi".split()
    assert set(found) >= set(wanted)
    assert found["memory"]["outcome"] == "pass"
    surface = found["drive-surface"]
    assert (surface["target"], surface["figures"]["unreadable_places"]) == ("LOOP1", 0)
    assert not any("without an outcome" in one["reason"] for one in found.values()), found
    progress = json.loads((folder / "progress.json").read_text())
    count = len(result["result"]["results"])
    assert (progress["unit"], progress["done"], progress["total"]) == ("tests", count, count)
    assert progress["eta_seconds"] == 0


def test_another_machine_is_not_tested(pc: PlayedPC) -> None:
    result = pc.run_job(order_of(pc, "memory", chassis=pc.chassis | {"system_serial": "ANOTHER"}))
    assert result["state"] == "failed"
    assert "Nothing was tested: this machine's system_serial is PF0ABCDE" in result["error"]
    assert result["result"] == {"results": []}


def test_a_test_that_nobody_knows_is_said(pc: PlayedPC) -> None:
    result = pc.run_job(order_of(pc, "memory", "teapot"))
    assert result["state"] == "failed"
    assert "no automatic test called teapot" in result["error"]


def wait_for_results(folder: Path, name: str) -> None:
    """Until the job has kept a result of this name."""
    while True:
        try:
            if any(one["name"] == name for one in json.loads((folder / "results.json").read_text())["results"]):
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_that_is_cut_keeps_what_it_has_and_goes_on(pc: PlayedPC, how: signal.Signals) -> None:
    """The processor is done, the memory is under way when it is cut; the second start only does the memory."""
    options = QUICK | {"memory_seconds": 600}
    folder = order_of(pc, "cpu", "memory", options=options)
    job = subprocess.Popen(
        [sys.executable, "-m", "agent", "--config", str(pc.settings_path), "job", str(folder)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_results(folder, "cpu")
    while not (workers := psutil.Process(job.pid).children(recursive=True)):
        time.sleep(0.05)
    job.send_signal(how)
    assert job.wait(30) != 0
    psutil.wait_procs(workers)  # nothing of it goes on: the next start would share the memory with it
    if how == signal.SIGTERM:
        result = json.loads((folder / "result.json").read_text())
        assert result["state"] == "failed"
        assert "Only 1 of 2 tests came to their end" in result["error"]
        assert [one["name"] for one in result["result"]["results"]] == ["cpu"]
        (folder / "result.json").unlink()
    kept = json.loads((folder / "results.json").read_text())["results"][0]
    order_of(pc, "cpu", "memory")  # a second of memory is enough now
    result = pc.run_job(folder)
    assert result["state"] == "succeeded"
    assert by_name(result)["cpu"] == kept
    assert by_name(result)["memory"]["outcome"] == "pass"


# -- network -----------------------------------------------------------------------------------------


class Zeros:
    """The controller's throughput: zeros for the right token; ``busy`` answers of 429 first; cut after some bytes."""

    def __init__(self, folder: Path, *, busy: int = 0, cut_after: int | None = None, status: int = 200) -> None:
        self.ca_file, certificate, key = make_authority(folder)
        self.asked: list[int] = []
        self.busy, self.cut_after, self.status = busy, cut_after, status
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Zeros:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path, _, size = request.path.partition("?bytes=")
        if request.headers["Authorization"] != "Bearer secret" or path != "/api/agent/throughput":
            request.send_error(HTTPStatus.UNAUTHORIZED)
            return
        if self.busy:
            self.busy -= 1
            request.send_error(HTTPStatus.TOO_MANY_REQUESTS)
            return
        if self.status != HTTPStatus.OK:
            request.send_error(self.status)
            return
        self.asked.append(int(size))
        request.send_response(HTTPStatus.OK)
        request.send_header("Content-Length", size)
        request.end_headers()
        left = int(size) if self.cut_after is None else self.cut_after
        while left > 0:
            request.wfile.write(bytes(min(left, 65536)))
            left -= 65536


def network(tmp_path: Path, server: Zeros | None, **card: Any) -> dict[str, Any]:
    """Run the network test of a played card against a server."""
    url = server.url if server else "https://127.0.0.1:9"
    pc = PlayedPC(tmp_path / "pc", url=url, ca_file=server.ca_file if server else None)
    pc.rig["nics"] = [{"name": "played0", "mac": "52:54:00:00:00:01", "link": True} | card]
    pc.write()
    (pc.folder / "token").write_text("secret\n")
    result = pc.run_job(order_of(pc, "network"))
    assert result["state"] == "succeeded", result
    return by_name(result)["network"]


def test_throughput_from_the_controller(tmp_path: Path) -> None:
    with Zeros(tmp_path, busy=1) as server:
        found = network(tmp_path, server)
    assert (found["outcome"], found["target"]) == ("pass", "played0"), found
    assert found["figures"]["mbit_per_second"] > 0
    # A small one first, to know how large the real one is to be.
    assert server.asked[0] == 4 * MIB
    assert found["figures"]["bytes"] == server.asked[1] >= 4 * MIB


@pytest.mark.parametrize(
    ("how", "outcome", "words"),
    [
        ({"cut_after": 100_000}, "fail", "broke off"),
        ({"status": 404}, "skipped", "the controller answered 404"),
    ],
)
def test_a_controller_that_gives_nothing(tmp_path: Path, how: dict[str, Any], outcome: str, words: str) -> None:
    with Zeros(tmp_path, **how) as server:
        found = network(tmp_path, server)
    assert (found["outcome"], words in found["reason"]) == (outcome, True), found


def test_a_controller_that_is_not_there_says_nothing_of_the_card(tmp_path: Path) -> None:
    found = network(tmp_path, None)
    assert (found["outcome"], "was not measured" in found["reason"]) == ("skipped", True), found


def test_a_server_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    with Zeros(tmp_path / "ours") as server:
        server.ca_file = make_authority(tmp_path / "others")[0]
        found = network(tmp_path, server)
    assert (found["outcome"], "can't be reached" in found["reason"]) == ("skipped", True), found
    assert server.asked == []


# -- drives that fail --------------------------------------------------------------------------------


@pytest.mark.skipif(not can_play_bad_drives(), reason="needs nbdkit, nbdfuse and /dev/fuse")
def test_a_drive_whose_reads_fail_is_told_with_its_places(pc: PlayedPC, tmp_path: Path) -> None:
    drive = BadDrive(tmp_path, 64 * MIB)
    with drive as disk:
        drive.flags["pread"].touch()
        pc.plug(disk.path, serial="BAD1", rotational=True)
        found = by_name(pc.run_job(order_of(pc, "drive-surface")))["drive-surface"]
    assert (found["outcome"], found["target"]) == ("fail", "BAD1"), found
    assert "places can't be read, the first at LBA 0 (EIO)" in found["reason"]
    assert found["figures"]["unreadable_places"] == 16  # and not one more: a dying drive is not tortured
