"""What the API answers, field by field: the part of ``/api/openapi.json`` that scripts rely on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Lot(BaseModel):
    """What one donor gives at once."""

    id: int
    code: str = Field(description="L-2026-0001")
    donor_name: str
    donor_kind: str = Field(description="public, company, association or person")
    regime: str = Field(description="free, cg3p or never-sold")
    received_on: str | None
    expected_count: int
    profile: str
    preauthorised_at: str | None = Field(description="since when every machine of it may be erased once inspected")


class MachineSummary(BaseModel):
    """A machine in a list."""

    id: int
    name: str = Field(description="its tag, or machine-ID before it has one")
    tag: str | None
    state: str
    state_since: str
    accepted: bool
    conflict_with: list[int] = Field(description="known machines that it may be; a person says which")
    lot_id: int | None
    manufacturer: str
    product: str
    serial: str
    form: str
    held_reason: str = Field(description="in the caller's language")
    last_heard_at: str | None


class Boot(BaseModel):
    """One time that a machine was switched on."""

    id: int
    mode: str = Field(description="live or resident")
    status: str
    address: str
    linked: bool
    announced_at: str
    last_heard_at: str
    ssh_host_keys: list[str]
    firmware: str | None
    secure_boot: bool | None
    agent_version: str | None
    image_version: str | None
    hostname: str | None


class Drive(BaseModel):
    """A storage device that is in the machine now."""

    id: int
    path: str
    model: str
    serial: str
    wwn: str
    size_bytes: int
    transport: str
    rotational: bool | None


class RunStep(BaseModel):
    """A part of a run. ``done`` and ``total`` count ``unit``."""

    id: int
    name: str
    state: str = Field(description="pending, running, waiting, succeeded, failed or skipped")
    attempt: int
    started_at: str | None
    ended_at: str | None
    done: int
    total: int
    unit: str
    eta_seconds: float | None
    error: str
    cpu_seconds: float = Field(description="of Ansible's own processes on the controller")
    peak_rss_bytes: int
    result: dict[str, Any] | None


class Job(BaseModel):
    """Long work on the machine itself."""

    id: str
    step_id: int
    kind: str
    label: str
    state: str = Field(description="starting, running, succeeded, failed, lost, or replaced by a newer one")
    phase: str
    done: int
    total: int
    unit: str
    rate_per_second: float | None
    eta_seconds: float | None
    error: str


class Run(BaseModel):
    """One execution of a workflow on one machine."""

    id: int
    workflow: str
    profile: str
    state: str = Field(description="queued, running, waiting, succeeded, failed or cancelled")
    created_at: str
    started_at: str | None
    ended_at: str | None
    error: str
    steps: list[RunStep]
    jobs: list[Job]


class Erasure(BaseModel):
    """What became of a drive."""

    id: int
    drive_id: int
    run_id: int
    job_id: str
    outcome: str = Field(description="erased, not_erased or unknown")
    level: str = Field(description="clear, purge, or nothing unless it is erased")
    reason: str
    technique: str = Field(description="the one that completed")
    notes: list[str] = Field(description="what must be known beside an “erased”")
    plan: dict[str, Any]
    evidence: dict[str, Any] | None
    started_at: str
    ended_at: str | None


class Lacking(BaseModel):
    """One thing that keeps a machine from being called reconditioned."""

    item: str = Field(description="keyboard, drive:SERIAL, erased:SERIAL…: docs/reconditioned.md")
    text: str
    failed: bool = Field(description="it was tried and failed; else nobody tried it")


class LetPass(BaseModel):
    """One thing that a person let pass."""

    item: str
    reason: str = Field(description="absent, otherwise or told")


class Reconditioned(BaseModel):
    """Whether a machine may be called reconditioned."""

    met: bool
    missing: list[Lacking]
    waived: list[LetPass]


class Machine(MachineSummary):
    """A machine with everything that belongs to it."""

    lot: Lot | None
    boot: Boot | None
    drives: list[Drive]
    run: Run | None
    erasures: list[Erasure]
    authorisation_id: int | None
    reconditioned: Reconditioned
    inventory: dict[str, Any] | None
    health: dict[str, Any] | None


class Validation(BaseModel):
    """How an outcome is read back."""

    mode: str = Field(description="full or sampled")
    share: float = Field(description="part of the drive that is read")
    slices: int = Field(description="in how many equal slices of the drive the places lie")


class ErasePolicy(BaseModel):
    """What erasing must reach in this workshop, and how it is proven."""

    minimum: dict[str, str] = Field(description="clear or purge, by kind of drive")
    lower_without_asking: bool = Field(description="whether a drive may end below its minimum without a person's tick")
    validation_firmware: Validation = Field(description="of drives that erase themselves")
    validation_overwrite: Validation
    canaries: int = Field(description="markers written before a drive erases itself, proved gone after")
    writer: str = Field(description="direct or nwipe")
    recheck_share: float = Field(description="part of the erased drives that a second person reads again")


class PolicyChange(BaseModel):
    """A policy that held, or holds."""

    policy: ErasePolicy
    changed_by: str
    changed_at: str


class DriveToErase(BaseModel):
    """One drive as it must be shown to the person who authorises."""

    drive_id: int
    serial: str
    wwn: str
    model: str
    size_bytes: int
    eraseable: bool
    problem: str
    plan: dict[str, Any] | None
    level: str = Field(description="clear or purge: what is aimed at; nothing where it can't be erased")
    advice: list[str] = Field(description="what the person should know before saying yes")
    question: str = Field(description="nothing, “if refused” (a tick lets a weaker technique in) or “needed” (a tick)")
    destroy: bool = Field(description="better destroyed than erased")
    expected_seconds: float


class ErasePreview(BaseModel):
    """What an authorisation would cover, or why there can't be one."""

    ok: bool
    problem: str
    beware: str = Field(description="of the whole machine: drives that may be hidden; nothing where none may")
    drives: list[DriveToErase]


class LogLine(BaseModel):
    """One line of a step's log."""

    id: int
    at: str
    source: str = Field(description="controller, ansible, or a job's id")
    level: str
    text: str


class Log(BaseModel):
    """Lines of a step's log, oldest first."""

    lines: list[LogLine]


class LedgerEntry(BaseModel):
    """One fact, as it is hashed, with its hash."""

    seq: int
    at: str
    site: str
    kind: str
    subject: str
    actor: str
    body: dict[str, Any]
    previous: str
    hash: str


class Verification(BaseModel):
    """What a verification of the ledger found."""

    ok: bool
    entries: int
    checkpoints: int
    signed_up_to: int
    head: str
    faults: list[str]


class Reachable(BaseModel):
    """A machine that Ansible can reach."""

    machine_id: int
    name: str
    ansible_host: str
    host_keys: list[str]
    state: str
    profile: str
    lot: str | None
    mode: str
    reach: str  # address, or link: only through its agent's link
    linked: bool  # whether its agent is connected right now
    site: str


class Inventory(BaseModel):
    """The machines that are switched on and accepted."""

    machines: list[Reachable]
