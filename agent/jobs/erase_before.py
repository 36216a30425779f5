"""What went before this job on the same drive: erases that were cut off, by a power cut or by their process's death.

A job never goes on where another one stopped: it starts over and proves everything itself. That there was another one
belongs into the evidence all the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.files import read_json


def interruptions_before(spec: dict[str, Any], folder: Path) -> tuple[str, list[dict[str, str]]]:
    """The job that this one begins again ("" for none), and every interruption that left a trace on this machine.

    After a power cut nothing of the job before is left here. The controller may name it (``resumes``); else the
    numbers of its jobs tell (r1-erase-d1-2 comes after r1-erase-d1-1).
    """
    resumed = str(spec.get("resumes") or "") or _lost_without_a_trace(folder)
    found: list[dict[str, str]] = []
    begun = read_json(folder / "progress.json")
    if begun is not None:
        found.append(_told(begun, f"this job ({folder.name}) was begun before and cut off"))
    for other in sorted(folder.parent.glob("*")):
        if other == folder or not _same_drive(other, spec) or _ended(other):
            continue
        progress = read_json(other / "progress.json")
        if progress is None:
            continue
        found.append(_told(progress, f"the job {other.name} on this drive was cut off"))
        resumed = resumed or other.name
    if resumed and not any(resumed in one["what"] for one in found):
        found.append({"at": now_text(), "what": f"the job {resumed} was cut off by a restart or a power cut"})
    return resumed, found


def _lost_without_a_trace(folder: Path) -> str:
    """The job with the number before, where this machine knows nothing of it: it was restarted since; else ""."""
    match = re.fullmatch(r"(.+-d\d+-)(\d+)", folder.name)
    if match is None or int(match.group(2)) < 2:
        return ""
    before = f"{match.group(1)}{int(match.group(2)) - 1}"
    return "" if (folder.parent / before).exists() else before


def _same_drive(folder: Path, spec: dict[str, Any]) -> bool:
    other = read_json(folder / "spec.json") or {}
    key, own = other.get("drive"), spec.get("drive")
    if other.get("kind") != "erase" or not isinstance(key, dict) or not isinstance(own, dict):
        return False
    return all(key.get(field) == own.get(field) for field in ("serial", "wwn", "model"))


def _ended(folder: Path) -> bool:
    """Whether a job came to an end of its own; ``lost`` is what the agent writes for one that died."""
    result = read_json(folder / "result.json")
    return result is not None and result.get("state") != "lost"


def _told(progress: dict[str, Any], what: str) -> dict[str, str]:
    where = f"{progress.get('phase')}, {progress.get('done')} of {progress.get('total')} bytes"
    return {"at": str(progress.get("started_at") or now_text()), "what": f"{what} ({where})"}
