"""A capture: what the tools of one machine said, and a copy of the kernel's files that the collectors read.

capture.json   {"schema": "recyclerie.capture/1", "taken_at", "agent_version", "masked", "tools": [
                 {"arguments": ["lscpu"], "status": 0, "out": "tools/0001-lscpu.out", "err": "…"}]}
tools/         outputs, as they came
root/          sys/…, proc/…, run/udev/…, with their links
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.errors import AgentError
from agent.files import read_json
from agent.sources import Source
from agent.tools import MISSING, Ran

MANIFEST = "capture.json"
SCHEMA = "recyclerie.capture/1"


class CaptureSource(Source):
    """Reads a capture's folder. The machine on which it is read is never asked."""

    kind = "capture"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "root")
        self.folder = folder
        self.about: dict[str, Any] = read_json(folder / MANIFEST) or {}
        if not str(self.about.get("schema", "")).startswith("recyclerie.capture/"):
            raise AgentError(f"{folder}: {MANIFEST} is not a capture's.", hint="Make it with recyclerie-agent capture.")
        tools = self.about.get("tools")
        self._tools: dict[tuple[str, ...], dict[str, Any]] = {}
        for tool in tools if isinstance(tools, list) else []:
            if isinstance(tool, dict) and isinstance(tool.get("arguments"), list):
                self._tools[tuple(str(word) for word in tool["arguments"])] = tool

    def run(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """What the tool said when the capture was taken."""
        tool = self._tools.get(tuple(arguments))
        if tool is None:
            return Ran(arguments[0], MISSING, "", "")
        status = tool.get("status")
        out, err = (self._text(tool.get(name)) for name in ("out", "err"))
        return Ran(arguments[0], status if isinstance(status, int) else 1, out, err)

    def has_tool(self, tool: str) -> bool:
        """Whether the capture has a word of this tool."""
        return any(words[:1] == (tool,) and about.get("status") != MISSING for words, about in self._tools.items())

    def tell_absent(self, what: str) -> str:
        """As a person reads it."""
        return f"not in this capture: {what}"

    def _text(self, name: Any) -> str:
        if not isinstance(name, str) or not name:
            return ""
        path = self.folder / name
        try:
            if not path.resolve().is_relative_to(self.folder.resolve()):
                return ""  # a capture comes from elsewhere: it names no file of this machine
            return path.read_bytes().decode("utf-8", "replace")
        except (OSError, ValueError):
            return ""
