"""Where the collectors look: the live machine, a capture of one, or a folder of tools' outputs.

A source is two things: ``root``, below which sysfs and procfs are, and ``run``, which answers for a tool. Collectors
use nothing else, so that the same code reads all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from agent.tools import MISSING, Ran, run


class Run(Protocol):
    """Runs a tool, or answers what it once said. Never raises."""

    def __call__(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran: ...


class Source:
    """The live machine; with another ``root``, a tree of files and this machine's tools (for tests)."""

    kind = "live"

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def run(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """What the tool says."""
        return run(arguments, seconds=seconds)

    def texts(self, kind: str) -> list[tuple[str, str]]:
        """Recorded outputs of a tool that is asked once for each part (smartctl): name of the file, text."""
        return []

    def has_files(self) -> bool:
        """Whether the kernel's files are there at all: then a class without entries means "none of those"."""
        return (self.root / "sys/class").is_dir()

    def has_tool(self, tool: str) -> bool:
        """Whether this tool can be asked."""
        return self.run([tool, "--version"], seconds=10).status != MISSING

    def tell_absent(self, what: str) -> str:
        """Why a tool or file is not there, in words."""
        return f"not on this machine: {what}"


def open_source(path: Path | None) -> Source:
    """The live machine without a path; else the capture (folder, .tar, .tar.gz, .tar.zst), or the dumps, at it.

    Raises AgentError when there is nothing at ``path``, or an archive that can't be opened.
    """
    if path is None:
        return Source()
    from agent.sources.archive import is_archive, unpacked
    from agent.sources.capture import MANIFEST, CaptureSource
    from agent.sources.dumps import DumpSource

    if is_archive(path):
        path = unpacked(path)
    if (path / MANIFEST).is_file():
        return CaptureSource(path)
    inner = sorted(path.glob(f"*/{MANIFEST}")) if path.is_dir() else []
    return CaptureSource(inner[0].parent) if len(inner) == 1 else DumpSource(path)
