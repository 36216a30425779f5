"""Dump files judged: one record for each drive, and one for a file in which none was found. Never raises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.health.verdict.drive import drive_verdict
from controller.health.verdict.dump import MAX_CHARACTERS, decode, read_dump
from controller.health.verdict.metrics import DriveMetrics
from controller.health.verdict.reasons import Level, Reason, Verdict, conclude
from controller.i18n import N_


def judge_file(path: Path) -> list[dict[str, Any]]:
    """The records of a file; a file that can't be read gives one, unknown, with the reason."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        text = N_("the file can't be read: {error}")
        params = {"error": error.strerror or type(error).__name__}
        return [_record(str(path), DriveMetrics(), conclude([Reason("file", Level.UNKNOWN, text, params)]))]
    return judge_bytes(content, str(path))


def judge_bytes(content: bytes, name: str = "-") -> list[dict[str, Any]]:
    """The records of a dump's content."""
    if not content.strip():
        return [_record(name, DriveMetrics(), _unread(N_("the file is empty"), "empty"))]
    try:
        drives = read_dump(decode(content))
        records = [_record(name, drive, drive_verdict(drive)) for drive in drives]
    except Exception as error:
        # A dump that nobody foresaw is a finding about the dump, never the end of a list of two hundred.
        text = N_("the report couldn't be understood ({error})")
        reason = Reason("not-understood", Level.UNKNOWN, text, {"error": f"{type(error).__name__}: {error}"[:200]})
        return [_record(name, DriveMetrics(), conclude([reason]))]
    if not records:
        return [_record(name, DriveMetrics(), _unread(N_("the file holds no report of smartctl"), "no-report"))]
    return records


def _unread(message: str, code: str) -> Verdict:
    return conclude([Reason(code, Level.UNKNOWN, message)])


def _record(name: str, drive: DriveMetrics, verdict: Verdict) -> dict[str, Any]:
    said = verdict.as_dict()
    return {
        "file": name,
        "device": drive.device or None,
        "verdict": said["verdict"],
        "reasons": said["reasons"],
        "metrics": drive.as_dict(),
        "details": said["details"],
    }
