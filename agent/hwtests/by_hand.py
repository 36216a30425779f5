"""``recyclerie-agent test``: the tests run by hand, and their results in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from agent.config import Config
from agent.errors import AgentError
from agent.hwtests.catalogue import all_tests, automatic_tests, named_tests
from agent.hwtests.header import Header
from agent.hwtests.machine import Machine
from agent.hwtests.needs import missing_needs
from agent.hwtests.plan import plan_tests
from agent.hwtests.runner import TestRun
from agent.protocol_tests import HardwareTestResult

WHOLE_NAMES = {"wired": "wired network cards", "wifi": "Wi-Fi cards", "graphics": "graphics cards"}
WORDS = {"pass": "pass", "degraded": "DEGRADED", "fail": "FAIL", "skipped": "skipped", "timed_out": "TIMED OUT"}


def run_by_hand(names: Sequence[str], options: dict[str, Any], config: Config | None) -> list[HardwareTestResult]:
    """The automatic tests of these names, all for none. Raises AgentError for a wrong name."""
    headers = named_tests(names) if names else automatic_tests()
    hands = [header.name for header in headers if header.hands]
    if hands:
        raise AgentError(f"{', '.join(hands)}: needs hands.", hint="Open the tests on the PC's own screen instead.")
    known = {option for header in headers for option in header.options} | {"controller_url"}
    wrong = sorted(set(options) - known)
    if wrong:
        raise AgentError(f"None of these tests has the option {', '.join(wrong)}.", hint=f"Known: {sorted(known)}.")
    machine = Machine(config)
    run = TestRun(plan_tests(headers, machine), machine, options)
    run.run()
    for problem in machine.problems:
        print(f"recyclerie-agent: {problem}", file=sys.stderr)
    return run.results()


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """``name=value`` pairs; values are JSON where they are, else text. Raises AgentError."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise AgentError(f"The option {pair!r} is not of the form name=value.")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def listing(config: Config | None) -> list[dict[str, Any]]:
    """Every test with what it needs and what of that is missing here."""
    machine = Machine(config)
    return [{**described(header), "missing": missing_needs(header.needs, machine)} for header in all_tests()]


def described(header: Header) -> dict[str, Any]:
    """A header as JSON."""
    return {
        **{key: getattr(header, key) for key in ("name", "title", "subsystem", "runs", "hands", "targets")},
        "limit_seconds": header.limit({}),
        "usual_seconds": header.usual({}),
        **{key: getattr(header, key) for key in ("options", "figures")},
        "needs": list(header.needs),
    }


def listing_in_words(listed: Sequence[dict[str, Any]]) -> str:
    """A line for each test."""
    lines = []
    for one in listed:
        how = "hands" if one["hands"] else one["runs"]
        missing = f"  missing: {', '.join(one['missing'])}" if one["missing"] else ""
        lines.append(f"{one['name']:<18} {how:<10} {one['usual_seconds']:>5.0f} s  {one['title']}{missing}")
    return "\n".join(lines)


def results_in_words(results: Sequence[HardwareTestResult]) -> str:
    """What was found, a test and its figures at a time."""
    lines = []
    for one in results:
        where = f" {one['target']}" if one["target"] else ""
        reason = f"  {one['reason']}" if one["reason"] else ""
        lines.append(f"{WORDS[one['outcome']]:<10} {one['name']}{where}{reason}")
        shown = {name: value for name, value in one["figures"].items() if not isinstance(value, (list, dict))}
        if shown:
            lines.append(f"{'':<10} {', '.join(f'{name} {value}' for name, value in shown.items())}")
    return "\n".join(lines)


def markdown() -> str:
    """The table of all tests as it stands in docs/hardware-tests.md."""
    lines = ["| test | what | runs | usually, at most | needs | options | figures (unit) |", "|" + "---|" * 7]
    for header in all_tests():
        how = "a person" if header.hands else "alone" if header.runs == "exclusive" else "beside others"
        how += f", once for each of the {WHOLE_NAMES.get(header.targets, header.targets)}" if header.targets else ""
        extra = f" + `{header.length_option}`" if header.length_option else ""
        lines.append(
            f"| `{header.name}` | {header.title} | {how} "
            f"| {header.usual_seconds:g} s{extra}, {header.limit_seconds:g} s{extra} "
            f"| {', '.join(f'`{need}`' for need in header.needs)} "
            f"| {', '.join(f'`{name}` = {json.dumps(value)}' for name, value in header.options.items())} "
            f"| {', '.join(f'`{name}` ({unit})' for name, unit in header.figures.items())} |".replace("  ", " ")
        )
    return "\n".join(lines)
