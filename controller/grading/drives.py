"""A drive's verdict with what its tests add: one that fails its test is failing, whatever it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from controller.health.verdict import Level, Reason, Verdict
from controller.health.verdict.reasons import conclude
from controller.i18n import N_


class Result(Protocol):
    """What is looked at of a test's result."""

    @property
    def name(self) -> Any: ...
    @property
    def outcome(self) -> Any: ...
    @property
    def reason(self) -> Any: ...


SOURCE = "docs/hardware-tests.md"
_LEVELS = {"fail": Level.FAILING, "degraded": Level.WORN}
_WORDS = {
    Level.FAILING: (N_("it failed its test: {reason}"), N_("it failed its test")),
    Level.WORN: (N_("its test found it worse than it should be: {reason}"), N_("its test found it weak")),
}


def with_tests(verdict: Verdict, tests: Sequence[Result]) -> Verdict:
    """``verdict`` and the results of this drive's tests; the gravest decides."""
    found = []
    for test in tests:
        level = _LEVELS.get(str(test.outcome))
        if level is None:
            continue
        said = str(test.reason or "").rstrip(".")
        message, bare = _WORDS[level]
        code = f"test-{test.name}"
        found.append(Reason(code, level, message if said else bare, {"reason": said} if said else {}, SOURCE))
    return conclude([*verdict.reasons, *found]) if found else verdict
