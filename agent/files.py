"""Small files that must never be seen half written, and secrets that nobody else may read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace ``path`` in one step. ``durable`` also waits until it is on the disk (survives a power cut)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    # The mode is given at creation: a secret is never readable, not even for a moment.
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            if durable:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object, *, mode: int = 0o644, durable: bool = False) -> None:
    """Replace ``path`` with ``value`` as JSON, in one step."""
    write_text(path, json.dumps(value, ensure_ascii=False) + "\n", mode=mode, durable=durable)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in ``path``; None when there is no such file or it holds anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def read_text(path: Path, default: str = "") -> str:
    """The text of a small file without the white space around it; ``default`` when it can't be read.

    Made for sysfs, where a file may exist and still answer with an I/O error.
    """
    try:
        return path.read_bytes().decode("utf-8", "replace").strip("\0 \t\r\n")
    except OSError:
        return default


def read_int(path: Path) -> int | None:
    """The whole number in a small file; None when it can't be read or holds something else."""
    try:
        return int(read_text(path))
    except ValueError:
        return None
