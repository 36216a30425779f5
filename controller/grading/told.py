"""An assessment as plain data, in the language of the moment: for the API, the command line, other programs."""

from __future__ import annotations

from typing import Any

from controller.grading.assess import Assessment
from controller.grading.lift import Lift
from controller.i18n import translate


def told(found: Assessment) -> dict[str, Any]:
    """Everything that an assessment says."""
    return {
        "grade": found.grade.value if found.grade else None,
        "use": found.use.value if found.use else None,
        "sentence": found.sentence.sentence,
        "tested": found.tested,
        "fits": [{"use": fit.use.value, "fit": fit.fit, "why": [str(text) for text in fit.why]} for fit in found.fits],
        "lowered_by": [str(cap.why) for cap in found.caps],
        "findings": [
            {"part": translate(f.part), "tone": f.tone, "texts": [str(text) for text in f.texts]}
            for f in found.findings
        ],
        "lifts": [_lift(lift) for lift in found.lifts],
    }


def _lift(lift: Lift) -> dict[str, Any]:
    return {
        "use": lift.use.value if lift.use else None,
        "grade": lift.grade.value if lift.grade else None,
        "sentence": lift.sentence.sentence,
        "cents": lift.cents,
        "in_stock": lift.in_stock,
        "pieces": [piece.as_dict() for piece in lift.pieces],
        "not_known": [str(text) for text in (*lift.unsure, *lift.unknown)],
    }
