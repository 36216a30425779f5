"""Our own files, laid over a root file system from Debian, and taken away again when they are gone from here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from images.bootstrap import digest

FILES = Path(__file__).with_name("files")
AGENT = Path(__file__).resolve().parent.parent / "agent"
"""The agent's package, beside ours."""

_LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True)
class Entry:
    """One file (or link) of ours."""

    content: bytes  # of the file; the goal of the link
    mode: int  # permission bits; 0 for a link


Tree = dict[str, Entry]
"""Path in the root file system, without a leading slash → what is there."""


def tree_of(folder: Path, below: str = "") -> Tree:
    """Every file under ``folder``, placed under the path ``below``. Byte code and caches are left out."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or _LEFT_OUT & set(relative.parts) or path.suffix == ".pyc":
            continue
        goal = str(Path(below) / relative)
        # A checkout or a wheel may lose or widen modes: only "may be run" is taken from it.
        first = path.read_bytes()
        script = first.startswith(b"#!") or bool(path.stat().st_mode & 0o100)
        found[goal] = Entry(first, 0o755 if script else 0o644)
    return found


def agent_tree(agent: Path = AGENT) -> Tree:
    """The agent as installed: its package under /usr/lib/recyclerie/agent, its unit where systemd looks too.

    The package keeps its unit: the install job copies package and unit into the installed system.
    """
    found = tree_of(agent, "usr/lib/recyclerie/agent")
    for unit in sorted((agent / "systemd").glob("*.service")):
        found[f"usr/lib/systemd/system/{unit.name}"] = Entry(unit.read_bytes(), 0o644)
    return found


def enabled(*units: str, target: str = "multi-user.target") -> Tree:
    """The links that make systemd start ``units`` with ``target``."""
    return {
        f"etc/systemd/system/{target}.wants/{unit}": Entry(f"/usr/lib/systemd/system/{unit}".encode(), 0)
        for unit in units
    }


def masked(*units: str) -> Tree:
    """The links that keep ``units`` from ever starting."""
    return {f"etc/systemd/system/{unit}": Entry(b"/dev/null", 0) for unit in units}


def tree_digest(tree: Tree) -> str:
    """Hash of a tree's paths, modes and contents."""
    parts = [
        part
        for path, entry in sorted(tree.items())
        for part in (path.encode(), str(entry.mode).encode(), entry.content)
    ]
    return digest(parts)


def lay(tree: Tree, root: Path, record: Path, *, base: str) -> bool:
    """Make ``root`` hold exactly ``tree`` of ours; ``record`` remembers what was laid before. True if it changed.

    ``base`` names the root file system (when it was built): what was laid over another one is not there any more.

    Each file is replaced whole (a new file renamed over the old), so that a reader never sees half of one.
    """
    before: list[str] = []
    if record.is_file():
        kept = json.loads(record.read_text(encoding="utf-8"))
        before = kept["paths"] if isinstance(kept, dict) and kept.get("base") == base else []
    changed = False
    for path in sorted(set(before) - set(tree)):
        (root / path).unlink(missing_ok=True)
        changed = True
    for path, entry in tree.items():
        changed |= _put(root / path, entry)
    record.write_text(json.dumps({"base": base, "paths": sorted(tree)}), encoding="utf-8")
    return changed


def _same(goal: Path, entry: Entry) -> bool:
    return goal.stat().st_mode & 0o7777 == entry.mode and goal.read_bytes() == entry.content


def _put(goal: Path, entry: Entry) -> bool:
    if entry.mode == 0:
        link = entry.content.decode()
        if goal.is_symlink() and str(goal.readlink()) == link:
            return False
    elif goal.is_file() and not goal.is_symlink() and _same(goal, entry):
        return False
    goal.parent.mkdir(parents=True, exist_ok=True)
    new = goal.with_name(f".{goal.name}.new")
    new.unlink(missing_ok=True)
    if entry.mode == 0:
        new.symlink_to(entry.content.decode())
    else:
        new.write_bytes(entry.content)
        new.chmod(entry.mode)
    new.replace(goal)
    return True
