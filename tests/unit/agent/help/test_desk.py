"""The agent's desk at a real socket: who may ask, for what, how often; and a code only once it leads somewhere."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Config, parse_config
from agent.help import desk as desk_module
from agent.help.desk import HelpDesk, _plain
from agent.help.pace import Pace
from agent.help.state import network_kind
from agent.link.outbox import Outbox
from agent.link.spool import Spool

Say = Callable[..., Awaitable[dict[str, Any]]]
ASK = {"do": "ask", "topic": "printer", "text": "rien ne sort", "phone": "06 12", "language": "fr"}


async def _state(_config: Config) -> dict[str, Any]:
    return {"uptime_seconds": 60}


class Room:
    """A desk that is open, and what it left in the outbox."""

    def __init__(self, folder: Path, linked: bool = True) -> None:
        settings = {"mode": "resident", "controller_url": "https://127.0.0.1:9", "state_dir": str(folder)}
        self.config = parse_config(settings | {"rig": {"help_socket": str(folder / "help.sock")}})
        self.outbox = Outbox(Spool(folder / "spool"))
        self.linked = linked
        self.desk = HelpDesk(self.config, self.outbox, lambda: self.linked, _state)

    async def __aenter__(self) -> Room:
        self.task = asyncio.create_task(self.desk.serve())
        while not self.desk.path.exists() or not self.desk.path.stat().st_mode & 0o002:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def raw(self, data: bytes) -> bytes:
        """What comes back for these bytes."""
        reader, writer = await asyncio.open_unix_connection(str(self.desk.path))
        writer.write(data)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        return answer

    async def say(self, **what: Any) -> dict[str, Any]:
        """One question, as the window asks it."""
        return dict(json.loads(await self.raw(json.dumps(what).encode() + b"\n")))

    def kept(self) -> list[dict[str, Any]]:
        """The messages that wait to be sent."""
        return [dict(message) for _, message in self.outbox.spool.after(0)]


def test_a_call_is_kept_until_the_controller_has_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with Room(tmp_path, linked=False) as room:
            answer = await room.say(**ASK)
            assert answer["ok"]
            assert answer["linked"] is False
            [message] = room.kept()
            assert message["type"] == "help.request"
            body = message["body"]
            assert body["text"] == "rien ne sort"
            assert body["machine"] == {"uptime_seconds": 60}
            assert body["asked_at"].endswith("Z")
            [known] = (await room.say(do="state"))["requests"]
            assert known["state"] == "waiting"
            assert "text" not in known
            room.desk.hear({"request": answer["request"], "state": "assigned"})
            room.desk.hear({"request": "0" * 32, "state": "solved"})
            room.desk.hear({"request": answer["request"], "state": "made up"})
            assert (await room.say(do="state"))["requests"][0]["state"] == "assigned"
            room.desk.hear(
                {"request": answer["request"], "state": "assigned", "note": "Nous \u202eappelons à 17 h\0" + "!" * 999}
            )
            [known] = (await room.say(do="state"))["requests"]
            assert known["note"] == ("Nous appelons à 17 h" + "!" * 999)[:300]
        again = Room(tmp_path)
        assert again.desk.kept.of(os.getuid())[0]["state"] == "assigned"  # over a restart
        assert again.desk.kept.of(os.getuid())[0]["note"].startswith("Nous appelons")
        assert "rien ne sort" not in (tmp_path / "help.json").read_text()
        assert again.desk.kept.of(4242) == []  # another account's calls are nobody's business

    asyncio.run(run())


def test_a_code_is_shown_once_the_controller_has_it_and_never_sent_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "ACK_SECONDS", 0.3)

    async def acknowledge(room: Room) -> None:
        while not room.kept():
            await asyncio.sleep(0.01)
        for message in room.kept():
            room.outbox.acknowledge(message["id"])

    async def run() -> None:
        async with Room(tmp_path, linked=False) as room:
            assert await room.say(do="code") == {"ok": False, "code": "not-linked"}
            assert room.kept() == []
            room.linked = True
            assert await room.say(do="code") == {"ok": False, "code": "not-linked"}  # nobody acknowledges
            assert room.kept() == []
            answer, _ = await asyncio.gather(room.say(do="code"), acknowledge(room))
            assert answer["ok"]
            assert len(answer["code"]) == 6
            assert answer["code"].isdigit()
            assert 0 < answer["seconds"] <= 900

    asyncio.run(run())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"hello\n",
        b"[]\n",
        b'"ask"\n',
        b"[" * 5000 + b"\n",
        b'{"do": "open", "service": "ssh"}\n',
        b'{"do": "ask"}\n',
        b'{"do": "ask", "topic": "printer", "language": "xx"}\n',
        b'{"do": "ask", "topic": ["printer"], "language": "fr"}\n',
        b'{"do": "ask", "topic": "../../etc", "language": "fr"}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_question(tmp_path: Path, data: bytes) -> None:
    async def run() -> None:
        async with Room(tmp_path) as room:
            answer = await room.raw(data)
            assert json.loads(answer) == {"ok": False, "code": "bad-request"}
            assert room.kept() == []
            assert (await room.say(do="state"))["ok"]  # and the desk goes on

    asyncio.run(run())


def test_a_line_without_an_end_costs_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with Room(tmp_path) as room:
            assert await room.raw(b"x" * 200_000) in (b"", b'{"ok": false, "code": "bad-request"}\n')
            assert (await room.say(do="state"))["ok"]

    asyncio.run(run())


def test_nobody_fills_the_list(tmp_path: Path) -> None:
    async def run() -> None:
        async with Room(tmp_path) as room:
            answers = [(await room.say(**ASK)).get("code", "ok") for _ in range(6)]
            assert answers == ["ok"] * 3 + ["too-many"] * 3
            assert len(room.kept()) == 3

    asyncio.run(run())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(("uid", "allowed"), [(1000, True), (1001, True), (33, False), (65534, False), (61200, False)])
def test_accounts_of_people_may_ask_those_of_services_not(tmp_path: Path, uid: int, allowed: bool) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o011 != 0o011:
            folder.chmod(folder.stat().st_mode | 0o011)

    program = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        's.sendall(b\'{"do": "state"}\\n\'); print(s.makefile().readline())'
    )

    def ask_as(path: Path) -> str:
        command = ["/usr/bin/python3", "-c", program, str(path)]
        return subprocess.run(command, user=uid, group=uid, cwd="/", capture_output=True, text=True, check=True).stdout

    async def run() -> None:
        async with Room(tmp_path) as room:
            answer = json.loads(await asyncio.to_thread(ask_as, room.desk.path))
            assert answer["ok"] is allowed
            assert allowed or answer["code"] == "not-allowed"

    asyncio.run(run())


def test_a_state_that_can_not_be_taken_holds_no_call_up(tmp_path: Path) -> None:
    async def broken(_config: Config) -> dict[str, Any]:
        raise RuntimeError("the disk is gone")

    async def run() -> None:
        async with Room(tmp_path) as room:
            room.desk._state = broken
            assert (await room.say(**ASK))["ok"]
            assert room.kept()[0]["body"]["machine"] == {}

    asyncio.run(run())


@given(st.one_of(st.text(max_size=3000), st.none(), st.integers(), st.lists(st.text())))
def test_any_text_becomes_one_that_can_be_sent(text: object) -> None:
    plain = _plain(text, 1000)
    assert len(plain) <= 1000
    assert all(c == "\n" or c.isprintable() for c in plain)
    plain.encode()


def test_a_pace_is_kept_and_recovers() -> None:
    now = 0.0
    pace = Pace(2, 10, clock=lambda: now)
    assert [pace.take() for _ in range(3)] == [True, True, False]
    now = 10.1
    assert pace.take()


def test_the_kind_of_network(tmp_path: Path) -> None:
    net, proc = tmp_path / "sys/class/net", tmp_path / "proc/net"
    proc.mkdir(parents=True)
    assert network_kind(tmp_path) == "none"
    for name, inside in (("wlp3s0", "wireless"), ("enp1s0", "device"), ("wwan0", "device"), ("tun0", "")):
        (net / name / inside).mkdir(parents=True)
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
    for name, kind in (("wlp3s0", "wifi"), ("enp1s0", "cable"), ("wwan0", "mobile"), ("tun0", "other")):
        (proc / "route").write_text(f"{head}{name}\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\n")
        assert network_kind(tmp_path) == kind
    (proc / "route").write_text(head)
    zero = "0" * 32
    (proc / "ipv6_route").write_text(
        f"{zero} 00 {zero} 00 {zero} 0 0 0 0 lo\n{zero} 00 {zero} 00 {zero} 0 0 0 0 enp1s0\n"
    )
    assert network_kind(tmp_path) == "cable"
