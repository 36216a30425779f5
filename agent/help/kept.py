"""The last calls for help from this PC and what became of them, over restarts. Without what was
written in them; what the workshop answers is kept, for the same account to read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.files import read_json, write_json

MOST = 10
STATES = ("received", "assigned", "solved")


class Kept:
    """A small file in the agent's state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        found = (read_json(path) or {}).get("requests")
        self._requests = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def add(self, request: str, uid: int, topic: str, asked_at: str) -> None:
        """A new one."""
        new = {"request": request, "uid": uid, "topic": topic, "asked_at": asked_at, "state": "waiting"}
        self._requests = [*self._requests, new][-MOST:]
        self._write()

    def became(self, request: str, state: str, note: str = "") -> bool:
        """The controller says what became of one, and its newest words; False when it is none of ours."""
        for one in self._requests:
            if one.get("request") == request and state in STATES:
                one["state"], one["at"], one["note"] = state, now_text(), note
                self._write()
                return True
        return False

    def of(self, uid: int) -> list[dict[str, Any]]:
        """Those of one account, the newest first; all for root."""
        shown = ("request", "topic", "asked_at", "state", "at", "note")
        found = [one for one in self._requests if uid in (0, one.get("uid"))]
        return [{name: one[name] for name in shown if name in one} for one in reversed(found)]

    def _write(self) -> None:
        write_json(self.path, {"requests": self._requests}, mode=0o600, durable=True)
