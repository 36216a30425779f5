"""Where the lab finds and leaves its files."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("RECYCLERIE_CACHE_DIR", "~/.cache/recyclerie")).expanduser()
IMAGES = Path(os.environ.get("RECYCLERIE_IMAGE_DIR", CACHE / "images")).expanduser()
LAB = CACHE / "lab"  # disks of virtual PCs, probe results; can be deleted when nothing runs
RESULTS = REPOSITORY / "test-results" / "lab"  # consoles, screenshots, logs: what to read after a failure
BIN = REPOSITORY / ".venv" / "bin"

LIVE_KERNEL = IMAGES / "live" / "vmlinuz"
