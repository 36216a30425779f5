"""Drive facts → what may be done to the drive. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.protocol import ErasePlan
from controller.i18n import N_
from controller.machines.rubbish import clean_serial, clean_wwn

# Levels that each technique may claim at most (NIST SP 800-88r2): an overwrite reaches what the host can address.
LEVEL_OF: dict[str, Literal["clear", "purge"]] = {"overwrite-zero": "clear"}
ASSUMED_BYTES_PER_SECOND = {"nvme": 1_000_000_000, "ssd": 350_000_000, "hdd": 110_000_000, "slow": 25_000_000}


@dataclass(frozen=True, kw_only=True)
class DriveVerdict:
    """Whether a drive can be erased, and how; or why not, in words (message id, params)."""

    plan: ErasePlan | None
    problem: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    expected_seconds: float = 0.0  # writing and reading back, rough

    @property
    def eraseable(self) -> bool:
        """Whether there is a plan."""
        return self.plan is not None


def plan_drive(facts: dict[str, Any], writer: str = "direct") -> DriveVerdict:
    """The plan for one drive of an inventory."""
    size = int(facts.get("size_bytes") or 0)
    refusals: Sequence[tuple[bool, str, dict[str, Any]]] = (
        (bool(facts.get("boot_medium")), N_("This is the medium that the machine was started from."), {}),
        (size <= 0, N_("The drive reports no size: it may be dead. Replace it, or keep it for destruction."), {}),
        (bool(facts.get("read_only")), N_("The drive is read-only: look for a write-protect switch."), {}),
        (
            bool(facts.get("in_use")),
            N_("The drive is in use ({use}): restart the machine from the network and try again."),
            {"use": ", ".join(map(str, facts.get("in_use") or []))},
        ),
        (
            not clean_serial(str(facts.get("serial") or "")) and not clean_wwn(str(facts.get("wwn") or "")),
            N_("The drive has neither serial number nor WWN: an authorisation can't name it."),
            {},
        ),
    )
    for refused, problem, params in refusals:
        if refused:
            return DriveVerdict(plan=None, problem=problem, params=params)
    plan: ErasePlan = {
        "technique": "overwrite-zero",
        "writer": "nwipe" if writer == "nwipe" else "direct",
        "validation": "full",
    }
    return DriveVerdict(plan=plan, expected_seconds=2 * size / _speed(facts))


def plan_drives(drives: Sequence[dict[str, Any]], writer: str = "direct") -> list[DriveVerdict]:
    """The plan for each drive of a machine: drives that an authorisation can't tell apart get none."""
    names = Counter(_name(facts) for facts in drives)
    verdicts = []
    for facts in drives:
        verdict = plan_drive(facts, writer)
        if verdict.eraseable and names[_name(facts)] > 1:
            verdict = DriveVerdict(
                plan=None,
                problem=N_("Another drive of this machine has the same serial number: take one of them out."),
            )
        verdicts.append(verdict)
    return verdicts


def _name(facts: dict[str, Any]) -> tuple[str, ...]:
    """What the target compares, in the form in which it does."""
    texts = (" ".join(str(facts.get(key) or "").split()).upper() for key in ("serial", "wwn", "model"))
    return (*texts, str(facts.get("size_bytes")))


def _speed(facts: dict[str, Any]) -> int:
    transport = facts.get("transport")
    if transport == "nvme":
        return ASSUMED_BYTES_PER_SECOND["nvme"]
    if transport in ("usb", "mmc"):
        return ASSUMED_BYTES_PER_SECOND["slow"]
    return ASSUMED_BYTES_PER_SECOND["hdd" if facts.get("rotational") else "ssd"]
