"""The last words of x11vnc: why it ended, or let its viewer go. Kept in memory, told only where something broke off.

Only lines about connections, processes and errors: it also names each character that it had to add to the keyboard,
and what was typed is nobody's business.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque

KEPT = 3
LINE_CHARACTERS = 160
# x11vnc 0.9.16: "rfbProcessClientNormalMessage: unknown message type 200", " ... closing connection", "XIO error", …
_TOLD = re.compile(r"rfb[A-Z]|clos(ing|ed) |error|fail|caught|cannot|unable|timed? ?out|shmget|XIO", re.I)
_NEVER = re.compile(r"key(sym|code|board|s\b)|\bcut ?text|clipboard|selection|password|\|", re.I)
_STAMP = re.compile(r"^\d\d/\d\d/\d{4} \d\d:\d\d:\d\d\s*")


class Words:
    """What is kept of one x11vnc's standard error."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT)

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Until it has ended. It is never kept waiting, however much it says."""
        rest = b""
        while got := await stream.read(65536):
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                self.hear(line.decode("utf-8", "replace"))
            rest = rest[-4096:]
        self.hear(rest.decode("utf-8", "replace"))

    def hear(self, line: str) -> None:
        """One line: kept, or left out."""
        text = _STAMP.sub("", line).strip()
        if text and _TOLD.search(text) and not _NEVER.search(text):
            self._lines.append(text[:LINE_CHARACTERS])

    def last(self) -> str:
        """The last of them in one line, oldest first; empty where it said nothing."""
        return "; ".join(self._lines)
