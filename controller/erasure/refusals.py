"""Why a drive can't be erased, each with what to do about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.protocol_erase import EraseFacts
from controller.erasure.history import DriveHistory
from controller.i18n import N_
from controller.machines.rubbish import clean_serial, clean_wwn

TWIN = N_("Another drive of this machine has the same serial number: take one of them out.")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence for a person: message id and parameters."""

    id: str
    params: dict[str, Any] = field(default_factory=dict)


def refusal(drive: Mapping[str, Any], facts: EraseFacts | None, before: DriveHistory) -> Said | None:
    """The first reason why ``drive`` can't be erased as it is now; ``None`` when it can."""
    return next(_of_the_drive(drive), None) or next(_of_its_uses(drive, facts), None) or _of_its_state(facts, before)


def _of_the_drive(drive: Mapping[str, Any]) -> Iterator[Said]:
    if drive.get("boot_medium"):
        yield Said(id=N_("This is the medium that the machine was started from."))
    if _size(drive) <= 0:
        yield Said(id=N_("The drive reports no size: it may be dead. Replace it, or keep it for destruction."))
    if drive.get("read_only"):
        yield Said(
            id=N_("The drive is read-only: look for a write-protect switch. Without one, take it out for destruction.")
        )
    if not clean_serial(str(drive.get("serial") or "")) and not clean_wwn(str(drive.get("wwn") or "")):
        yield Said(id=N_("The drive has neither serial number nor WWN: an authorisation can't name it."))


def _of_its_uses(drive: Mapping[str, Any], facts: EraseFacts | None) -> Iterator[Said]:
    """Mounted or swap: refused. Held by LVM, md or dm: part of the authorised erase when the facts name them."""
    uses = [str(use) for use in drive.get("in_use") or []]
    holders = facts["holders"] if facts else []
    left = [use for use in uses if not (holders and use.startswith("held by "))]
    if left:
        yield Said(
            id=N_("The drive is in use ({use}): restart the machine from the network and try again."),
            params={"use": ", ".join(left)},
        )


def _of_its_state(facts: EraseFacts | None, before: DriveHistory) -> Said | None:
    if facts is None or facts["bridge"]:
        return None  # a bridge's word: a drive that is locked after all fails at its first write
    ata, nvme = facts["ata"], facts["nvme"]
    security = ata["security"] if ata else None
    if security and security["locked"]:
        if security["count_expired"]:
            return Said(
                id=N_(
                    "The drive is locked by a password that was tried too often: switch the machine off, wait ten "
                    "seconds, switch it on and inspect again."
                )
            )
        if before.unlock_failed:
            return Said(
                id=N_(
                    "The drive is locked by a password that is not ours: ask the donor for it, or take the drive out "
                    "for destruction."
                )
            )
    sanitize = ata["sanitize"] if ata else None
    states = [(sanitize["state"], sanitize["progress"])] if sanitize else []
    states += [(nvme["sanitize_state"], nvme["sanitize_progress"])] if nvme else []
    progress = next((progress for state, progress in states if state == "in progress"), None)
    if any(state == "in progress" for state, _ in states):
        return Said(
            id=N_(
                "The drive is still busy with an erase that was started before ({progress}). Leave the machine "
                "switched on and inspect again later; a drive that is no further the next day is for destruction."
            ),
            params={"progress": "?" if progress is None else f"{progress:.0%}"},
        )
    return None


def unseen_drives(problems: Iterable[Any]) -> tuple[str, str]:
    """What an inventory's problems say of drives that are in the machine and not in its list: for sure, perhaps.

    The words are those of agent/collectors/hidden_drives.py; its tests and ours hold them together.
    """
    said = [str(problem) for problem in problems]
    sure = [p for p in said if re.search(r"\bhides (its|an|\d+) .*drives?\b|in the machine but does not answer", p)]
    perhaps = [p for p in said if "may hide drives" in p]
    return "; ".join(sure), "; ".join(perhaps)


def hidden_namespaces(facts: EraseFacts | None, paths: Sequence[str]) -> list[int]:
    """Numbers of the namespaces of an NVMe drive that are no drive of this machine."""
    nvme = facts["nvme"] if facts and not facts["bridge"] else None
    return [n["nsid"] for n in nvme["namespaces"] if n["path"] not in paths] if nvme else []


def divided(facts: EraseFacts | None) -> bool:
    """Whether an NVMe drive stands in the machine as several drives, each with its own authorisation and erase."""
    nvme = facts["nvme"] if facts and not facts["bridge"] else None
    return nvme is not None and sum(bool(n["path"]) for n in nvme["namespaces"]) > 1


def _size(drive: Mapping[str, Any]) -> int:
    try:
        return int(drive.get("size_bytes") or 0)
    except (TypeError, ValueError):
        return 0
