"""What a technician does with one PC, from the power button to the end of its run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.lab.cast import Part
from tests.lab.following import Sight, follow
from tests.lab.virtualpc import VirtualPC
from tests.lab.waiting import wait_until
from tests.lab.workshop import Workshop

BOOT_TIMEOUT = 900.0  # power-on to announcement, seconds; without KVM and on a busy host
RUN_TIMEOUT = 3600.0


@dataclass
class Story:
    """What happened to one PC. Times are seconds since the power button."""

    part: Part
    machine_id: int
    announced_after: float
    end: Sight
    ended_after: float
    authorised: list[dict[str, Any]] = field(default_factory=list)  # drives as they were shown

    @property
    def as_expected(self) -> bool:
        """Whether the machine ended in the state that it should."""
        return self.end.state == self.part.ends


class Witness:
    """Told what happens. This one keeps it to itself."""

    def waiting(self, seconds: float) -> None:
        """The PC boots, since so many seconds."""

    def announced(self, seconds: float) -> None:
        """The PC announced itself."""

    def seen(self, now: Sight) -> None:
        """What the controller shows now."""

    def authorised(self, drives: list[dict[str, Any]]) -> None:
        """The erase of these drives was authorised."""


NOBODY = Witness()


def announced(room: Workshop, machine: VirtualPC, witness: Witness = NOBODY) -> dict[str, Any]:
    """Wait until the PC that was switched on has announced itself. Returns its summary."""
    started, serial = time.monotonic(), machine.donated.serial

    def known() -> dict[str, Any] | None:
        machine.must_run()
        room.must_run()
        witness.waiting(time.monotonic() - started)
        return room.technician.find(serial)

    return wait_until(known, f"{machine.donated.name} announces itself", BOOT_TIMEOUT, hint=machine.last_words)


def recondition(room: Workshop, part: Part, lot: int, machine: VirtualPC, witness: Witness = NOBODY) -> Story:
    """Accept, tie, authorise and watch the PC that was just switched on, until it is ready or held."""
    started, technician = time.monotonic(), room.technician
    machine_id = int(announced(room, machine, witness)["id"])
    boot_seconds = time.monotonic() - started
    witness.announced(boot_seconds)
    technician.accept(machine_id)
    technician.tie(machine_id, lot)
    authorised: list[dict[str, Any]] = []
    end: Sight | None = None

    def both_run() -> None:
        machine.must_run()
        room.must_run()

    for end in follow(technician, machine_id, RUN_TIMEOUT, must_run=both_run):
        witness.seen(end)
        if not authorised and end.step("authorise").get("state") == "waiting":
            authorised = technician.authorise(machine_id)
            witness.authorised(authorised)
    assert end is not None  # follow() yields at least once
    return Story(part, machine_id, boot_seconds, end, time.monotonic() - started, authorised)
