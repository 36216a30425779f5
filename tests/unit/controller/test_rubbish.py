"""Firmware texts that name nothing, against what real machines print."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from agent.collectors.chassis import parse_chassis
from agent.rubbish import is_rubbish
from controller.machines.rubbish import clean_mac, clean_serial, clean_text, clean_uuid, clean_wwn

SHARED = Path(os.environ.get("RECYCLERIE_SHARED", Path(__file__).resolve().parents[4] / "shared"))
DUMPS = SHARED / "hardware" / "dmidecode"
MACHINES = SHARED / "hardware" / "machines" / "peracotta"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "Not Specified",
        "not specified ",
        "To Be Filled By O.E.M.",
        "To be filled by O.E.M.",
        "System Serial Number",
        "Chassis Serial Number",
        "Base Board Serial Number",
        "Default string",
        "None",
        "N/A",
        "INVALID",
        "No Asset Tag",
        "00000000",
        "0",
        "123456789",
        "0123456789",
        "1234567890",
        "FFFFFFFF",
        "xxxxxxxxxxxx",
        "-----",
        "........",
        "--",
        "1",
        "A1",
        "BSN12345678901234567",  # ASUS, and others with other letters
        "BSS-0123456789",
        "MB-1234567890",
        "EB1234567890",
        "12345678901234567890",
        "Not Provided",
        "Not Present",
        "Board Serial Number",
        "Serial",
        "Reserved",
    ],
)
def test_no_serial_number(value: str) -> None:
    assert clean_serial(value) == ""
    assert is_rubbish(value)  # the agent's gate takes it for rubbish too


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("PF0ABCDE", "PF0ABCDE"),
        (" 5CG7190ABC ", "5CG7190ABC"),
        ("CN0123456", "CN0123456"),  # so few may be a number
        ("5CG1234567X", "5CG1234567X"),
        ("MJ  00 KLM", "MJ 00 KLM"),
        ("/7QX0Y42/CN1296362", "/7QX0Y42/CN1296362"),
        ("1133ONP", "1133ONP"),
    ],
)
def test_serial_number(value: str, cleaned: str) -> None:
    assert clean_serial(value) == cleaned
    assert not is_rubbish(value)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("4C4C4544-0042-3510-8057-B4C04F4D4832", "4c4c4544-0042-3510-8057-b4c04f4d4832"),
        ("00000000-0000-0000-0000-000000000000", ""),
        ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", ""),
        ("00000000-0000-0000-0000-FFFFFFFFFFFF", ""),
        ("03000200-0400-0500-0006-000700080009", ""),
        ("Not Settable", ""),
        ("4C4C4544-0020-2010-8020-A0C04F202020", ""),  # a Dell board without its service tag
        ("4c4c4544-0000-2010-8020-80c04f202020", ""),
        ("12345678-1234-5678-90AB-CDDEEFAABBCC", ""),
        ("00000000-0000-0000-0000-AC1F6B123456", "00000000-0000-0000-0000-ac1f6b123456"),  # Supermicro: its MAC
        ("", ""),
        ("4C4C4544-0042-3510-8057", ""),
        ("4C4C4544-0042-3510-8057-B4C04F4D4832-00", ""),
    ],
)
def test_uuid(value: str, cleaned: str) -> None:
    assert clean_uuid(value) == cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("8C:16:45:00:11:22", "8c:16:45:00:11:22"),
        ("8c-16-45-00-11-22", "8c:16:45:00:11:22"),
        ("00:00:00:00:00:00", ""),
        ("ff:ff:ff:ff:ff:ff", ""),
        ("01:00:5e:00:00:01", ""),  # a group of machines
        ("52:54:00:12:34:56", ""),  # made up by software: nothing keeps it from being made up twice
        ("8c:16:45:00:11", ""),
        ("00:E0:4C:68:00:01", ""),  # Realtek, never given a number
        ("00:11:22:33:44:55", ""),
        ("", ""),
    ],
)
def test_mac(value: str, cleaned: str) -> None:
    assert clean_mac(value) == cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("0x5000C500A1B2C3D4", "0x5000c500a1b2c3d4"),
        ("eui.0025385B71B0A1B2", "eui.0025385b71b0a1b2"),
        ("nvme.144d-533346", "nvme.144d-533346"),
        ("0x0000000000000000", ""),
        ("eui.0000000000000000", ""),
        ("naa.ffffffffffffffff", ""),
        ("", ""),
    ],
)
def test_wwn(value: str, cleaned: str) -> None:
    assert clean_wwn(value) == cleaned


@pytest.mark.parametrize(
    ("value", "cleaned"), [("LENOVO", "LENOVO"), ("HP", "HP"), ("System manufacturer", ""), ("O.E.M", ""), ("00", "")]
)
def test_text(value: str, cleaned: str) -> None:
    assert clean_text(value) == cleaned


def _dumps() -> list[Path]:
    return sorted(path for path in DUMPS.rglob("*") if path.is_file()) if DUMPS.is_dir() else []


needs_dumps = pytest.mark.skipif(not DUMPS.is_dir(), reason=f"no recorded hardware at {DUMPS} (RECYCLERIE_SHARED)")


@needs_dumps
def test_real_firmware() -> None:
    """Serial numbers in these dumps are masked with ``--``: what is left in their fields is rubbish, to the last."""
    kept = set()
    for path in _dumps():
        chassis = parse_chassis(path.read_text(errors="replace"))
        kept |= {clean_serial(chassis[k]) for k in ("system_serial", "board_serial", "chassis_serial")}
        kept.add(clean_uuid(chassis["system_uuid"]))
    assert kept == {""}


@needs_dumps
def test_agent_and_controller_agree_on_real_machines() -> None:
    """Two lists, since the agent imports nothing of the controller: what one keeps, the other does not drop."""
    serials = set()
    for folder in MACHINES.iterdir():
        for name in ("baseboard.txt", "chassis.txt", "system.txt"):
            if (folder / name).is_file():
                text = (folder / name).read_text(errors="replace")
                serials |= {found.strip() for found in re.findall(r"(?:Serial Number|Asset Tag): (.*)", text)}
    assert len(serials) > 10
    assert {s for s in serials if bool(clean_serial(s)) == is_rubbish(s)} == set()
