"""The link on bad lines: slow and stumbling, a peer that vanishes without a word, a clock that jumps, nonsense."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from controller.machines.tables import Boot
from tests.integration.agent.played import ROOT
from tests.integration.assist.forwarder import Forwarder
from tests.integration.assist.test_streams import MEGABYTE, Flood, _still
from tests.integration.assist.world import Home, World, peak, rss
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


@contextmanager
def behind(world: World, **line: Any) -> Iterator[tuple[Home, Forwarder]]:
    """A machine at home whose way to the controller leads over such a line."""
    home, forwarder = world.home(), Forwarder(world.settings.port, **line)
    home.pc.settings["controller_url"] = f"https://127.0.0.1:{forwarder.port}"
    home.pc.write()
    try:
        home.start()
        world.wait_linked(home, 60)
        yield home, forwarder
    finally:
        if home.process is not None:
            home.stop()
        forwarder.close()


def heard(world: World, home: Home) -> object:
    """When the controller heard from it last."""
    with world.core.database.read() as session:
        query = select(Boot.last_heard_at).where(Boot.machine_id == home.machine_id).order_by(Boot.id.desc()).limit(1)
        return session.execute(query).scalar_one()


def test_heartbeats_overtake_a_full_stream_on_a_slow_line_that_stumbles(world: World) -> None:
    """200 kB/s with pauses, a service that sends as fast as it may: heartbeats go on, the agent stays small."""
    with behind(world, rate=200_000, stumbles=0.02) as (home, line):
        flood = Flood(home.folder / "screen.sock", 1000 * MEGABYTE)
        before = rss(home.agent_pid)
        viewer = world.pipe(home, "screen")
        viewer.settimeout(20)
        seen, since = set(), line.up

        def ten_heartbeats() -> bool:
            viewer.recv(1 << 16)
            seen.add(heard(world, home))
            return len(seen) >= 10

        wait_until(ten_heartbeats, "heartbeats while the line is full", 90, poll=0.01)
        assert line.up - since > 500_000  # it was full meanwhile
        assert flood.sent < flood.total
        assert peak(home.agent_pid) - before < 12 * MEGABYTE
        viewer.close()


def test_a_stalled_viewer_of_a_quick_line_leaves_the_agent_small(world: World) -> None:
    """Windows had grown while somebody read; then nobody does: what is kept stays within the largest window."""
    assert world.process is not None
    with behind(world) as (home, line):
        flood = Flood(home.folder / "screen.sock", 200 * MEGABYTE)
        before = rss(world.process.pid), rss(home.agent_pid)
        viewer = world.pipe(home, "screen")
        viewer.settimeout(60)  # a stream that stands still is told as one
        got = 0

        def read() -> int:
            try:
                return len(viewer.recv(1 << 20))
            except TimeoutError:
                raise AssertionError(f"nothing comes after {got} bytes: {story(world, home, line, flood)}") from None

        while got < 40 * MEGABYTE:
            size = read()
            assert size, f"it ended after {got} bytes: {story(world, home, line, flood)}"
            got += size
        wait_until(lambda: _still(lambda: flood.sent), "the sender waits", 30, poll=0.1)
        assert flood.sent - got < 8 * MEGABYTE
        assert rss(home.agent_pid) - before[1] < 12 * MEGABYTE
        assert rss(world.process.pid) - before[0] < 24 * MEGABYTE
        earlier = heard(world, home)
        wait_until(lambda: heard(world, home) != earlier, "a heartbeat", 30, poll=0.1)
        while size := read():
            got += size
        assert got == flood.total, story(world, home, line, flood)


def story(world: World, home: Home, line: Forwarder, flood: Flood) -> str:
    """What each part has to say, for whoever reads of a failure."""
    return "\n".join(
        [
            f"{flood.sent} bytes left the service, {line.up} went up and {line.down} down the line",
            f"agent:\n{home.log[-3000:]}",
            f"controller:\n{world.log()[-3000:]}",
            f"in the ledger: {world.entries('stream.closed', home)}",
        ]
    )


def test_a_peer_that_vanishes_without_a_word_is_noticed_at_both_ends(world: World) -> None:
    """Neither gets a FIN; pings that nobody answers (every 20 s, 30 s time) end the link, and the stream with it."""
    with behind(world) as (home, line):
        plug = world.pipe(home)
        assert plug.recv(8).startswith(b"SSH-2.0-")
        line.silent = True
        wait_until(lambda: "unreachable" in home.log, "the agent has noticed", 90, poll=0.2, hint=lambda: home.log)
        wait_until(lambda: not world.linked(home), "the controller has noticed", 90, poll=0.2)
        plug.settimeout(30)
        while plug.recv(4096):
            pass
        wait_until(lambda: world.entries("stream.closed", home), "the stream's end is in the ledger", 60, poll=0.2)
        line.silent = False
        world.wait_linked(home, 150)


JUMPING = """
import datetime, pathlib, sys, time
import agent.clock
real, began, marker = time.time, time.monotonic(), pathlib.Path(sys.argv[2])
def now():
    jumped = time.monotonic() - began > 4
    if jumped and not marker.exists():
        marker.touch()
    return real() + (({jump}) if jumped else 0)
class Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(now(), tz)
time.time, agent.clock.datetime = now, Jumping
sys.argv = ["recyclerie-agent", "--config", sys.argv[1], "run"]
from agent.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("jump", [10 * 365 * 86400, -5 * 365 * 86400])
def test_a_clock_that_jumps_cuts_nothing(world: World, jump: int) -> None:
    """Years ahead or back, in the middle of a link: it stays, reports still arrive, a stream opens."""
    home = world.home()
    home.pc.write()
    with (home.folder / "agent.log").open("ab") as log:
        marker = home.folder / "jumped"
        command = [sys.executable, "-c", JUMPING.format(jump=jump), str(home.pc.settings_path), str(marker)]
        home.process = subprocess.Popen(command, env=home.pc.environment(), stderr=log, cwd=ROOT)
    try:
        world.wait_linked(home)
        wait_until(marker.exists, "a heartbeat bears another time", 40, poll=0.2)
        seen: set[object] = set()

        def beats() -> int:
            seen.add(heard(world, home))
            return len(seen)

        wait_until(lambda: beats() > 3, "heartbeats go on", 40, poll=0.1)
        folder = home.pc.job("r1-erase-d1", kind="erase")
        result = '{"job_id": "r1-erase-d1", "kind": "erase", "state": "failed", "started_at": "", "ended_at": "", '
        (folder / "result.json").write_text(result + '"error": "x", "result": {}}')
        spool = home.pc.state_dir / "spool"
        gone = lambda: (folder / "reported.json").exists() and not list(spool.glob("*.json"))  # noqa: E731
        wait_until(gone, "a result arrives", 30, poll=0.1)
        plug = world.pipe(home)
        assert plug.recv(8).startswith(b"SSH-2.0-")
        plug.close()
        assert "unreachable" not in home.log
    finally:
        home.stop()
