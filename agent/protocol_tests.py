"""The vocabulary of hardware tests that the agent and the controller share. Imports nothing of ours.

A hardware test is a small program on the target (``agent/hwtests/programs``) whose header says what it is. Outcomes
mean: ``pass`` it works; ``degraded`` it works, worse than it should; ``fail`` it doesn't; ``skipped`` the machine has
nothing to try, or the person passed it over (the reason says which); ``timed_out`` no answer within its limit.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from agent.protocol import Chassis

TestOutcome = Literal["pass", "degraded", "fail", "skipped", "timed_out"]
Subsystem = Literal[
    "memory",
    "cpu",
    "drive",
    "battery",
    "network",
    "wifi",
    "sound",
    "camera",
    "graphics",
    "fans",
    "clock",
    "screen",
    "keyboard",
    "pointer",
    "usb",
]

# agent → controller, spooled until acknowledged. body: HandsOnResults
HANDS_ON_RESULTS = "tests.results"
# controller → agent: show the tests that need hands on the PC's own screen. body: HandsOnRequest
HANDS_ON_OPEN = "tests.open"


class HardwareTestResult(TypedDict):
    """What one test found on one thing."""

    name: str  # the test's own, "memory", "drive-surface"
    subsystem: Subsystem
    target: str  # what was tried, where there may be several: a drive's serial number, an interface; else ""
    outcome: TestOutcome
    reason: str  # English message with its values in it; "" for a plain pass
    figures: dict[str, Any]  # by name, the unit last: "read_mib_per_second", "max_celsius"; lists for profiles
    started_at: str
    seconds: float
    automatic: bool  # no hands were needed


class HardwareTestSpec(TypedDict):
    """Job of kind ``test``: the automatic tests of one machine. It only reads the drives."""

    job_id: str
    kind: Literal["test"]
    chassis: Chassis
    tests: list[str]  # names; an empty list means every automatic one
    options: dict[str, Any]  # settings of the workshop: see docs/hardware-tests.md


class HardwareTestJobResult(TypedDict):
    """The job's own result (JobResult.result)."""

    results: list[HardwareTestResult]


class HandsOnRequest(TypedDict):
    """Which tests a person asked for from the dashboard."""

    session: str  # unique text; comes back with the results
    tests: list[str]  # names; an empty list means all that the machine has parts for
    language: Literal["fr", "en"]


class HandsOnResults(TypedDict):
    """What a person answered at the PC. Sent after each test, so that nothing is lost when the plug is pulled."""

    session: str  # of the request, or "pc" and a random text where it was started at the PC
    ended: bool  # the person has seen the last one
    results: list[HardwareTestResult]
