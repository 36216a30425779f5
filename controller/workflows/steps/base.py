"""What a step is made of. Each function is idempotent: a killed controller runs it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from controller.settings import Settings
from controller.workflows.context import Acting, InTransaction
from controller.workflows.outcome import Outcome


def nothing(_: InTransaction) -> None:
    """A step that has nothing to prepare."""


def never(_: InTransaction) -> bool:
    """A step that waits for nobody."""
    return False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a workflow.

    ``prepare`` and ``complete`` run in the transaction that moves the step; ``act`` may take minutes and
    touches the machine; ``poll`` is asked until it no longer answers ``wait``.
    """

    name: str
    act: Callable[[Acting], Outcome]
    prepare: Callable[[InTransaction], None] = nothing
    poll: Callable[[InTransaction], Outcome] | None = None
    complete: Callable[[InTransaction, dict[str, Any]], None]
    answered: Callable[[InTransaction], bool] = never  # whether the person it waits for has acted
    limit: Callable[[Settings], float] = lambda settings: settings.boot_wait_seconds  # for polling, seconds
