"""What the agent's package holds: path → content and mode, and nothing that depends on when or where it is built."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from agent import protocol
from agent.protocol_updates import PACKAGE

AGENT = Path(protocol.__file__).parent
"""The agent's sources beside ours: read as files, never imported."""
DEBIAN = Path(__file__).with_name("debian")
CODE = "usr/lib/recyclerie/agent"
KEYRING = "usr/share/recyclerie/agent-keyring.asc"
RELEASE = f"{CODE}/RELEASE"  # the package's version, which the agent tells

# Everything under agent/desktop/NAME goes here; what lies beside those folders goes by its suffix, code stays code.
DESKTOP = {
    "applications": "usr/share/applications",
    "autostart": "etc/xdg/autostart",
    "icons": "usr/share/icons/hicolor/scalable/apps",
    "bin": "usr/bin",
    "dbus-1": "usr/share/dbus-1/system.d",
    "share": "usr/share/recyclerie",
}
DESKTOP_SUFFIX = {".desktop": DESKTOP["applications"], ".svg": DESKTOP["icons"]}
ENABLED = ("recyclerie-agent.service", "recyclerie-agent-update.timer", "recyclerie-agent-mend.service")
DEPENDS = ("python3 (>= 3.11)", "python3-psutil", "python3-pyudev", "python3-websockets")
RECOMMENDS = ("smartmontools", "dmidecode", "openssh-server", "x11vnc", "python3-gi", "gir1.2-gtk-3.0", "util-linux")

_NOT_TAKEN = {"__pycache__", ".mypy_cache", ".ruff_cache"}
_NOT_SUFFIX = {".pyc", ".po", ".pot", ".mo", ".new", ".swp"}
# An update that was cut off is finished by the code that began it: what is installed may be half written.
_UPDATE = b"""#!/bin/sh
state=/var/lib/recyclerie-agent/update
code=/usr/lib/recyclerie
if [ -e $state/under-way.json ] && [ -e $state/code/agent/update/__main__.py ]; then
    code=$state/code
fi
PYTHONPATH=$code exec /usr/bin/python3 -m agent.update "$@"
"""
_COMMAND = b'#!/bin/sh\nPYTHONPATH=/usr/lib/recyclerie exec /usr/bin/python3 -m agent "$@"\n'


@dataclass(frozen=True)
class Entry:
    """One file of the package."""

    content: bytes
    mode: int = 0o644


Contents = dict[str, Entry]
"""Path without a leading slash → what is there."""


def contents(agent: Path = AGENT) -> Contents:
    """Every file, but for what a release adds: its version and its keyring."""
    found: Contents = {
        "usr/bin/recyclerie-agent": Entry(_COMMAND, 0o755),
        "usr/lib/recyclerie/update": Entry(_UPDATE, 0o755),
    }
    for path in _files(agent):
        relative, content = path.relative_to(agent), path.read_bytes()
        if relative.parts[0] == "systemd":
            found[f"usr/lib/systemd/system/{path.name}"] = Entry(content)
        found[_place(relative)] = Entry(content, 0o755 if content.startswith(b"#!") else 0o644)
    for catalogue in sorted((agent / "locales").glob("*/LC_MESSAGES/*.po")):
        goal = catalogue.relative_to(agent).with_suffix(".mo")
        found[f"{CODE}/{goal}"] = Entry(compiled(catalogue))
    return found


def _place(relative: Path) -> str:
    """Where a file of the agent's sources is installed."""
    parts = relative.parts
    if parts[0] == "desktop" and len(parts) > 2 and parts[1] in DESKTOP:
        return "/".join((DESKTOP[parts[1]], *parts[2:]))
    if parts[0] == "desktop" and len(parts) == 2 and relative.suffix in DESKTOP_SUFFIX:
        return f"{DESKTOP_SUFFIX[relative.suffix]}/{relative.name}"
    return f"{CODE}/{relative}"


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not _NOT_TAKEN & set(path.relative_to(folder).parts)
        and path.suffix not in _NOT_SUFFIX
        and not path.name.startswith(".")
    ]


def compiled(catalogue: Path) -> bytes:
    """A catalogue as gettext reads it. Sentences that nobody has looked at (fuzzy) are left in English."""
    out = io.BytesIO()
    with catalogue.open("rb") as stream:
        write_mo(out, read_po(stream, locale=catalogue.parent.parent.name))
    return out.getvalue()


def script(name: str) -> bytes:
    """A maintainer script, with the units in their place."""
    text = (DEBIAN / f"{name}.sh").read_text(encoding="utf-8")
    return text.replace("@UNITS@", " ".join(ENABLED)).encode()


def base_version(agent: Path = AGENT) -> str:
    """The version that the agent's sources carry."""
    match = re.search(r'^BASE_VERSION = "([0-9.]+)"', (agent / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ValueError(f"{agent}/__init__.py has no BASE_VERSION")
    return match.group(1)


def digest(held: Contents, *more: bytes) -> str:
    """What makes one release another: every path, mode and content, and what else goes in."""
    total = hashlib.sha256()
    for path, entry in sorted(held.items()):
        total.update(f"{path}\0{entry.mode:o}\0{len(entry.content)}\0".encode())
        total.update(entry.content)
    for part in (PACKAGE.encode(), *DEPENDS_BYTES, *(script(name) for name in ("postinst", "prerm", "postrm")), *more):
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


DEPENDS_BYTES = tuple(text.encode() for text in (*DEPENDS, *RECOMMENDS))
