"""What each use asks of a machine: one row a threshold, with where it comes from. Change figures here only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.grading.uses import Use

GIB: Final = 2**30
GB: Final = 10**9

DEBIAN: Final = (
    "Debian 13 amd64 installation guide, §3.4: with a desktop at least 1 GB of memory, 2 GB advised, 10 GB of disk"
)
DEBIAN_ARCH: Final = "Debian 13 release notes: no installation on 32-bit PCs any more"
TEAMS: Final = (
    "Microsoft, Hardware requirements for Microsoft Teams: dual core, 4 GB of memory, 1024 × 768, camera, sound"
)
TEAMS_8: Final = "the same (2020): for online meetings, a dual core and 8 GB of memory are recommended"
ZOOM: Final = "Zoom, System requirements: a dual core of 2 GHz or higher (Core i3 and its like), 4 GB, camera, sound"
LIBREOFFICE: Final = "LibreOffice, System requirements: 1024 × 768"
OURS: Final = "ours"


@dataclass(frozen=True)
class Requirement:
    """``least`` of ``part`` for ``use``. ``why``: in English, for docs and for whoever wants to change it."""

    use: Use
    part: str  # a name of controller.grading.checks
    least: float
    unit: str
    source: str
    why: str


# "work" is controller.grading.cpu's figure: GHz of one Core 2's core, over up to four cores.
REQUIREMENTS: Final[tuple[Requirement, ...]] = (
    Requirement(Use.LIGHT, "bits_64", 1, "", DEBIAN_ARCH, "every system that we install is a 64-bit one"),
    Requirement(Use.LIGHT, "work", 1.4, "", OURS, "mail and one page at a time: a single core of 1.6 GHz does it"),
    Requirement(Use.LIGHT, "memory", 2 * GIB, "bytes", DEBIAN, "what Debian advises with a desktop"),
    Requirement(Use.LIGHT, "memory_sound", 1, "", OURS, "memory that gives back wrong bytes spoils every file"),
    Requirement(Use.LIGHT, "processor", 1, "", OURS, "a processor that computes wrong spoils every file"),
    Requirement(Use.LIGHT, "cooling", 1, "", OURS, "a machine that switches off from heat loses work"),
    Requirement(Use.LIGHT, "drive", 16 * GB, "bytes", DEBIAN, "10 GB of system, and room for updates and papers"),
    Requirement(Use.LIGHT, "drive_works", 1, "", OURS, "a drive that predicts its own failure takes all with it"),
    Requirement(Use.LIGHT, "keyboard", 1, "", OURS, "a laptop's own keyboard must work"),
    Requirement(Use.OFFICE, "cores", 2, "cores", TEAMS, "browser and office suite at once"),
    Requirement(Use.OFFICE, "work", 3.5, "", OURS, "a Core 2 Duo of 2 GHz: schools' pages are slow on less"),
    Requirement(Use.OFFICE, "memory", 4 * GIB, "bytes", TEAMS, "a desktop, a browser with some pages, an office suite"),
    Requirement(Use.OFFICE, "memory_good", 1, "", OURS, "a module that the processor must correct is getting weak"),
    Requirement(Use.OFFICE, "drive", 60 * GB, "bytes", OURS, "system 10 GB, photos and homework of several children"),
    Requirement(Use.OFFICE, "drive_good", 1, "", OURS, "docs/health.md: a worn drive is for light use"),
    Requirement(Use.OFFICE, "screen", 1024, "px", LIBREOFFICE, "dialogues don't fit on less"),
    Requirement(Use.OFFICE, "graphics", 1, "", OURS, "a picture drawn without faults"),
    Requirement(Use.OFFICE, "network", 1, "", OURS, "school's pages are on the internet"),
    Requirement(Use.VIDEO, "work", 6, "", ZOOM, "a Core i3 of 2.4 GHz (2012): pictures coded by its cores"),
    Requirement(Use.VIDEO, "memory", 8 * GIB, "bytes", TEAMS_8, "the call beside everything else that is open"),
    Requirement(Use.VIDEO, "fast_drive", 1, "", OURS, "a hard disk stalls a call when anything else reads"),
    Requirement(Use.VIDEO, "camera", 1, "", TEAMS, "to be seen"),
    Requirement(Use.VIDEO, "sound", 1, "", TEAMS, "to hear and be heard"),
)  # fmt: skip


def of_use(use: Use) -> tuple[Requirement, ...]:
    """Everything that ``use`` asks for: its own rows and those of the humbler uses, the higher figure of each part."""
    rows: dict[str, Requirement] = {}
    for row in REQUIREMENTS:
        if list(Use).index(row.use) <= list(Use).index(use):
            rows[row.part] = row
    return tuple(rows.values())
