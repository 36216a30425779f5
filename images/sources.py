"""Where Debian's packages come from: this machine's own apt sources, for the release that we build.

The machine's mirror, proxy and credentials are what works on this network, so they are used as they are;
only the release changes. Both forms of source files are read: one-line (``.list``) and deb822 (``.sources``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from images.command import run
from images.errors import ImageError

SUITE = "trixie"
"""The Debian release of every image (Debian 13)."""

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)

_DEBIAN_SUITE = re.compile(
    r"^(?:buster|bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable)"
    r"(?P<pocket>-updates|-security|/updates)?$"
)
_KEPT_OPTIONS = ("signed-by", "trusted", "check-valid-until")

# What of the machine's apt settings concerns the way to the mirror (proxy, certificates, dates, patience).
_ROAD_SETTINGS = re.compile(
    r"^(Acquire::(?:https?|ftp|mirror)(?:::[\w.:-]+)?|Acquire::(?:Check-Valid-Until|Check-Date|Retries)) ",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One line of apt's sources."""

    uri: str  # of the archive, without a trailing slash
    suite: str  # trixie, trixie-updates, trixie-security
    components: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)  # lower-case names, of apt's one-line form

    def line(self) -> str:
        """The source in apt's one-line form."""
        options = " ".join(f"{name}={value}" for name, value in sorted(self.options.items()))
        return f"deb {f'[{options}] ' if options else ''}{self.uri} {self.suite} {' '.join(self.components)}"


def machine_sources(etc_apt: Path = Path("/etc/apt")) -> list[Source]:
    """Every Debian source of this machine, turned to ``SUITE``. Raises ``ImageError`` when there is none."""
    found: list[Source] = []
    files = [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".sources":
            found += parse_deb822(text)
        elif file.suffix == ".list":
            found += parse_one_line(text)
    unique = list({(source.uri, source.suite): source for source in reversed(found)}.values())[::-1]
    if not any(source.suite == SUITE for source in unique):
        raise ImageError(
            f"No Debian archive in the apt sources of this machine ({etc_apt})",
            hint="build on a Debian machine whose apt works, or set RECYCLERIE_IMAGE_MIRROR to an archive's URI",
        )
    return unique


def mirror_sources(uri: str, security_uri: str = "") -> list[Source]:
    """Sources for a mirror given by the operator. ``security_uri``: where its security archive is, if any."""
    archive = uri.rstrip("/")
    sources = [Source(uri=archive, suite=suite, components=("main",)) for suite in (SUITE, f"{SUITE}-updates")]
    if security_uri:
        security = security_uri.rstrip("/")
        sources.append(Source(uri=security, suite=f"{SUITE}-security", components=("main",)))
    return sources


def choose_sources(
    *, mirror: str = "", security_mirror: str = "", firmware: bool = True, etc_apt: Path = Path("/etc/apt")
) -> list[Source]:
    """The sources to build from, each with a keyring. ``firmware`` adds the non-free firmware component."""
    sources = mirror_sources(mirror, security_mirror) if mirror else machine_sources(etc_apt)
    components = ("main", "non-free-firmware") if firmware else ("main",)
    return [
        Source(uri=source.uri, suite=source.suite, components=components, options=_with_keyring(source.options))
        for source in sources
    ]


def parse_one_line(text: str) -> list[Source]:
    """Sources from a ``.list`` file: ``deb [options] URI suite component…``, one a line."""
    found = []
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        match = re.match(r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<rest>\S.*)$", line)
        if not match:
            continue
        options = {
            part.split("=", 1)[0].rstrip("+-").lower(): part.split("=", 1)[1]
            for part in (match["options"] or "").split()
            if "=" in part
        }
        words = match["rest"].split()
        if len(words) >= 3:
            found += _debian(words[0], [words[1]], words[2:], options)
    return found


def parse_deb822(text: str) -> list[Source]:
    """Sources from a ``.sources`` file: stanzas of ``Field: value``, continued on indented lines."""
    found: list[Source] = []
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        options = {name: value for name, value in fields.items() if name in _KEPT_OPTIONS}
        for uri in fields.get("uris", "").split():
            found += _debian(uri, fields.get("suites", "").split(), fields.get("components", "").split(), options)
    return found


def _debian(uri: str, suites: list[str], components: list[str], options: dict[str, str]) -> list[Source]:
    """The same archive for our release; nothing where it isn't Debian's own (other vendors, CD-ROM)."""
    if uri.startswith("cdrom:") or "main" not in components:
        return []
    key = options.get("signed-by", "")
    # Other vendors sign with their own key and like to name their suite after Debian's. A key pasted into
    # the file (it has line ends) can't be told apart, so the machine's Debian keyring must verify it.
    if key and "\n" not in key and "debian" not in Path(key.split(",")[0]).name.lower():
        return []
    found = []
    for suite in suites:
        match = _DEBIAN_SUITE.match(suite)
        if match:
            pocket = (match["pocket"] or "").replace("/updates", "-security")
            kept = {name: value for name, value in options.items() if name in _KEPT_OPTIONS}
            found.append(Source(uri=uri.rstrip("/"), suite=SUITE + pocket, components=("main",), options=kept))
    return found


def _with_keyring(options: dict[str, str]) -> dict[str, str]:
    """The options with a keyring that exists here: the source's own, else Debian's."""
    given = options.get("signed-by", "")
    if given and "\n" not in given and Path(given.split(",")[0]).is_file():
        return options
    for keyring in KEYRINGS:
        if keyring.is_file():
            return {**options, "signed-by": str(keyring)}
    if options.get("trusted") == "yes":
        return options
    raise ImageError("Debian's archive keyring is not here", hint="apt-get install debian-archive-keyring")


def road_settings() -> str:
    """This machine's apt settings about the way to the mirror, as an apt.conf text (may hold a password)."""
    dump = run(["apt-config", "dump"], hint="build on a Debian machine (apt-config comes with apt)").decode()
    lines = [line for line in dump.splitlines() if _ROAD_SETTINGS.match(line) and not line.endswith('"";')]
    # mmdebstrap gives apt the new root as its folder: the machine's own credentials are elsewhere.
    for name, place in (("netrc", "/etc/apt/auth.conf"), ("netrcparts", "/etc/apt/auth.conf.d")):
        if Path(place).exists():
            lines.append(f'Dir::Etc::{name} "{place}";')
    return "\n".join([*lines, 'Acquire::Languages "none";', 'APT::Install-Recommends "false";', ""])
