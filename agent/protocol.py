"""The vocabulary that the agent and the controller share: names of messages, jobs and fields, nothing else.

Everything travels as JSON. Times are ISO 8601 in UTC with a ``Z``; sizes are bytes; durations are seconds.
Imports only the standard library, so that both sides can import it and neither imports the other.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from agent.protocol_erase import ErasePlan, Validation

PROTOCOL_VERSION = 1

ANNOUNCE_PATH = "/api/agent/announce"
LINK_PATH = "/api/agent/link"
IMAGE_PATH = "/api/agent/images/{profile}/{file}"

Mode = Literal["live", "resident"]
JobKind = Literal["erase", "install", "recheck", "test"]
JobState = Literal["running", "succeeded", "failed", "lost"]
EraseOutcome = Literal["erased", "not_erased", "unknown"]


class Chassis(TypedDict):
    """What the firmware says the machine is (SMBIOS types 1, 2, 3); every value is as printed, or ``""``."""

    system_uuid: str
    system_serial: str
    board_serial: str
    chassis_serial: str
    manufacturer: str
    product: str
    version: str
    sku: str
    asset_tag: str
    chassis_type: str  # SMBIOS 7.4.1 number as text ("10" = notebook)


class Nic(TypedDict):
    """One network interface. ``bus`` tells a built-in card (pci) from a dock or adapter (usb)."""

    name: str
    mac: str  # the permanent address, lower case
    bus: str  # pci, usb, virtio, other
    driver: str
    wireless: bool
    link: bool
    speed_mbps: int | None


class DriveKey(TypedDict):
    """What names a drive in an authorisation. Compared again on the target right before the first write."""

    serial: str
    wwn: str  # "" where the drive has none
    model: str
    size_bytes: int
    native_bytes: NotRequired[int]  # the size that it has once its hidden area is removed, where the plan does so


class Announcement(TypedDict):
    """Body of POST /api/agent/announce."""

    protocol: int
    mode: Mode
    boot_id: str  # /proc/sys/kernel/random/boot_id
    boot_secret: str  # 32+ random bytes, hex, made by the agent at this boot; claims the token once accepted
    agent_version: str
    image_version: str  # version of the live image or of the installed OS image, "" if unknown
    chassis: Chassis
    nics: list[Nic]
    ssh_host_keys: list[str]  # "ssh-ed25519 AAAA…" lines, no comment
    firmware: Literal["uefi", "bios"]
    secure_boot: bool | None
    hostname: str


class AnnounceAnswer(TypedDict):
    """Answer to an announcement. ``token`` comes only when accepted; it opens only this machine's own doors."""

    status: Literal["quarantined", "accepted", "refused"]
    machine_id: int | None
    tag: str | None
    token: NotRequired[str]
    retry_seconds: float
    server_time: str
    message: str


# -- over the link (one WebSocket): agent → controller -------------------------------------------------
# Every message is {"type": …, "id": <unique text>, "at": <time>, "body": {…}}. The controller answers
# {"type": "ack", "body": {"id": …}} once the message is in its database; what is not acknowledged is sent
# again after a reconnection, so the controller treats a repeated id as already done.
HEARTBEAT = "heartbeat"  # not spooled, not acknowledged
INVENTORY = "inventory"  # body: an inventory snapshot (Inventory)
HEALTH = "health"  # body: a health sample
JOB_PROGRESS = "job.progress"  # not spooled: only the newest counts. body: JobProgress
JOB_LOG = "job.log"  # body: {"job_id", "offset", "text"}; offset in bytes of the job's log
JOB_RESULT = "job.result"  # body: JobResult; spooled until acknowledged
DRIVE_EVENT = "drive.event"  # body: {"action": "add"|"remove", "path", "serial"}

# -- controller → agent --------------------------------------------------------------------------------
WELCOME = "welcome"  # body: {"machine_id", "tag", "server_time", "heartbeat_seconds"}
ACK = "ack"
REPORT_NOW = "report.now"  # body: {"what": "inventory"|"health"}
GOODBYE = "goodbye"  # body: {"reason"}; the token is revoked or another link took over


class Message(TypedDict):
    """One message over the link, in either direction."""

    type: str
    id: str
    at: str
    body: dict[str, Any]


class JobProgress(TypedDict):
    """How far a job on the machine is. ``done`` and ``total`` count ``unit`` (bytes for erase and install)."""

    job_id: str
    phase: str  # erase: check, write, validate · install: check, write, verify, grow, personalise
    done: int
    total: int
    unit: str
    rate_per_second: float | None
    eta_seconds: float | None  # for the whole job
    message: str


class JobResult(TypedDict):
    """The end of a job on the machine. ``result`` is the kind's own (EraseResult, InstallResult)."""

    job_id: str
    kind: JobKind
    state: JobState
    started_at: str
    ended_at: str
    error: str  # "" when it succeeded; else what happened, to what, what to do next
    result: dict[str, Any]


# -- jobs: spec.json, written on the target by Ansible, run as a systemd unit --------------------------
JOBS_DIR = "/run/recyclerie/jobs"  # one folder a job: spec.json progress.json result.json log


class EraseSpec(TypedDict):
    """Job of kind ``erase``: one drive."""

    job_id: str
    kind: Literal["erase"]
    authorisation_id: int
    authorised_by: str  # opaque user id
    chassis: Chassis  # as authorised: compared again before the first write
    drive: DriveKey
    plan: ErasePlan
    resumes: NotRequired[str]  # id of the job of this drive that a power cut or a restart ended


class EraseResult(TypedDict):
    """Evidence of one drive's erase (the claim is computed from it by the controller)."""

    evidence: dict[str, Any]
    outcome: EraseOutcome


class RecheckSpec(TypedDict):
    """Job of kind ``recheck``: a second person has one erased drive read again. Reads only."""

    job_id: str
    kind: Literal["recheck"]
    chassis: Chassis
    drive: DriveKey
    asked_by: str  # opaque user id: never the one who authorised the erase
    expect: Literal["zeros", "changed"]
    validation: Validation
    canaries: dict[str, Any] | None  # of the erase's evidence: must still be gone
    samples_before: dict[str, Any] | None


class RecheckResult(TypedDict):
    """What the second reading found (the validator's part of the evidence)."""

    validator: dict[str, Any]


class InstallSpec(TypedDict):
    """Job of kind ``install``: writes a profile's disk image to one erased drive and makes it this machine's."""

    job_id: str
    kind: Literal["install"]
    chassis: Chassis
    drive: DriveKey
    zeroed: bool  # the erase of this run was read back as zeros: holes of the image need not be written
    profile: str
    controller_url: str
    manifest_path: str  # path on the controller, under IMAGE_PATH
    manifest_sha256: str
    machine: dict[str, Any]  # hostname, tag, timezone, locale, keyboard, user {name, full_name, password_hash}
    resident: dict[str, Any]  # controller_url, ca_pem, token, authorized_keys [ssh public keys], machine_id, package


class InstallResult(TypedDict):
    """What the install left on the drive."""

    hostname: str
    ssh_host_keys: list[str]  # of the installed system: pinned for its first boot
    machine_id: str  # /etc/machine-id
    root_uuid: str
    image_version: str
    bytes_written: int
    bytes_skipped: int
    timings: dict[str, float]  # seconds by phase
