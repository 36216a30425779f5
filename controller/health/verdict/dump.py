"""Whatever a file holds, as reports of single drives: JSON, wrapped, cut off, several, text, text after other text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from controller.health.verdict.from_json import from_json, is_report, may_be_report
from controller.health.verdict.from_text import from_text
from controller.health.verdict.metrics import DriveMetrics

MAX_CHARACTERS = 8 * 1024 * 1024  # a report is some 20 kB; no collection of one PC comes near this
MAX_DEPTH = 12
MAX_DRIVES = 4096
MAX_MENDED = 4  # beginnings tried as a JSON that is cut off

BANNER = re.compile(
    r"^(?P<prefix>[^\n]{0,40}?)smartctl (?:version )?\d+\.\d+[^\n]{0,60}?(?:\[|Copyright)[^\n]*$", re.MULTILINE
)
SECTION = re.compile(r"^[^\n]{0,40}?=== START OF INFORMATION SECTION ===", re.MULTILINE)
# Enough of a report to judge, without any heading: a few lines that somebody copied.
PARTS = re.compile(
    r"overall-health self-assessment test result:|SMART Health Status:|Vendor Specific SMART Attributes|"
    r"ID# ATTRIBUTE_NAME|SMART/Health Information \(NVMe|SMART support is:|Elements in grown defect list",
)
OPENING = re.compile(r"[\[{]\s*[\"\[{\]}]|[\[{]\s*$", re.MULTILINE)


def decode(content: bytes) -> str:
    """Text of a file, whatever wrote it: UTF-8, UTF-16 of a Windows shell, or Latin-1 bytes replaced."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace").replace("\x00", "")


def read_dump(text: str) -> list[DriveMetrics]:
    """Every drive that the text tells of, in order; empty when it tells of none. Never raises on any text."""
    text = text[:MAX_CHARACTERS]
    if text.lstrip()[:1] in ("{", "["):
        found = _from_values(_values(text))
        if found or "smartctl" not in text:
            return found
    if BANNER.search(text) or SECTION.search(text):
        return _from_reports(text)
    found = _from_values(_values(text))
    return found or (_from_reports(text) if PARTS.search(text) else [])


def _from_values(values: Iterator[tuple[Any, bool]]) -> list[DriveMetrics]:
    drives: list[DriveMetrics] = []
    for value, cut in values:
        for report in _reports(value, 0):
            if len(drives) >= MAX_DRIVES:
                return drives
            drives += _from_reports(report) if isinstance(report, str) else [from_json(report)]
        if cut and drives:
            drives[-1].truncated = True
    return drives


def _reports(value: Any, depth: int) -> Iterator[dict[str, Any] | str]:
    """smartctl's objects and texts wherever they stand in lists and objects."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        if is_report(value):
            yield value
            return
        inside = [found for inner in value.values() for found in _reports(inner, depth + 1)]
        if inside:
            yield from inside
        elif may_be_report(value):
            yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _reports(inner, depth + 1)
    elif isinstance(value, str) and PARTS.search(value):
        yield value


def _values(text: str) -> Iterator[tuple[Any, bool]]:
    """JSON values one after another, with whatever stands between them; the last one mended when it is cut off."""
    decoder, at = json.JSONDecoder(), 0
    tries = 0
    while tries < 64 and (start := OPENING.search(text, at)):
        tries += 1
        try:
            value, at = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            mended = _mend(text[start.start() :]) if tries <= MAX_MENDED else None
            if mended is not None and (not isinstance(mended, list | dict) or mended):
                yield mended, True
                return
            at = start.start() + 1
            continue
        tries = 0
        yield value, False


def _mend(text: str) -> Any:
    """The beginning of a JSON text as far as it is whole: what is open is closed after the last finished value."""
    closers: list[str] = []
    best: tuple[int, str] | None = None
    quoted = escaped = False
    for at, character in enumerate(text):
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "{[":
            closers.append("}" if character == "{" else "]")
            if len(closers) > 200:
                return None
        elif character in "}]":
            if not closers or closers.pop() != character:
                break
            if closers:
                best = (at + 1, "".join(reversed(closers)))
        elif character == "," and closers:
            best = (at, "".join(reversed(closers)))
    if best is None:
        return None
    try:
        return json.loads(text[: best[0]] + best[1])
    except (ValueError, RecursionError):
        return None


def _from_reports(text: str) -> list[DriveMetrics]:
    """One drive for each heading of smartctl, or for each information section where headings are missing."""
    heads = list(BANNER.finditer(text)) or list(SECTION.finditer(text))
    if not heads:
        return [from_text(text)]
    drives = []
    for number, head in enumerate(heads[:MAX_DRIVES]):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
        before = text[heads[number - 1].end() if number else 0 : head.start()]
        part = text[head.start() : end]
        prefix = head.groupdict().get("prefix") or ""
        if prefix:  # a log, a mail or a forum puts something in front of every line
            part = "\n".join(line.removeprefix(prefix) for line in part.splitlines())
        drives.append(from_text(part, before))
    return drives
