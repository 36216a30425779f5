"""What a machine still lacks before it may be called reconditioned, and the list itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from controller.cosmetics.zones import CLEANING_NAMES, ZONE_NAMES
from controller.grading.gate.gate import Gate, Missing, gates
from controller.grading.gate.lists import BY_KEY, DUTIES, FORM_NAMES, TESTS
from controller.grading.gate.waivers import REASONS
from controller.i18n import N_, said
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from controller.web.views.people import Actors
from controller.web.views.words import Words, words

# Where the word would be used: from here on it is said whether the machine meets its list.
SAID_IN = (State.READY, State.ALLOCATED, State.DELIVERED)
_DUTY_NAMES = {duty.key: duty.name for duty in DUTIES}
_ALWAYS, _IF_PRESENT, _NEVER = N_("always"), N_("if it has one"), "–"


@dataclass(frozen=True, kw_only=True)
class Lack:
    """One thing that is missing."""

    item: str
    text: Words
    failed: bool
    may_be_waived: bool
    at_look: bool  # settled by looking at the machine


@dataclass(frozen=True, kw_only=True)
class Passed:
    """One thing that a person let pass."""

    item: str
    text: Words
    reason: str  # message id
    note: str
    who: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class GateView:
    """The box."""

    met: bool
    missing: tuple[Lack, ...]
    waived: tuple[Passed, ...]
    reasons: Mapping[str, str]

    @property
    def waivable(self) -> tuple[Lack, ...]:
        """What a person may let pass."""
        return tuple(lack for lack in self.missing if lack.may_be_waived)


def gate_view(session: Session, found: Gate, actors: Actors | None = None) -> GateView:
    """The outcome in words."""
    actors = actors or Actors(session)
    return GateView(
        met=found.met,
        missing=tuple(
            Lack(
                item=one.item,
                text=text_of(one),
                failed=one.was == "failed",
                may_be_waived=one.may_be_waived,
                at_look=one.item == "look" or one.item.startswith("cleaned:"),
            )
            for one in found.missing
        ),
        waived=tuple(
            Passed(
                item=one.what.item,
                text=text_of(one.what),
                reason=REASONS.get(one.reason, one.reason),
                note=one.note,
                who=actors.name(one.by),
                at=one.at,
            )
            for one in found.waived
        ),
        reasons=REASONS,
    )


def lacking_of(session: Session, machines: Sequence[Machine]) -> dict[int, int]:
    """How many things each machine lacks; nothing for those that meet their list."""
    found = gates(session, machines) if machines else {}
    return {machine_id: len(outcome.missing) for machine_id, outcome in found.items() if not outcome.met}


def text_of(missing: Missing) -> Words:
    """What is missing, in words."""
    return words(missing.label, **missing.params)


def item_name(item: str) -> Words:
    """The name of an item of the list: ``keyboard``, ``drive:SERIAL``, ``broken:lid``."""
    key, _, part = item.partition(":")
    name = BY_KEY[key].name if key in BY_KEY else _DUTY_NAMES.get(key, item)
    if not part:
        return words(name)
    known = ZONE_NAMES.get(part) or CLEANING_NAMES.get(part)
    return words(N_("{name} ({part})"), name=name, part=said(known) if known else part)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the list; ``forms`` in the order of ``FORM_NAMES`` (message ids)."""

    name: str
    forms: tuple[str, ...]
    hands: bool


def list_lines() -> tuple[Line, ...]:
    """The list as people read it."""
    tests = tuple(
        Line(
            name=item.name,
            forms=tuple(
                _ALWAYS if form in item.always else _IF_PRESENT if item.present else _NEVER for form in FORM_NAMES
            ),
            hands=item.hands,
        )
        for item in TESTS
    )
    duties = tuple(
        Line(name=duty.name, forms=(_ALWAYS,) * len(FORM_NAMES), hands=duty.key in ("look", "broken", "cleaned"))
        for duty in DUTIES
    )
    return tests + duties
