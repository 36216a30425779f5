"""What a person should know about a drive before saying that it may be erased. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.protocol_erase import EraseFacts, Technique
from controller.erasure.history import DriveHistory
from controller.erasure.levels import Medium
from controller.erasure.preparations import frozen_for
from controller.erasure.quirks import stalls_in_sanitize
from controller.erasure.refusals import Said, divided
from controller.i18n import N_

FAILING = N_(
    "The drive is failing. One part that can't be read is enough to leave it without a certificate: better take it "
    "out for destruction now."
)
# SMART counters of which one is enough (field guide §5): pending, offline uncorrectable, NVMe media errors.
_COUNTERS = ("pending_sectors", "offline_uncorrectable", "media_errors")


def failing(smart: Any) -> bool:
    """Whether the drive's own words say that it fails. Replaced sectors alone don't."""
    if not isinstance(smart, Mapping):
        return False
    if smart.get("passed") is False or _count(smart.get("critical_warning")):
        return True
    return any(_count(smart.get(name)) for name in _COUNTERS)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def advice_for(
    drive: Mapping[str, Any],
    facts: EraseFacts | None,
    medium: Medium,
    techniques: Sequence[Technique],
    before: DriveHistory,
    hidden: Sequence[int],
) -> tuple[tuple[Said, ...], bool]:
    """The sentences, and whether destruction is the better choice."""
    bad = failing(drive.get("smart"))
    said = [Said(id=FAILING)] if bad else []
    if facts is not None:
        said += _of_facts(facts, medium, techniques, before)
    if stalls_in_sanitize(str(drive.get("model") or "")):
        said.append(Said(id=N_("This model is known to stall when it erases itself: look after it now and then.")))
    if hidden:
        said.append(
            Said(
                id=N_("The drive has parts that this machine doesn't use (namespaces {numbers}): they are erased too."),
                params={"numbers": ", ".join(map(str, hidden))},
            )
        )
    return tuple(said), bad


def _of_facts(
    facts: EraseFacts, medium: Medium, techniques: Sequence[Technique], before: DriveHistory
) -> Iterator[Said]:
    ata, mmc = facts["ata"], facts["mmc"]
    if divided(facts) and facts["nvme"]:
        yield Said(
            id=N_("The drive is divided into {n} parts, each shown by itself: each one is overwritten."),
            params={"n": len(facts["nvme"]["namespaces"])},
        )
    if facts["bridge"]:
        yield Said(
            id=N_(
                "It is connected by USB: what it says of itself may come from the adapter. Built into a computer, it "
                "might be erased more deeply."
            )
        )
    if ata and ata["security"] and ata["security"]["locked"] and not facts["bridge"]:
        yield Said(
            id=N_(
                "The drive is locked by a password. If an interrupted erase of ours left it, it will be unlocked; if "
                "the password is the donor's, the erase stops without harm."
            )
        )
    if any(frozen_for(t, facts) for t in techniques):
        yield Said(
            id=N_(
                "The firmware froze the drive's erase commands: the machine will sleep for some seconds to free it. "
                "Its screen goes dark: leave it alone."
            )
        )
    elif before.thaw_failed and _frozen(facts):
        yield Said(
            id=N_(
                "The firmware froze the drive's erase commands, and sleeping didn't free it. To reach more, unplug "
                "the drive's power cable for ten seconds while the machine is on, then inspect again."
            )
        )
    if before.given_up:
        yield Said(id=N_("What made the drive stall or vanish last time is not tried again."))
    if ata and ata["native_bytes"] is None and not facts["bridge"] and medium in ("hdd", "ssd"):
        yield Said(id=N_("The drive doesn't say its true size: whether it hides a part can't be known."))
    if mmc and mmc["side_areas"]:
        yield Said(
            id=N_("Not erased: its small start-up areas ({areas}), which systems don't store people's data in."),
            params={"areas": ", ".join(mmc["side_areas"])},
        )


def _frozen(facts: EraseFacts) -> bool:
    every: tuple[Technique, ...] = ("ata-security-erase", "ata-sanitize-block")
    return any(frozen_for(t, facts) for t in every)
