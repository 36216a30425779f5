"""Identifiers → machine: tables of cases from the field guide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agent.protocol import Chassis, Nic
from controller.machines.identity import MAX_VALUE, Identifier, form_of, identifiers, match

CHASSIS: Chassis = {
    "system_uuid": "4C4C4544-0042-3510-8057-B4C04F4D4832",
    "system_serial": "B5B5WM2",
    "board_serial": "/B5B5WM2/CN1296362",
    "chassis_serial": "B5B5WM2-C",
    "manufacturer": "Dell Inc.",
    "product": "Latitude 5490",
    "version": "",
    "sku": "0816",
    "asset_tag": "MAIRIE-042",
    "chassis_type": "10",
}
RUBBISH: Chassis = {
    "system_uuid": "03000200-0400-0500-0006-000700080009",
    "system_serial": "To be filled by O.E.M.",
    "board_serial": "To be filled by O.E.M.",
    "chassis_serial": "To Be Filled By O.E.M.",
    "manufacturer": "System manufacturer",
    "product": "System Product Name",
    "version": "System Version",
    "sku": "",
    "asset_tag": "Default string",
    "chassis_type": "3",
}
MAC, OTHER_MAC, DOCK = "8c:16:45:00:11:22", "8c:16:45:00:11:33", "00:50:b6:00:00:01"


def nic(mac: str = MAC, bus: str = "pci") -> Nic:
    return {
        "name": "eth0",
        "mac": mac,
        "bus": bus,
        "driver": "e1000e",
        "wireless": False,
        "link": True,
        "speed_mbps": 1000,
    }


def seen(chassis: Chassis = CHASSIS, nics: Sequence[Nic] = (), **changes: Any) -> tuple[Identifier, ...]:
    return identifiers({**chassis, **changes}, nics or [nic()])  # type: ignore[typeddict-item]


NEW_BOARD: dict[str, Any] = {"system_uuid": "4C4C4544-0099-9910-8057-B4C04F4D4899", "board_serial": "/OTHER/CN0000001"}
OTHER: dict[str, Any] = {
    **NEW_BOARD,
    "system_serial": "C6C6XN3",
    "chassis_serial": "C6C6XN3-C",
    "asset_tag": "MAIRIE-043",
}


def test_strengths() -> None:
    found = {i.kind: i.strength for i in seen(nics=[nic(), nic(DOCK, "usb")])}
    assert found == {
        "system_uuid": "strong",
        "system_serial": "strong",
        "board_serial": "strong",
        "chassis_serial": "weak",
        "asset_tag": "weak",
        "mac": "strong",
        "usb_mac": "weak",
    }


def test_rubbish_leaves_only_the_network_card() -> None:
    assert [(i.kind, i.value) for i in seen(RUBBISH)] == [("mac", MAC)]


def test_a_serial_number_carries_its_maker() -> None:
    """Two makers may number their machines alike."""
    dell, hp = seen(), seen(manufacturer="HP", nics=[nic(OTHER_MAC)], system_uuid="", asset_tag="")
    assert match(hp, {1: dell}).verdict == "new"


@pytest.mark.parametrize(
    ("now", "verdict", "machine"),
    [
        (seen(), "known", 1),
        (seen(nics=[nic(OTHER_MAC)]), "known", 1),  # a new network card
        (seen(nics=[nic(DOCK, "usb")]), "known", 1),  # its card is off, it speaks through a dock
        (seen(system_uuid="00000000-0000-0000-0000-000000000000"), "known", 1),  # firmware reset
        (seen(board_serial="", system_serial=""), "known", 1),
        (seen(asset_tag="VILLE-7"), "known", 1),
        (seen(**NEW_BOARD, nics=[nic(OTHER_MAC)]), "conflict", None),  # a swapped board: 1 for, 3 against
        (seen(**NEW_BOARD), "conflict", None),  # the board swapped, the card moved over: 2 for, 2 against
        (seen(board_serial="/OTHER/CN0000001"), "known", 1),  # only the board's serial: 3 for, 1 against
        (seen(**{**OTHER, "system_uuid": CHASSIS["system_uuid"]}, nics=[nic(OTHER_MAC)]), "conflict", None),
        (seen(**OTHER), "conflict", None),  # its network card in another machine
        (seen(**OTHER, nics=[nic(OTHER_MAC)]), "new", None),
        (seen(RUBBISH, [nic(OTHER_MAC)]), "new", None),
        (seen(RUBBISH, [nic(MAC)]), "known", 1),  # the firmware lost everything, the card is built in
        ((), "new", None),
    ],
)
def test_one_known_machine(now: Sequence[Identifier], verdict: str, machine: int | None) -> None:
    found = match(now, {1: seen()})
    assert (found.verdict, found.machine_id) == (verdict, machine)
    if verdict == "conflict":
        assert found.candidates == (1,)  # put to the technician


def test_weak_ones_alone_never_merge() -> None:
    """The workshop's USB adapter, the town's asset tag, a chassis serial: all the same, and still another machine."""
    both = {"chassis_serial": "B5B5WM2-C", "asset_tag": "MAIRIE-042"}
    now = seen(**{**OTHER, **both}, nics=[nic(OTHER_MAC), nic(DOCK, "usb")])
    found = match(now, {1: seen(nics=[nic(), nic(DOCK, "usb")])})
    assert (found.verdict, found.candidates) == ("new", (1,))


def test_two_rubbish_machines_stay_two() -> None:
    assert match(seen(RUBBISH, [nic(OTHER_MAC)]), {1: seen(RUBBISH, [nic(MAC)])}).verdict == "new"


def batch(number: int) -> tuple[Identifier, ...]:
    """One of a batch that was sold with one UUID."""
    own: dict[str, Any] = {
        "system_serial": f"B5B5WM{number}",
        "board_serial": f"/B5B5WM{number}/CN1",
        "chassis_serial": f"C{number}000",
        "asset_tag": "",
    }
    return seen(**own, nics=[nic(f"8c:16:45:00:00:{number:02x}")])


def test_a_batch_with_one_uuid() -> None:
    """The second is put to a person. Once two are accepted as different, the UUID names neither any more."""
    first = match(batch(2), {1: batch(1)}, settled={1})
    assert (first.verdict, first.candidates) == ("conflict", (1,))
    unsettled = match(batch(3), {1: batch(1), 2: batch(2)}, settled={1})
    assert unsettled.verdict == "conflict"
    assert match(batch(3), {1: batch(1), 2: batch(2)}, settled={1, 2}).verdict == "new"
    for number in (1, 2):
        again = match(batch(number), {1: batch(1), 2: batch(2)}, settled={1, 2})
        assert (again.verdict, again.machine_id) == ("known", number)


def test_rubbish_with_one_uuid_and_nothing_else() -> None:
    """All that tells them apart is the network card: the same UUID is no match, it's a question."""
    uuid = "4C4C4544-0042-3510-8057-B4C04F4D4832"
    found = match(seen(RUBBISH, [nic(OTHER_MAC)], system_uuid=uuid), {1: seen(RUBBISH, [nic(MAC)], system_uuid=uuid)})
    assert (found.verdict, found.candidates) == ("conflict", (1,))


def test_two_machines_that_fit_are_a_conflict() -> None:
    """A board in one chassis, its former chassis with another board: both claim what is seen."""
    now = seen(nics=[nic(OTHER_MAC)])
    board = seen(system_serial="", chassis_serial="", asset_tag="", nics=[nic("8c:16:45:00:11:44")])
    chassis = seen(system_uuid="", board_serial="", nics=[nic(OTHER_MAC)])
    found = match(now, {1: board, 2: chassis})
    assert (found.verdict, found.candidates) == ("conflict", (1, 2))


def test_a_docks_mac_finds_nobody() -> None:
    found = match(seen(RUBBISH, [nic(DOCK, "usb")]), {1: seen(nics=[nic(), nic(DOCK, "usb")])})
    assert found.verdict == "new"


def test_what_firmware_says_at_length_fits_the_table() -> None:
    assert all(len(i.value) <= MAX_VALUE for i in seen(system_serial="X1" * 400, manufacturer="Y2" * 200))


@pytest.mark.parametrize(
    ("number", "form"),
    {
        "10": "laptop",
        "9": "laptop",
        "31": "laptop",
        " 10 ": "laptop",
        "3": "desktop",
        "13": "all-in-one",
        "35": "mini",
        "30": "tablet",
        "1": "other",
        "": "other",
        "notebook": "other",
    }.items(),
)
def test_form(number: str, form: str) -> None:
    assert form_of(number) == form
