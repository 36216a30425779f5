"""Messages that the controller hasn't acknowledged yet, kept on disk, in order, within bounds.

One file a message, named by a growing number, so that order and content survive the agent's end. What is in the
spool is sent again after every reconnection; the controller takes a repeated id as already done.

A PC that is away from its controller for months fills it with health samples. Those are thinned, the
oldest first: the whole time stays covered, the more coarsely the longer ago. Nothing else is ever dropped: when what
can't be dropped fills the spool by itself, new health samples are not taken in, and logs of jobs wait in their own
files (``full``). Results, events and what the family asked for still go in: they are few, and made once.
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
from agent.protocol import HEALTH, Message

MAX_MESSAGES = 2000
MAX_BYTES = 16 * 2**20
SMALL_BYTES = 4096  # what always has room in a full spool, so that `full` is told before it is too late


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
        self.thinned = 0  # health samples given up for lack of room since the start
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

    @property
    def full(self) -> bool:
        """Whether what may wait elsewhere should: nothing is left to thin."""
        return self._too_much(SMALL_BYTES) and not self._samples()

    def _too_much(self, more: int = 0) -> bool:
        return len(self._kept) > self.max_messages or self._bytes + more > self.max_bytes

    def _samples(self) -> list[Kept]:
        return [kept for kept in self._kept.values() if kept.type == HEALTH]

    def _make_room(self) -> None:
        while self._too_much():
            samples = self._samples()
            if not samples:
                return
            self.drop(_least_missed(samples).id)
            self.thinned += 1

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:012d}.json"


def _least_missed(samples: list[Kept]) -> Kept:
    """The sample without which the gap between its neighbours is the smallest for its age. Never the first or last."""
    if len(samples) < 3:
        return samples[0]
    newest = samples[-1].number
    inner = range(1, len(samples) - 1)
    gaps = (((samples[i + 1].number - samples[i - 1].number) / (newest - samples[i].number), i) for i in inner)
    return samples[min(gaps)[1]]
