"""Programs: installed whole, able to say their version without a screen, offered for a kind of file."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed, run

Options = Mapping[str, Any]
APPLICATIONS = Path("/usr/share/applications")


def check_program(options: Options) -> Outcome:
    """``argv`` runs without a screen, ends with 0 within ``timeout`` (60) and prints ``pattern`` (a regex)."""
    argv = [str(word) for word in options["argv"]]
    pattern = str(options.get("pattern", r"\d+\.\d+"))
    with tempfile.TemporaryDirectory(prefix="recyclerie-check-") as home:
        ran = run(argv, timeout=float(options.get("timeout", 60)), home=home)
    if ran.status:
        return failed(f"`{shlex.join(argv)}` ended with {ran.status}: {ran.last_line}")
    found = next((line.strip() for line in ran.output.splitlines() if re.search(pattern, line)), "")
    if not found:
        return failed(f"`{shlex.join(argv)}` printed {ran.last_line!r}, nothing like {pattern}")
    return passed(found[:200])


def desktop_entry(text: str) -> dict[str, str]:
    """The keys of a .desktop file's main group."""
    entries: dict[str, str] = {}
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == "[Desktop Entry]"
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            entries.setdefault(key.strip(), value.strip())
    return entries


def check_opens(options: Options) -> Outcome:
    """A program is offered for files of type ``mime``, and its command exists. ``program``: this one only."""
    mime, wanted = str(options["mime"]), options.get("program")
    found = []
    for path in sorted(APPLICATIONS.glob("*.desktop")):
        entry = desktop_entry(path.read_text(encoding="utf-8", errors="replace"))
        if mime not in entry.get("MimeType", "").split(";") or entry.get("Hidden") == "true":
            continue
        words = shlex.split(entry.get("Exec", "")) or [""]
        command = words[0]
        if wanted and Path(command).name != wanted:
            continue
        if shutil.which(command, path="/usr/local/bin:/usr/bin:/bin:/usr/games"):
            found.append(f"{entry.get('Name', path.stem)} ({command})")
    if found:
        return passed(f"{mime} opens with {', '.join(found)}")
    return failed(
        f"no installed program opens {mime}" + (f": {wanted} is not installed or not offered" if wanted else "")
    )


def missing_packages(listing: str, wanted: list[str]) -> list[str]:
    """Of ``wanted``, those not installed whole, by ``dpkg-query -W -f '${db:Status-Abbrev}|${Package}\\n'``."""
    installed = {line[4:].split(":")[0] for line in listing.splitlines() if line.startswith("ii |")}
    return [name for name in wanted if name not in installed]


def check_packages(options: Options) -> Outcome:
    """Every package of ``packages`` is installed whole, and dpkg's own audit finds nothing half done."""
    wanted = [str(name) for name in options.get("packages", [])]
    listing = run(["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}|${Package}\n"])
    if listing.status:
        return failed(f"dpkg-query: {listing.last_line}")
    missing = missing_packages(listing.output, wanted)
    audit = run(["dpkg", "--audit"])
    if missing:
        return failed(f"not installed whole: {', '.join(missing[:20])}")
    if audit.status or audit.output.strip():
        return failed(f"dpkg --audit: {audit.last_line}")
    return passed(f"{len(wanted)} packages of the profile are installed, {len(listing.output.splitlines())} in all")
