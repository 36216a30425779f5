"""The assessment of a machine: grade with its sentence, what it is fit for, what would lift it, part by part. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.grading.caps import Cap, caps
from controller.grading.checks import Check, check
from controller.grading.facts import Facts
from controller.grading.findings import Finding, findings
from controller.grading.lift import Lift, lift_grade, lift_to
from controller.grading.requirements import of_use
from controller.grading.said import Said, reasons, say
from controller.grading.uses import GRADE_OF, ORDER, USE_NAMES, Grade, Use, lower, rank
from controller.i18n import N_
from controller.parts.offers import Offer

WHYS = 2  # reasons in the sentence: the rest is in the findings
USES = ORDER[1:]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Whether it is fit for one use, and why not."""

    use: Use
    fit: bool | None  # None: not known
    why: tuple[Said, ...]  # what is wrong, or what isn't known


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What is to be said of a machine as it stands."""

    grade: Grade | None  # None: too little is known
    use: Use | None  # the most that it is fit for; None: not known
    sentence: Said
    fits: tuple[Fit, ...]  # every use but parts
    lifts: tuple[Lift, ...]  # to the next use, to the highest, to the grade that its use allows
    findings: tuple[Finding, ...]
    caps: tuple[Cap, ...]
    tested: bool  # False: before any test
    blocked: bool  # fit for nothing, and no part changes that


def assess(facts: Facts, offers: Sequence[Offer] = ()) -> Assessment:
    """The assessment of a machine, with parts from ``offers`` where they are there."""
    checks = {use: tuple(check(facts, row) for row in of_use(use)) for use in USES}
    fits = tuple(_fit(use, checks[use]) for use in USES)
    use = _highest(fits)
    lowering = caps(facts, offers)
    grade = None
    if use is not None:
        grade = GRADE_OF[use]
        for cap in lowering:
            grade = lower(grade, cap.grade)
    lifts = _lifts(use, facts, checks, offers) if use is not None else ()
    if use is not None and grade is not None and grade != GRADE_OF[use]:
        better = lift_grade(GRADE_OF[use], lowering)
        lifts = (*lifts, better) if better else lifts
    return Assessment(
        grade=grade,
        use=use,
        sentence=_sentence(use, grade, fits, lowering),
        fits=fits,
        lifts=lifts,
        findings=findings(facts),
        caps=lowering,
        tested=facts.tested,
        blocked=use is Use.PARTS and not lifts,
    )


def _fit(use: Use, checks: Sequence[Check]) -> Fit:
    wrong = tuple(dict.fromkeys(c.why for c in checks if c.met is False))
    unknown = tuple(dict.fromkeys(c.why for c in checks if c.met is None))
    return Fit(use=use, fit=False if wrong else None if unknown else True, why=wrong or unknown)


def _highest(fits: Sequence[Fit]) -> Use | None:
    if fits[0].fit is None:
        return None
    reached = Use.PARTS
    for found in fits:
        if not found.fit:
            break
        reached = found.use
    return reached


def _lifts(use: Use, facts: Facts, checks: dict[Use, tuple[Check, ...]], offers: Sequence[Offer]) -> tuple[Lift, ...]:
    """The next use and the highest that parts lead to; only one where they are the same or cost the same."""
    above = [u for u in USES if rank(u) > rank(use)]
    found = [lift for u in above if (lift := lift_to(u, facts, checks[u], offers)) is not None]
    # More for the same parts is all that anyone wants to hear.
    kept = [a for a, b in pairwise(found) if _parts(a) != _parts(b)] + found[-1:]
    return tuple(kept if len(kept) < 3 else [kept[0], kept[-1]])


def _parts(lift: Lift) -> tuple[Said, ...]:
    return tuple(piece.what for piece in lift.pieces)


_FIT = {
    Use.LIGHT: N_("For light use only: {why}."),
    Use.OFFICE: N_("Good for office and school, not for video calls: {why}."),
    Use.PARTS: N_("Not fit for a family as it is: {why}."),
}
_NOT_KNOWN = {
    Use.LIGHT: N_("Good for light use; for more, this isn't known: {why}."),
    Use.OFFICE: N_("Good for office and school; for video calls, this isn't known: {why}."),
}
_BUT = {
    Use.LIGHT: N_("Good for light use, but {why}."),
    Use.OFFICE: N_("Good for office and school, but {why}."),
    Use.VIDEO: N_("Good for everything, video calls too, but {why}."),
}


def _sentence(use: Use | None, grade: Grade | None, fits: Sequence[Fit], lowering: Sequence[Cap]) -> Said:
    if use is None:
        best = say(USE_NAMES[[fit.use for fit in fits if fit.fit is not False][-1]])
        text = N_("Not graded, as this isn't known: {why}. At best: {use}.")
        return say(text, why=reasons(fits[0].why[:WHYS]), use=best)
    if grade is not None and grade != GRADE_OF[use]:
        lowest = [cap.why for cap in lowering if cap.grade > GRADE_OF[use]]
        return say(_BUT[use], why=reasons(lowest[:WHYS]))
    if use is Use.VIDEO:
        return say(N_("Good for everything, video calls too."))
    following = fits[rank(use)]
    texts = _FIT if following.fit is False else _NOT_KNOWN
    return say(texts[use], why=reasons(following.why[:WHYS]))
