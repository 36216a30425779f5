"""From what real tools print to the plan: recorded output → the agent's facts → what would be done to the drive.

The records name tool, version, drive and source at their top (tests/unit/agent/samples/erase); those of QEMU's drives
and of real SMART reports are read from the shared recordings, where they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.erase_facts import asking, collect_erase_facts
from agent.collectors.smart import parse_smart
from controller.erasure.history import DriveHistory
from controller.erasure.levels import MEDIA
from controller.erasure.plan import plan_drive
from controller.erasure.policy_values import DEFAULT, Policy
from tests.unit.agent.erase_records import Played, probed, record, sample
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded
from tests.unit.controller.test_plan import short

PURGE = Policy(minimum=dict.fromkeys(MEDIA, "purge"))
NVME = json.loads(sample("nvme.json"))
SATA = {"path": "/dev/sda", "transport": "sata", "serial": "", "wwn": "0x50014ee2b1c2d3e4", "size_bytes": 500107862016}
DISK = {**SATA, "rotational": True}
SSD = {**SATA, "rotational": False}
SAS = {**DISK, "transport": "scsi"}
M2 = {**SSD, "path": "/dev/nvme0n1", "transport": "nvme", "size_bytes": 536870912}
EMMC = {**SSD, "path": "/dev/mmcblk0", "transport": "mmc", "size_bytes": 31268536320}
FROZEN = 976773168  # sectors


def ata(identify: str, *, sizes: str = "", dco: str = "", sanitize: str = "", thawed: bool = False) -> dict[str, Any]:
    """A SATA drive's answers; ``thawed``: the same drive after a suspend."""
    said = sample(f"hdparm-I-{identify}.txt")
    return {
        "hdparm -I /dev/sda": said.replace("\t\tfrozen\n", "\tnot\tfrozen\n") if thawed else said,
        "hdparm -N /dev/sda": sizes,
        "hdparm --dco-identify /dev/sda": dco,
        "hdparm --sanitize-status /dev/sda": record("hdparm-sanitize-status.txt", sanitize) if sanitize else "",
    }


def sectors(visible: int, native: int) -> str:
    state = "HPA is enabled" if native > visible else "HPA is disabled"
    return f"\n/dev/sda:\n max sectors   = {visible}/{native}, {state}\n"


def nvme(controller: str, log: str = "", namespaces: str = "one") -> dict[str, str]:
    where = "/dev/nvme0"
    answers = {
        f"nvme id-ctrl {where} -o json": json.dumps(NVME["id-ctrl"][controller]),
        f"nvme list-ns {where} -o json": json.dumps(NVME["list-ns"][namespaces]),
        f"nvme list-ns {where} -o json --all": json.dumps(NVME["list-ns"][namespaces]),
        f"nvme id-ns {where} -n 1 --force -o json": json.dumps(NVME["id-ns"]["512"]),
        f"nvme id-ns {where} -n 2 --force -o json": json.dumps(NVME["id-ns"]["4096"]),
    }
    if log:
        answers[f"nvme sanitize-log {where} -o json"] = json.dumps(NVME["sanitize-log"][log])
    return answers


def opcodes(name: str) -> dict[str, str]:
    return {"sg_opcodes /dev/sda": record("sg_opcodes.txt", name)}


def card(name: str) -> dict[str, str]:
    return {"mmc extcsd read /dev/mmcblk0": record("mmc-extcsd.txt", name)}


ENHANCED = "PURGE ata-security-erase-enhanced"
ZEROS = "CLEAR overwrite-zero"
CRUCIAL = "PURGE ata-sanitize-block, ata-sanitize-crypto, ata-security-erase-enhanced"
CRUCIAL_ALL = f"{CRUCIAL}, CLEAR ata-security-erase, overwrite-zero"
FORMATS = "PURGE nvme-format-user-data, nvme-format-crypto"
THAW_FAILED = DriveHistory(thaw_failed=True)
NOTHING = DriveHistory()

# name → (what the tools say, the drive as the kernel sees it, policy, what is remembered, the plan in short)
RECORDED: dict[str, tuple[dict[str, Any], dict[str, Any], Policy, DriveHistory, str]] = {
    "WD Blue, frozen": (ata("hdd-frozen"), DISK, DEFAULT, NOTHING, f"[thaw] {ENHANCED}, {ZEROS}"),
    "WD Blue, frozen, purge asked": (ata("hdd-frozen"), DISK, PURGE, NOTHING, f"[thaw] {ENHANCED} ? if refused"),
    "WD Blue, frozen for good": (ata("hdd-frozen"), DISK, DEFAULT, THAW_FAILED, ZEROS),
    "WD Blue, frozen for good, purge asked": (ata("hdd-frozen"), DISK, PURGE, THAW_FAILED, f"{ZEROS} ? needed"),
    "WD Blue, thawed": (ata("hdd-frozen", thawed=True), DISK, DEFAULT, NOTHING, f"{ENHANCED}, {ZEROS}"),
    "WD Blue with an HPA": (
        ata("hdd-frozen", sizes=sectors(FROZEN, FROZEN + 2113)), DISK, DEFAULT, NOTHING,
        f"[thaw remove-hpa] {ENHANCED}, {ZEROS}",
    ),
    "WD Blue with an HPA, frozen for good": (
        ata("hdd-frozen", sizes=sectors(FROZEN, FROZEN + 2113)), DISK, DEFAULT, THAW_FAILED, f"[remove-hpa] {ZEROS}",
    ),
    "WD Blue with a DCO": (
        ata(
            "hdd-frozen", sizes=sectors(FROZEN, FROZEN),
            dco=record("hdparm-sizes.txt", "dco-same").replace("1465149168", str(FROZEN + 5000)),
        ), DISK, DEFAULT, NOTHING, f"[thaw remove-dco] {ENHANCED}, {ZEROS}",
    ),
    "WD Blue whose DCO is locked": (
        ata("hdd-frozen", sizes=sectors(FROZEN, FROZEN), dco=record("hdparm-sizes.txt", "dco-frozen")), DISK, DEFAULT,
        NOTHING, f"[thaw] {ENHANCED}, {ZEROS}",
    ),
    "Seagate left locked by a power cut": (
        ata("hdd-locked"), DISK, DEFAULT, NOTHING, f"[unlock] {ENHANCED}, {ZEROS}",
    ),
    "Seagate locked by somebody else": (
        ata("hdd-locked"), DISK, DEFAULT, DriveHistory(unlock_failed=True), "refused",
    ),
    "Hitachi, password tried too often": (
        ata("expired"), {**DISK, "size_bytes": 625142448 * 512}, DEFAULT, NOTHING, "refused",
    ),
    "HGST Ultrastar, 4096-byte sectors": (
        ata("hdd-4kn", sanitize="idle"), {**DISK, "size_bytes": 976754646 * 4096, "logical_block_bytes": 4096},
        DEFAULT, NOTHING, f"PURGE ata-sanitize-crypto, ata-security-erase-enhanced, {ZEROS}",
    ),
    "Seagate BarraCuda 4 TB, half of it hidden": (
        ata("hdd-ama", sizes=record("hdparm-sizes.txt", "ama"), sanitize="idle")
        | {"hdparm -I /dev/sda": sample("hdparm-I-hdd-ama.txt").replace("7814037168", "3907018584")},
        {**DISK, "size_bytes": 3907018584 * 512}, DEFAULT, NOTHING,
        f"[remove-ama] PURGE ata-sanitize-overwrite, ata-security-erase-enhanced, {ZEROS}",
    ),
    "Seagate U8, IDE": (ata("ide"), {**DISK, "size_bytes": 78165360 * 512}, DEFAULT, NOTHING, ZEROS),
    "Seagate U8, IDE, purge asked": (
        ata("ide"), {**DISK, "size_bytes": 78165360 * 512}, PURGE, NOTHING, f"{ZEROS} ? needed",
    ),
    "OCZ Vertex of 2009": (ata("ssd-early"), {**DISK, "size_bytes": 62586880 * 512}, DEFAULT, NOTHING, ZEROS),
    "Crucial MX500": (
        ata("ssd-sanitize", sanitize="idle", thawed=True), SSD, DEFAULT, NOTHING, CRUCIAL_ALL,
    ),
    "Crucial MX500, security frozen": (
        ata("ssd-sanitize", sanitize="idle"), SSD, DEFAULT, NOTHING, f"[thaw] {CRUCIAL_ALL}",
    ),
    "Crucial MX500, security frozen for good": (
        ata("ssd-sanitize", sanitize="idle"), SSD, DEFAULT, THAW_FAILED,
        f"PURGE ata-sanitize-block, ata-sanitize-crypto, {ZEROS}",
    ),
    "Crucial MX500, sanitized by somebody before": (
        ata("ssd-sanitize", sanitize="idle-after-success"), SSD, PURGE, NOTHING, f"[thaw] {CRUCIAL} ? if refused",
    ),
    "Crucial MX500, all frozen": (
        ata("ssd-sanitize", sanitize="frozen"), SSD, DEFAULT, NOTHING, f"[thaw] {CRUCIAL_ALL}",
    ),
    "Crucial MX500, all frozen for good": (ata("ssd-sanitize", sanitize="frozen"), SSD, DEFAULT, THAW_FAILED, ZEROS),
    "Crucial MX500, at it": (ata("ssd-sanitize", sanitize="in-progress"), SSD, DEFAULT, NOTHING, "refused"),
    "Crucial MX500, at it for the second time": (
        ata("ssd-sanitize", sanitize="in-progress-after-success"), SSD, DEFAULT, NOTHING, "refused",
    ),
    "Crucial MX500 behind a bridge that nobody knows": ({}, {**SSD, "transport": "usb"}, DEFAULT, NOTHING, ZEROS),
    "an NVMe drive with everything": (
        nvme("full", "never"), M2, DEFAULT, NOTHING,
        f"PURGE nvme-sanitize-block, nvme-sanitize-crypto, nvme-format-user-data, nvme-format-crypto, {ZEROS}",
    ),
    "the same, sanitized by somebody before": (
        nvme("full", "foreign"), M2, PURGE, NOTHING,
        "PURGE nvme-sanitize-block, nvme-sanitize-crypto, nvme-format-user-data, nvme-format-crypto ? if refused",
    ),
    "the same, its sanitize failed": (
        nvme("full", "failed"), M2, DEFAULT, NOTHING, "PURGE nvme-sanitize-block, nvme-sanitize-crypto",
    ),
    "the same, one namespace not attached": (
        nvme("full", "never", "two"), M2, DEFAULT, NOTHING,
        "PURGE nvme-sanitize-block, nvme-sanitize-crypto, nvme-format-user-data, nvme-format-crypto",
    ),
    "Intel 660p, never sanitized": (
        nvme("intel", "never"), {**M2, "model": "INTEL SSDPEKNW010T8"}, DEFAULT, NOTHING,
        f"{FORMATS}, nvme-sanitize-block, nvme-sanitize-crypto, {ZEROS}",
    ),
    "Intel 660p, stuck at 1 % for a week": (
        nvme("intel", "stuck"), {**M2, "model": "INTEL SSDPEKNW010T8"}, DEFAULT, NOTHING, "refused",
    ),
    "QEMU's NVMe drive": (nvme("qemu"), M2, DEFAULT, NOTHING, f"PURGE nvme-format-user-data, {ZEROS}"),
    "QEMU's NVMe drive with two namespaces": (
        nvme("qemu", namespaces="two"), M2, DEFAULT, NOTHING, "PURGE nvme-format-user-data",
    ),
    "SAS disk of 10 TB": (
        opcodes("sas-hdd"), SAS, DEFAULT, NOTHING, f"PURGE scsi-sanitize-crypto, scsi-sanitize-overwrite, {ZEROS}",
    ),
    "SAS disk with all": (
        opcodes("all"), SAS, DEFAULT, NOTHING,
        f"PURGE scsi-sanitize-crypto, scsi-sanitize-block, scsi-sanitize-overwrite, {ZEROS}",
    ),
    "SAS SSD with all": (
        opcodes("all"), {**SAS, "rotational": False}, DEFAULT, NOTHING,
        f"PURGE scsi-sanitize-block, scsi-sanitize-crypto, {ZEROS}",
    ),
    "SAS disk without": (opcodes("none"), SAS, DEFAULT, NOTHING, ZEROS),
    "SAS disk behind a RAID card": (opcodes("refused"), SAS, PURGE, NOTHING, f"{ZEROS} ? needed"),
    "eMMC 5.1 of a netbook": (card("emmc-5.1"), EMMC, DEFAULT, NOTHING, "CLEAR mmc-sanitize, overwrite-zero"),
    "eMMC 4.41": (card("emmc-4.41"), EMMC, DEFAULT, NOTHING, ZEROS),
    "eMMC 5.0 without sanitize": (card("emmc-5.0-without"), EMMC, DEFAULT, NOTHING, ZEROS),
    "eMMC that can't be asked": (card("refused"), EMMC, DEFAULT, NOTHING, ZEROS),
    "no tool installed": ({}, DISK, DEFAULT, NOTHING, ZEROS),
}  # fmt: skip


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """An NVMe drive with one attached namespace, and an eMMC, as the kernel shows them."""
    space = tmp_path / "sys/class/block/nvme0n1"
    space.mkdir(parents=True)
    (space / "nsid").write_text("1\n")
    (space / "size").write_text("1048576\n")
    device = tmp_path / "sys/class/block/mmcblk0/device"
    device.mkdir(parents=True)
    (device / "type").write_text("MMC\n")
    (device / "csd").write_text("d02700320f5903ffffffffef8a40408d\n")
    return tmp_path


def facts_of(monkeypatch: pytest.MonkeyPatch, sysfs: Path, answers: dict[str, Any], drive: dict[str, Any]) -> Any:
    """What the agent would make of these answers."""
    asking.tool_version.cache_clear()
    monkeypatch.setattr(asking, "run", Played({"hdparm -V": "hdparm v9.65\n", **answers}))
    return collect_erase_facts({"logical_block_bytes": 512, "boot_medium": False, **drive}, root=sysfs)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(monkeypatch: pytest.MonkeyPatch, sysfs: Path, name: str) -> None:
    answers, drive, policy, before, expected = RECORDED[name]
    facts = facts_of(monkeypatch, sysfs, answers, drive)
    verdict = plan_drive({**drive, "erase": facts}, policy, before=before)
    assert short(verdict) == expected, facts["problems"]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "drive", "expected"),
    [
        ("SATAHDD01", {**DISK, "path": "/dev/sdb", "size_bytes": 536870912}, ZEROS),
        ("SATASSD01", {**SSD, "path": "/dev/sdc", "size_bytes": 2147483648}, ZEROS),
        ("SCSI01", {**SAS, "path": "/dev/sda", "size_bytes": 536870912}, ZEROS),
        ("USB01", {**DISK, "path": "/dev/sdd", "transport": "usb", "size_bytes": 536870912}, ZEROS),
        ("VIRTIO01", {**DISK, "path": "/dev/vda", "transport": "virtio", "size_bytes": 4294967296}, ZEROS),
    ],
)
def test_qemus_drives(
    monkeypatch: pytest.MonkeyPatch, sysfs: Path, name: str, drive: dict[str, Any], expected: str
) -> None:
    """None of the commands whose exit status lies on these drives is ever planned for them."""
    drive = {**drive, "serial": name}
    facts = facts_of(monkeypatch, sysfs, probed(name), drive)
    assert short(plan_drive({**drive, "erase": facts})) == expected


@needs_recordings
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_identities_of_real_drives(monkeypatch: pytest.MonkeyPatch, sysfs: Path, number: int) -> None:
    """A Samsung mSATA SSD and a Hitachi are believed; two identities that a RAID card or a bridge made up are not."""
    text = (HARDWARE / "erase-tools" / "hdparm" / f"hdparm-I-{number}.txt").read_text(errors="replace")
    size = {1: 500118192, 3: 1953525168}.get(number, 1953656691) * 512
    drive = {**(SSD if number == 1 else DISK), "size_bytes": size}
    answers = {"hdparm -I /dev/sda": text.replace("/dev/sdb:", "/dev/sda:")}
    facts = facts_of(monkeypatch, sysfs, answers, drive)
    expected = {1: f"{ENHANCED}, CLEAR ata-security-erase, overwrite-zero"}
    assert short(plan_drive({**drive, "erase": facts})) == expected.get(number, ZEROS), facts["problems"]


@needs_recordings
def test_real_smart_reports_say_which_drives_are_better_destroyed() -> None:
    """Every drive that its own report calls failed is; a drive with nothing but hours on its clock isn't."""
    destroyed: list[str] = []
    kept: list[str] = []
    for path in recorded("smartctl-json/**/*.json"):
        smart = parse_smart(path.read_text(errors="replace"), exit_status=0)
        verdict = plan_drive({**DISK, "smart": smart})
        assert verdict.eraseable
        (destroyed if verdict.destroy else kept).append(path.name)
        if smart.get("passed") is False:
            assert verdict.destroy, path.name
    assert len(kept) > len(destroyed) > 0


def test_enough_of_them() -> None:
    assert len(RECORDED) >= 40
