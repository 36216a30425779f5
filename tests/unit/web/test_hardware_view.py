"""What a machine is made of, on its page: from whole inventories, partial ones and nonsense."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.fields import Subsystem
from agent.collectors.table import subsystems
from controller.database import utcnow
from controller.i18n import set_language
from controller.inventory_export.agent_reading import read_snapshot
from controller.inventory_export.forms import export
from controller.web.views.hardware import FORMS, from_inventory
from controller.web.views.hardware_facts import SUBSYSTEMS

SHARED = Path(os.environ.get("RECYCLERIE_SHARED", Path(__file__).resolve().parents[4] / "shared"))
MACHINES = SHARED / "hardware" / "machines" / "peracotta"
GIB = 1024**3

LAPTOP: dict[str, Any] = {
    "image_version": "20260101-abcd",
    "firmware": {
        "type": "bios",
        "vendor": "LENOVO",
        "version": "N1Q",
        "date": "2019",
        "secure_boot": False,
        "uefi_capable": True,
    },
    "board": {"manufacturer": "LENOVO", "product": "20HD", "version": ""},
    "cpu": {"model": "Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", "cores": 2},
    "memory": {
        "modules": [{"slot": "DIMM0", "size_bytes": 4 * GIB, "type": "DDR4", "speed_mts": 2400}],
        "slots_total": 2,
        "slots_free": 1,
        "soldered_bytes": 4 * GIB,
        "maximum_bytes": 32 * GIB,
        "ecc": False,
    },
    "graphics": [{"name": "Intel HD Graphics 620", "driver": ""}],
    "screens": [
        {
            "connector": "eDP-1",
            "internal": True,
            "manufacturer": "AUO",
            "name": "B140HAN",
            "diagonal_inches": 14.0,
            "width_px": 1920,
            "height_px": 1080,
            "year": 2016,
        }
    ],
    "network": [{"mac": "8c:16:45:00:11:22", "driver": "iwlwifi", "wireless": True, "model": "Intel Wireless 8265"}],
    "network_cards": [
        {"name": "Intel Wireless 8265", "interface": "wlan0", "driver": "iwlwifi"},
        {"name": "Broadcom BCM4311", "interface": "", "driver": ""},
    ],
    "bluetooth": [{"name": "hci0", "interface": "hci0", "blocked": True}],
    "cameras": [{"name": "Integrated Camera", "driver": "uvcvideo"}],
    "batteries": [
        {"name": "BAT0", "model": "01AV430", "energy_full_wh": 30.1, "energy_full_design_wh": 57.0, "cycle_count": 412},
        {"name": "BAT1", "model": "", "energy_full_wh": None, "energy_full_design_wh": None, "cycle_count": 0},
    ],
    "inputs": [{"kind": "touchpad"}, {"kind": "keyboard"}, {"kind": "keyboard"}],
    "security": [{"kind": "tpm", "name": "INTC", "version": "2.0"}, {"kind": "fingerprint", "name": ""}],
    "ports": [
        *({"kind": "usb", "connector": "USB"} for _ in range(3)),
        {"kind": "video", "connector": "HDMI-A"},
        {"kind": "video", "connector": "DB-15 female"},
        {"kind": "sata", "connector": "SATA", "internal": True},
    ],
    "usb_buses": [{"speed_mbps": 480}, {"speed_mbps": 5000}],
    "slots": [{"type": "x16 PCI Express", "in_use": False}, {"type": "x1 PCI Express", "in_use": True}],
    "sensors": [
        {"kind": "temperature", "label": "CPU", "value": 41.2},
        {"kind": "fan", "chip": "thinkpad", "value": 2900},
    ],
    "missing": [{"what": "drives", "why": "x"}, {"what": "chassis.product", "why": "x"}, {"what": "drives[1].model"}],
    "problems": ["the clock battery is empty"],
}


@pytest.fixture(autouse=True)
def _english(_french: None) -> None:
    set_language("en")


def shown(body: dict[str, Any]) -> dict[str, list[str]]:
    """Label → lines."""
    return {fact.label: [str(value) for value in fact.values] for fact in from_inventory(body, utcnow()).facts}


def test_a_laptop() -> None:
    found = from_inventory(LAPTOP, utcnow())
    assert (found.cpu, found.cores, found.memory_bytes) == ("Intel Core i5-7200U @ 2.50GHz", 2, 4 * GIB)
    assert [str(line).replace("\N{NO-BREAK SPACE}", " ") for line in found.memory_slots] == [
        "1 free slot of 2",
        "4 GB of it soldered",
        "the board takes up to 32 GB",
    ]
    assert [(battery.health and round(battery.health, 2), battery.cycles) for battery in found.batteries] == [
        (0.53, 412),
        (None, None),
    ]
    assert found.missing == ("Drives", "Maker and model")
    assert shown(LAPTOP) == {
        "Firmware": ["BIOS", "LENOVO N1Q 2019", "Secure Boot off", "can start by UEFI too"],
        "Main board": ["LENOVO 20HD"],
        "Graphics": ["Intel HD Graphics 620: no driver"],
        "Screens": ["AUO B140HAN, 14″, 1920 × 1080, 2016, eDP-1, built in"],
        "Network": ["Intel Wireless 8265: Wi-Fi 8c:16:45:00:11:22 (iwlwifi)", "Broadcom BCM4311: no driver"],
        "Bluetooth": ["hci0: switched off by a switch or key of the machine"],
        "Cameras": ["Integrated Camera (uvcvideo)"],
        "Keyboard and pointing": ["keyboard", "touchpad"],
        "TPM and readers": ["TPM: INTC 2.0", "fingerprint reader"],
        "Sockets": ["3 × USB", "2 × video (HDMI, VGA)", "USB 3 (5,000 Mb/s)"],
        "Slots for cards": ["1 × x16 PCI Express free"],
        "Sensors": ["CPU: 41 °C", "thinkpad: 2,900 rpm"],
        "Live image": ["20260101-abcd"],
    }


def test_every_subsystem_of_the_agent_has_a_name_here() -> None:
    keys = {subsystem.key for subsystem in subsystems() if isinstance(subsystem, Subsystem)}
    assert keys - set(SUBSYSTEMS) <= {"usb_buses"}


@pytest.mark.parametrize("nonsense", [None, 3, "x", [], {}, [None], [3, "x"], {"modules": 3}, [{"kind": 4}], [{}]])
def test_nonsense_is_no_error(nonsense: Any) -> None:
    for key in LAPTOP:
        found = from_inventory({**LAPTOP, key: nonsense}, utcnow())
        assert all(str(value) for fact in found.facts for value in fact.values)
        assert all(str(line) for line in found.memory_slots)


def test_the_forms_are_the_ones_that_are_exported() -> None:
    for form, _ in FORMS:
        assert export(LAPTOP, form).content  # type: ignore[arg-type]


@pytest.mark.skipif(not MACHINES.is_dir(), reason=f"no recorded machines at {MACHINES} (RECYCLERIE_SHARED)")
def test_recorded_machines() -> None:
    names = sorted(folder for folder in MACHINES.iterdir() if folder.is_dir())
    assert names
    for folder in names:
        found = from_inventory(read_snapshot(folder), utcnow())
        assert found.cpu or "Processor" in found.missing
        assert all("None" not in str(value) for fact in found.facts for value in fact.values), folder.name
