"""Closes the workshop's door on an installed system: sshd off, its key gone, the workshop's traces cleared.

The play that seals is carried by the very connection it closes, and its controller may be killed before it hears
the answer. So the lasting part is done at once (sshd no longer starts, a boot rule removes the key), and a timer on
the machine shuts the running sshd a moment later: a play repeated within that time still gets in and finds nothing
left to do.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

UNITS = ("ssh.service", "ssh.socket")
TIMER = "recyclerie-seal"
MARKER = Path("/var/lib/recyclerie-agent/sealed.json")
KEYS = Path("/root/.ssh/authorized_keys")
# Read by the agent's own sshd only (agent/services/sshd.py), which no network reaches: see docs/adr/0007.
MAINTENANCE_KEYS = Path("/etc/recyclerie/maintenance_keys")
PUBLIC_KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/=]{40,100}( [A-Za-z0-9@._-]{1,80})?")
BOOT_RULE = Path("/etc/tmpfiles.d/recyclerie-sealed.conf")
FOLDERS_EMPTIED = ("/var/cache/apt/archives", "/root/.cache", "/root/.config", "/root/.ansible", "/var/log/apt")
FILES_REMOVED = ("/root/.bash_history", "/root/.lesshst", "/root/.python_history", "/var/log/dpkg.log", "/var/log/wtmp")


class SealProblem(Exception):
    """What could not be closed, and what to do next."""


def command(*argv: str, must: bool = True) -> str:
    """Runs a command; SealProblem when it fails and ``must`` succeed."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if must and done.returncode != 0:
        raise SealProblem(f"`{shlex.join(argv)}` ended with {done.returncode}: {done.stderr.strip()}. Try again.")
    return done.stdout.strip()


def is_sealed() -> bool:
    """Whether an earlier play sealed this system."""
    return MARKER.exists()


def close_door(after_seconds: int) -> None:
    """sshd never starts again by itself; the running one ends after ``after_seconds``, and the key goes with it."""
    known = command("systemctl", "list-unit-files", "--no-legend", "--plain", *UNITS, must=False)
    units = [line.split()[0] for line in known.splitlines() if line.split()]
    if units:
        command("systemctl", "disable", "--quiet", *units)
    BOOT_RULE.parent.mkdir(parents=True, exist_ok=True)
    BOOT_RULE.write_text(f"# Written when the workshop sealed this system: its key never comes back.\nr! {KEYS}\n")
    closing = f"rm -f {KEYS}; systemctl stop {' '.join(UNITS)}"
    options = [f"--unit={TIMER}", f"--on-active={after_seconds}", "--timer-property=AccuracySec=100ms", "--collect"]
    command("systemd-run", "--quiet", *options, "/bin/sh", "-c", closing)


def let_maintenance_in(keys: Sequence[str]) -> None:
    """The keys for later maintenance, through the agent's link and in no other way. None: no maintenance at all."""
    wrong = [key for key in keys if not PUBLIC_KEY.fullmatch(key.strip())]
    if wrong:
        raise SealProblem(f"{wrong[0][:40]!r} is no ed25519 public key. Look at the controller's maintenance key.")
    if not keys:
        MAINTENANCE_KEYS.unlink(missing_ok=True)
        return
    MAINTENANCE_KEYS.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = MAINTENANCE_KEYS.with_suffix(".new")
    number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "w") as file:
        # "restrict": no forwarding of anything; a terminal is needed for the technician.
        file.write("".join(f"restrict,pty {key.strip()}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(MAINTENANCE_KEYS)


def clear_traces() -> list[str]:
    """Removes the workshop's logs and caches; returns what was cleared."""
    cleared = []
    for name in FOLDERS_EMPTIED:
        for entry in Path(name).glob("*"):
            if entry.name in ("lock", "partial"):
                continue  # apt wants them
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
            cleared.append(str(entry))
    for name in FILES_REMOVED:
        path = Path(name)
        if path.is_file():
            path.write_bytes(b"") if name.endswith("wtmp") else path.unlink()
            cleared.append(name)
    command("journalctl", "--rotate", must=False)
    command("journalctl", "--vacuum-time=1s", must=False)
    return cleared


def seal(after_seconds: int, maintenance_keys: Sequence[str] = ()) -> list[str]:
    """Everything, once. The marker comes last: a play that was cut off seals again."""
    let_maintenance_in(maintenance_keys)
    cleared = clear_traces()
    close_door(after_seconds)
    MARKER.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    MARKER.write_text(json.dumps({"sealed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
    return cleared
