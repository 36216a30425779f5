"""Copying the kernel's small files with the links between them, so that paths lead to the same places."""

from __future__ import annotations

import os
from pathlib import Path

MAX_FILE = 256 * 1024
MAX_LINKS = 40


class TreeCopy:
    """Copies places below ``root`` to the same places below ``target``. What can't be read is left out."""

    def __init__(self, root: Path, target: Path) -> None:
        self.root = root
        self.target = target
        self._done: set[Path] = set()

    def copy(self, pattern: str) -> None:
        """All places that match a pattern (relative to the root)."""
        try:
            for path in sorted(self.root.glob(pattern)):
                self._place(path.relative_to(self.root), MAX_LINKS)
        except OSError:
            return  # a device that went away while it was looked at

    def _place(self, place: Path, links_left: int) -> None:
        """One file or folder: each link on the way is made again, and what it leads to is copied in its own place."""
        if place in self._done or links_left <= 0:
            return
        self._done.add(place)
        walked = Path()
        for number, part in enumerate(place.parts):
            walked /= part
            source = self.root / walked
            if source.is_symlink():
                self._link(walked)
                to = Path(os.path.normpath(walked.parent / source.readlink()))
                if not to.is_absolute() and to.parts[:1] != ("..",):
                    self._place(to.joinpath(*place.parts[number + 1 :]), links_left - 1)
                return
        source, copy = self.root / place, self.target / place
        if source.is_dir():
            copy.mkdir(parents=True, exist_ok=True)
        elif source.is_file():
            self._file(source, copy)

    def _link(self, place: Path) -> None:
        copy = self.target / place
        to = (self.root / place).readlink()
        if to.is_absolute() or copy.is_symlink() or copy.exists():
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.symlink_to(to)

    def _file(self, source: Path, copy: Path) -> None:
        try:
            with source.open("rb") as stream:
                content = stream.read(MAX_FILE)
        except OSError:
            return  # sysfs: the file is there, its answer is an error
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
