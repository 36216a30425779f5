"""The questions to one drive: one tool after another, each with a limit, none after the drive stopped answering."""

from __future__ import annotations

import functools
import re
import time

from agent.sources import Run
from agent.tools import MISSING, TIMED_OUT, Ran, run

ONE_SECONDS = 8.0  # a drive that sleeps needs five to seven seconds to spin up
ALL_SECONDS = 20.0  # of one drive, all questions together

# hdparm's words for a command whose status never came back (exit status 0 all the same).
NO_STATUS = ("bad/missing sense data", "questionable sense data")


class Questions:
    """Asks one drive. What fails goes into ``problems``, versions of the tools that answered into ``tools``."""

    def __init__(self, path: str, problems: list[str], tools: dict[str, str], run_other: Run | None = None) -> None:
        self.path = path
        self._other = run_other
        self.problems = problems
        self.tools = tools
        self.hung = False
        self._until = time.monotonic() + ALL_SECONDS
        self._missing: set[str] = set()
        self._asked = ""

    def ask(self, arguments: list[str]) -> Ran | None:
        """Run a tool; None when it is missing, took too long, or an earlier one did. Judge the answer by its text."""
        tool = arguments[0]
        self._asked = " ".join(arguments)
        left = self._until - time.monotonic()
        if self.hung or tool in self._missing:
            return None
        if left <= 0:
            self._hang("the drive answers too slowly: not all questions were asked")
            return None
        ran = (self._other or run)(arguments, seconds=min(ONE_SECONDS, left))
        if ran.status == MISSING:
            self._missing.add(tool)
            self.problems.append(f"{tool}: not installed")
            return None
        if ran.status == TIMED_OUT:
            self._hang(f"{self._asked}: took too long and was stopped; the drive was asked nothing more")
            return None
        if tool not in self.tools:
            # A capture's tools are not this machine's: what those answered here is not kept.
            self.tools[tool] = tool_version(tool) if self._other is None else ask_version(tool, self._other)
        return ran

    def complain(self, ran: Ran, why: str = "") -> None:
        """One line: the command, why its answer isn't believed, and the tool's own words."""
        lines = [line.strip() for line in (ran.err + "\n" + ran.out).splitlines()]
        said = next((line for line in lines if line and line != f"{self.path}:"), "")
        self.problems.append(": ".join(part for part in (self._asked or ran.command, why, said[:200]) if part))

    def _hang(self, problem: str) -> None:
        self.hung = True
        self.problems.append(problem)


def no_status(ran: Ran) -> bool:
    """Whether a command of hdparm's ended without a status from the drive: then its answer is invented."""
    return any(words in ran.err or words in ran.out for words in NO_STATUS)


@functools.cache
def tool_version(tool: str) -> str:
    """A tool's version, "" when it doesn't say one (mmc-utils has none). Asked once for the whole process."""
    return ask_version(tool, run)


def ask_version(tool: str, run_it: Run) -> str:
    """The same, asked each time."""
    option = {"nvme": "version", "mmc": ""}.get(tool, "-V")
    if not option or tool == "openSeaChest_Erase":  # that one is in the head of each of its answers
        return ""
    ran = run_it([tool, option], seconds=5)
    return parse_version(ran.out + "\n" + ran.err)


def parse_version(text: str) -> str:
    """``hdparm v9.65``, ``nvme version 2.13 (git 2.13)``, ``Version string: 1.02 20230622``, ``smartctl 7.4 …``."""
    match = re.search(r"(?:\bv|version:? |version string: |smartctl )(\d+\.[0-9a-z.]+)", text, re.IGNORECASE)
    return match.group(1) if match else ""
