"""Messages that the controller hasn't acknowledged yet, kept on disk, in order, within bounds.

One file a message, named by a growing number, so that order and content survive the agent's end. What is in the
spool is sent again after every reconnection; the controller takes a repeated id as already done.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.files import read_json, write_json
from agent.protocol import HEALTH, JOB_LOG, JOB_RESULT, Message

MAX_MESSAGES = 2000
MAX_BYTES = 16 * 2**20
# What goes first when there is no room: talk, then samples, then events and snapshots; results never.
_WORTH = {JOB_LOG: 0, HEALTH: 1, JOB_RESULT: 9}


@dataclass(frozen=True)
class Kept:
    """What is known of a kept message without reading it."""

    number: int
    id: str
    type: str
    size: int


MAX_ID = 64  # characters; the controller keeps no more of an id


def short_id(text: str) -> str:
    """A message id made of ``text``: itself where it is short enough, else its hash."""
    return text if len(text) <= MAX_ID else hashlib.sha256(text.encode()).hexdigest()


class Spool:
    """The unacknowledged messages of one agent. ``add`` and ``drop`` are done when they return."""

    def __init__(self, folder: Path, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self.max_messages = max_messages
        self.max_bytes = max_bytes
        self.dropped = 0  # messages given up for lack of room since the start
        self._kept: dict[str, Kept] = {}  # by id, in order
        self._bytes = 0
        self._next = 1
        self._load()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._kept

    def add(self, type_: str, body: dict[str, Any], *, message_id: str | None = None) -> Message:
        """Keep a new message until it is acknowledged. An id that is already kept is not kept twice."""
        message = Message(
            type=type_, id=short_id(message_id) if message_id else uuid.uuid4().hex, at=now_text(), body=body
        )
        if message["id"] in self._kept:
            return message
        number = self._next
        self._next += 1
        path = self._path(number)
        write_json(path, message, mode=0o600)
        self._remember(Kept(number, message["id"], type_, path.stat().st_size))
        self._make_room()
        return message

    def drop(self, message_id: str) -> bool:
        """Forget an acknowledged message; False when it was not kept (acknowledged twice)."""
        kept = self._kept.pop(message_id, None)
        if kept is None:
            return False
        self._bytes -= kept.size
        self._path(kept.number).unlink(missing_ok=True)
        return True

    def after(self, number: int) -> Iterator[tuple[int, Message]]:
        """Kept messages with a greater number, oldest first. The list may change while this is consumed."""
        for kept in list(self._kept.values()):
            if kept.number <= number or kept.id not in self._kept:
                continue
            message = read_json(self._path(kept.number))
            if message is None or not {"type", "id", "at", "body"} <= message.keys():
                self.drop(kept.id)  # cut off by a power failure: there is nothing left to send
                continue
            yield kept.number, Message(type=message["type"], id=message["id"], at=message["at"], body=message["body"])

    def _load(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(self.folder.glob("*.json")):
            message = read_json(path)
            if message is None or not path.stem.isdigit() or "id" not in message:
                path.unlink(missing_ok=True)
                continue
            number = int(path.stem)
            self._next = max(self._next, number + 1)
            kept = Kept(number, str(message["id"]), str(message.get("type", "")), path.stat().st_size)
            self._remember(kept)

    def _remember(self, kept: Kept) -> None:
        self._kept[kept.id] = kept
        self._bytes += kept.size

    def _make_room(self) -> None:
        while len(self._kept) > self.max_messages or self._bytes > self.max_bytes:
            candidates = [kept for kept in self._kept.values() if kept.type != JOB_RESULT]
            if not candidates:
                return
            worst = min(candidates, key=lambda kept: (_WORTH.get(kept.type, 5), kept.number))
            self.drop(worst.id)
            self.dropped += 1

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}.json"
