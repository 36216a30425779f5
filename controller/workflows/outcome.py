"""What a step's action or poll comes to. Plain dictionaries: DBOS stores them between a step and the next."""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Outcome(TypedDict):
    """``done``: complete it with ``data``; ``wait``: ask again later; ``person``: the run pauses until a person
    acts; ``retry``: failed for a passing reason; ``again``: prepare and act again; ``failed``: hold the machine.
    """

    kind: Literal["done", "wait", "person", "retry", "again", "failed", "held", "cancelled", "skip", "go"]
    data: dict[str, Any]
    error: str  # message id
    params: dict[str, Any]


def done(**data: Any) -> Outcome:
    """The step's work is done."""
    return {"kind": "done", "data": data, "error": "", "params": {}}


def wait() -> Outcome:
    """Not yet: the machine is at work."""
    return {"kind": "wait", "data": {}, "error": "", "params": {}}


def person() -> Outcome:
    """Nothing goes on before a person acts."""
    return {"kind": "person", "data": {}, "error": "", "params": {}}


def again() -> Outcome:
    """What the machine did is lost (it was restarted): prepare the step and act once more."""
    return {"kind": "again", "data": {}, "error": "", "params": {}}


def retry(error: str, **params: Any) -> Outcome:
    """Failed, for a reason that may pass by itself."""
    return {"kind": "retry", "data": {}, "error": error, "params": params}


def failed(error: str, **params: Any) -> Outcome:
    """Failed: the machine is held with this message (what happened, what to do next)."""
    return {"kind": "failed", "data": {}, "error": error, "params": params}


def plain(kind: Literal["held", "cancelled", "skip", "go"]) -> Outcome:
    """An outcome that needs no words."""
    return {"kind": kind, "data": {}, "error": "", "params": {}}
