"""``make demo``: donated PCs from power-on to ready, before your eyes.

``PROFILE=mini|famille``  what gets installed; ``PCS=1..3``  how many PCs, one after the other;
``ONCE=1``  stop everything after the last one, exit status 0 only if each ended as it should;
``KEEP=1``  go on with the data of the last demo in place of fresh ones.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from types import FrameType
from typing import Any

import psutil

from tests.lab.building import build_image
from tests.lab.cast import Part, cast
from tests.lab.day import Witness, recondition
from tests.lab.errors import LabError
from tests.lab.following import Sight
from tests.lab.paths import CACHE, IMAGES, LAB, RESULTS
from tests.lab.reporting import Lines, RunLines, duration, gigabytes
from tests.lab.virtualpc import VirtualPC
from tests.lab.workshop import LOGIN, Workshop, workshop

# Measured on 2 shared cores without KVM; with KVM it is several times as fast. Minutes: (images, one PC).
TIMES = {"mini": (6, 8), "famille": (15, 15)}


class Terminal(Witness):
    """Says what happens on the terminal."""

    BOOT = "boots the live image from the network"

    def __init__(self, lines: Lines) -> None:
        self.lines, self.run = lines, RunLines(lines)

    def waiting(self, seconds: float) -> None:
        """The PC boots."""
        self.lines.wait("power-on", self.BOOT, seconds)

    def announced(self, seconds: float) -> None:
        """It is there."""
        self.lines.done("power-on", self.BOOT, seconds)

    def seen(self, now: Sight) -> None:
        """The steps of its run."""
        self.run.show(now)

    def authorised(self, drives: list[dict[str, Any]]) -> None:
        """What a technician has just confirmed."""
        names = ", ".join(f"{d['model']} S/N {d['serial']}, {gigabytes(d['size_bytes'])}" for d in drives)
        self.lines.say(f"    {LOGIN} authorises the erase of: {names}")


def plug_in(room: Workshop, part: Part, lot: int, lines: Lines) -> bool:
    """Plug one PC in and see it through. Returns whether it ended as it should."""
    pc = part.donated
    lines.say(f"\n{pc.manufacturer} {pc.product}, serial {pc.serial} — {part.title}")
    with VirtualPC(pc, room.network, RESULTS / "demo") as machine:
        story = recondition(room, part, lot, machine, Terminal(lines))
        with contextlib.suppress(LabError):
            machine.screenshot(RESULTS / "demo" / f"{pc.name}-end.png")
    why = story.end.view["held_reason"]
    sign = "✔" if story.as_expected else "✘"
    lines.say(f"{sign} {story.end.state}{f': {why}' if why else ''} — {duration(story.ended_after)} after power-on")
    return story.as_expected


def interrupted(number: int, frame: FrameType | None) -> None:
    """Ctrl-C and SIGTERM stop everything in order; a second one meanwhile changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def enough_room(profile: str) -> None:
    """:raises LabError: when memory or disk would not last, before anything is built."""
    need_disk, need_memory = (40 if profile == "famille" else 12) * 10**9, 4 * 10**9
    CACHE.mkdir(parents=True, exist_ok=True)
    free, memory = shutil.disk_usage(CACHE).free, psutil.virtual_memory().available
    if free < need_disk and not (IMAGES / "os" / profile / "manifest.json").exists():
        raise LabError(
            f"{gigabytes(free)} are free in {CACHE}; images and disks of {profile} need {gigabytes(need_disk)}",
            "free some space, or set RECYCLERIE_CACHE_DIR to a folder on a larger disk",
        )
    if memory < need_memory:
        raise LabError(
            f"{gigabytes(memory)} of memory are free; a virtual PC and the controller need {gigabytes(need_memory)}",
            "stop something, or use a larger machine",
        )


def announce_times(profile: str, pcs: int, lines: Lines) -> None:
    """Say beforehand how long it takes."""
    build, each = TIMES.get(profile, TIMES["famille"])
    lines.say(f"Profile {profile}, {pcs} virtual PC{'s' if pcs > 1 else ''}, one after the other.")
    lines.say("About how long, on two cores without KVM (less with more):")
    for name, (images, pc) in TIMES.items():
        mark = "▸" if name == profile else " "
        lines.say(f"  {mark} {name:<8} images {images} min the first time, then nothing; each PC {pc} min")
    lines.say(f"So at most {build + each * pcs} min. Ctrl-C stops everything that was started.")


def main() -> int:
    """The demo. Exit status: 0 as it should be, 1 not, 130 interrupted."""
    profile, pcs = os.environ.get("PROFILE") or "famille", int(os.environ.get("PCS") or 1)
    once, keep = bool(os.environ.get("ONCE")), bool(os.environ.get("KEEP"))
    lines = Lines()
    enough_room(profile)
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    announce_times(profile, pcs, lines)
    folder = LAB.parent / "demo"
    if not keep:
        shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.rmtree(RESULTS / "demo", ignore_errors=True)
    build_image(lines, "live")
    build_image(lines, "os", profile)
    parts = cast(folder, profile, pcs)
    with workshop(folder / "data", RESULTS / "demo", profile) as room:
        lines.say(f"\nThe dashboard is at {room.url} (from this machine), sign in as: {LOGIN}")
        lines.say(f"Password, shown only now: {room.password}")
        lines.say(f"The browser will not know the certificate; its authority is {room.ca}")
        lot = room.technician.new_lot("Mairie de démonstration", len(parts), profile)
        good = [plug_in(room, part, lot, lines) for part in parts]
        lines.say(f"\n{sum(good)} of {len(good)} PCs ended as they should.")
        lines.say(" ".join(room.command("ledger", "verify").split()))
        if once:
            return 0 if all(good) else 1
        lines.say(f"\nThe controller goes on at {room.url} — Ctrl-C stops it.")
        while True:
            room.must_run()
            time.sleep(1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped: the virtual PC, the controller and the network of the demo are gone.")
        sys.exit(130)
    except LabError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        sys.exit(1)
