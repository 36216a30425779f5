"""Two inventories → what changed, in words. Pure; no change of order, temperature, driver or link is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.machines.changes import basics, batteries, cards, drives, memory
from controller.machines.changes.change import Change
from controller.machines.snapshot import Body


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a machine: whether an inventory speaks of it, and how two are compared."""

    known: Callable[[Body], bool]
    compare: Callable[[Body, Body], list[Change]]


PARTS = (
    Part(known=basics.board_known, compare=basics.compare_board),
    Part(known=basics.processor_known, compare=basics.compare_processor),
    Part(known=memory.known, compare=memory.compare),
    Part(known=drives.known, compare=drives.compare),
    Part(known=batteries.known, compare=batteries.compare),
    Part(known=cards.known, compare=cards.compare),
    Part(known=basics.security_known, compare=basics.compare_security),
    Part(known=basics.firmware_known, compare=basics.compare_firmware),
)


def changes(earlier: Sequence[Body], now: Body) -> tuple[Change, ...]:
    """What is another in ``now`` than before.

    ``earlier``: former inventories, newest first. Each part is compared with the newest that speaks of it, so that
    a tool that failed once hides nothing and invents nothing.
    """
    found: list[Change] = []
    for part in PARTS:
        before = next((body for body in earlier if part.known(body)), None)
        if before is not None and part.known(now):
            found += part.compare(before, now)
    return tuple(found)
