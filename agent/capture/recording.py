"""A source that keeps what it hands on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from agent.sources import Source
from agent.tools import Ran


class RecordingSource(Source):
    """The live machine, with each answer of a tool kept. Drives are asked by several threads at once."""

    def __init__(self, root: Path = Path("/")) -> None:
        super().__init__(root)
        self.answers: dict[tuple[str, ...], Ran] = {}
        self._lock = threading.Lock()

    def run(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """What the tool says; kept the first time."""
        ran = super().run(arguments, seconds=seconds)
        with self._lock:
            self.answers.setdefault(tuple(arguments), ran)
        return ran

    def has_tool(self, tool: str) -> bool:
        """Asked without being kept."""
        return any(words[0] == tool and ran.status != 127 for words, ran in self.answers.items())
