"""Batteries, network cards, firmware: trees as the kernel documents them (Documentation/ABI/testing)."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.batteries import collect_batteries
from agent.collectors.chassis import collect_chassis
from agent.collectors.firmware import SECURE_BOOT, collect_firmware
from agent.collectors.network import bus_of, collect_network


def tree(root: Path, **files: str) -> Path:
    """Files with their content; __ in a name stands for /."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


def battery(root: Path, name: str = "BAT0", **files: str) -> None:
    tree(root / "sys/class/power_supply" / name, **({"type": "Battery", "present": "1"} | files))


AMPERE_HOURS = {"charge_full": "3500000", "charge_full_design": "4400000"}


@pytest.mark.parametrize(
    ("files", "full", "design", "problem"),
    [
        ({"energy_full": "41230000", "energy_full_design": "56160000"}, 41.23, 56.16, False),
        # Ampere-hours need a voltage.
        (AMPERE_HOURS | {"voltage_min_design": "11100000"}, 38.85, 48.84, False),
        (AMPERE_HOURS | {"voltage_now": "12000000"}, 42.0, 52.8, False),
        ({"charge_full": "3500000"}, None, None, True),
        ({"energy_full": "0", "energy_full_design": "56160000"}, None, 56.16, True),
        ({"energy_full": "999000000", "energy_full_design": "50000000"}, None, 50.0, True),
        ({"energy_full": "rotten", "energy_full_design": "-5"}, None, None, True),
        ({}, None, None, True),
    ],
)  # fmt: skip
def test_battery_capacity(
    tmp_path: Path, files: dict[str, str], full: float | None, design: float | None, problem: bool
) -> None:
    battery(tmp_path, **files)
    problems: list[str] = []
    (found,) = collect_batteries(tmp_path, problems)
    assert (found["energy_full_wh"], found["energy_full_design_wh"]) == (full, design)
    assert bool(problems) == problem


def test_batteries_of_mice_and_empty_bays_are_left_out(tmp_path: Path) -> None:
    battery(tmp_path, "BAT1", present="0")
    battery(tmp_path, "hidpp_battery_0", scope="Device")
    tree(tmp_path / "sys/class/power_supply/AC", type="Mains")
    assert collect_batteries(tmp_path, []) == []


def test_a_gauge_that_does_not_count_cycles_says_nothing(tmp_path: Path) -> None:
    battery(tmp_path, energy_full="1000000", energy_full_design="1000000", cycle_count="0", status="Discharging")
    (found,) = collect_batteries(tmp_path, [])
    assert (found["cycle_count"], found["state"]) == (None, "discharging")


def card(root: Path, name: str, device: Path, subsystem: str, **files: str) -> None:
    device.mkdir(parents=True, exist_ok=True)
    bus = root / "sys/bus" / subsystem
    bus.mkdir(parents=True, exist_ok=True)
    if not (device / "subsystem").exists():
        (device / "subsystem").symlink_to(bus)
    folder = root / "sys/class/net" / name
    tree(folder, **({"type": "1", "address": "52:54:00:AA:BB:CC", "addr_assign_type": "0"} | files))
    (folder / "device").symlink_to(device)


def test_cards_of_the_machine_and_of_a_dock(tmp_path: Path) -> None:
    pci = tmp_path / "sys/devices/pci0000:00/0000:00:1f.6"
    usb = tmp_path / "sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0"
    card(tmp_path, "enp0s31f6", pci, "pci", carrier="1", speed="1000")
    card(tmp_path, "enx00e04c680001", usb, "usb", carrier="0", speed="-1")
    tree(tmp_path / "sys/class/net/lo", type="772")
    tree(tmp_path / "sys/class/net/br0", type="1", address="52:54:00:00:00:00")
    built_in, dock = collect_network(tmp_path, [])
    assert (built_in["bus"], built_in["mac"], built_in["speed_mbps"]) == ("pci", "52:54:00:aa:bb:cc", 1000)
    assert built_in["link"]
    assert (dock["bus"], dock["link"], dock["speed_mbps"]) == ("usb", False, None)


def test_a_bus_that_is_gone(tmp_path: Path) -> None:
    assert bus_of(tmp_path / "nothing") == "other"


def test_firmware(tmp_path: Path) -> None:
    problems: list[str] = []
    assert collect_firmware(tmp_path, problems)["type"] == "bios"
    assert problems == []
    variables = tmp_path / "sys/firmware/efi/efivars"
    variables.mkdir(parents=True)
    found = collect_firmware(tmp_path, problems)
    assert (found["type"], found["secure_boot"], len(problems)) == ("uefi", None, 1)
    for content, expected in ((b"\x06\0\0\0\x01", True), (b"\x06\0\0\0\0", False), (b"\x01", None)):
        (variables / SECURE_BOOT).write_bytes(content)
        assert collect_firmware(tmp_path, problems)["secure_boot"] is expected


def test_chassis_from_sysfs_as_printed(tmp_path: Path) -> None:
    tree(tmp_path / "sys/class/dmi/id", product_serial="To Be Filled By O.E.M.", sys_vendor="ASUS ", chassis_type="3")
    chassis = collect_chassis(tmp_path, [])
    assert chassis["system_serial"] == "To Be Filled By O.E.M."
    assert (chassis["manufacturer"], chassis["chassis_type"], chassis["system_uuid"]) == ("ASUS", "3", "")
