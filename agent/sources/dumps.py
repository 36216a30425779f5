"""A folder (or one file) of tools' outputs, under any names: what hobbyists and other tools keep of a machine.

Nobody promised that it is whole. What is there is read, what isn't is named in the inventory's ``missing``.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agent.errors import AgentError
from agent.sources import Source
from agent.sources.kinds import EDID_MAGIC, decoded, kind_of
from agent.tools import MISSING, Ran

MAX_FILES = 2000
MAX_BYTES = 8 * 2**20
# Outputs that are copies of the kernel's files: put where the collectors look for them.
_KERNEL = {"meminfo": "proc/meminfo", "input": "proc/bus/input/devices"}
# Of these a machine has as many outputs as parts; of the others one, and the longest says most.
_MANY = ("smartctl", "edid", "hdparm", "dmidecode", "decode-dimms")


class DumpSource(Source):
    """Reads outputs by what they are, not by their names. ``notes`` says what was not used."""

    kind = "dumps"

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise AgentError(f"There is nothing at {path}.", hint="Name a capture, or a folder of tools' outputs.")
        self.folder = path
        self.notes: list[str] = []
        self._texts: dict[str, list[tuple[str, str]]] = {}
        self._edids: list[tuple[str, bytes]] = []
        self._read(path)
        own = path.is_dir() and ((path / "sys/class").is_dir() or (path / "proc/meminfo").is_file())
        super().__init__(path if own else self._kernel_files())

    def run(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """The recorded output of a tool, whatever its options were."""
        found = [text for _, text in self._texts.get(arguments[0], [])]
        if not found:
            return Ran(arguments[0], MISSING, "", "")
        if arguments[0] == "dmidecode":
            return Ran(arguments[0], 0, _joined(found), "")
        if arguments[0] == "decode-dimms":
            return Ran(arguments[0], 0, "\n\n".join(dict.fromkeys(found)), "")
        return Ran(arguments[0], 0, self._best(arguments[0]), "")

    def _best(self, kind: str) -> str:
        """Of several outputs the one that bears the tool's own name, else the longest."""
        own = [text for name, text in self._texts[kind] if Path(name).stem.lower() == kind]
        return max(own or [text for _, text in self._texts[kind]], key=len)

    def texts(self, kind: str) -> list[tuple[str, str]]:
        """All outputs of one tool: name of the file, text."""
        return self._texts.get(kind, [])

    def has_files(self) -> bool:
        """Only where the folder has the kernel's own tree."""
        return self.root == self.folder and (self.root / "sys/class").is_dir()

    def has_tool(self, tool: str) -> bool:
        """Whether an output of this tool is among them."""
        return tool in self._texts

    def tell_absent(self, what: str) -> str:
        """As a person reads it."""
        return f"not among the files: {what}"

    def _read(self, path: Path) -> None:
        paths = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        if len(paths) > MAX_FILES:
            self.notes.append(f"{len(paths)} files: only the first {MAX_FILES} were read")
        strangers = []
        for one in paths[:MAX_FILES]:
            name = one.name if one == path else str(one.relative_to(path))
            if name.startswith(("sys/", "proc/")):
                continue
            try:
                with one.open("rb") as stream:
                    raw = stream.read(MAX_BYTES)
            except OSError as problem:
                self.notes.append(f"{name} can't be read: {problem.strerror}")
                continue
            if raw.startswith(EDID_MAGIC):
                self._edids.append((name, raw))
                continue
            text = decoded(raw)
            kind = kind_of(text)
            if kind == "edid":
                self._edids += [(name, edid) for edid in edids_in(text)]
            elif kind:
                self._texts.setdefault(kind, []).append((name, text))
            elif text.strip():
                strangers.append(name)
        if strangers:
            more = f" and {len(strangers) - 8} more" if len(strangers) > 8 else ""
            self.notes.append(f"not used, as no tool known here prints it: {', '.join(strangers[:8])}{more}")
        for kind, found in self._texts.items():
            if len(found) > 1 and kind not in _MANY:
                self.notes.append(f"{len(found)} outputs of {kind}, one was read: is this one machine?")

    def _kernel_files(self) -> Path:
        """A temporary tree with the outputs that are copies of the kernel's files; may be empty."""
        root = Path(tempfile.mkdtemp(prefix="recyclerie-dumps-"))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        for kind, place in _KERNEL.items():
            if kind in self._texts:
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                (root / place).write_text(self._best(kind), encoding="utf-8")
        for number, (_, edid) in enumerate(self._edids):
            folder = root / f"sys/class/drm/card0-Unknown-{number + 1}"
            folder.mkdir(parents=True)
            (folder / "status").write_text("connected\n")
            (folder / "edid").write_bytes(edid)
        return root


def edids_in(text: str) -> list[bytes]:
    """The EDID blocks in a text of hexadecimal digits (xrandr --prop, edid-decode, monitor logs)."""
    found = []
    lines = [re.sub(r"[\s:]", "", line).lower() for line in text.splitlines()]
    for number, line in enumerate(lines):
        start = line.find("00ffffffffffff00")
        if start < 0:
            continue
        digits = line[start:]
        for following in lines[number + 1 :]:
            if not re.fullmatch(r"(?:[0-9a-f]{2})+", following) or "00ffffffffffff00" in following:
                break
            digits += following
        match = re.match(r"(?:[0-9a-f]{2})+", digits)
        if match and len(match.group()) >= 256:
            found.append(bytes.fromhex(match.group())[:512])
    return list(dict.fromkeys(found))


def _joined(texts: list[str]) -> str:
    """Several outputs of dmidecode as one: the same structure is often in two of them."""
    blocks = [block for text in texts for block in re.split(r"\n[ \t]*\n", text)]
    return "\n\n".join(dict.fromkeys(block.strip("\n") for block in blocks)) + "\n"
