"""How x11vnc and the windows are started."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent.assist.display import Screen
from agent.assist.person import as_person, environment_for, window_command
from agent.assist.ports import listens_on_network
from agent.assist.screen_server import ScreenServer, arguments, listens

SCREEN = Screen(display=":7", xauthority="/run/x", user="famille", uid=1000, gid=1000, home="/home/famille",
                environment={"LANG": "fr_FR.UTF-8"})  # fmt: skip
NEVER = {"-ultrafilexfer", "-tightfilexfer", "-permitfiletransfer", "-http", "-httpdir", "-bg", "-gui", "-remote",
         "-connect", "-avahi", "-zeroconf", "-ssl", "-o", "-shared", "-unsafe", "-grabkbd", "-vncconnect"}  # fmt: skip


@pytest.mark.parametrize("control", [False, True])
def test_the_command_line(control: bool) -> None:
    command = arguments(SCREEN, Path("/run/s/screen.sock"), control=control)
    for needed in ("-norc", "-safer", "-noremote", "-novncconnect", "-nocmds", "-noultraext", "-nevershared"):
        assert needed in command
    assert command[command.index("-rfbport") + 1] == "0"
    assert command[command.index("-rfbportv6") + 1] == "0"  # without it, 5900 is open to the whole network
    assert command[command.index("-unixsock") + 1] == "/run/s/screen.sock"
    assert not NEVER & set(command)
    assert ("-viewonly" in command) is ("-repeat" in command) is not control
    assert ("-norepeat" in command) is control
    assert ("-noclipboard" in command) is ("-nosel" in command) is not control


def test_what_runs_as_the_family_knows_nothing_of_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLERIE_AGENT_CONFIG", "/etc/secret")
    given = environment_for(SCREEN)
    assert not any("RECYCLERIE" in name for name in given)
    assert given["LANG"] == "fr_FR.UTF-8"
    assert (given["DISPLAY"], given["XAUTHORITY"], given["HOME"]) == (":7", "/run/x", "/home/famille")


def test_it_dies_with_the_agent_and_gets_no_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    command = as_person(SCREEN, ["x11vnc"])
    assert command[:4] == ["setpriv", "--pdeathsig", "KILL", "--no-new-privs"]
    assert {"--reuid=1000", "--regid=1000", "--init-groups"} <= set(command)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not any("reuid" in word for word in as_person(SCREEN, ["x11vnc"]))


def test_no_text_is_on_a_command_line() -> None:
    assert window_command("question")[-1] == "question"


def test_whether_something_listens(tmp_path: Path) -> None:
    path = tmp_path / "s"
    assert not listens(path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        assert not listens(path)  # there, but nobody answers yet
        bound.listen()
        assert listens(path)


def test_nothing_else_in_its_place_is_let_in(tmp_path: Path) -> None:
    """The folder belongs to the family's account: what listens there must be the x11vnc that the agent started."""
    path = tmp_path / "s"

    async def go() -> None:
        other = await asyncio.create_subprocess_exec("sleep", "60")
        server = ScreenServer(other, path, SCREEN, control=False)
        with socket.socket(socket.AF_UNIX) as somebody:
            somebody.bind(str(path))
            somebody.listen()
            with pytest.raises(ConnectionRefusedError):
                await server.connect()
        await server.stop()
        assert not path.exists()

    asyncio.run(go())


@pytest.mark.parametrize(("family", "address"), [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_a_port_is_noticed(family: str, address: str) -> None:
    """Whatever x11vnc's next version does with its options: a session with an open port ends."""
    code = f"import socket, sys; s = socket.socket(socket.{family}); s.bind(({address!r}, 0)); print(1, flush=True)\n"
    code += "sys.stdin.readline(); s.listen(); print(2, flush=True); sys.stdin.readline()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline()
        assert not listens_on_network(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        assert listens_on_network(process.pid)
        process.kill()
    assert not listens_on_network(process.pid)
