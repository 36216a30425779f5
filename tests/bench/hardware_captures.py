"""The inventory on recorded dumps: how many are read, with what they hold, and how fast.

Each dump (a machine's folder, one dmidecode, one lscpu) is read by the agent's own code. *Whole*: every mandatory field
of the subsystems that the dump speaks of has a value. Where one has none, the dump's text is searched for it by other
means than the agent's: *overlooked* is what stands there and was not read; the rest isn't in the dump, and the
inventory names it as missing.
"""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path
from typing import Any

from agent.collectors.snapshot import read_inventory
from agent.sources import open_source

# Where a mandatory field would stand in the output of dmidecode: the table, and the line with a value in it.
_VALUE = r"(?!(?:Not Specified|CPU Version|Unknown|None|--|To be filled by O\.?E\.?M\.?|)\s*$)\S.*$"
_PLACES = {
    "chassis.manufacturer": ("System Information", "Manufacturer"),
    "chassis.product": ("System Information", "Product Name"),
    "board.manufacturer": ("Base Board Information", "Manufacturer"),
    "board.product": ("Base Board Information", "Product Name"),
    "cpu.model": ("Processor Information", "Version"),
    "cpu.cores": ("Processor Information", "Core Count"),
    "cpu.threads": ("Processor Information", "Thread Count"),
    "firmware.vendor": ("BIOS Information", "Vendor"),
    "firmware.version": ("BIOS Information", "Version"),
    "firmware.date": ("BIOS Information", "Release Date"),
}


def stated(text: str, field: str) -> bool:
    """Whether the text of a dump says a field that the inventory has not. One without a place here counts as said."""
    if field not in _PLACES:
        return True
    table, name = _PLACES[field]
    for part in re.split(r"\n(?=Handle |\S)", text):
        if re.search(rf"^\s*{table}\s*$", part, re.MULTILINE) and re.search(
            rf"^\s*{name}:[ \t]*{_VALUE}", part, re.MULTILINE | re.IGNORECASE
        ):
            return True
    return False


def text_of(place: Path) -> str:
    """All text of a dump."""
    files = [place] if place.is_file() else sorted(place.rglob("*.txt"))
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def captures(hardware: Path) -> list[Path]:
    """Folders of whole machines, then single files of dmidecode and lscpu."""
    folders = sorted(path for path in (hardware / "machines").glob("*/*") if path.is_dir())
    files = [file for kind in ("dmidecode", "lscpu") for file in sorted((hardware / kind).rglob("*")) if file.is_file()]
    return folders + files


def survey(hardware: Path) -> dict[str, Any]:
    """Counts and shares over all dumps, and the time each took."""
    broken, unsaid, seconds = [], [], []
    places = captures(hardware)
    for place in places:
        name = str(place.relative_to(hardware))
        began = time.perf_counter()
        try:
            found = read_inventory(open_source(place), erase=True)
        except Exception as problem:  # whatever it is: it is what is counted here
            broken.append({"dump": name, "why": f"{type(problem).__name__}: {problem}"})
            continue
        seconds.append(time.perf_counter() - began)
        empty = [one["what"] for one in found["missing"] if one["why"] == "not said"]
        if empty:
            text = text_of(place)
            unsaid.append({"dump": name, "empty": empty, "overlooked": [what for what in empty if stated(text, what)]})
    count = max(len(places), 1)
    return {
        "dumps": len(places),
        "machines": sum(place.is_dir() for place in places),
        "parsed_share": (len(places) - len(broken)) / count,
        "whole_share": (len(places) - len(broken) - len(unsaid)) / count,
        "overlooked": sum(len(one["overlooked"]) for one in unsaid),
        "broken_list": broken,
        "unsaid_list": unsaid,
        "median_ms": round(1000 * statistics.median(seconds), 1) if seconds else None,
        "slowest_ms": round(1000 * max(seconds), 1) if seconds else None,
    }
