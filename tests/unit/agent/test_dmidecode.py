"""Chassis and memory out of real dmidecode output."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.collectors.chassis import CHASSIS_TYPES, parse_board, parse_chassis
from agent.collectors.dmidecode import parse_dmidecode
from agent.collectors.memory import parse_meminfo, parse_modules, parse_size
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

FULL = recorded("dmidecode/**/*")


@needs_recordings
@pytest.mark.parametrize("path", FULL, ids=lambda path: str(path.relative_to(HARDWARE / "dmidecode")))
def test_every_recorded_machine_has_a_name(path: Path) -> None:
    said = text(path)
    chassis = parse_chassis(said)
    # The folder is TYPE/MAKER/FAMILY/MODEL: sorted by whoever collected them, not by our parser.
    maker = path.relative_to(HARDWARE / "dmidecode").parts[1]
    # Boards sold alone leave the system's fields empty; the board's own are then all there is.
    board = parse_board(said)
    names = f"{chassis['manufacturer']} {chassis['product']} {board['manufacturer']}"
    words = set(re.findall(r"[a-z]+", names.lower()))
    known = {"hewlett": "hp", "hp": "hewlett"}
    first = re.findall(r"[a-z]+", maker.lower())[0]
    assert first in words or known.get(first) in words or maker == "Others", (maker, chassis, board)
    assert chassis["chassis_type"].isdigit()
    assert CHASSIS_TYPES[int(chassis["chassis_type"]) - 1] in said


@needs_recordings
@pytest.mark.parametrize("path", FULL, ids=lambda path: str(path.relative_to(HARDWARE / "dmidecode")))
def test_every_recorded_memory_module_is_found(path: Path) -> None:
    said = text(path)
    blocks = [block for block in said.split("\nMemory Device\n")[1:] if "\n\tType: Flash\n" not in block]
    sizes = [re.search(r"^\tSize: (\d+) ([MGk]B)", block.split("\n\n")[0], re.MULTILINE) for block in blocks]
    expected = [int(m.group(1)) * {"k": 2**10, "M": 2**20, "G": 2**30}[m.group(2)[0]] for m in sizes if m]
    modules = parse_modules(said)
    assert [module["size_bytes"] for module in modules] == expected
    for module in modules:
        assert module["speed_mts"] is None or 100 <= module["speed_mts"] <= 12000


@needs_recordings
def test_the_recorded_thinkpad() -> None:
    folder = HARDWARE / "machines/peracotta/Thinkpad-R500"
    chassis = parse_chassis(text(folder / "baseboard.txt") + text(folder / "chassis.txt"))
    assert chassis["board_serial"] == "FN1EG42G9DB"
    assert chassis["chassis_type"] == "10"
    assert chassis["chassis_serial"] == "Not Available"  # as printed: what is rubbish is decided elsewhere
    assert chassis["system_serial"] == ""


def test_lists_below_a_key_are_not_values() -> None:
    block = parse_dmidecode(
        "Handle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n\tVendor: Dell Inc.\n"
        "\tCharacteristics:\n\t\tPCI is supported\n\t\tBoot: yes\n\tBIOS Revision: 4.6\n"
    )[0]
    assert block.values == {"Vendor": "Dell Inc.", "Characteristics": "", "BIOS Revision": "4.6"}


@pytest.mark.parametrize("broken", ["", "# dmidecode 3.1\n", "Handle 0xZZ\n\tSize: 4 GB\n", "\tSize: 4 GB\n", "\0\xff"])
def test_broken_output_gives_nothing(broken: str) -> None:
    assert parse_modules(broken) == []
    assert set(parse_chassis(broken).values()) == {""}


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("4096 MB", 4 * 2**30), ("16 GB", 16 * 2**30), ("512 kB", 512 * 2**10), ("No Module Installed", None),
        ("Unknown", None), ("", None), ("0 MB", None), ("4 GiB", 4 * 2**30), ("lots", None),
    ],
)  # fmt: skip
def test_sizes(said: str, size: int | None) -> None:
    assert parse_size(said) == size


def test_meminfo() -> None:
    assert parse_meminfo("MemTotal:       24684084 kB\nHugePages_Total:       0\n") == {"MemTotal": 24684084 * 1024}
