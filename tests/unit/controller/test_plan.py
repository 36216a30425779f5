"""Drive facts and policy → plan: the tables of the field guide, row by row, and what is refused."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from agent.protocol_erase import Technique
from controller.erasure.history import NOTHING_BEFORE, DriveHistory, history_of
from controller.erasure.levels import MEDIA, TECHNIQUES, level_of
from controller.erasure.plan import DriveVerdict, plan_drive, plan_drives
from controller.erasure.policy_values import DEFAULT, BadPolicy, Policy, read_policy
from controller.workflows.target_drive import choose_target
from tests.unit.controller.evidence import ata_facts, ata_sanitize, ata_security, attempt, erase_facts, nvme_facts

GB = 10**9
SSD: dict[str, Any] = {
    "path": "/dev/sda",
    "model": "Samsung SSD 860",
    "serial": "S3Z9NB0K123456",
    "wwn": "0x5002538e40b5a1c2",
    "size_bytes": 250 * GB,
    "rotational": False,
    "transport": "sata",
    "removable": False,
    "read_only": False,
    "boot_medium": False,
    "in_use": [],
}
HDD = {**SSD, "model": "WDC WD5000AAKX", "rotational": True, "size_bytes": 500 * GB}
NVME = {**SSD, "path": "/dev/nvme0n1", "model": "SAMSUNG MZVL21T0HCLR", "transport": "nvme"}
SAS_HDD = {**HDD, "model": "HITACHI H109060SESUN600G", "transport": "scsi"}
SAS_SSD = {**SSD, "model": "SAMSUNG MZILT960HAHQ", "transport": "scsi"}
EMMC = {**SSD, "path": "/dev/mmcblk0", "model": "DF4032", "transport": "mmc", "size_bytes": 31 * GB, "wwn": ""}
STICK = {**SSD, "path": "/dev/sdb", "model": "SanDisk Ultra", "transport": "usb", "size_bytes": 16 * GB}

PURGE_ALL = Policy(minimum=dict.fromkeys(MEDIA, "purge"))
PURGE_OR_LESS = Policy(minimum=dict.fromkeys(MEDIA, "purge"), lower_without_asking=True)
NO_SANITIZE = ata_facts(sanitize=None)
SED_HDD = ata_facts(sanitize=ata_sanitize(block=False, overwrite=True))
OLD_HDD = ata_facts(sanitize=None, security=ata_security(enhanced_supported=False), trim=False)


def scsi(**offers: bool) -> dict[str, bool]:
    return {"sanitize_crypto": False, "sanitize_block": False, "sanitize_overwrite": False} | offers


def mmc(**changes: Any) -> dict[str, Any]:
    return {"kind": "mmc", "erase": True, "sanitize": True, "side_areas": ["boot0", "boot1", "rpmb"]} | changes


def hidden(*kinds: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "visible_bytes": 250 * GB, "native_bytes": 251 * GB} for kind in kinds]


def plan(drive: dict[str, Any], facts: dict[str, Any] | None, policy: Policy = DEFAULT, **more: Any) -> DriveVerdict:
    return plan_drive({**drive, "erase": facts} if facts else drive, policy, **more)


def short(verdict: DriveVerdict) -> str:
    """``[preparations] LEVEL technique, …`` in a plan's order; the question behind it."""
    if verdict.plan is None:
        return "refused"
    said, last = [], ""
    for planned in verdict.plan["techniques"]:
        level = planned["level"] if planned["level"] != last else ""
        said.append(f"{level.upper()} {planned['technique']}".strip())
        last = planned["level"]
    before = " ".join(verdict.plan["preparations"])
    question = f" ? {verdict.question}" if verdict.question else ""
    return (f"[{before}] " if before else "") + ", ".join(said) + question


def ssd(**changes: Any) -> dict[str, Any]:
    return erase_facts("ssd", ata=ata_facts(**changes))


def hdd(ata: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return erase_facts("hdd", ata={**ata, **changes})


def nvme(**changes: Any) -> dict[str, Any]:
    return erase_facts("nvme", nvme=nvme_facts(**changes))


ATA_SSD_ALL = (
    "PURGE ata-sanitize-block, ata-sanitize-crypto, ata-security-erase-enhanced, CLEAR ata-security-erase, "
    "overwrite-zero"
)
NVME_ALL = (
    "PURGE nvme-sanitize-block, nvme-sanitize-crypto, nvme-format-user-data, nvme-format-crypto, CLEAR overwrite-zero"
)
TWO_SPACES = [
    {"nsid": 1, "size_bytes": 1, "path": "/dev/nvme0n1"},
    {"nsid": 2, "size_bytes": 1, "path": ""},
]
BARE_NVME = {"sanitize_crypto": False, "sanitize_block": False}
SES = {"enhanced_supported": False}

# name → (drive, erase facts, policy, what is remembered of it, the plan in short)
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, Policy, DriveHistory, str]] = {
    # SATA SSD
    "SSD with everything": (SSD, ssd(), DEFAULT, NOTHING_BEFORE, ATA_SSD_ALL),
    "SSD with everything, purge asked": (
        SSD, ssd(), PURGE_ALL, NOTHING_BEFORE,
        "PURGE ata-sanitize-block, ata-sanitize-crypto, ata-security-erase-enhanced ? if refused",
    ),
    "SSD with everything, purge asked, less is fine": (SSD, ssd(), PURGE_OR_LESS, NOTHING_BEFORE, ATA_SSD_ALL),
    "SSD with crypto scramble only": (
        SSD, ssd(sanitize=ata_sanitize(block=False), security=None), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-crypto, CLEAR overwrite-zero",
    ),
    "SSD with block erase only": (
        SSD, ssd(sanitize=ata_sanitize(crypto=False), security=None), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-block, CLEAR overwrite-zero",
    ),
    "SSD whose sanitize only overwrites": (
        SSD, ssd(sanitize=ata_sanitize(block=False, crypto=False, overwrite=True), security=None), DEFAULT,
        NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "SSD before sanitize, enhanced security erase": (
        SSD, ssd(sanitize=None), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-security-erase-enhanced, CLEAR ata-security-erase, overwrite-zero",
    ),
    "SSD with the normal security erase only": (
        SSD, ssd(sanitize=None, security=ata_security(**SES)), DEFAULT, NOTHING_BEFORE,
        "CLEAR ata-security-erase, overwrite-zero",
    ),
    "SSD with the normal security erase only, purge asked": (
        SSD, ssd(sanitize=None, security=ata_security(**SES)), PURGE_ALL, NOTHING_BEFORE,
        "CLEAR ata-security-erase, overwrite-zero ? needed",
    ),
    "SSD with the normal security erase only, purge asked, less is fine": (
        SSD, ssd(sanitize=None, security=ata_security(**SES)), PURGE_OR_LESS, NOTHING_BEFORE,
        "CLEAR ata-security-erase, overwrite-zero",
    ),
    "SSD without the Security feature set": (
        SSD, ssd(sanitize=None, security=ata_security(supported=False)), DEFAULT, NOTHING_BEFORE,
        "CLEAR overwrite-zero",
    ),
    "SSD that nobody could ask": (SSD, erase_facts("ssd"), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero"),
    "SSD that nobody could ask, purge asked": (
        SSD, erase_facts("ssd"), PURGE_ALL, NOTHING_BEFORE, "CLEAR overwrite-zero ? needed",
    ),
    "SSD seen by an agent of before": (SSD, None, DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero"),
    "SSD called a disk by its facts, that doesn't turn": (
        SSD, hdd(SED_HDD), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-crypto, ata-security-erase-enhanced, CLEAR ata-security-erase, overwrite-zero",
    ),
    # SATA and IDE disks
    "disk with everything": (
        HDD, hdd(SED_HDD), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-crypto, ata-sanitize-overwrite, ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    "disk with sanitize overwrite": (
        HDD, hdd(SED_HDD, sanitize=ata_sanitize(block=False, crypto=False, overwrite=True)), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-overwrite, ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    "disk of ten years, enhanced security erase": (
        HDD, hdd(NO_SANITIZE), DEFAULT, NOTHING_BEFORE, "PURGE ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    "disk of ten years, purge asked": (
        HDD, hdd(NO_SANITIZE), PURGE_ALL, NOTHING_BEFORE, "PURGE ata-security-erase-enhanced ? if refused",
    ),
    "IDE disk without enhanced erase": (HDD, hdd(OLD_HDD), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero"),
    "IDE disk without enhanced erase, purge asked": (
        HDD, hdd(OLD_HDD), PURGE_ALL, NOTHING_BEFORE, "CLEAR overwrite-zero ? needed",
    ),
    "disk in a hybrid: crypto scramble": (
        HDD, hdd(NO_SANITIZE, sanitize=ata_sanitize(block=True)), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-crypto, ata-sanitize-block, ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    # freeze locks
    "frozen disk": (
        HDD, hdd(NO_SANITIZE, security=ata_security(frozen=True)), DEFAULT, NOTHING_BEFORE,
        "[thaw] PURGE ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    "frozen disk, with nothing behind the lock": (
        HDD, hdd(OLD_HDD, security=ata_security(frozen=True, **SES)), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "frozen disk that sleeping didn't thaw": (
        HDD, hdd(NO_SANITIZE, security=ata_security(frozen=True)), DEFAULT, DriveHistory(thaw_failed=True),
        "CLEAR overwrite-zero",
    ),
    "frozen disk that sleeping didn't thaw, purge asked": (
        HDD, hdd(NO_SANITIZE, security=ata_security(frozen=True)), PURGE_ALL, DriveHistory(thaw_failed=True),
        "CLEAR overwrite-zero ? needed",
    ),
    "thawed by its power cable since": (
        HDD, hdd(NO_SANITIZE), DEFAULT, DriveHistory(thaw_failed=True),
        "PURGE ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    "SSD with sanitize frozen": (
        SSD, ssd(sanitize=ata_sanitize(state="frozen"), security=None), DEFAULT, NOTHING_BEFORE,
        "[thaw] PURGE ata-sanitize-block, ata-sanitize-crypto, CLEAR overwrite-zero",
    ),
    "SSD with sanitize frozen and never thawed, security erase free": (
        SSD, ssd(sanitize=ata_sanitize(state="frozen")), DEFAULT, DriveHistory(thaw_failed=True),
        "PURGE ata-security-erase-enhanced, CLEAR ata-security-erase, overwrite-zero",
    ),
    # passwords
    "locked, perhaps by us": (
        SSD, ssd(security=ata_security(enabled=True, locked=True)), DEFAULT, NOTHING_BEFORE, f"[unlock] {ATA_SSD_ALL}",
    ),
    "locked and frozen": (
        SSD, ssd(security=ata_security(enabled=True, locked=True, frozen=True), sanitize=None), DEFAULT,
        NOTHING_BEFORE, "[thaw unlock] PURGE ata-security-erase-enhanced, CLEAR ata-security-erase, overwrite-zero",
    ),
    "locked by somebody else's password": (
        SSD, ssd(security=ata_security(enabled=True, locked=True)), DEFAULT, DriveHistory(unlock_failed=True),
        "refused",
    ),
    "locked, tried too often": (
        SSD, ssd(security=ata_security(enabled=True, locked=True, count_expired=True)), DEFAULT, NOTHING_BEFORE,
        "refused",
    ),
    "locked behind a bridge": (
        STICK, erase_facts("usb", bridge=True, ata=ata_facts(security=ata_security(enabled=True, locked=True))),
        DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "its firmware's password opened it": (
        SSD, ssd(security=ata_security(enabled=True)), DEFAULT, NOTHING_BEFORE, ATA_SSD_ALL,
    ),
    "count expired but open": (
        SSD, ssd(security=ata_security(count_expired=True)), DEFAULT, NOTHING_BEFORE, ATA_SSD_ALL,
    ),
    # hidden areas
    "host protected area": (
        HDD, hdd(OLD_HDD, hidden=hidden("hpa"), native_bytes=251 * GB), DEFAULT, NOTHING_BEFORE,
        "[remove-hpa] CLEAR overwrite-zero",
    ),
    "configuration overlay under a host protected area": (
        HDD, hdd(OLD_HDD, hidden=hidden("dco", "hpa")), DEFAULT, NOTHING_BEFORE,
        "[remove-hpa remove-dco] CLEAR overwrite-zero",
    ),
    "accessible max address": (
        HDD, hdd(OLD_HDD, hidden=hidden("ama")), DEFAULT, NOTHING_BEFORE, "[remove-ama] CLEAR overwrite-zero",
    ),
    "a host protected area that a bridge invents": (
        STICK, erase_facts("usb", bridge=True, ata=ata_facts(hidden=hidden("hpa"))), DEFAULT, NOTHING_BEFORE,
        "CLEAR overwrite-zero",
    ),
    "frozen, locked, with a hidden area, held by LVM": (
        {**HDD, "in_use": ["held by vg0-root (sda2)"]},
        erase_facts(
            "hdd", holders=["vg0-root"],
            ata={**NO_SANITIZE, "security": ata_security(enabled=True, locked=True, frozen=True),
                 "hidden": hidden("hpa")},
        ), DEFAULT, NOTHING_BEFORE,
        "[take-down-holders thaw unlock remove-hpa] PURGE ata-security-erase-enhanced, CLEAR overwrite-zero",
    ),
    # sanitize under way, failed or stalled
    "sanitize in progress": (
        SSD, ssd(sanitize=ata_sanitize(state="in progress", progress=0.4)), DEFAULT, NOTHING_BEFORE, "refused",
    ),
    "sanitize failed before": (
        SSD, ssd(sanitize=ata_sanitize(state="failed")), DEFAULT, NOTHING_BEFORE,
        "PURGE ata-sanitize-block, ata-sanitize-crypto",
    ),
    "sanitize failed before, and stalled in our hands": (
        SSD, ssd(sanitize=ata_sanitize(state="failed")), DEFAULT,
        DriveHistory(given_up=frozenset({"ata-sanitize-block", "ata-sanitize-crypto"})), "refused",
    ),
    "block erase stalled in our hands": (
        SSD, ssd(), DEFAULT, DriveHistory(given_up=frozenset({"ata-sanitize-block"})),
        ATA_SSD_ALL.replace("ata-sanitize-block, ", ""),
    ),
    # NVMe
    "NVMe with everything": (NVME, nvme(), DEFAULT, NOTHING_BEFORE, NVME_ALL),
    "NVMe without crypto erase in Format (FNA bit 2)": (
        NVME, nvme(crypto_format=False), DEFAULT, NOTHING_BEFORE, NVME_ALL.replace("nvme-format-crypto, ", ""),
    ),
    "NVMe of a notebook: Format only": (
        NVME, nvme(**BARE_NVME), DEFAULT, NOTHING_BEFORE,
        "PURGE nvme-format-user-data, nvme-format-crypto, CLEAR overwrite-zero",
    ),
    "NVMe of the first years: Format, no crypto": (
        NVME, nvme(**BARE_NVME, crypto_format=False), DEFAULT, NOTHING_BEFORE,
        "PURGE nvme-format-user-data, CLEAR overwrite-zero",
    ),
    "NVMe with neither": (
        NVME, nvme(**BARE_NVME, format_supported=False), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "NVMe with neither, purge asked": (
        NVME, nvme(**BARE_NVME, format_supported=False), PURGE_ALL, NOTHING_BEFORE, "CLEAR overwrite-zero ? needed",
    ),
    "NVMe whose sanitize only overwrites": (
        NVME, nvme(**BARE_NVME, format_supported=False, sanitize_overwrite=True), DEFAULT, NOTHING_BEFORE,
        "CLEAR overwrite-zero",
    ),
    "Intel 660p: sanitize last": (
        {**NVME, "model": "INTEL SSDPEKNW512G8"}, nvme(), DEFAULT, NOTHING_BEFORE,
        "PURGE nvme-format-user-data, nvme-format-crypto, nvme-sanitize-block, nvme-sanitize-crypto, "
        "CLEAR overwrite-zero",
    ),
    "Intel 660p stuck at 1 %": (
        {**NVME, "model": "INTEL SSDPEKNW512G8"}, nvme(sanitize_state="in progress", sanitize_progress=0.01), DEFAULT,
        NOTHING_BEFORE, "refused",
    ),
    "NVMe that sanitize lost last time": (
        NVME, nvme(), DEFAULT, DriveHistory(given_up=frozenset({"nvme-sanitize-block", "nvme-sanitize-crypto"})),
        "PURGE nvme-format-user-data, nvme-format-crypto, CLEAR overwrite-zero",
    ),
    "NVMe whose sanitize failed": (
        NVME, nvme(sanitize_state="failed"), DEFAULT, NOTHING_BEFORE, "PURGE nvme-sanitize-block, nvme-sanitize-crypto",
    ),
    "NVMe whose sanitize failed, and can't sanitize": (
        NVME, nvme(sanitize_state="failed", **BARE_NVME), DEFAULT, NOTHING_BEFORE, "refused",
    ),
    "NVMe with a namespace that is not attached": (
        NVME,
        nvme(namespaces=TWO_SPACES),
        DEFAULT, NOTHING_BEFORE, NVME_ALL.removesuffix(", CLEAR overwrite-zero"),
    ),
    "the same, and it can't erase itself": (
        NVME,
        nvme(
            **BARE_NVME, format_supported=False,
            namespaces=TWO_SPACES,
        ), DEFAULT, NOTHING_BEFORE, "refused",
    ),
    # SCSI and SAS
    "SAS disk with overwrite": (
        SAS_HDD, erase_facts("hdd", scsi=scsi(sanitize_overwrite=True)), DEFAULT, NOTHING_BEFORE,
        "PURGE scsi-sanitize-overwrite, CLEAR overwrite-zero",
    ),
    "SAS disk that encrypts": (
        SAS_HDD, erase_facts("hdd", scsi=scsi(sanitize_overwrite=True, sanitize_crypto=True)), DEFAULT,
        NOTHING_BEFORE, "PURGE scsi-sanitize-crypto, scsi-sanitize-overwrite, CLEAR overwrite-zero",
    ),
    "SAS SSD": (
        SAS_SSD, erase_facts("ssd", scsi=scsi(sanitize_block=True, sanitize_crypto=True)), DEFAULT, NOTHING_BEFORE,
        "PURGE scsi-sanitize-block, scsi-sanitize-crypto, CLEAR overwrite-zero",
    ),
    "SAS SSD whose sanitize only overwrites": (
        SAS_SSD, erase_facts("ssd", scsi=scsi(sanitize_overwrite=True)), DEFAULT, NOTHING_BEFORE,
        "CLEAR overwrite-zero",
    ),
    "SCSI disk of before SANITIZE": (
        SAS_HDD, erase_facts("hdd", scsi=scsi()), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    # eMMC, cards, USB, virtual
    "eMMC": (EMMC, erase_facts("mmc", mmc=mmc()), DEFAULT, NOTHING_BEFORE, "CLEAR mmc-sanitize, overwrite-zero"),
    "eMMC, purge asked": (
        EMMC, erase_facts("mmc", mmc=mmc()), PURGE_ALL, NOTHING_BEFORE, "CLEAR mmc-sanitize, overwrite-zero ? needed",
    ),
    "eMMC without sanitize": (
        EMMC, erase_facts("mmc", mmc=mmc(sanitize=False)), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "SD card": (
        EMMC, erase_facts("sd", mmc=mmc(kind="sd", side_areas=[])), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "USB stick": (STICK, erase_facts("usb", bridge=True), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero"),
    "SSD behind a USB bridge that says what the SSD says": (
        STICK, erase_facts("usb", bridge=True, ata=ata_facts()), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "NVMe behind a USB bridge": (
        STICK, erase_facts("usb", bridge=True, nvme=nvme_facts()), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    "SSD behind a USB bridge, purge asked": (
        STICK, erase_facts("usb", bridge=True, ata=ata_facts()), PURGE_ALL, NOTHING_BEFORE,
        "CLEAR overwrite-zero ? needed",
    ),
    "virtual disk": (
        {**SSD, "transport": "virtio"}, erase_facts("virtual"), DEFAULT, NOTHING_BEFORE, "CLEAR overwrite-zero",
    ),
    # holders
    "held by LVM": (
        {**SSD, "in_use": ["held by vg0-root (sda2)", "held by md127 (sda3)"]},
        erase_facts("ssd", holders=["vg0-root", "md127"]), DEFAULT, NOTHING_BEFORE,
        "[take-down-holders] CLEAR overwrite-zero",
    ),
    "held by something that nobody names": (
        {**SSD, "in_use": ["held by bcache0 (sda2)"]}, erase_facts("ssd"), DEFAULT, NOTHING_BEFORE, "refused",
    ),
    "held, and mounted": (
        {**SSD, "in_use": ["held by vg0-root (sda2)", "mounted at /mnt (/dev/sda1)"]},
        erase_facts("ssd", holders=["vg0-root"]), DEFAULT, NOTHING_BEFORE, "refused",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_plan(name: str) -> None:
    drive, facts, policy, before, expected = TABLE[name]
    verdict = plan(drive, facts, policy, before=before)
    assert short(verdict) == expected
    assert bool(verdict.problem) == (verdict.plan is None)
    assert verdict.problem.format(**verdict.params) or verdict.eraseable
    for said in verdict.advice:
        assert "{" not in said.id.format(**said.params)


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize("name", TABLE)
def test_no_plan_claims_more_than_its_technique_is_worth(name: str) -> None:
    drive, facts, policy, before, _ = TABLE[name]
    verdict = plan(drive, facts, policy, before=before)
    for planned in verdict.plan["techniques"] if verdict.plan else []:
        assert planned["level"] == level_of(planned["technique"], verdict.medium)
        assert planned["expected_seconds"] > 0
    if verdict.plan:
        assert verdict.expected_seconds > 0
        own = [p for p in verdict.plan["techniques"] if p["technique"] != "overwrite-zero"]
        assert (verdict.plan["canaries"] > 0) == bool(own)


def test_every_technique_has_its_level_and_is_planned_for_some_drive() -> None:
    assert set(TECHNIQUES) == set(get_args(Technique))
    planned = set()
    for drive, facts, policy, before, _ in TABLE.values():
        found = plan(drive, facts, policy, before=before).plan
        planned |= {p["technique"] for p in found["techniques"]} if found else set()
    assert planned == set(TECHNIQUES)


@pytest.mark.parametrize(
    ("changes", "eraseable"),
    [
        ({}, True),
        ({"wwn": ""}, True),
        ({"serial": ""}, True),
        ({"in_use": None}, True),
        ({"serial": "", "wwn": ""}, False),
        ({"serial": "0000000000000000", "wwn": ""}, False),
        ({"serial": "To Be Filled By O.E.M.", "wwn": "0x0000000000000000"}, False),
        ({"serial": "", "wwn": "eui.0000000000000000"}, False),
        ({"boot_medium": True}, False),
        ({"in_use": ["mounted at /mnt"]}, False),
        ({"in_use": ["swap (/dev/sda2)"]}, False),
        ({"read_only": True}, False),
        ({"size_bytes": 0}, False),
        ({"size_bytes": None}, False),
        ({"size_bytes": "much"}, False),
    ],
)
def test_what_may_be_erased(changes: dict[str, Any], eraseable: bool) -> None:
    for facts in (None, ssd()):
        verdict = plan({**SSD, **changes}, facts)
        assert verdict.eraseable is eraseable
        assert bool(verdict.problem) is not eraseable
        assert verdict.problem.format(**verdict.params) or eraseable


# -- what a person says -------------------------------------------------------------------------------
def test_a_tick_lets_the_weaker_technique_in() -> None:
    verdict = plan(SSD, ssd(), PURGE_ALL, lower=True)
    assert short(verdict) == f"{ATA_SSD_ALL} ? if refused"
    assert verdict.plan is not None
    assert verdict.plan["minimum"] == "clear"


@pytest.mark.parametrize(
    ("policy", "facts", "lower", "minimum"),
    [
        (DEFAULT, ssd(), False, "clear"),
        (PURGE_ALL, ssd(), False, "purge"),
        (PURGE_ALL, ssd(), True, "clear"),
        (PURGE_OR_LESS, ssd(), False, "clear"),
        (PURGE_ALL, erase_facts("ssd"), False, "clear"),  # only with the tick that it asks for
        (Policy(minimum={"nvme": "purge"}), ssd(), False, "clear"),  # another medium's
    ],
)
def test_minimum(policy: Policy, facts: dict[str, Any], lower: bool, minimum: str) -> None:
    found = plan(SSD, facts, policy, lower=lower).plan
    assert found is not None
    assert found["minimum"] == minimum


@pytest.mark.parametrize(
    ("drive", "facts", "words", "destroy"),
    [
        ({**HDD, "smart": {"passed": False}}, hdd(OLD_HDD), "failing", True),
        ({**HDD, "smart": {"passed": True, "pending_sectors": 67}}, hdd(OLD_HDD), "failing", True),
        ({**HDD, "smart": {"passed": True, "offline_uncorrectable": 2}}, hdd(OLD_HDD), "failing", True),
        ({**NVME, "smart": {"passed": True, "critical_warning": 4}}, nvme(), "failing", True),
        ({**NVME, "smart": {"passed": True, "media_errors": 12}}, nvme(), "failing", True),
        (STICK, erase_facts("usb", bridge=True), "connected by USB", False),
        (SSD, ssd(security=ata_security(enabled=True, locked=True)), "locked by a password", False),
        (HDD, hdd(NO_SANITIZE, security=ata_security(frozen=True)), "will sleep", False),
        (HDD, hdd(OLD_HDD, native_bytes=None), "true size", False),
        (EMMC, erase_facts("mmc", mmc=mmc()), "boot0, boot1, rpmb", False),
        ({**NVME, "model": "INTEL SSDPEKNW010T8"}, nvme(), "known to stall", False),
    ],
)
def test_advice(drive: dict[str, Any], facts: dict[str, Any], words: str, destroy: bool) -> None:
    verdict = plan(drive, facts)
    assert verdict.destroy is destroy
    assert any(words in said.id.format(**said.params) for said in verdict.advice), verdict.advice


@pytest.mark.parametrize("smart", [None, {}, {"passed": True, "reallocated_sectors": 8589934592000}, {"passed": None}])
def test_a_drive_that_is_not_failing(smart: Any) -> None:
    """Fujitsu's packed counter of replaced sectors is no failure; a bridge that hides SMART is none either."""
    verdict = plan({**HDD, "smart": smart}, hdd(OLD_HDD))
    assert (verdict.destroy, verdict.advice) == (False, ())


def test_refusals_say_what_to_do() -> None:
    for name, (drive, facts, policy, before, expected) in TABLE.items():
        if expected == "refused":
            verdict = plan(drive, facts, policy, before=before)
            said = verdict.problem.format(**verdict.params)
            assert any(
                word in said for word in ("inspect again", "destruction", "try again", "switch the machine off")
            ), (name, said)


# -- expected time ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("drive", "facts", "seconds"),
    [
        ({**NVME, "size_bytes": 500 * GB}, None, 1000),
        ({**SSD, "size_bytes": 350 * GB}, None, 2000),
        ({**HDD, "size_bytes": 110 * GB}, None, 2000),
        ({**STICK, "size_bytes": 25 * GB}, None, 2000),
        ({**SSD, "size_bytes": 350 * GB}, ssd(), 120 + 100),  # block erase, a tenth read back
        ({**HDD, "size_bytes": 110 * GB}, hdd(NO_SANITIZE), 240 + 400),  # 4 min by its word; a disk has to seek
        (
            {**HDD, "size_bytes": 110 * GB},
            hdd(NO_SANITIZE, security=ata_security(frozen=True, enhanced_erase_minutes=None)),
            30 + 1000 + 400,
        ),
        ({**NVME, "size_bytes": 500 * GB}, nvme(sanitize_seconds=300.0), 300 + 50),
        ({**SAS_HDD, "size_bytes": 110 * GB}, erase_facts("hdd", scsi=scsi(sanitize_overwrite=True)), 1000 + 400),
    ],
)
def test_expected_time(drive: dict[str, Any], facts: dict[str, Any] | None, seconds: float) -> None:
    assert plan(drive, facts).expected_seconds == pytest.approx(seconds)


def test_what_can_be_interrupted() -> None:
    found = plan(SSD, ssd()).plan
    assert found is not None
    assert [p["technique"] for p in found["techniques"] if p["interruptible"]] == ["overwrite-zero"]


# -- drives of one machine ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("second", "eraseable"),
    [
        ({}, [False, False]),  # the same in all that the target compares
        ({"path": "/dev/sdb"}, [False, False]),  # a place is no name
        ({"serial": " s3z9nb0k123456 "}, [False, False]),  # nor are blanks and case
        ({"wwn": "0x5002538e40b5a1c3"}, [True, True]),
        ({"serial": "S3Z9NB0K654321"}, [True, True]),
        ({"size_bytes": 500 * GB}, [True, True]),
        ({"boot_medium": True}, [False, False]),
    ],
)
def test_drives_that_cannot_be_told_apart(second: dict[str, Any], eraseable: list[bool]) -> None:
    """Some makers give every SSD one serial number: authorising one of two must not be possible."""
    assert [v.eraseable for v in plan_drives([SSD, {**SSD, **second}])] == eraseable


def test_three_drives_of_which_two_look_the_same() -> None:
    third = {**SSD, "serial": "ANOTHER-ONE"}
    assert [v.eraseable for v in plan_drives([SSD, third, SSD])] == [False, True, False]


def test_namespaces_that_are_all_drives_of_the_machine() -> None:
    spaces = [{"nsid": n, "size_bytes": n * 100 * GB, "path": f"/dev/nvme0n{n}"} for n in (1, 2)]
    drives = [
        {**NVME, "path": s["path"], "size_bytes": s["size_bytes"], "erase": nvme(namespaces=spaces)} for s in spaces
    ]
    # Erased side by side by two jobs: neither may erase the whole drive under the other's hands.
    assert [short(v) for v in plan_drives(drives)] == ["CLEAR overwrite-zero"] * 2
    assert any("2 parts" in said.id.format(**said.params) for said in plan_drives(drives)[0].advice)
    assert [short(v) for v in plan_drives(drives[:1])] == ["refused"]  # the other one is there, and not shown


def test_a_namespace_that_is_no_drive_is_said() -> None:
    verdict = plan(NVME, nvme(namespaces=TWO_SPACES))
    assert any("namespaces 2" in said.id.format(**said.params) for said in verdict.advice)


# -- what earlier erases taught -----------------------------------------------------------------------
def test_history() -> None:
    stalled = {"attempts": [attempt("nvme-sanitize-block", outcome="stalled"), attempt("overwrite-zero")]}
    lost = {"attempts": [attempt("nvme-format-user-data", outcome="lost")]}
    refused = {"attempts": [attempt("ata-sanitize-block", outcome="refused")]}
    frozen = {"preparations": [{"name": "thaw", "ok": False}, {"name": "unlock", "ok": True}]}
    assert history_of([]) == NOTHING_BEFORE
    assert history_of([stalled, lost]).given_up == {"nvme-sanitize-block", "nvme-format-user-data"}
    assert history_of([refused]) == NOTHING_BEFORE  # it may be asked again: it was frozen, perhaps
    assert history_of([stalled, {"attempts": [attempt("nvme-sanitize-block")]}]) == NOTHING_BEFORE
    assert history_of([{"attempts": [attempt("overwrite-zero", outcome="stalled")]}]) == NOTHING_BEFORE
    assert history_of([frozen]) == DriveHistory(thaw_failed=True)
    assert history_of([{"preparations": [{"name": "unlock", "ok": False}]}]).unlock_failed
    assert not history_of([frozen, {"preparations": [{"name": "thaw", "ok": True}]}]).thaw_failed


@pytest.mark.parametrize("junk", [None, "x", [1], {"attempts": "x"}, {"attempts": [1, {}]}, {"preparations": {"a": 1}}])
def test_history_that_cannot_be_read_teaches_nothing(junk: Any) -> None:
    assert history_of([junk]) == NOTHING_BEFORE


# -- the policy's values ------------------------------------------------------------------------------
def test_a_policy_survives_being_stored() -> None:
    for policy in (DEFAULT, PURGE_ALL, PURGE_OR_LESS, Policy(writer="nwipe", canaries=0, recheck_share=0.5)):
        again = read_policy(policy.as_dict())
        assert again.as_dict() == policy.as_dict()
    assert read_policy({}).as_dict() == DEFAULT.as_dict()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minimum", "purge"),
        ("minimum", {"tape": "purge"}),
        ("minimum", {"hdd": "destroy"}),
        ("lower_without_asking", "no"),
        ("validation_firmware", None),
        ("validation_firmware", {"mode": "none"}),
        ("validation_firmware", {"mode": "sampled", "share": 0.09, "slices": 1000}),
        ("validation_firmware", {"mode": "sampled", "share": 1.1, "slices": 1000}),
        ("validation_firmware", {"mode": "sampled", "share": float("nan"), "slices": 1000}),
        ("validation_overwrite", {"mode": "sampled", "share": 0.5, "slices": 10}),
        ("validation_overwrite", {"mode": "sampled", "share": 0.5, "slices": True}),
        ("canaries", -1),
        ("canaries", 1),
        ("canaries", True),
        ("canaries", 10**6),
        ("writer", "dd"),
        ("recheck_share", -0.1),
        ("recheck_share", "5 %"),
    ],
)
def test_values_that_a_policy_cannot_have(field: str, value: Any) -> None:
    with pytest.raises(BadPolicy) as problem:
        read_policy({**DEFAULT.as_dict(), field: value})
    assert problem.value.field == field


@pytest.mark.parametrize("writer", ["direct", "nwipe"])
def test_the_plan_carries_the_policy(writer: Any) -> None:
    policy = Policy(
        writer=writer,
        canaries=12,
        validation_firmware={"mode": "full", "share": 1.0, "slices": 1},
        validation_overwrite={"mode": "sampled", "share": 0.2, "slices": 500},
    )
    found = plan(SSD, ssd(), policy).plan
    assert found is not None
    assert (found["writer"], found["canaries"]) == (writer, 12)
    assert found["validation"] == policy.validation_firmware
    assert found["overwrite_validation"] == policy.validation_overwrite


# -- which drive gets the system ----------------------------------------------------------------------
def drive(path: str, gigabytes: int, transport: str = "sata", **more: Any) -> dict[str, Any]:
    return {"path": path, "size_bytes": gigabytes * GB, "transport": transport, "rotational": False, **more}


@pytest.mark.parametrize(
    ("drives", "chosen"),
    [
        ([], None),
        ([drive("/dev/sda", 10)], None),
        ([drive("/dev/sda", 20)], "/dev/sda"),
        ([drive("/dev/sda", 120), drive("/dev/nvme0n1", 60, "nvme")], "/dev/nvme0n1"),
        ([drive("/dev/sda", 1000, rotational=True), drive("/dev/sdb", 120)], "/dev/sdb"),
        ([drive("/dev/sda", 120), drive("/dev/sdb", 240)], "/dev/sdb"),
        ([drive("/dev/sdb", 120), drive("/dev/sda", 120)], "/dev/sda"),
        ([drive("/dev/sda", 500, "usb"), drive("/dev/mmcblk0", 32, "mmc")], "/dev/mmcblk0"),
        ([drive("/dev/sda", 500, "usb")], None),
        ([drive("/dev/sda", 500, removable=True)], None),
        ([drive("/dev/sda", 500, "strange"), drive("/dev/mmcblk0", 32, "mmc")], "/dev/mmcblk0"),
        ([drive("/dev/nvme0n1", 10, "nvme"), drive("/dev/sda", 120)], "/dev/sda"),
        ([{"path": "/dev/sda", "size_bytes": None}], None),
    ],
)
def test_which_drive_gets_the_system(drives: list[dict[str, Any]], chosen: str | None) -> None:
    found = choose_target(drives, 16 * GB)
    assert (found or {}).get("path") == chosen
