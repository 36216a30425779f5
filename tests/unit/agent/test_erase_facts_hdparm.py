"""hdparm's words, of real drives, of QEMU's (where it lies), and of drives that nobody can emulate."""

from __future__ import annotations

from typing import Any

import pytest

from agent.collectors.erase_facts.asking import no_status, parse_version
from agent.collectors.erase_facts.hdparm_identify import Identify, doubts, parse_identify, sanitize_features
from agent.collectors.erase_facts.hdparm_sanitize import parse_sanitize_status
from agent.collectors.erase_facts.hdparm_sizes import MaxSectors, parse_dco_sectors, parse_max_sectors
from agent.tools import Ran
from tests.unit.agent.erase_records import probed, record, sample
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

REAL = HARDWARE / "erase-tools" / "hdparm"


def identity(said: str) -> Identify:
    found = parse_identify(said)
    assert found is not None
    return found


def security(**more: Any) -> dict[str, Any]:
    return {
        "supported": True, "enabled": False, "locked": False, "frozen": False, "count_expired": False,
        "enhanced_supported": True, "erase_minutes": None, "enhanced_erase_minutes": None,
        "master_password_revision": 65534,
    } | more  # fmt: skip


NONE = dict.fromkeys(security(), False) | {
    "erase_minutes": None,
    "enhanced_erase_minutes": None,
    "master_password_revision": None,
}


def believed(found: Identify, *, bridge: bool = False, **more: Any) -> bool:
    """Whether it is believed by a kernel that sees the same drive."""
    drive = {"serial": found.serial, "size_bytes": found.size_bytes} | more
    return not doubts(found, drive, bridge=bridge)


@needs_recordings
@pytest.mark.parametrize(
    ("name", "good", "facts"),
    [
        ("hdparm-I-1", True, security(erase_minutes=6, enhanced_erase_minutes=32)),
        ("hdparm-I-2", False, None),  # what a bridge made up
        ("hdparm-I-3", True, NONE),  # no Security feature set: nothing is printed, and that is known
        ("hdparm-I-4", False, None),  # text of some log, taken for an identity
    ],
)
def test_recorded_drives(name: str, good: bool, facts: Any) -> None:
    found = identity(text(REAL / f"{name}.txt"))
    assert believed(found, serial="", size_bytes=0) is good
    if good:
        assert found.security == facts
        assert (found.integrity, found.trim) == ("correct", name == "hdparm-I-1")
        assert found.size_bytes == {"hdparm-I-1": 256060514304, "hdparm-I-3": 1000204886016}[name]
        # Through a bridge too, where all fits; not as another drive.
        assert believed(found, bridge=True)
        assert not believed(found, serial="ANOTHER1")
        assert not believed(found, bridge=True, size_bytes=found.size_bytes * 2)


@needs_recordings
def test_all_recorded_drives_were_looked_at() -> None:
    assert [path.stem for path in recorded("erase-tools/hdparm/*.txt")] == [f"hdparm-I-{n}" for n in range(1, 5)]


@needs_recordings
@pytest.mark.parametrize(("drive", "size"), [("SATAHDD01", 536870912), ("SATASSD01", 2147483648)])
def test_qemu_sata_drives_have_nothing(drive: str, size: int) -> None:
    said = probed(drive)
    path = {"SATAHDD01": "/dev/sdb", "SATASSD01": "/dev/sdc"}[drive]
    found = identity(said[f"hdparm -I {path}"][0])
    # hdparm complains about another command's missing status there: the identity fits all the same.
    assert (found.integrity, found.size_bytes, found.serial) == ("zero", size, drive)
    assert believed(found)
    assert not believed(found, size_bytes=size + 512)
    assert found.rotation == (7200 if drive == "SATAHDD01" else 0)
    assert found.security == NONE
    assert sanitize_features(found) == {
        "crypto": False, "block": False, "overwrite": False, "antifreeze": False, "state": "", "progress": None,
    }  # fmt: skip
    sectors = size // 512
    assert parse_max_sectors(said[f"hdparm -N {path}"][0], sectors) == MaxSectors(sectors, sectors, False)
    # "DCO Checksum verified", "Real max sectors: 1", exit status 0: from a command that was refused.
    dco, status = said[f"hdparm --dco-identify {path}"]
    assert (status, parse_dco_sectors(dco, sectors)) == (0, None)
    assert no_status(Ran("hdparm", status, dco, ""))
    refused, status = said[f"hdparm --sanitize-status {path}"]
    assert (status, parse_sanitize_status("", refused)) == (22, ("", None))


@needs_recordings
def test_qemu_usb_drive_is_believed_in_nothing() -> None:
    said = probed("USB01")
    found = identity(said["hdparm -I /dev/sdd"][0])
    assert not believed(found, serial="USB01", size_bytes=536870912, bridge=True)
    assert not believed(found, serial="USB01", size_bytes=536870912)
    bogus, status = said["hdparm -N /dev/sdd"]
    assert status == 0
    assert "HPA is enabled" in bogus
    assert parse_max_sectors(bogus, 1048576) is None
    assert no_status(Ran("hdparm", 0, bogus, ""))
    assert parse_dco_sectors(said["hdparm --dco-identify /dev/sdd"][0], 1048576) is None


@pytest.mark.parametrize(
    ("name", "size", "rotation", "facts"),
    [
        ("hdd-frozen", 500107862016, 7200, security(frozen=True, erase_minutes=82, enhanced_erase_minutes=82)),
        (
            "hdd-locked",
            500107862016,
            7200,
            security(enabled=True, locked=True, erase_minutes=80, enhanced_erase_minutes=80),
        ),
        ("ssd-sanitize", 500107862016, 0, security(frozen=True, erase_minutes=2, enhanced_erase_minutes=2)),
        ("hdd-ama", 4000787030016, 5425, security(erase_minutes=500, enhanced_erase_minutes=500)),
        # "more than 508min": at least so long.
        ("hdd-4kn", 4000787030016, 7200, security(erase_minutes=508, enhanced_erase_minutes=508)),
        ("ide", 40020664320, None, security(enhanced_supported=False, erase_minutes=50)),
        (
            "expired",
            320072933376,
            5400,
            security(enabled=True, locked=True, count_expired=True, erase_minutes=90, enhanced_erase_minutes=90),
        ),
        ("ssd-early", 32044482560, None, NONE),
    ],
)
def test_drives_that_nobody_emulates(name: str, size: int, rotation: int | None, facts: Any) -> None:
    found = identity(sample(f"hdparm-I-{name}.txt"))
    assert (found.size_bytes, found.rotation, found.integrity) == (size, rotation, "correct")
    assert found.security == facts
    assert believed(found)
    assert believed(found, bridge=True)
    assert found.trim is name.startswith("ssd")
    assert found.sector_bytes == (4096 if name == "hdd-4kn" else 512)
    assert found.has("Device Configuration Overlay feature set") is (name not in ("hdd-ama", "ssd-early"))
    assert found.has("unknown 119[8]") is (name == "hdd-ama")


@pytest.mark.parametrize(
    ("name", "crypto", "block", "overwrite"),
    [
        ("ssd-sanitize", True, True, True), ("hdd-ama", False, False, True), ("hdd-4kn", True, False, False),
        ("hdd-frozen", False, False, False),
    ],
)  # fmt: skip
def test_sanitize_features(name: str, crypto: bool, block: bool, overwrite: bool) -> None:
    facts = sanitize_features(identity(sample(f"hdparm-I-{name}.txt")))
    assert facts is not None
    assert (facts["crypto"], facts["block"], facts["overwrite"]) == (crypto, block, overwrite)
    assert facts["antifreeze"] is any((crypto, block, overwrite))


def test_a_changed_identity_is_not_believed() -> None:
    said = sample("hdparm-I-hdd-frozen.txt")
    found = identity(said.replace("Checksum: correct", "Checksum: incorrect (0x41), expected 0x12"))
    assert not believed(found)
    # The security lines without the feature in the list, and bits that contradict each other, are no facts.
    assert identity(said.replace("Security:", "Secured:")).security is None
    assert identity(said.replace("\tnot\tlocked", "\t\tlocked")).security is None
    assert identity(said.replace("\tnot\tlocked", "\t\tlocked").replace("\tnot\tenabled", "\t\tenabled")).security


def test_an_identity_without_a_checksum_must_fit_in_all() -> None:
    said = sample("hdparm-I-hdd-frozen.txt")
    zero = identity(said.replace("Checksum: correct", "Integrity word not set (found 0x0000, expected 0xcba5)"))
    other = identity(said.replace("Checksum: correct", "Integrity word not set (found 0x5254, expected 0xe3a5)"))
    for found, alone in ((zero, True), (other, False)):
        assert believed(found)
        assert believed(found, bridge=True)
        assert believed(found, serial="") is alone
        assert not believed(found, serial="", bridge=True)
        assert not believed(found, size_bytes=found.size_bytes + 512)


def test_a_device_configuration_of_no_revision() -> None:
    said = record("hdparm-sizes.txt", "dco-same").replace("0x0001", "0x0000 -- unknown, treating as 0002")
    assert parse_dco_sectors(said, 1465149168) is None


def test_a_cd_drive_and_an_error_have_no_identity() -> None:
    assert parse_identify("\n/dev/sr0:\n\nATAPI CD-ROM, with removable media\n\tModel Number:  X\n") is None
    assert parse_identify(" HDIO_DRIVE_CMD(identify) failed: Input/output error\n") is None


@pytest.mark.parametrize(
    ("name", "identified", "expected"),
    [
        ("no-hpa", 1465149168, MaxSectors(1465149168, 1465149168, False)),
        ("hpa", 586070255, MaxSectors(586070255, 586072368, False)),
        ("no-ama", 7814037168, MaxSectors(7814037168, 7814037168, True)),
        ("ama", 3907018584, MaxSectors(3907018584, 7814037168, True)),
        ("hpa", 586072368, None),  # the drive itself says another size
        ("invalid", 1048576, None),
        ("invalid", 0, None),
        ("invalid-dco", 66055248, None),
        ("failed", 1465149168, None),
    ],
)
def test_hidden_areas(name: str, identified: int, expected: MaxSectors | None) -> None:
    assert parse_max_sectors(record("hdparm-sizes.txt", name), identified) == expected


@pytest.mark.parametrize(
    ("name", "native", "expected"),
    [
        ("dco-same", 1465149168, 1465149168),
        ("dco-hides", 586072368, 625142448),
        ("dco-same", 1465149169, None),  # smaller than what the drive shows: not this drive's
        ("dco-frozen", 1465149168, None),
        ("dco-broken", 1465149168, None),
    ],
)
def test_device_configuration(name: str, native: int, expected: int | None) -> None:
    assert parse_dco_sectors(record("hdparm-sizes.txt", name), native) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("idle", ("idle", None)), ("idle-after-success", ("succeeded", None)), ("frozen", ("frozen", None)),
        ("in-progress", ("in progress", 0.2569)), ("in-progress-after-success", ("in progress", 0.0005)),
        ("failed", ("failed", None)), ("not-supported", ("", None)),
    ],
)  # fmt: skip
def test_sanitize_status(name: str, expected: tuple[str, float | None]) -> None:
    said = record("hdparm-sanitize-status.txt", name)
    assert parse_sanitize_status(said, "") == expected
    assert parse_sanitize_status("", said)[0] == (expected[0] if name == "failed" else "")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("hdparm v9.65", "9.65"), ("nvme version 2.13 (git 2.13)\nlibnvme version 1.13 (git 1.13)", "2.13"),
        ("Version string: 1.02 20230622", "1.02"), ("smartctl 7.4 2023-08-01 r5530 [x86_64]", "7.4"), ("", ""),
        ("ERROR: unknown command '-V'", ""),
    ],
)  # fmt: skip
def test_versions(said: str, version: str) -> None:
    assert parse_version(said) == version
