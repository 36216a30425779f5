"""nvme-cli, sg3-utils, mmc-utils, smartctl and openSeaChest: their words, as facts or as none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.erase_facts.mmc import ExtCsd, can_erase, can_sanitize, parse_ext_csd
from agent.collectors.erase_facts.nvme_json import (
    parse_controller,
    parse_namespace_bytes,
    parse_namespaces,
    parse_sanitize_log,
)
from agent.collectors.erase_facts.openseachest import parse_info
from agent.collectors.erase_facts.sg_opcodes import parse_opcodes
from agent.collectors.erase_facts.smartctl import parse_seen
from tests.unit.agent.erase_records import probed, record, sample
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

NVME = json.loads(sample("nvme.json"))


def nvme(command: str, name: str) -> str:
    return json.dumps(NVME[command][name])


@pytest.mark.parametrize(
    ("name", "oacs", "fna", "sanicap"),
    [("qemu", 0x10A, 0, 0), ("full", 0x17, 5, 3), ("intel", 0x17, 4, 0x80000003), ("hex", 0x10A, 7, 4)],
)
def test_controllers(name: str, oacs: int, fna: int, sanicap: int) -> None:
    found = parse_controller(nvme("id-ctrl", name))
    assert found is not None
    assert (found.admin_commands, found.format_attributes, found.sanitize) == (oacs, fna, sanicap)


@needs_recordings
def test_the_json_record_of_qemu_says_what_it_said_in_text() -> None:
    said = probed("NVME01")["nvme id-ctrl /dev/nvme0 -H"][0]
    fields = dict(line.split(":", 1) for line in said.splitlines() if ":" in line and not line.startswith(" "))
    values = {name.strip(): value.strip() for name, value in fields.items()}
    ours = NVME["id-ctrl"]["qemu"]
    assert int(values["oacs"], 16) == ours["oacs"]
    assert (values["sn"], values["mn"]) == (ours["sn"], ours["mn"])


def test_a_controller_without_all_its_bits_is_none() -> None:
    assert parse_controller(json.dumps({"sn": "X", "oacs": 2, "fna": 0})) is None
    assert parse_controller('NVMe status: Invalid Command Opcode(0x4001)\n{"oacs": 1}') is None


def test_namespaces() -> None:
    assert parse_namespaces(nvme("list-ns", "two")) == [1, 2]
    assert parse_namespaces(nvme("list-ns", "none")) == []
    assert parse_namespaces('{"error": "Invalid Field in Command"}') is None
    assert parse_namespace_bytes(nvme("id-ns", "512")) == 2**29
    assert parse_namespace_bytes(nvme("id-ns", "4096")) == 2**29
    assert parse_namespace_bytes('{"nsze": 1048576, "flbas": 15, "lbafs": [{"ds": 9}]}') is None


@pytest.mark.parametrize(
    ("name", "state", "progress", "seconds"),
    [
        ("never", "never", None, {"block": 70, "crypto": 5}),
        ("foreign", "completed", None, {}),
        ("renamed", "completed", None, {"block": 20, "crypto": 30}),
        ("stuck", "in progress", 0.01, {}),
        ("failed", "failed", None, {}),
        ("no-deallocate", "completed", None, {"overwrite": 600}),
    ],
)
def test_sanitize_logs(name: str, state: str, progress: float | None, seconds: dict[str, int]) -> None:
    found = parse_sanitize_log(nvme("sanitize-log", name))
    assert found is not None
    assert (found.state, found.progress, found.seconds) == (state, progress, seconds)


@needs_recordings
def test_no_sanitize_log_is_none() -> None:
    refused, status = probed("NVME01")["nvme sanitize-log /dev/nvme0"]
    assert status == 1
    assert parse_sanitize_log(refused) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sas-hdd", (True, False, True)), ("all", (True, True, True)), ("compact", (True, True, True)),
        ("none", (False, False, False)), ("refused", None),
    ],
)  # fmt: skip
def test_scsi_commands(name: str, expected: tuple[bool, bool, bool] | None) -> None:
    found = parse_opcodes(record("sg_opcodes.txt", name))
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found["sanitize_overwrite"], found["sanitize_block"], found["sanitize_crypto"]) == expected


@needs_recordings
def test_a_scsi_drive_that_lists_nothing() -> None:
    said, status = probed("SCSI01")["sg_opcodes /dev/sda"]
    assert status == 9
    assert parse_opcodes(said) is None


@pytest.mark.parametrize(
    ("name", "registers", "sanitize"),
    [
        ("emmc-5.1", ExtCsd(8, 0x55, 0x20, 0x20), True),
        ("emmc-4.41", ExtCsd(5, 0x55, 8, 1), False),
        ("emmc-5.0-without", ExtCsd(7, 0x15, 0, 0), False),
        ("refused", ExtCsd(None, None, None, None), False),
    ],
)
def test_emmc(name: str, registers: ExtCsd, sanitize: bool) -> None:
    found = parse_ext_csd(record("mmc-extcsd.txt", name))
    assert found == registers
    assert can_sanitize(found) is sanitize


def test_erase_is_command_class_5() -> None:
    # CSD of an SD card (class bits 0x5b5: 0, 2, 4, 5, 7, 8, 10), and the same without class 5.
    assert can_erase("400e00325b590000edc87f800a4040b1")
    assert not can_erase("400e003259590000edc87f800a4040b1".replace("5959", "5859", 1))
    assert not can_erase("")


@needs_recordings
@pytest.mark.parametrize(
    ("drive", "path", "max_lba", "native"),
    [
        ("SATAHDD01", "/dev/sdb", 1048575, None), ("SATASSD01", "/dev/sdc", 4194303, None),
        ("USB01", "/dev/sdd", 1048575, None), ("VIRTIO01", "/dev/vda", 0, None),
        ("NVME01", "/dev/nvme0n1", None, None),
    ],
)  # fmt: skip
def test_openseachest_on_qemu(drive: str, path: str, max_lba: int | None, native: int | None) -> None:
    found = parse_info(probed(drive)[f"openSeaChest_Erase -d {path} -i"][0])
    assert (found.version, found.max_lba, found.native_max_lba) == ("4.6.0-8_0_1", max_lba, native)


def test_openseachest_on_a_drive_with_a_native_size() -> None:
    # Lines of a Seagate ST8000NM0105: github.com/Seagate/openSeaChest/issues/102
    said = "\tSerial Number: ZA17S7HH\n\tMaxLBA: 15628053167\n\tNative MaxLBA: 15628053167\n"
    found = parse_info(said + "\tLogical Sector Size (B): 512\n")
    assert (found.serial, found.max_lba, found.native_max_lba, found.sector_bytes) == (
        "ZA17S7HH",
        15628053167,
        15628053167,
        512,
    )


def _reports() -> list[Path]:
    found = []
    for path in recorded("smartctl-json/**/*"):
        try:
            value = json.loads(text(path))
        except ValueError:
            continue
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict) and "smartctl" in value:
            found.append(path)
    return found


@needs_recordings
@pytest.mark.parametrize("path", _reports(), ids=lambda path: str(path.relative_to(HARDWARE / "smartctl-json")))
def test_every_recorded_smartctl_report(path: Path) -> None:
    said: Any = json.loads(text(path))
    said = said[0] if isinstance(said, list) else said
    found = parse_seen(text(path))
    assert found.protocol == said.get("device", {}).get("protocol", "")
    assert found.protocol in ("ATA", "NVMe", "SCSI", "")
    assert found.serial == " ".join(said.get("serial_number", "").split())
    assert found.version.startswith(("6.7", "7."))


def test_a_usb_bridge_that_smartctl_does_not_know() -> None:
    # As on QEMU's USB drive in our lab: exit status 1, no device.
    assert parse_seen('{"smartctl": {"version": [7, 4], "exit_status": 1}}').protocol == ""
