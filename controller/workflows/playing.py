"""One play of a step: its lines go to the step's log, its cost to the step's row."""

from __future__ import annotations

from typing import Any

from controller.workflows.context import Acting
from controller.workflows.runner import PlayResult, Target, run_play
from controller.workflows.tables import RunStep


def play(acting: Acting, playbook: str, target: Target, variables: dict[str, Any]) -> PlayResult:
    """Run a playbook for a step."""
    result = run_play(
        acting.core.settings,
        playbook,
        target,
        variables,
        acting.core.keys.ssh,
        lambda level, text: acting.log(text, level=level, source="ansible"),
        acting.cancelled,
    )
    if result.error:
        acting.log(result.error, level="error", source="ansible")
    with acting.core.database.write() as session:
        step = session.get_one(RunStep, acting.step_id)
        step.cpu_seconds += result.cpu_seconds
        step.peak_rss_bytes = max(step.peak_rss_bytes, result.peak_rss_bytes)
    return result
