"""Whose screen it is, from what loginctl says."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from agent.assist.display import NoDisplay, choose, environment_of, find_screen, parse_properties, still_there

X11 = {"Id": "2", "Name": "famille", "User": "1000", "Type": "x11", "Class": "user", "Active": "yes", "Seat": "seat0",
       "LockedHint": "no", "Remote": "no", "Display": ":0", "State": "active"}  # fmt: skip
GREETER = X11 | {"Id": "c1", "Name": "lightdm", "Class": "greeter"}
BEHIND = X11 | {"Active": "no", "State": "online"}


@pytest.mark.parametrize(
    ("sessions", "code"),
    [
        ([], "nobody"),
        ([GREETER], "nobody"),
        ([GREETER, BEHIND], "nobody"),
        ([GREETER, BEHIND | {"LockedHint": "yes"}], "locked"),
        ([X11 | {"LockedHint": "yes"}], "locked"),
        ([X11 | {"Type": "wayland"}], "wayland"),
        ([X11 | {"Type": "tty"}], "nobody"),
        ([X11 | {"Remote": "yes"}], "nobody"),  # somebody's ssh -X is no screen
        ([X11 | {"Seat": ""}], "nobody"),
        ([X11 | {"Seat": "seat1"}], "nobody"),
        ([BEHIND, X11 | {"Type": "wayland", "Id": "5"}], "wayland"),
    ],
)
def test_no_screen_to_share(sessions: list[dict[str, str]], code: str) -> None:
    with pytest.raises(NoDisplay) as problem:
        choose(sessions)
    assert problem.value.code == code


def test_the_one_in_front() -> None:
    assert choose([BEHIND | {"Id": "1"}, GREETER | {"Active": "no"}, X11])["Id"] == "2"


def test_properties() -> None:
    assert parse_properties("Id=2\nDisplay=\nLeader=12\nx\nName=a=b\n") == {
        "Id": "2", "Display": "", "Leader": "12", "Name": "a=b",
    }  # fmt: skip


def test_the_first_process_that_knows_its_display(tmp_path: Path) -> None:
    for name, content in (
        ("1", b"PATH=/bin\0"),
        ("2", b"DISPLAY=:3\0XAUTHORITY=/x\0x\0"),
        ("3", b"DISPLAY=:9\0"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "environ").write_bytes(content)
    processes = [tmp_path / "0", *sorted(tmp_path.iterdir())]
    assert environment_of(processes) == {"DISPLAY": ":3", "XAUTHORITY": "/x"}
    assert environment_of([tmp_path / "1"]) == {}


def play(folder: Path, **properties: str) -> str:
    """A loginctl that knows one session."""
    me = pwd.getpwuid(os.geteuid())
    text = "\n".join(f"{k}={v}" for k, v in (X11 | {"Name": me.pw_name, "User": str(me.pw_uid)} | properties).items())
    (folder / "answer").write_text(text)
    program = folder / "loginctl"
    program.write_text(f'#!/bin/sh\n[ "$1" = list-sessions ] && echo "2 1000 x seat0" || cat {folder}/answer\n')
    program.chmod(0o755)
    return str(program)


def test_signed_out_and_locked(tmp_path: Path) -> None:
    around = {"LANG": "ar_MA.UTF-8", "SECRET": "x", "XAUTHORITY": "/x"}
    loginctl = play(tmp_path)
    rig = {"display": {"loginctl": loginctl, "environment": around}}
    screen = find_screen(rig)
    assert (screen.display, screen.xauthority, screen.session) == (":0", "/x", "2")
    assert screen.environment == {"LANG": "ar_MA.UTF-8"}  # nothing else of the session is passed on
    assert still_there(screen) == ""
    play(tmp_path, LockedHint="yes")
    assert "locked" in still_there(screen)
    play(tmp_path, Active="no")
    assert "another session" in still_there(screen)
    Path(loginctl).write_text("#!/bin/sh\nexit 1\n")
    assert "signed out" in still_there(screen)


def test_a_rig_without_a_display_has_no_sessions() -> None:
    with pytest.raises(NoDisplay):
        find_screen({})
    with pytest.raises(NoDisplay) as problem:
        find_screen({"display": {"code": "wayland"}})
    assert problem.value.code == "wayland"
