"""The papers of a machine's drives as a donor gets them: files, and what the offline verification says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.paths import BIN
from tests.lab.workshop import Workshop

KINDS = {"CE": "drive", "CM": "machine", "FD": "destruction"}


@dataclass(frozen=True)
class Paper:
    """One PDF. ``said``: all that the verification printed of it."""

    file: Path
    holds: bool
    said: str

    @property
    def kind(self) -> str:
        """drive, machine or destruction, from the number in its name."""
        return KINDS[self.file.name.partition("-")[0]]

    @property
    def drives(self) -> dict[str, str]:
        """Serial number → what the paper says of that drive: ``erased, purge`` or ``NOT erased (not_erased)``."""
        found = re.findall(r"^  (?:\S.* )?(\S+): (erased, \w+|NOT erased \(\w+\)), evidence", self.said, re.MULTILINE)
        return dict(found)


def papers_of(room: Workshop, tag: str, folder: Path) -> list[Paper]:
    """Every paper of the machine with this tag, written into ``folder`` and verified there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    room.command("certificate", "export", tag, "--to", str(folder))
    keys = folder / "keys.json"
    room.command("certificate", "keys", str(keys))
    return [verified(file, keys) for file in sorted(folder.glob("*.pdf"))]


def verified(file: Path, keys: Path) -> Paper:
    """Checked as a donor would: without the network, and without anything of the workshop but its published keys."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "RECYCLERIE_CONFIG": "/nonexistent"}
    environment["RECYCLERIE_DATA_DIR"] = "/nonexistent"
    command = ["unshare", "--net", str(BIN / "recyclerie"), "certificate", "verify", str(file), "--keys", str(keys)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return Paper(file, done.returncode == 0, done.stdout + done.stderr)
