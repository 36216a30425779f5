"""Facts about a machine → what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from controller.cosmetics.zones import CLEANING_NAMES, ZONE_NAMES
from controller.grading.gate.lists import (
    FORMS,
    MISSING,
    NO_ANSWER,
    NO_BATTERY,
    NO_DRIVE,
    NO_REASON,
    PASSED_OVER,
    TESTS,
    Item,
)
from controller.i18n import said

Was = Literal["untested", "failed"]
WORKS = ("pass", "degraded")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The newest result of one test on one thing."""

    subsystem: str
    target: str
    outcome: str  # agent.protocol_tests.TestOutcome
    reason: str = ""
    automatic: bool = True


@dataclass(frozen=True, kw_only=True)
class DriveFacts:
    """One drive in the machine now."""

    name: str  # for people
    target: str  # as the tests name it: its serial number, else its path
    erased: bool  # a claim computed from evidence, in the newest run


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that the list asks about, since the machine last came into the workshop."""

    form: str
    parts: frozenset[str] | None  # facts.PARTS that it has; None: never inspected
    drives: tuple[DriveFacts, ...] = ()
    results: tuple[Result, ...] = ()
    looked: bool = False
    broken: tuple[str, ...] = ()  # zones
    not_cleaned: tuple[str, ...] = ()
    system_checked: bool = False


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing that keeps a machine from being called reconditioned."""

    item: str  # lists.Item.key or Duty.key; for one of several with ":" and its name
    label: str  # message id
    params: Mapping[str, Any] = field(default_factory=dict)
    was: Was = "untested"
    may_be_waived: bool = False


def needed(item: Item, form: str, parts: frozenset[str]) -> bool:
    """Whether a machine must have been through a test."""
    return (form if form in FORMS else "other") in item.always or bool(item.present and item.present in parts)


def judge(facts: Facts) -> Iterator[Missing]:
    """What is missing, in the order of the list. What failed is missing even where the list doesn't ask for it."""
    parts = facts.parts or frozenset()
    for item in TESTS:
        of_item = [result for result in facts.results if result.subsystem == item.key]
        if item.key == "drive":
            yield from _drives(item, facts.drives, of_item)
            continue
        asked = needed(item, facts.form, parts)
        found = _judge_test(item, item.key, of_item, {})
        if found is None or (found.was == "untested" and not asked):
            continue
        if item.key == "battery" and facts.parts is not None and "battery" not in parts and found.was == "untested":
            found = Missing(item="battery", label=NO_BATTERY, was="failed", may_be_waived=True)
        yield found
    yield from _duties(facts)


def _drives(item: Item, drives: Sequence[DriveFacts], results: Sequence[Result]) -> Iterator[Missing]:
    for drive in drives:
        of_drive = [result for result in results if result.target == drive.target]
        found = _judge_test(item, f"drive:{drive.target}", of_drive, {"drive": drive.name})
        if found is not None:
            yield found


def _judge_test(item: Item, key: str, results: Sequence[Result], params: Mapping[str, Any]) -> Missing | None:
    """``None``: it works."""
    answered = [r for r in results if r.outcome in (*WORKS, "fail")]
    if item.person_decides:
        answered = [r for r in answered if not r.automatic] or answered
    bad = [r for r in answered if r.outcome == "fail"]
    if bad:
        reason = bad[0].reason or said(NO_REASON)
        return Missing(
            item=key, label=item.failed, params={**params, "reason": reason}, was="failed", may_be_waived=True
        )
    if answered and not (item.hands and all(r.automatic for r in answered)):
        return None
    return _untried(item, key, results, params)


def _untried(item: Item, key: str, results: Iterable[Result], params: Mapping[str, Any]) -> Missing:
    label, filled = item.untested, dict(params)
    what = said(item.untested, **params)
    for result in results:
        if result.outcome == "timed_out":
            label, filled = NO_ANSWER, {"what": what}
        elif result.outcome == "skipped" and result.reason:
            label, filled = PASSED_OVER, {"what": what, "reason": result.reason}
    return Missing(item=key, label=label, params=filled, may_be_waived=True)


def _duties(facts: Facts) -> Iterator[Missing]:
    if facts.parts is None:
        yield Missing(item="inventory", label=MISSING["inventory"])
    if not facts.looked:
        yield Missing(item="look", label=MISSING["look"])
    for zone in facts.broken:
        yield Missing(
            item=f"broken:{zone}",
            label=MISSING["broken"],
            params={"zone": said(ZONE_NAMES[zone])},
            was="failed",
            may_be_waived=True,
        )
    for task in facts.not_cleaned if facts.looked else ():
        yield Missing(item=f"cleaned:{task}", label=MISSING["cleaned"], params={"what": said(CLEANING_NAMES[task])})
    if not facts.drives:
        yield Missing(item="erased", label=NO_DRIVE, was="failed")
    for drive in facts.drives:
        if not drive.erased:
            yield Missing(item=f"erased:{drive.target}", label=MISSING["erased"], params={"drive": drive.name})
    if not facts.system_checked:
        yield Missing(item="system", label=MISSING["system"])
