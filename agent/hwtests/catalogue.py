"""All hardware tests that this agent has: the programs of one folder, by their headers."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from agent.errors import AgentError
from agent.hwtests.header import Header, HeaderError, read_header

log = logging.getLogger("agent.hwtests")

PROGRAMS = Path(__file__).parent / "programs"


def all_tests(folder: Path = PROGRAMS) -> list[Header]:
    """Every test by name. A program with a broken header is said in the log and left out: it must not cost the rest."""
    found = []
    for program in sorted(folder.glob("*.py")):
        if program.stem.startswith("_"):
            continue
        try:
            found.append(read_header(program))
        except HeaderError as problem:
            log.error("%s", problem)
    return found


def automatic_tests(folder: Path = PROGRAMS) -> list[Header]:
    """Those that need no hands."""
    return [header for header in all_tests(folder) if not header.hands]


def hands_on_tests(folder: Path = PROGRAMS) -> list[Header]:
    """Those that a person at the PC answers."""
    return [header for header in all_tests(folder) if header.hands]


def named_tests(names: Iterable[str], folder: Path = PROGRAMS) -> list[Header]:
    """The tests of these names. Raises AgentError for a name that no test has."""
    known = {header.name: header for header in all_tests(folder)}
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        raise AgentError(
            f"This agent has no test called {', '.join(unknown)}.", hint=f"It has: {', '.join(sorted(known))}."
        )
    return [known[name] for name in dict.fromkeys(names)]
