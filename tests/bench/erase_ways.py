"""Ways to overwrite a device with zeros and read all of it back, each timed the same way."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.jobs.erase_nwipe import judge_log
from tests.bench.erase_devices import MIB, Device
from tests.bench.erase_pass import peak_bytes
from tests.bench.memory_limit import memory_limit
from tests.bench.nwipe import nwipe_in_live

BLOCK = 4 * MIB


@dataclass(frozen=True)
class Pass:
    """One erase of one device. ``write`` and ``read`` are None where a tool doesn't tell them apart."""

    seconds: float
    write: float | None
    read: float | None
    cpu_seconds: float
    peak_bytes: int
    device_read: int = 0  # bytes that the device really gave, by the kernel's count
    device_written: int = 0


@dataclass(frozen=True)
class Look:
    """A process at one moment: seconds, and bytes that it has asked to read and to write in all."""

    at: float
    read: int
    written: int


@dataclass(frozen=True)
class Ran:
    """A process that has ended well: how long, how much CPU (its own and its children's), how much memory."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    out: str
    looks: list[Look]


def timed(command: list[str]) -> Ran:
    """Run a command to its end, and look at it every 10 ms.

    ``ru_maxrss`` would begin with the memory of the process that started it, so peak memory is looked at too.

    :raises SystemExit: with what it said, when it fails
    """
    with tempfile.TemporaryFile("w+") as out:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        peaks, looks, ended = [0], list[Look](), threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, looks, ended))
        watcher.start()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watcher.join()
        out.seek(0)
        said = out.read()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {said[-2000:]}")
    return Ran(seconds, used.ru_utime + used.ru_stime, max(peaks), said, looks)


def _watch(pid: int, peaks: list[int], looks: list[Look], ended: threading.Event) -> None:
    place = Path("/proc", str(pid))
    while not ended.wait(0.01):
        with contextlib.suppress(OSError, ValueError):
            fields = dict(line.split(": ") for line in (place / "io").read_text().splitlines())
            looks.append(Look(time.monotonic(), int(fields["rchar"]), int(fields["wchar"])))
            peaks.append(peak_bytes((place / "status").read_text()))


def at_work(looks: list[Look], size_bytes: int) -> float:
    """Seconds from a process's first MiB written to the end of its reading back of ``size_bytes``. Pure.

    nwipe's main thread wakes up once a second, and begins and ends with tools that have nothing to do with the drive.
    """
    first = next((look for look in looks if look.written >= MIB), None)
    if first is None:
        raise SystemExit("nwipe wrote nothing")
    last = next((look for look in looks if look.read - first.read >= size_bytes), looks[-1])
    return last.at - first.at


def by_dd(device: Device) -> Pass:
    """dd: 4 MiB at a time with direct I/O, one write and one read of everything; looks at nothing it reads"""
    device.check()
    node, common = device.node, ("bs=4M", "status=none")
    count = f"count={device.size_bytes // BLOCK}"
    write = timed(["dd", "if=/dev/zero", f"of={node}", "oflag=direct", "conv=fsync", count, *common])
    read = timed(["dd", f"if={node}", "of=/dev/null", "iflag=direct", *common])
    together = write.seconds + read.seconds
    cpu = write.cpu_seconds + read.cpu_seconds
    return Pass(together, write.seconds, read.seconds, cpu, max(write.peak_bytes, read.peak_bytes))


def by_us(device: Device) -> Pass:
    """ours: overwrite, then full validation (the time of both, in a job that has begun)"""
    device.check()
    ran = timed([sys.executable, "-m", "tests.bench.erase_pass", str(device.node), device.number])
    told = json.loads(ran.out)
    if not told["right"]:
        raise SystemExit(f"the erase of {device.node} is not right: {ran.out}")
    write, read = told["write_seconds"], told["read_seconds"]
    return Pass(write + read, write, read, told["cpu_seconds"], told["peak_bytes"])


def by_nwipe(device: Device) -> Pass:
    """nwipe: -m zero --verify=last, as in the live image, with memory for a quarter of the device"""
    with memory_limit(max(32 * MIB, device.size_bytes // 4)) as group:
        return nwipe_once(device, group)


def nwipe_once(device: Device, group: Path | None = None) -> Pass:
    """One run of nwipe, in a control group if one is given."""
    device.check()
    with tempfile.TemporaryDirectory(prefix="recyclerie-nwipe-") as place:
        ran = timed(nwipe_in_live(device, Path(place), group))
    writer = {"bytes_written": 0, "errors": [], "completed": False, "stopped": "", "version": ""}
    judge_log(writer, ran.out, str(device.node))
    if not writer["completed"] or writer["errors"]:
        raise SystemExit(f"nwipe did not erase {device.node}: {writer}\n{ran.out[-2000:]}")
    return Pass(at_work(ran.looks, device.size_bytes), None, None, ran.cpu_seconds, ran.peak_bytes)


def several_by_us(devices: list[Device]) -> float:
    """Seconds until the last of several drives, erased all at once by a process each, is done."""
    with contextlib.ExitStack() as stack:
        for device in devices:
            device.check()
        began = time.monotonic()
        passes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.bench.erase_pass", str(device.node), device.number],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for device in devices
        ]
        answers = [process.communicate()[0] for process in passes]
        seconds = time.monotonic() - began
    if not all(answer and json.loads(answer)["right"] for answer in answers):
        raise SystemExit(f"an erase of several drives is not right: {answers}")
    return seconds


Way = Callable[[Device], Pass]
WAYS: dict[str, Way] = {"dd": by_dd, "ours": by_us, "nwipe": by_nwipe}
