"""Verdicts on every recorded dump of a drive: how many are read, how right they are, how many a second.

*Firmware failed*: drives whose own health check says FAILED; all of them should be judged failing. *Healthy*: those
whose check says PASSED, without the folder that was put together because of unreadable sectors (borderline); the few
of them that are judged failing are listed with their reasons. Read from the page cache, one core.

    python -m tests.bench.hardware_verdicts [--turns 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from controller.health.verdict import judge_bytes
from controller.i18n import set_language
from tests.bench.results import REPOSITORY, save

HARDWARE = Path(os.environ.get("RECYCLERIE_SHARED") or REPOSITORY.parent / "shared") / "hardware"
FOLDERS = ("smartctl-json", "smartctl-text")
UNREAD = {"not-understood", "no-report", "empty", "file"}


def dumps(hardware: Path) -> list[Path]:
    """Every report of smartctl among the recordings."""
    return [file for folder in FOLDERS for file in sorted((hardware / folder).rglob("*")) if file.is_file()]


def survey(hardware: Path) -> dict[str, Any]:
    """What the verdicts on all dumps are, in counts and shares."""
    set_language("en")
    files = dumps(hardware)
    by_file = {file: judge_bytes(file.read_bytes(), str(file.relative_to(hardware))) for file in files}
    records = [record for found in by_file.values() for record in found]
    read = [found for found in by_file.values() if not any(_codes(record) & UNREAD for record in found)]
    failed = [record for record in records if record["metrics"].get("passed") is False]
    borderline = [record for record in records if "/borderline/" in record["file"]]
    passed = [record for record in records if record["metrics"].get("passed") is True]
    healthy = [record for record in passed if record not in borderline]
    wrong = [record for record in healthy if record["verdict"] == "failing"]
    right = [record for record in failed if record["verdict"] == "failing"]
    unknown = [record for record in records if record["verdict"] == "unknown"]
    return {
        "files": len(files),
        "drives": len(records),
        "verdicts": dict(sorted(Counter(record["verdict"] for record in records).items())),
        "parsed_share": len(read) / max(len(files), 1),
        "not_understood": sum(bool(_codes(record) & UNREAD) for record in records),
        "unknown_list": [_brief(record) for record in unknown],
        "firmware_failed": len(failed),
        "firmware_failed_judged_failing_share": len(right) / max(len(failed), 1),
        "healthy": len(healthy),
        "healthy_judged_failing_share": len(wrong) / max(len(healthy), 1),
        "healthy_judged_failing_list": [_brief(record) for record in wrong],
        "borderline": len(borderline),
        "borderline_judged_good": sum(record["verdict"] == "good" for record in borderline),
        "borderline_verdicts": dict(sorted(Counter(record["verdict"] for record in borderline).items())),
    }


def _codes(record: dict[str, Any]) -> set[str]:
    return {detail["code"] for detail in record["details"]}


def _brief(record: dict[str, Any]) -> dict[str, Any]:
    return {"file": record["file"], "model": record["metrics"].get("model", ""), "reasons": record["reasons"]}


def speed(hardware: Path, turns: int) -> dict[str, Any]:
    """Drives judged a second, the median of ``turns``, from content that is in memory."""
    contents = [file.read_bytes() for file in dumps(hardware)]
    rates = []
    for _ in range(turns):
        start = time.perf_counter()
        count = sum(len(judge_bytes(content)) for content in contents)
        rates.append(count / (time.perf_counter() - start))
    return {"median": round(statistics.median(rates), 1), "all": [round(rate, 1) for rate in rates]}


def main() -> None:
    """Measure, and keep the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=5)
    turns = arguments.parse_args().turns
    if not HARDWARE.is_dir():
        raise SystemExit(f"no recordings of real hardware at {HARDWARE}: set RECYCLERIE_SHARED")
    figures = {**survey(HARDWARE), "verdicts_per_second": speed(HARDWARE, turns)}
    save("hardware_verdicts", "python -m tests.bench.hardware_verdicts", figures)
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
