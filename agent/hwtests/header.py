"""The header of a hardware test: data at the top of its program, readable without running or importing it.

It is a block of comments in the form of PEP 723 (inline script metadata), in TOML::

    # /// recyclerie-test
    # name = "clock"
    # title = "Clock and its battery"
    # subsystem = "clock"
    # runs = "parallel"
    # limit_seconds = 20
    # usual_seconds = 3
    # needs = ["path:/sys/class/rtc/rtc*"]
    # [figures]
    # offset_seconds = "s"
    # ///
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from agent.errors import AgentError
from agent.protocol_tests import Subsystem

BLOCK = re.compile(r"(?m)^# /// recyclerie-test\r?\n(?P<content>(?:#(?:| .*)\r?\n)+?)# ///\s*$")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
Runs = Literal["parallel", "exclusive"]


class HeaderError(AgentError):
    """A program has no header, or one that says something that a header can't say."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a test is. Seconds are seconds."""

    name: str  # "drive-surface"; its program is drive_surface.py
    title: str  # English, for people
    subsystem: Subsystem
    runs: Runs  # exclusive: nothing else runs beside it
    limit_seconds: float  # killed then, and timed_out
    usual_seconds: float  # what it takes on an ordinary machine, for the time left
    length_option: str = ""  # an option in seconds that is added to both
    longer: dict[str, Any] = field(default_factory=dict)  # {option, value, seconds}: with this value the limit is that
    needs: tuple[str, ...] = ()  # see agent/hwtests/needs.py
    targets: str = ""  # what it runs once for each of ("drives"); "": once for the machine
    hands: bool = False  # a person at the PC must look, listen or touch
    options: dict[str, Any] = field(default_factory=dict)  # those that it understands, with their defaults
    figures: dict[str, str] = field(default_factory=dict)  # mandatory in a pass or degraded result: name → unit
    program: Path = Path()

    def limit(self, options: dict[str, Any]) -> float:
        """When it is killed, with these options."""
        if self.longer and self.chosen(options).get(self.longer["option"]) == self.longer["value"]:
            return float(self.longer["seconds"])
        return self.limit_seconds + self._length(options)

    def usual(self, options: dict[str, Any]) -> float:
        """How long it takes on an ordinary machine, with these options."""
        return self.usual_seconds + self._length(options)

    def chosen(self, options: dict[str, Any]) -> dict[str, Any]:
        """Its options: the given ones over its defaults, and no other test's."""
        return {name: options.get(name, default) for name, default in self.options.items()}

    def _length(self, options: dict[str, Any]) -> float:
        if not self.length_option:
            return 0.0
        try:
            return max(0.0, float(self.chosen(options)[self.length_option]))
        except (TypeError, ValueError):
            return max(0.0, float(self.options[self.length_option]))


def read_header(program: Path) -> Header:
    """The header of a program. Raises HeaderError naming the program and what is wrong."""
    try:
        text = program.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise HeaderError(f"The test {program.name} can't be read: {problem}.") from problem
    header = parse_header(text, program)
    if header.name.replace("-", "_") != program.stem:
        raise HeaderError(f"{program.name}: the test is called {header.name!r}, which is not its file's name.")
    return header


def parse_header(text: str, program: Path = Path("program.py")) -> Header:
    """The header in a program's text. Raises HeaderError."""
    blocks = BLOCK.findall(text)
    if len(blocks) != 1:
        raise HeaderError(f"{program.name}: {len(blocks)} headers were found, one was expected.")
    lines = [line[2:] if line.startswith("# ") else line[1:] for line in blocks[0].splitlines()]
    try:
        raw = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as problem:
        raise HeaderError(f"{program.name}: the header is not TOML: {problem}.") from problem
    return _checked(raw, program)


def _checked(raw: dict[str, Any], program: Path) -> Header:
    def wrong(what: str) -> HeaderError:
        return HeaderError(f"{program.name}: {what}.")

    unknown = set(raw) - {key for key in Header.__dataclass_fields__ if key != "program"}
    if unknown:
        raise wrong(f"the header has unknown keys: {', '.join(sorted(unknown))}")
    missing = {"name", "title", "subsystem", "runs", "limit_seconds", "usual_seconds"} - set(raw)
    if missing:
        raise wrong(f"the header lacks {', '.join(sorted(missing))}")
    for key, kind in _KINDS.items():
        if key in raw and (not isinstance(raw[key], kind) or (isinstance(raw[key], bool) and kind is not bool)):
            raise wrong(f"a value of the header is of another kind: {raw[key]!r}")
    if not NAME.fullmatch(raw["name"]) or not raw["title"].strip():
        raise wrong(f"name is {raw['name']!r}, title is {raw['title']!r}")
    if raw["subsystem"] not in get_args(Subsystem) or raw["runs"] not in get_args(Runs):
        raise wrong(f"subsystem is {raw['subsystem']!r}, runs is {raw['runs']!r}")
    if raw["limit_seconds"] <= 0 or not 0 <= raw["usual_seconds"] <= raw["limit_seconds"]:
        raise wrong("limit_seconds must be above 0, usual_seconds between 0 and it")
    for key in ("needs", "figures"):
        values = raw.get(key, {}).values() if key == "figures" else raw.get(key, [])
        if not all(isinstance(value, str) for value in values):
            raise wrong("needs and figures hold texts only")
    if raw.get("length_option", "") not in ("", *raw.get("options", {})):
        raise wrong(f"length_option is {raw['length_option']!r}, which is not among its options")
    longer = raw.get("longer", {})
    if longer and (set(longer) != {"option", "value", "seconds"} or longer["option"] not in raw.get("options", {})):
        raise wrong(f"longer is {longer!r}")
    return Header(**{**raw, "needs": tuple(raw.get("needs", ())), "program": program})


_KINDS: dict[str, Any] = {
    **dict.fromkeys(("name", "title", "subsystem", "runs", "length_option", "targets"), str),
    **dict.fromkeys(("limit_seconds", "usual_seconds"), (int, float)),
    **dict.fromkeys(("options", "figures", "longer"), dict),
    "needs": list,
    "hands": bool,
}
