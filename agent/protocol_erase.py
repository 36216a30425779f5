"""The vocabulary of erasing that the agent and the controller share: a drive's erase facts, plans, evidence.

Standards: NIST SP 800-88 Rev. 2 (Clear, Purge), IEEE 2883-2022, ACS-5 (ATA), NVM Express 2.0, SPC-6/SBC-5, JESD84-B51
(eMMC). Sizes are bytes, durations seconds, times ISO 8601 in UTC. ``None`` always means "not known", never "no".
Imports only the standard library.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

ERASE_FACTS_SCHEMA = "recyclerie.erase-facts/1"
EVIDENCE_SCHEMA = "recyclerie.evidence/2"

# Set on an ATA drive for the time of a SECURITY ERASE only. Known on purpose: a drive that a power cut left locked
# is unlocked with it at the next plug-in. Secures nothing and hides nothing.
TEMPORARY_PASSWORD = "recyclerie"  # noqa: S105

Technique = Literal[
    "ata-sanitize-crypto",
    "ata-sanitize-block",
    "ata-sanitize-overwrite",
    "ata-security-erase-enhanced",
    "ata-security-erase",
    "nvme-sanitize-crypto",
    "nvme-sanitize-block",
    "nvme-format-crypto",  # Format NVM, SES=2, every namespace
    "nvme-format-user-data",  # Format NVM, SES=1, every namespace
    "scsi-sanitize-crypto",
    "scsi-sanitize-block",
    "scsi-sanitize-overwrite",
    "mmc-sanitize",  # erase of the whole user area, then SANITIZE_START
    "overwrite-zero",
]
Preparation = Literal["thaw", "unlock", "remove-hpa", "remove-dco", "remove-ama", "take-down-holders"]
Level = Literal["clear", "purge"]
ValidationMode = Literal["full", "sampled"]


class AtaSecurity(TypedDict):
    """The Security feature set as IDENTIFY DEVICE words 82, 89, 90, 92 and 128 say (``hdparm -I``)."""

    supported: bool
    enabled: bool
    locked: bool
    frozen: bool
    count_expired: bool
    enhanced_supported: bool
    erase_minutes: int | None
    enhanced_erase_minutes: int | None
    master_password_revision: int | None


class AtaSanitize(TypedDict):
    """The Sanitize Device feature set (IDENTIFY DEVICE word 59; ``hdparm -I`` and ``--sanitize-status``)."""

    crypto: bool
    block: bool
    overwrite: bool
    antifreeze: bool
    state: str  # "", idle, frozen, in progress, failed, succeeded (hdparm 9.65: SD0, SD1, SD2, SD3, SD4)
    progress: float | None  # 0.0 to 1.0


class HiddenArea(TypedDict):
    """A host protected area, a device configuration overlay or an accessible max address setting."""

    kind: Literal["hpa", "dco", "ama"]
    visible_bytes: int
    native_bytes: int


class AtaFacts(TypedDict):
    """An ATA drive, behind a SATA port or a bridge that passes ATA commands through."""

    security: AtaSecurity | None  # None: not known; supported=False: asked, has none
    sanitize: AtaSanitize | None
    hidden: list[HiddenArea]
    native_bytes: int | None
    trim: bool


class NvmeNamespace(TypedDict):
    """One namespace of an NVMe controller."""

    nsid: int
    size_bytes: int
    path: str  # "" when it is not attached


class NvmeFacts(TypedDict):
    """An NVMe controller (Identify Controller, Sanitize Status log page 81h)."""

    controller: str  # /dev/nvme0
    format_supported: bool  # OACS bit 1
    crypto_format: bool  # FNA bit 2
    format_applies_to_all: bool  # FNA bit 0
    erase_applies_to_all: bool  # FNA bit 1
    sanitize_crypto: bool  # SANICAP bit 0
    sanitize_block: bool  # SANICAP bit 1
    sanitize_overwrite: bool  # SANICAP bit 2
    sanitize_seconds: float | None  # the drive's own estimate for the best technique, None: none given
    sanitize_state: str  # never, completed, in progress, failed
    sanitize_progress: float | None  # 0.0 to 1.0
    namespaces: list[NvmeNamespace]


class ScsiFacts(TypedDict):
    """A SCSI/SAS drive (REPORT SUPPORTED OPERATION CODES for SANITIZE 48h)."""

    sanitize_crypto: bool
    sanitize_block: bool
    sanitize_overwrite: bool


class MmcFacts(TypedDict):
    """An eMMC or SD card (CSD, Extended CSD)."""

    kind: Literal["mmc", "sd"]
    erase: bool
    sanitize: bool  # EXT_CSD[231] bit 6
    side_areas: list[str]  # boot0, boot1, rpmb, gp0…: not in the user area


class EraseFacts(TypedDict):
    """What a drive can do to itself, as its own tools say. Part of an inventory's drive under ``erase``."""

    schema: str
    media: Literal["hdd", "ssd", "nvme", "mmc", "sd", "usb", "virtual", "unknown"]
    bridge: bool  # behind a USB bridge: what it says of the drive may be the bridge's own invention
    ata: AtaFacts | None
    nvme: NvmeFacts | None
    scsi: ScsiFacts | None
    mmc: MmcFacts | None
    holders: list[str]  # LVM, md and dm devices on it that an authorised erase may take down
    problems: list[str]  # what could not be asked, with the tool's own words
    tools: dict[str, str]  # tool → version


class PlannedTechnique(TypedDict):
    """One technique of a plan. ``level``: the most that its evidence may support."""

    technique: Technique
    level: Level
    expected_seconds: float
    interruptible: bool  # whether a power cut in the middle leaves a drive that can be started again at once


class Validation(TypedDict):
    """How the outcome is read back, by code that isn't the eraser's."""

    mode: ValidationMode
    share: float  # sampled: part of the drive that is read, 0.0 to 1.0; first and last LBA always
    slices: int  # sampled: in how many equal slices the places lie


class ErasePlan(TypedDict):
    """What to do to one drive, in order. A later technique is tried only after an earlier one was refused or failed."""

    preparations: list[Preparation]
    techniques: list[PlannedTechnique]
    writer: Literal["direct", "nwipe"]  # of overwrite-zero
    validation: Validation  # of firmware techniques; an overwrite's own is ``overwrite_validation``
    overwrite_validation: Validation
    canaries: int  # markers written before a firmware technique, first and last LBA among them; 0 for none
    minimum: Level  # below it, the workshop doesn't count the drive as done


class CommandRecord(TypedDict):
    """One command of one attempt, as it was run."""

    argv: list[str]
    tool: str
    version: str
    exit_status: int | None  # None: it was killed, or never came back
    stdout: str  # at most 16 KiB
    stderr: str
    started_at: str
    seconds: float


AttemptOutcome = Literal["completed", "refused", "failed", "stalled", "lost", "stopped"]


class Attempt(TypedDict):
    """One technique that was tried. ``accepted`` or ``in_progress_seen`` tie its success to this attempt."""

    technique: Technique
    started_at: str
    ended_at: str
    outcome: AttemptOutcome
    accepted: bool  # the drive took our command (status seen, not an exit code alone)
    in_progress_seen: bool
    detail: str
    commands: list[CommandRecord]
    log_before: dict[str, Any] | None  # sanitize status/log before
    log_after: dict[str, Any] | None
    writer: dict[str, Any] | None  # overwrite-zero: tool version bytes_written bytes_expected errors completed stopped
