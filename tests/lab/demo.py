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

from tests.lab.building import build_image
from tests.lab.cast import Part, cast
from tests.lab.errors import LabError
from tests.lab.following import follow
from tests.lab.paths import LAB, RESULTS
from tests.lab.reporting import Lines, RunLines, duration, gigabytes
from tests.lab.virtualpc import VirtualPC
from tests.lab.waiting import wait_until
from tests.lab.workshop import LOGIN, Workshop, workshop

# Measured on 2 shared cores without KVM; with KVM it is several times as fast. Minutes: (images, one PC).
TIMES = {"mini": (6, 8), "famille": (15, 15)}
BOOT_TIMEOUT = 900  # power-on to announcement, seconds
RUN_TIMEOUT = 3600


def recondition(room: Workshop, part: Part, lot: int, lines: Lines) -> str:
    """Plug one PC in and see it through. Returns the state in which it ended."""
    pc, technician = part.donated, room.technician
    lines.say(f"\n{pc.manufacturer} {pc.product}, serial {pc.serial} — {part.title}")
    started = time.monotonic()
    with VirtualPC(pc, room.network, RESULTS / "demo") as machine:

        def announced() -> dict[str, object] | None:
            machine.must_run()
            room.must_run()
            lines.wait("power-on", "boots the live image from the network", started)
            return technician.find(pc.serial)

        found = wait_until(announced, f"{pc.name} announces itself", BOOT_TIMEOUT, hint=machine.last_words)
        machine_id = int(str(found["id"]))
        lines.done("power-on", "boots the live image from the network", time.monotonic() - started)
        technician.accept(machine_id)
        technician.tie(machine_id, lot)
        run, authorised, now = RunLines(lines), False, None

        def both_run() -> None:
            machine.must_run()
            room.must_run()

        for now in follow(technician, machine_id, RUN_TIMEOUT, must_run=both_run):
            run.show(now)
            if not authorised and now.step("authorise").get("state") == "waiting":
                authorised = True
                drives = technician.authorise(machine_id)
                names = ", ".join(f"{d['model']} S/N {d['serial']}, {gigabytes(d['size_bytes'])}" for d in drives)
                lines.say(f"    {LOGIN} authorises the erase of: {names}")
        assert now is not None
        with contextlib.suppress(LabError):
            machine.screenshot(RESULTS / "demo" / f"{pc.name}-end.png")
    sign = "✔" if now.state == part.ends else "✘"
    why = now.view["machine"].get("hold_reason") or ""
    lines.say(
        f"{sign} {pc.product} is {now.state}{f': {why}' if why else ''} after {duration(time.monotonic() - started)}"
    )
    return now.state


def interrupted(number: int, frame: FrameType | None) -> None:
    """Ctrl-C and SIGTERM stop everything in order; a second one meanwhile changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


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
    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    announce_times(profile, pcs, lines)
    folder = LAB.parent / "demo"
    if not keep:
        shutil.rmtree(folder / "data", ignore_errors=True)
    build_image(lines, "live")
    build_image(lines, "os", profile)
    parts = cast(folder, profile, pcs)
    with workshop(folder / "data", RESULTS / "demo", profile) as room:
        lines.say(f"\nThe dashboard is at {room.url} (from this machine), sign in as: {LOGIN}")
        lines.say(f"Password, shown only now: {room.password}")
        lines.say(f"The browser will not know the certificate; its authority is {room.ca}")
        lot = room.technician.new_lot("Mairie de démonstration", len(parts), profile)
        good = [recondition(room, part, lot, lines) == part.ends for part in parts]
        lines.say(f"\n{sum(good)} of {len(good)} PCs ended as they should.")
        lines.say(room.command("ledger", "verify").strip())
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
