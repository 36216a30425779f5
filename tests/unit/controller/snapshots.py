"""Snapshots for the tests of the exports: a good one, recorded ones, and what no machine should ever say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from agent.collectors.snapshot import read_inventory
from agent.sources import open_source
from tests.unit.agent.recordings import HARDWARE, recorded

GIB = 2**30


def whole() -> dict[str, Any]:
    """A laptop about which everything is known."""
    return {
        "schema": "recyclerie.inventory/1",
        "taken_at": "2026-01-01T10:00:00Z",
        "agent_version": "1.2",
        "hostname": "recyclerie-live",
        "firmware": {
            "type": "uefi",
            "secure_boot": True,
            "vendor": "LENOVO",
            "version": "1.11",
            "date": "07/15/2019",
        },
        "chassis": {
            "system_uuid": "4c4c4544-0042-3510-8057-b4c04f4d3432",
            "system_serial": "PF0ABCDE",
            "board_serial": "L1HF64A00K1",
            "chassis_serial": "To be filled by O.E.M.",
            "manufacturer": "LENOVO",
            "product": "20HES0A100",
            "version": "ThinkPad T470",
            "sku": "LENOVO_MT_20HE",
            "asset_tag": "No Asset Information",
            "chassis_type": "10",
        },
        "board": {"manufacturer": "LENOVO", "product": "20HES0A100", "version": "SDK0J40697 WIN"},
        "cpu": {
            "model": "Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz",
            "vendor": "GenuineIntel",
            "sockets": 1,
            "cores": 2,
            "threads": 4,
            "max_mhz": 3100,
            "architecture": "x86_64",
        },
        "memory": {
            "total_bytes": 8 * GIB - 300_000_000,
            "modules": [
                {
                    "slot": "ChannelA-DIMM0",
                    "size_bytes": 8 * GIB,
                    "type": "DDR4",
                    "speed_mts": 2133,
                    "manufacturer": "Samsung",
                    "part_number": "M471A1K43BB1-CRC",
                    "serial": "3851AB5C",
                }
            ],
        },
        "drives": [
            {
                "path": "/dev/nvme0n1",
                "model": "SAMSUNG MZVLW256HEHP-000L7",
                "serial": "S35ENX0J123456",
                "wwn": "eui.002538b971b0a1c2",
                "size_bytes": 256_060_514_304,
                "rotational": False,
                "transport": "nvme",
                "boot_medium": False,
                "firmware_revision": "4L7QCXB7",
                "partitions": [
                    {"path": "/dev/nvme0n1p2", "size_bytes": 200 * GIB, "fstype": "ntfs", "label": "Photos Marie"}
                ],
            },
            {"path": "/dev/sda", "model": "USB Stick", "serial": "AA0001", "boot_medium": True, "transport": "usb"},
        ],
        "network": [
            {"name": "enp0s31f6", "mac": "8c:16:45:00:00:01", "bus": "pci", "wireless": False, "link": True}
            | {"driver": "e1000e", "speed_mbps": 1000},
            {"name": "wlp4s0", "mac": "8c:16:45:00:00:02", "bus": "pci", "wireless": True, "link": False}
            | {"driver": "iwlwifi", "speed_mbps": None},
        ],
        "graphics": [{"name": "Intel Corporation HD Graphics 620 (rev 02)", "driver": "i915"}],
        "sound": [{"name": "Intel Corporation Sunrise Point-LP HD Audio", "driver": "snd_hda_intel"}],
        "controllers": [
            {"name": "Samsung Electronics Co Ltd NVMe SSD Controller", "driver": "nvme", "raid_mode": False}
        ],
        "batteries": [
            {"name": "BAT0", "manufacturer": "SANYO", "model": "01AV422", "serial": "1234", "cycle_count": 312}
            | {"energy_full_wh": 18.5, "energy_full_design_wh": 24.05, "state": "discharging"}
        ],
        "screens": [{"connector": "eDP-1", "name": "B140HAN03", "manufacturer": "AUO", "serial": "", "year": 2016}],
        "usb": [
            {"vendor_id": "5986", "product_id": "111c", "manufacturer": "SunplusIT Inc", "name": "Integrated Camera"}
            | {"serial": "", "interfaces": ["0e0100", "0e0200"]}
        ],
        "inputs": [{"kind": "touchpad", "name": "SynPS/2 Synaptics TouchPad", "bus": "i8042"}],
        "cameras": [{"path": "/dev/video0", "name": "Integrated Camera", "bus": "usb", "driver": "uvcvideo"}],
        "ports": [{"kind": "usb", "label": "USB 1", "connector": "Access Bus (USB)", "internal": False}],
        "slots": [{"name": "SimSlot", "type": "x1 PCI Express", "in_use": False}],
        "security": [{"kind": "tpm", "name": "TPM", "version": "2.0", "source": "kernel"}],
        "sensors": [{"kind": "temperature", "chip": "coretemp", "label": "Package id 0", "value": 41.0}] * 2,
        "problems": ["battery BAT0: its capacity can't be read"],
    }


# Every dump that we have, file by file, and the folders that belong to one machine.
RECORDED = [path for path in recorded("**/*") if path.name != "README.md"]
FOLDERS = sorted(path for path in HARDWARE.glob("machines/*/*") if path.is_dir())


def read(place: Path) -> dict[str, Any]:
    """What the agent makes of a dump, as it arrives at the controller."""
    found: dict[str, Any] = json.loads(json.dumps(read_inventory(open_source(place), erase=True)))
    return found


# -- what no machine should say ---------------------------------------------------------------------
ROTTEN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**25, max_value=10**30),
    st.just(10**4000),
    st.floats(),
    st.text(st.characters(), max_size=30),
    st.sampled_from(["\ud83d", "a\0b", "=1+1", "\x1b[31m", "To be filled by O.E.M.", "x" * 5000, "\u202e", "²", "١٢"]),
    st.sampled_from(["13/13/2019", "00/00/0000", "2019-02-31", "31/12/99", "0001-01-01", "07/15/2019\n"]),
    st.sampled_from(
        ["armv7l", "arm\nx", "riscv64", "i686", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "8C-16-45-00-00-01"]
    ),
)
ANYTHING = st.recursive(
    ROTTEN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def like(value: Any) -> st.SearchStrategy[Any]:
    """The form of a good snapshot, with anything in place of any part of it."""
    if isinstance(value, dict):
        form: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional={k: like(v) for k, v in value.items()})
    elif isinstance(value, list):
        form = st.lists(st.one_of([like(inner) for inner in value]), max_size=4)
    else:
        form = st.just(value)
    return st.one_of(form, form, ANYTHING)


ODD = st.fixed_dictionaries({}, optional={key: like(value) for key, value in whole().items()})
