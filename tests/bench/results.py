"""Where measurements are kept, and on what they were made."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "docs" / "figures"


def computer() -> dict[str, Any]:
    """What the figures depend on: processor, cores, memory, kernel."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"cpu": model, "cores": os.cpu_count(), "memory_bytes": memory, "kernel": platform.release()}


def commit() -> str:
    """The commit measured, with ``+`` when the checkout has changes."""
    done = subprocess.run(
        ["git", "-C", REPOSITORY, "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def save(name: str, command: str, figures: dict[str, Any]) -> Path:
    """Keep ``figures`` as docs/figures/NAME.json, with the command that made them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    kept = {
        "name": name,
        "command": command,
        "measured_on": dt.date.today().isoformat(),  # noqa: DTZ011 - the day of the person who measures
        "commit": commit(),
        "computer": computer(),
        "figures": figures,
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return path


def load(name: str) -> dict[str, Any] | None:
    """What was kept under ``name``; None when it was never measured."""
    path = FOLDER / f"{name}.json"
    return dict(json.loads(path.read_text())) if path.exists() else None
