"""An installed PC at a family's home: the same disk, behind NAT, with somebody in front of it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError
from tests.lab.hands import MOUSE, Family, Picture, Run
from tests.lab.paths import BIN, REPOSITORY
from tests.lab.virtualpc import Donated
from tests.lab.waiting import wait_until
from tests.lab.workshop import LOGIN, Workshop

NEW_PASSWORD = "tournesol2026"  # of an account inside a virtual PC
WHITE = (255, 255, 255)
INK = (0x16, 0x20, 0x2A)  # agent/assist/window/look.py: frames of the answers
RED = (0xB3, 0x26, 0x1E)  # the bar
ANSWER_WIDTH = 150  # an answer's frame is a longer line than anything else of its colour
SLOW = 900.0  # seconds: without KVM, on a host that does other things too


def taken_home(donated: Donated) -> Donated:
    """The PC as it stands at the family's: no network boot, the home's router in front, a mouse on the table."""
    extra = (*donated.extra, *MOUSE)
    return dataclasses.replace(donated, name=f"{donated.name}-home", network_boot=False, at_home=True, extra=extra)


def differs(old: Picture) -> Callable[[Picture], bool]:
    """Whether another picture is not this one."""
    return lambda picture: picture.pixels != old.pixels


def sign_in(family: Family, first_password: str) -> None:
    """At the greeter, for the first time: the account wants another password at once."""
    family.wait_for("the sign-in form", lambda picture: bool(picture.runs(WHITE, 300)), SLOW)
    family.wait_still("the sign-in form")
    for answer in (first_password, first_password, NEW_PASSWORD, NEW_PASSWORD):
        family.type(answer)
        before = family.look()
        family.press("ret")
        family.wait_for("the next question", differs(before))
        family.wait_still("the next question", 8)
    family.wait_for("no sign-in form", lambda picture: not picture.runs(WHITE, 300), SLOW)
    family.wait_still("the desktop", 15, SLOW)


def answers(picture: Picture) -> list[tuple[int, int]]:
    """The middles of the question's buttons, from the left: Refuse, Accept. Empty while no question is shown."""
    columns: dict[int, list[Run]] = {}
    for run in picture.runs(INK, ANSWER_WIDTH):
        columns.setdefault(run.middle // 40, []).append(run)
    return sorted(
        (runs[0].middle, (runs[0].y + runs[-1].y) // 2) for runs in columns.values() if runs[-1].y - runs[0].y > 40
    )


def accept(family: Family, picture_name: str) -> None:
    """Wait for the question, keep a picture of it, and click on Accept."""
    picture = family.wait_for("the question's two answers", lambda shown: len(answers(shown)) == 2, SLOW)
    time.sleep(3)  # to read it; its first second takes no click
    family.keep(picture_name)
    family.click(*answers(picture)[-1])


def bar_is_shown(picture: Picture) -> bool:
    """Whether the red bar stands on the screen."""
    return len(picture.runs(RED, 100)) >= 10


def press_stop(family: Family) -> None:
    """Click on the button of the red bar: white, at its right end."""
    picture = family.wait_for("the red bar", bar_is_shown)
    red = picture.runs(RED, 20)
    top, bottom, right = red[0].y, red[-1].y, max(run.right for run in red)
    inside = [run for run in picture.runs(WHITE, 30) if top < run.y < bottom and right - 250 < run.left < right]
    if not inside:
        raise LabError("the red bar shows no button", f"look at {family.keep('bar')}")
    family.click(inside[len(inside) // 2].middle, (inside[0].y + inside[-1].y) // 2)


class Operator:
    """Somebody at the controller's own computer, who reaches the PC through its link with Ansible."""

    def __init__(self, room: Workshop, tag: str) -> None:
        self.tag = tag
        keys = room.data_dir / "keys"
        self.environment = room.environment | {
            "RECYCLERIE_CONTROLLER_URL": room.url,
            "RECYCLERIE_CA_FILE": str(room.ca),
            "RECYCLERIE_API_TOKEN": str(
                room.technician.post("/api/token", login=LOGIN, password=room.password, name="ansible")["token"]
            ),
            "RECYCLERIE_SSH_KEY": str(keys / "ssh_ed25519"),
            "RECYCLERIE_MAINTENANCE_KEY": str(keys / "maintenance_ed25519"),
            "RECYCLERIE_PIPE": f"{BIN / 'recyclerie'} assist pipe",
            "RECYCLERIE_INVENTORY_CACHE": str(room.data_dir / "inventory"),
            "ANSIBLE_FORCE_COLOR": "0",
        }

    def play(self, tags: str, **extra: Any) -> str:
        """What ``maintain.yml`` prints.

        :raises LabError: when it fails
        """
        wanted = [part for name, value in extra.items() for part in ("-e", f"{name}={value}")]
        playbook = REPOSITORY / "playbooks" / "maintain.yml"
        return self._run("ansible-playbook", str(playbook), "-l", self.tag, "--tags", tags, *wanted)

    def inside(self, *command: str) -> str:
        """Standard output of a command on the PC."""
        shown = self._run("ansible", self.tag, "-m", "ansible.builtin.command", "-a", " ".join(command))
        return shown.partition(">>\n")[2]

    def _run(self, program: str, *arguments: str) -> str:
        command: list[str | os.PathLike[str]] = [BIN / program, "-i", REPOSITORY / "inventory", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=SLOW, check=False
        )
        if done.returncode != 0:
            raise LabError(f"{program} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def wait_linked(room: Workshop, machine_id: int, pc_must_run: Any) -> None:
    """Until the installed PC has called the controller from home."""

    def linked() -> bool:
        pc_must_run()
        room.must_run()
        boot = room.technician.machine(machine_id)["boot"] or {}
        return bool(boot.get("linked")) and boot.get("mode") == "resident"

    wait_until(linked, "the PC at home is linked", SLOW)


def is_dark(picture: Picture) -> bool:
    """Whether (nearly) nothing is lit: a monitor that sleeps."""
    some = picture.pixels[::101]
    return sum(value > 60 for value in some) < len(some) // 20


def kept(folder: Path, name: str) -> Path:
    """A place for a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.png"
