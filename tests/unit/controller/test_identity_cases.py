"""The field guide's rules of identity (§4) as one table: what is known, what is plugged in, what must come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from agent.protocol import Nic
from controller.machines.identity import Identifier, identifiers, match
from tests.unit.controller.test_identity import CHASSIS, DOCK, MAC, OTHER_MAC, RUBBISH, nic

FULL: dict[str, Any] = dict(CHASSIS)
OTHER: dict[str, Any] = {
    **FULL,
    "system_uuid": "4C4C4544-0099-9910-8057-B4C04F4D4899",
    "system_serial": "C6C6XN3",
    "board_serial": "/C6C6XN3/CN0000001",
    "chassis_serial": "C6C6XN3-C",
    "asset_tag": "MAIRIE-043",
}
NOTHING: dict[str, Any] = dict(RUBBISH)
REALTEK = "00:e0:4c:68:00:01"


def pc(chassis: dict[str, Any], *nics: Nic, **changes: str) -> tuple[Identifier, ...]:
    """What one PC shows of itself."""
    return identifiers({**chassis, **changes}, nics)  # type: ignore[typeddict-item]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row. ``settled``: the machines that a person has accepted as machines of their own."""

    name: str
    known: dict[int, tuple[Identifier, ...]]
    seen: tuple[Identifier, ...]
    verdict: str
    machine: int | None = None
    candidates: tuple[int, ...] = ()
    settled: tuple[int, ...] = ()


CARD, OTHER_CARD = nic(MAC), nic(OTHER_MAC)
USB_DOCK, THUNDERBOLT_DOCK = nic(DOCK, "usb"), nic(DOCK, "pci")

CASES = (
    # firmware rubbish
    Case(
        name="OEM rubbish, its card built in",
        known={1: pc(NOTHING, CARD)},
        seen=pc(NOTHING, CARD),
        verdict="known",
        machine=1,
    ),
    Case(
        name="two of one model with nothing but rubbish",
        known={1: pc(NOTHING, CARD)},
        seen=pc(NOTHING, OTHER_CARD),
        verdict="new",
    ),
    Case(name="rubbish and no card", known={1: pc(NOTHING)}, seen=pc(NOTHING), verdict="new"),
    Case(
        name="the model's name in every field of a whole batch",
        known={1: pc(NOTHING, CARD, product="Esprimo P420", system_serial="Esprimo P420", board_serial="ESPRIMO P420")},
        seen=pc(NOTHING, OTHER_CARD, product="Esprimo P420", system_serial="Esprimo P420", board_serial="ESPRIMO P420"),
        verdict="new",
    ),
    Case(
        name="a test pattern for a serial number on a whole batch",
        known={1: pc(NOTHING, CARD, board_serial="BSN12345678901234567")},
        seen=pc(NOTHING, OTHER_CARD, board_serial="BSN12345678901234567"),
        verdict="new",
    ),
    Case(
        name="two network chips without a number of their own",
        known={1: pc(NOTHING, nic(REALTEK))},
        seen=pc(NOTHING, nic(REALTEK)),
        verdict="new",
    ),
    # addresses that are not the machine's
    Case(
        name="a USB dock goes round",
        known={1: pc(FULL, CARD, USB_DOCK)},
        seen=pc(OTHER, USB_DOCK),
        verdict="new",
        candidates=(1,),
    ),
    Case(
        name="a USB dock on a PC of rubbish",
        known={1: pc(NOTHING, CARD, USB_DOCK)},
        seen=pc(NOTHING, OTHER_CARD, USB_DOCK),
        verdict="new",
        candidates=(1,),
    ),
    Case(
        name="a Thunderbolt dock goes round: it looks built in, so a person is asked once",
        known={1: pc(FULL, THUNDERBOLT_DOCK)},
        seen=pc(OTHER, THUNDERBOLT_DOCK),
        verdict="conflict",
        candidates=(1,),
    ),
    Case(
        name="and the third time it names nobody any more",
        known={1: pc(FULL, THUNDERBOLT_DOCK), 2: pc(OTHER, THUNDERBOLT_DOCK)},
        settled=(1, 2),
        seen=pc(
            {**OTHER, "system_serial": "D7D7YP4", "board_serial": "/D7D7YP4/1", "system_uuid": "", "asset_tag": ""},
            THUNDERBOLT_DOCK,
        ),
        verdict="new",
        candidates=(1, 2),  # shown as look-alikes, no more
    ),
    # duplicates
    Case(
        name="one serial number on two machines",
        known={1: pc(FULL, CARD)},
        seen=pc(OTHER, OTHER_CARD, system_serial=FULL["system_serial"]),
        verdict="conflict",
        candidates=(1,),
    ),
    Case(
        name="one serial number that two makers gave",
        known={1: pc(FULL, CARD)},
        seen=pc(OTHER, OTHER_CARD, manufacturer="HP", system_serial=FULL["system_serial"], asset_tag=""),
        verdict="new",
    ),
    Case(
        name="one UUID on a batch, a person has settled two of them",
        known={1: pc(FULL, CARD), 2: pc(OTHER, OTHER_CARD, system_uuid=FULL["system_uuid"])},
        settled=(1, 2),
        seen=pc(OTHER, OTHER_CARD, system_uuid=FULL["system_uuid"]),
        verdict="known",
        machine=2,
    ),
    Case(
        name="the donor's sticker on two machines",
        known={1: pc(FULL, CARD)},
        seen=pc(OTHER, OTHER_CARD, asset_tag=FULL["asset_tag"]),
        verdict="new",
        candidates=(1,),
    ),
    # repairs
    Case(
        name="another board, its serial number written again",
        known={1: pc(FULL, CARD)},
        seen=pc(OTHER, OTHER_CARD, system_serial=FULL["system_serial"], chassis_serial=FULL["chassis_serial"]),
        verdict="conflict",
        candidates=(1,),
    ),
    Case(
        name="a board from the spare parts, nothing written into it",
        known={1: pc(FULL, CARD)},
        seen=pc(NOTHING, OTHER_CARD, chassis_serial=FULL["chassis_serial"], manufacturer="Dell Inc."),
        verdict="new",
        candidates=(1,),  # the case alone proves nothing; it is shown as a look-alike
    ),
    Case(
        name="a Dell spare board without a service tag is no machine by its UUID",
        known={1: pc(NOTHING, CARD, system_uuid="4C4C4544-0020-2010-8020-A0C04F202020")},
        seen=pc(NOTHING, OTHER_CARD, system_uuid="4C4C4544-0020-2010-8020-A0C04F202020"),
        verdict="new",
    ),
    Case(
        name="board and case of two known machines put together",
        known={1: pc(FULL, CARD), 2: pc(OTHER, OTHER_CARD)},
        seen=pc(FULL, OTHER_CARD, system_serial=OTHER["system_serial"], chassis_serial=OTHER["chassis_serial"]),
        verdict="conflict",
        candidates=(1, 2),
    ),
    Case(
        name="another Wi-Fi card",
        known={1: pc(FULL, CARD, OTHER_CARD)},
        seen=pc(FULL, CARD, nic("8c:16:45:00:11:99")),
        verdict="known",
        machine=1,
    ),
    Case(
        name="a Wi-Fi card of one machine in another",
        known={1: pc(FULL, CARD), 2: pc(OTHER, OTHER_CARD)},
        seen=pc(OTHER, OTHER_CARD, CARD),
        verdict="known",
        machine=2,
    ),
    Case(
        name="a Wi-Fi card of one machine in one that nobody knows",
        known={1: pc(FULL, CARD)},
        seen=pc(OTHER, CARD),
        verdict="conflict",
        candidates=(1,),
    ),
    Case(
        name="the firmware was written anew and forgot everything",
        known={1: pc(FULL, CARD)},
        seen=pc(NOTHING, CARD),
        verdict="known",
        machine=1,
    ),
    Case(name="its network card is broken", known={1: pc(FULL, CARD)}, seen=pc(FULL), verdict="known", machine=1),
    Case(
        name="an address made up by software",
        known={1: pc(NOTHING, nic("52:54:00:12:34:56"))},
        seen=pc(NOTHING, nic("52:54:00:12:34:56")),
        verdict="new",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_field_guide(case: Case) -> None:
    found = match(case.seen, case.known, case.settled)
    assert (found.verdict, found.machine_id, found.candidates) == (case.verdict, case.machine, case.candidates)


def test_a_drive_says_nothing_about_the_machine_it_is_in() -> None:
    """A swapped drive changes no identity, and a drive put into another machine brings none along."""
    assert {found.kind for found in pc(FULL, CARD, USB_DOCK)} == {
        *("system_uuid", "system_serial", "board_serial", "chassis_serial", "asset_tag", "mac", "usb_mac")
    }
