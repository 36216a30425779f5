"""The steps of each workflow, by name."""

from __future__ import annotations

from controller.workflows.steps import authorise, check, erase, inspect, install, recheck, restart, seal, test
from controller.workflows.steps.base import Step
from controller.workflows.steps_list import NAMES

_ALL = (
    inspect.STEP,
    test.STEP,
    authorise.STEP,
    erase.STEP,
    recheck.STEP,
    install.STEP,
    restart.STEP,
    check.STEP,
    seal.STEP,
)
STEPS: dict[str, Step] = {step.name: step for step in _ALL}

if tuple(STEPS) != NAMES:
    raise ImportError("controller.workflows.steps and steps_list name different steps")
