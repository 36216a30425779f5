"""Lines in, lines out: how a window talks with the agent. No GTK in here."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

NO_LIBRARY = 3  # exit status of a window that has no GTK


class Lines:
    """Objects from standard input, as they come."""

    def __init__(self) -> None:
        self._rest = b""
        self.ended = False

    def read(self) -> list[dict[str, Any]]:
        """What can be read now without waiting (call it when there is something)."""
        data = os.read(sys.stdin.fileno(), 65536)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [value for value in map(_object, lines) if value is not None]


def say(event: str, **more: Any) -> None:
    """Tell the agent; nothing where it is gone."""
    try:
        os.write(sys.stdout.fileno(), json.dumps({"event": event, **more}).encode() + b"\n")
    except OSError:
        os._exit(1)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
