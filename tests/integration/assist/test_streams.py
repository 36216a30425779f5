"""Streams through the real controller and a real agent: ssh without a port, limits, refusals, ends."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from controller.assist.pipe import NoStream
from controller.errors import RecyclerieError
from controller.machines.ssh import HostKeyMismatch, connect_through, run
from tests.integration.assist.world import Home, World, peak, rss
from tests.integration.playbooks.test_inventory import BIN
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(240)
MEGABYTE = 1 << 20


def test_a_root_session_through_the_link(world: World, home: Home) -> None:
    with world.ssh(home) as client:
        status, output = run(client, "id -u; exit 3")
    assert (status, output.strip()) == (3, b"0")
    closed = wait_until(lambda: world.entries("stream.closed", home), "its end is in the ledger", 60, poll=0.2)
    opened = world.entries("stream.opened", home)
    assert [e["actor"] for e in (*opened, *closed)] == ["user:7", "user:7"]
    assert opened[0]["subject"] == closed[0]["subject"] == f"machine:{home.machine_id}"
    assert opened[0]["body"]["stream"] == closed[0]["body"]["stream"]
    assert closed[0]["body"]["from_machine_bytes"] > 1000
    assert "a test" not in str(opened + closed)  # what somebody typed stays out of the ledger
    assert "a test" in home.log  # and is in the machine's own journal


def test_nothing_listens_on_the_machine(world: World, home: Home) -> None:
    with world.ssh(home):
        ports = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    assert f"pid={home.agent_pid}," not in ports


def test_another_key_opens_nothing(world: World, home: Home, tmp_path: Path) -> None:
    """The workshop's own key, which the system trusted until it was sealed, is no maintenance key."""
    with world.core.database.read():
        keys = [" ".join(home.host_key.with_suffix(".pub").read_text().split()[:2])]
    with pytest.raises(paramiko.AuthenticationException):
        with connect_through(world.pipe(home), keys, world.core.keys.ssh):
            pass


def test_another_host_key_is_refused(world: World, home: Home) -> None:
    other = world.core.keys.maintenance_public.split()[:2]
    with pytest.raises(HostKeyMismatch):
        with connect_through(world.pipe(home), [" ".join(other)], world.core.keys.maintenance):
            pass


def test_fifty_megabytes_both_ways_in_bounded_memory(world: World, home: Home) -> None:
    assert world.process is not None
    data = os.urandom(MEGABYTE) * 50
    before = rss(world.process.pid), rss(home.agent_pid)
    with world.ssh(home) as client:
        files = client.open_sftp()
        there = home.folder / "fifty"
        with files.open(str(there), "wb") as file:
            file.set_pipelined(True)
            file.write(data)
        assert there.stat().st_size == len(data)
        channel = client.get_transport().open_session()  # type: ignore[union-attr]
        channel.exec_command(f"cat {there}")
        digest = hashlib.sha256()
        while part := channel.recv(1 << 16):
            digest.update(part)
    assert digest.digest() == hashlib.sha256(data).digest()
    # Windows of 256 KiB, once there, once here; far from 50 MB at either end.
    assert peak(world.process.pid) - before[0] < 24 * MEGABYTE
    assert peak(home.agent_pid) - before[1] < 16 * MEGABYTE


class Flood:
    """A service that sends zeros as fast as it may, as a screen that changes all the time does."""

    def __init__(self, path: Path, total: int) -> None:
        self.sent, self.total = 0, total
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(str(path))
        self.listening.listen()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        plug, _ = self.listening.accept()
        with suppress(ConnectionError):  # the viewer left
            while self.sent < self.total:
                self.sent += plug.send(bytes(min(1 << 16, self.total - self.sent)))
            plug.shutdown(socket.SHUT_WR)


def test_who_does_not_read_stops_the_writer_and_holds_up_nobody(world: World, home: Home) -> None:
    """A slow viewer: the sender waits, memory stays, another stream and the heartbeats go on, nothing is lost."""
    assert world.process is not None
    flood = Flood(home.folder / "screen.sock", 64 * MEGABYTE)
    with world.ssh(home) as quick:
        run(quick, "true")
        before = rss(world.process.pid), rss(home.agent_pid)
        viewer = world.pipe(home, "screen")
        wait_until(lambda: _still(lambda: flood.sent), "the sender waits", 30, poll=0.1)
        # What fits on the way: the stream's window, the pipe's buffers at both ends, nothing else.
        assert 0 < flood.sent < 4 * MEGABYTE
        for _ in range(20):
            assert run(quick, "echo here")[1] == b"here\n"
        assert rss(world.process.pid) - before[0] < 8 * MEGABYTE
        assert rss(home.agent_pid) - before[1] < 4 * MEGABYTE
        assert world.linked(home)
        got = 0
        while data := viewer.recv(1 << 20):
            assert not any(data)
            got += len(data)
        assert got == flood.total
        viewer.close()


def _still(value: Callable[[], int]) -> bool:
    before = value()
    time.sleep(0.5)
    return 0 < before == value()


def test_a_service_that_is_not_listed_is_refused_by_the_agent(world: World, home: Home) -> None:
    for name in ("root-shell", "", "../ssh", "127.0.0.1:22", "ssh\0"):
        with pytest.raises(NoStream, match=r"no service .* on its list"):
            world.pipe(home, name)
    assert not world.entries("stream.opened", home)


def test_a_list_without_ssh_refuses_ssh(world: World) -> None:
    home = world.home()
    home.pc.settings["services"] = ["screen"]
    home.pc.write()
    home.start()
    world.wait_linked(home)
    with pytest.raises(NoStream, match="no service 'ssh'"):
        world.pipe(home)


def test_the_screen_without_a_session_is_refused(world: World, home: Home) -> None:
    with pytest.raises(NoStream, match="Nobody has accepted a session"):
        world.pipe(home, "screen")


def test_a_machine_without_a_maintenance_key_says_so(world: World, home: Home) -> None:
    home.keys.unlink()
    with pytest.raises(NoStream, match="takes no maintenance key"):
        world.pipe(home)


def test_a_machine_that_is_off_and_one_that_does_not_exist(world: World) -> None:
    home = world.home()
    with pytest.raises(NoStream, match="is not connected right now"):
        world.pipe(home)
    home.tag = "R-999999"
    with pytest.raises(NoStream, match="no machine R-999999"):
        world.pipe(home)


def test_so_many_streams_and_no_more(world: World, home: Home) -> None:
    plugs = [world.pipe(home) for _ in range(8)]
    with pytest.raises(NoStream, match="8 streams are open already"):
        world.pipe(home)
    plugs.pop().close()
    again = wait_until(lambda: _try(world, home), "one has room again", 60, poll=0.2)
    for plug in (*plugs, again):
        plug.close()


def _try(world: World, home: Home) -> socket.socket | None:
    try:
        return world.pipe(home)
    except NoStream:
        return None


def test_two_machines_never_meet(world: World, home: Home) -> None:
    """The other machine's token opens the other machine's link, never this one's."""
    other = world.home()
    other.start()
    world.wait_linked(other)
    with world.ssh(home) as one, world.ssh(other) as two:
        assert run(one, f"test -e {home.folder}/agent.json && echo $PPID")[0] == 0
        assert run(two, "true")[0] == 0


def test_another_machines_token_is_refused_and_disturbs_nobody(world: World, home: Home) -> None:
    thief = world.home()
    (thief.folder / "token").write_text((home.folder / "token").read_text())
    thief.start()
    wait_until(lambda: "its SSH host keys are others" in thief.log, "it is refused", 30, poll=0.2)
    assert not world.linked(thief)
    with world.ssh(home) as client:
        assert run(client, "true")[0] == 0


def test_a_link_with_a_stolen_token_is_not_the_machine(world: World, home: Home) -> None:
    """Whoever goes straight to the link with it can't show the machine's host key: nobody signs in there."""
    thief = world.home()
    home.stop()
    (thief.folder / "token").write_text((home.folder / "token").read_text())
    script = (
        "import asyncio, pathlib; from agent.config import load_config; from agent import service;"
        f"config = load_config(pathlib.Path({str(thief.pc.settings_path)!r}));"
        "agent = service.Agent(config);"
        f"asyncio.run(agent._stay_linked({(home.folder / 'token').read_text().strip()!r}))"
    )
    wait_until(lambda: not world.linked(home), "the machine is off", 60, poll=0.1)
    thief.process = subprocess.Popen([sys.executable, "-c", script], env=thief.pc.environment())
    world.wait_linked(home)
    with pytest.raises(HostKeyMismatch):
        with world.ssh(home):
            pass


def test_the_agent_dies(world: World, home: Home) -> None:
    plug = world.pipe(home)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    home.stop(signal.SIGKILL)
    plug.settimeout(20)
    while plug.recv(4096):
        pass
    wait_until(lambda: world.entries("stream.closed", home), "its end is in the ledger", 60, poll=0.2)
    wait_until(lambda: not world.linked(home), "the controller knows", 60, poll=0.1)
    home.start()
    world.wait_linked(home)
    with world.ssh(home) as client:
        assert run(client, "true")[0] == 0


def test_the_controller_dies_and_comes_back(mortal: World, its_home: Home) -> None:
    plug = mortal.pipe(its_home)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    mortal.kill()
    assert _sshd_of(its_home) == [] or wait_until(lambda: not _sshd_of(its_home), "its sshd is gone", 60, poll=0.2)
    mortal.start()
    # The stream that the killed process left open has its end in the ledger, without figures.
    closed = mortal.entries("stream.closed", its_home)
    assert [(e["body"]["aborted"], e["body"]["seconds"]) for e in closed] == [(True, None)]
    mortal.wait_linked(its_home, 60)
    with mortal.ssh(its_home) as client:
        assert run(client, "true")[0] == 0


def test_a_controller_that_is_stopped_ends_streams_in_order(mortal: World, its_home: Home) -> None:
    plug = mortal.pipe(its_home)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    mortal.kill(signal.SIGTERM)
    closed = mortal.entries("stream.closed", its_home)
    assert len(closed) == 1
    assert closed[0]["body"]["from_machine_bytes"] > 0


def _sshd_of(home: Home) -> list[str]:
    """Processes of the agent's that are no part of it."""
    found = subprocess.run(["pgrep", "-P", str(home.agent_pid)], capture_output=True, text=True, check=False)
    return found.stdout.split()


def test_a_machine_given_back_loses_its_link_and_its_key(world: World, home: Home) -> None:
    from controller.machines.lifecycle import State
    from controller.machines.moves import move
    from controller.machines.registry import get_machine

    plug = world.pipe(home)
    assert plug.recv(8).startswith(b"SSH-2.0-")
    with world.core.database.write() as session:
        move(session, get_machine(session, home.machine_id), State.RETURNED, "user:1")
    plug.settimeout(40)
    while plug.recv(4096):
        pass
    wait_until(lambda: not home.keys.exists(), "the machine takes the key out", 30, poll=0.2)
    with pytest.raises(RecyclerieError, match="is not connected"):
        world.pipe(home)


def test_openssh_through_the_proxy_command(world: World, home: Home, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"x {home.host_key.with_suffix('.pub').read_text()}")
    ssh = [
        "ssh", "-F", "none", "-o", f"ProxyCommand={BIN}/recyclerie assist pipe {home.tag} --service ssh",
        "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=x",
        "-o", "IdentitiesOnly=yes", "-i", str(world.core.keys.maintenance), "root@x",
    ]  # fmt: skip
    done = subprocess.run(
        [*ssh, "cat"], input=b"y" * 300_000, capture_output=True, env=world.environment(), check=False
    )
    assert (done.returncode, done.stdout) == (0, b"y" * 300_000), done.stderr
    home.stop()
    wait_until(lambda: not world.linked(home), "it is off", 60, poll=0.1)
    done = subprocess.run([*ssh, "true"], capture_output=True, env=world.environment(), check=False)
    assert done.returncode == 255
    assert f"{home.tag} is not connected right now. It must be switched on" in done.stderr.decode()


def test_only_this_account_may_open_pipes(world: World, home: Home) -> None:
    path = world.settings.run_dir / "assist.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.chmod(0o755)
    for folder in (world.folder, world.settings.data_dir):
        folder.chmod(0o755)
    path.chmod(0o666)  # even if somebody opened the folder: the kernel says who asks
    script = f"import socket; s=socket.socket(socket.AF_UNIX); s.connect('{path}'); print(s.recv(500).decode())"
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", script],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "the account 65534 may not open streams" in done.stdout, done.stderr


def test_heartbeats_and_results_pass_a_stream_that_fills_the_link(world: World, home: Home) -> None:
    with world.ssh(home) as client:
        channel = client.get_transport().open_session()  # type: ignore[union-attr]
        channel.exec_command("dd if=/dev/zero bs=1M count=400 2>/dev/null")
        got = 0

        def drain() -> None:
            nonlocal got
            while part := channel.recv(1 << 16):
                got += len(part)

        reader = threading.Thread(target=drain)
        reader.start()
        home.pc.job("r1-erase-d1", kind="erase")
        folder = home.pc.jobs_dir / "r1-erase-d1"
        result = '{"job_id": "r1-erase-d1", "kind": "erase", "state": "failed", "started_at": "", "ended_at": "", '
        (folder / "result.json").write_text(result + '"error": "x", "result": {}}')
        began = time.monotonic()
        spool = home.pc.state_dir / "spool"
        wait_until(lambda: (folder / "reported.json").exists(), "it is seen", 30, poll=0.1)
        wait_until(lambda: not list(spool.glob("*.json")), "the result is acknowledged", 30, poll=0.1)
        assert reader.is_alive() or got == 400 * MEGABYTE
        assert time.monotonic() - began < 30
        reader.join(120)
    assert got == 400 * MEGABYTE
