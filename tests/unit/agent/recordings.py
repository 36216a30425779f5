"""Where the recordings of real hardware are: read there, never copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HARDWARE = Path(os.environ.get("RECYCLERIE_SHARED") or ROOT.parent / "shared") / "hardware"
needs_recordings = pytest.mark.skipif(
    not HARDWARE.is_dir(), reason=f"no recordings of real hardware at {HARDWARE} (set RECYCLERIE_SHARED)"
)


def recorded(pattern: str) -> list[Path]:
    """Recorded files, in a fixed order; none where the recordings are absent."""
    return sorted(path for path in HARDWARE.glob(pattern) if path.is_file())


def text(path: Path) -> str:
    """A recording's text."""
    return path.read_text(encoding="utf-8", errors="replace")
