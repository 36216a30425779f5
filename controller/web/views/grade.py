"""A machine's grade, what it is fit for, what would lift it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.grading.assess import assess
from controller.grading.lift import Lift
from controller.grading.reading import facts_of
from controller.grading.said import Said, from_dict
from controller.grading.tables import MachineGrade
from controller.grading.uses import GRADE_ICONS, GRADE_NAMES, GRADE_TONES, USE_ICONS, USE_NAMES, Grade
from controller.i18n import N_
from controller.machines.lifecycle import STATES
from controller.machines.tables import Machine
from controller.parts.queries import fitted, offers
from controller.web.views.parts import part_line


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A grade wherever a machine is named."""

    letter: str  # A to D, "" not graded
    word: str  # message id
    tone: str
    icon: str
    said: Said

    @property
    def sentence(self) -> str:
        """Why, in the language of the moment."""
        return self.said.sentence


@dataclass(frozen=True, kw_only=True)
class FitLine:
    """One use: yes, no, not known; and why."""

    label: str  # message id
    icon: str
    tone: str
    answer: str  # message id
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PieceLine:
    """One part that is missing."""

    what: str
    part_id: int | None
    place: str
    euros: float


@dataclass(frozen=True, kw_only=True)
class LiftView:
    """Parts that make more of it."""

    sentence: str
    pieces: tuple[PieceLine, ...]
    notes: tuple[Said, ...]
    in_stock: bool
    euros: float


def badge_of(row: MachineGrade | None) -> Badge | None:
    """The badge of a kept grade; None where there is none to show."""
    if row is None or row.grade not in set(Grade):
        return None
    grade = Grade(row.grade)
    return Badge(
        letter=grade.value,
        word=GRADE_NAMES[grade],
        tone=GRADE_TONES[grade],
        icon=GRADE_ICONS[grade],
        said=from_dict(row.sentence),
    )


def badges_of(session: Session, machine_ids: Iterable[int]) -> dict[int, Badge]:
    """The badges of some machines, by id; one query."""
    rows = session.execute(select(MachineGrade).where(MachineGrade.machine_id.in_(list(machine_ids)))).scalars()
    return {row.machine_id: badge for row in rows if (badge := badge_of(row)) is not None}


def machine_badge(session: Session, machine_id: int) -> Badge | None:
    """The badge of one machine."""
    return badge_of(session.get(MachineGrade, machine_id))


def grade_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    facts = facts_of(session, machine)
    used = tuple((move.id, -move.delta, part_line(part)) for move, part in fitted(session, machine.id))
    if facts is None:
        return {"assessment": None, "fitted": used}
    found = assess(facts, offers(session, machine.site))
    grade = found.grade
    gone = STATES[machine.state].final
    return {
        "assessment": {
            "letter": grade.value if grade else "",
            "word": GRADE_NAMES[grade] if grade else N_("not graded yet"),
            "tone": GRADE_TONES[grade] if grade else "quiet",
            "icon": GRADE_ICONS[grade] if grade else "circle-question-mark",
            "sentence": found.sentence.sentence,
            "tested": found.tested,
            "fits": tuple(
                FitLine(
                    label=USE_NAMES[fit.use],
                    icon=USE_ICONS[fit.use],
                    tone=_TONES[fit.fit],
                    answer=_ANSWERS[fit.fit],
                    why=tuple(str(text) for text in fit.why),
                )
                for fit in found.fits
            ),
            "lifts": () if gone else tuple(_lift(lift) for lift in found.lifts),
            "caps": tuple(str(cap.why) for cap in found.caps),
            "findings": found.findings,
        },
        "fitted": used,
    }


_ANSWERS = {True: N_("yes"), False: N_("no"), None: N_("not known")}
_TONES = {True: "good", False: "alert", None: "quiet"}


def _lift(lift: Lift) -> LiftView:
    return LiftView(
        sentence=lift.sentence.sentence,
        pieces=tuple(
            PieceLine(what=p.what.sentence, part_id=p.part_id, place=p.place, euros=p.cents / 100) for p in lift.pieces
        ),
        notes=(*lift.unsure, *lift.unknown),
        in_stock=lift.in_stock,
        euros=lift.cents / 100,
    )
