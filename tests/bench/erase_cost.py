"""What an erase costs: overwrite and full validation, against ``dd`` and nwipe on the same device, in one run.

Loop devices that the bench made itself: one in memory with sectors of 512 bytes, the same with 4096, and others as
slow as real drives. The ways take turns and the medians count, so that a busy moment hits all alike. Afterwards the
file behind the device must be zeros.

    python -m tests.bench.erase_cost [--mib 1024] [--turns 9] [--nwipe-turns 2] [--rates 200,500]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.erase_devices import MIB, Device, device, fill, first_nonzero
from tests.bench.erase_ways import WAYS, Pass, nwipe_once, several_by_us
from tests.bench.nwipe import profiled
from tests.bench.results import save
from tests.rig.requirements import missing

PROFILE_MIB = 16  # strace makes nwipe many times slower
DRIVES_AT_ONCE = 4


def say(line: str) -> None:
    """Progress, beside the result on standard output."""
    print(line, file=sys.stderr, flush=True)


def turns(drive: Device, count: int, nwipe_count: int) -> dict[str, list[Pass]]:
    """``count`` passes of each way in turns; of nwipe, which is slow, fewer."""
    passes: dict[str, list[Pass]] = {name: [] for name in WAYS}
    for turn in range(count):
        for name, way in WAYS.items():
            if name == "nwipe" and turn >= nwipe_count:
                continue
            if turn == 0:
                fill(drive.content, drive.size_bytes)
            passes[name].append(counted(drive, way))
            if turn == 0 and (at := first_nonzero(drive.content)) is not None:
                raise SystemExit(f"{name} left data at {at}: nothing that it measured counts")
            say(f"{turn + 1}/{count} {name:<6} {passes[name][-1].seconds:7.2f} s")
    return passes


def counted(drive: Device, way: Callable[[Device], Pass]) -> Pass:
    """One pass, with what the device really gave and took."""
    before = drive.moved()
    done = way(drive)
    read, written = (now - then for now, then in zip(drive.moved(), before, strict=True))
    return replace(done, device_read=read, device_written=written)


def summary(passes: dict[str, list[Pass]], size_bytes: int) -> list[dict[str, Any]]:
    """Medians of each way, and its ratio to dd and to nwipe. Pure."""

    def median(values: list[float]) -> float:
        return statistics.median(values)

    seconds = {name: median([one.seconds for one in done]) for name, done in passes.items()}
    rows = []
    for name, done in passes.items():
        parts: dict[str, float | None] = {"write": None, "read": None}
        for part in parts:
            told = [value for one in done if (value := getattr(one, part)) is not None]
            parts[part] = round(median(told), 3) if told else None
        rows.append(
            {
                "way": name,
                "what": (WAYS[name].__doc__ or "").strip(),
                "seconds": round(seconds[name], 3),
                "write_seconds": parts["write"],
                "read_seconds": parts["read"],
                "ratio_to_dd": round(seconds[name] / seconds["dd"], 3),
                "ratio_to_nwipe": round(seconds[name] / seconds["nwipe"], 3),
                "cpu_seconds_per_gb": round(median([one.cpu_seconds for one in done]) / size_bytes * 1e9, 3),
                "peak_bytes": max(one.peak_bytes for one in done),
                "device_read_share": round(min(one.device_read for one in done) / size_bytes, 3),
                "device_written_share": round(min(one.device_written for one in done) / size_bytes, 3),
                "all_seconds": [round(one.seconds, 3) for one in done],
            }
        )
    return rows


def on_device(what: str, drive: Device, count: int, nwipe_count: int) -> dict[str, Any]:
    """All ways on one device."""
    say(f"on {what}")
    return {
        "device": what,
        "size_bytes": drive.size_bytes,
        "write_size_reported": drive.node.stat().st_blksize,
        "ways": summary(turns(drive, count, nwipe_count), drive.size_bytes),
    }


def several(mib: int, rate: int, runs: int) -> dict[str, Any]:
    """Drives of one computer at once, against one of them alone."""
    say(f"{DRIVES_AT_ONCE} drives at once")
    with contextlib.ExitStack() as stack:
        drives = [stack.enter_context(device(mib * MIB, rate)) for _ in range(DRIVES_AT_ONCE)]
        alone, together = [], []
        for _ in range(runs):
            alone.append(several_by_us(drives[:1]))
            together.append(several_by_us(drives))
            say(f"alone {alone[-1]:.2f} s, together {together[-1]:.2f} s")
    one, all_of_them = statistics.median(alone), statistics.median(together)
    return {
        "drives": DRIVES_AT_ONCE,
        "size_bytes": mib * MIB,
        "bytes_per_second": rate,
        "one_seconds": round(one, 2),
        "all_seconds": round(all_of_them, 2),
        "ratio": round(all_of_them / one, 3),
    }


def nwipe_from_memory(mib: int) -> float:
    """Which share of a drive nwipe's verification asks the drive for, when the drive fits into memory."""
    with device(mib * MIB) as drive:
        return round(counted(drive, nwipe_once).device_read / drive.size_bytes, 3)


def nwipe_profiles() -> dict[str, Any]:
    """What nwipe asks of a device with each sector size."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="recyclerie-trace-") as folder:
        for sector in (512, 4096):
            place = Path(folder) / f"root-{sector}"
            place.mkdir()
            with device(PROFILE_MIB * MIB, sector_bytes=sector) as drive:
                found[str(sector)] = profiled(drive, place, Path(folder) / f"trace-{sector}")
                found[str(sector)]["write_size_reported"] = drive.node.stat().st_blksize
    return found


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """Every figure."""
    size, rates = chosen.mib * MIB, [int(rate) for rate in chosen.rates.split(",")]
    devices = []
    for sector in (512, 4096):
        with device(size, sector_bytes=sector) as drive:
            what = f"in memory, sectors of {sector} bytes"
            devices.append(on_device(what, drive, chosen.turns, chosen.nwipe_turns))
    for rate in rates:
        with device(size // 2, rate * 1_000_000) as drive:
            devices.append(on_device(f"{rate} MB/s", drive, 3, chosen.nwipe_turns))
    return {
        "devices": devices,
        "several": several(chosen.mib // 2, rates[0] * 1_000_000, 2),
        "nwipe_read_share_in_memory": nwipe_from_memory(chosen.mib // 4),
        "nwipe_profile": nwipe_profiles(),
    }


def main() -> None:
    """Measure, keep the result under docs/figures, print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the fast devices; slow ones are half of it")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--nwipe-turns", type=int, default=2)
    parser.add_argument("--rates", default="200,500", help="MB/s of the slow devices")
    chosen = parser.parse_args()
    if why := missing():
        raise SystemExit(why)
    for tool, package in {"qemu-storage-daemon": "qemu-system-common", "strace": "strace", "dd": "coreutils"}.items():
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: apt-get install {package}")
    figures = measure(chosen)
    command_line = f"python -m tests.bench.erase_cost --mib {chosen.mib} --turns {chosen.turns}"
    path = save("erase", command_line, figures)
    print(json.dumps(figures, indent=1))
    say(f"kept in {path}")


if __name__ == "__main__":
    main()
