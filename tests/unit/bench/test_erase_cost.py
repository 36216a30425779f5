"""What the bench of erasing makes of what it saw; and that it writes to nothing but its own device."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.erase_cost import summary
from tests.bench.erase_devices import Device, NotOurs, fill, first_nonzero, throttle_command
from tests.bench.erase_pass import peak_bytes
from tests.bench.erase_ways import Look, Pass, at_work
from tests.bench.nwipe import profile

MIB = 1 << 20
# Lines as strace 6.1 writes them with -f -y -T; the run was of nwipe 0.38 on a loop device.
TRACE = """\
20209 openat(AT_FDCWD</tmp/place>, "/dev/loop2", O_RDONLY) = 3</tmp/place/dev/loop2> <0.000018>
20209 openat(AT_FDCWD</tmp/place>, "/dev/loop2", O_RDWR) = 4</tmp/place/dev/loop2> <0.000018>
20247 write(4</tmp/place/dev/loop2>, "\\0\\0\\0"..., 512) = 512 <0.000011>
20247 write(4</tmp/place/dev/loop2>, "\\0\\0\\0"..., 512) = 512 <0.000012>
20247 write(5</tmp/place/run/nwipe.log>, "wrote", 5) = 5 <0.000012>
20247 write(4</tmp/place/dev/loop22>, "\\0\\0\\0"..., 4096) = 4096 <0.000012>
20247 fdatasync(4</tmp/place/dev/loop2>) = 0 <0.071166>
20247 read(4</tmp/place/dev/loop2>, "\\0\\0\\0"..., 512) = 512 <0.000006>
20247 read(4</tmp/place/dev/loop2>,  <unfinished ...>
20247 write(4</tmp/place/dev/loop2>, "x", 512) = -1 EIO (Input/output error) <0.000006>
"""


def test_a_trace_tells_how_little_nwipe_writes_at_a_time() -> None:
    assert profile(TRACE, "loop2") == {
        "writes": 2,
        "bytes_per_write": 512,
        "reads": 1,
        "bytes_per_read": 512,
        "syncs": 1,
        "sync_seconds": 0.071,
        "direct": False,
    }
    direct = TRACE.replace("O_RDWR)", "O_RDWR|O_DIRECT)")
    assert profile(direct, "loop2")["direct"] is True
    assert profile("", "loop2")["bytes_per_write"] == 0


def one(seconds: float, read: int, peak: int = 1) -> Pass:
    """A pass of a device of a GB."""
    return Pass(seconds, seconds / 2, seconds / 2, 0.2, peak, device_read=read, device_written=10**9)


def test_the_medians_and_their_ratios() -> None:
    whole = 10**9
    passes = {
        "dd": [one(1.0, whole), one(9.0, whole), one(1.0, whole)],
        "ours": [one(1.0, whole, 7), one(1.05, whole, 9), one(1.1, whole, 8)],
        "nwipe": [Pass(10.0, None, None, 5.0, 2, device_read=0, device_written=whole)],
    }
    dd, ours, nwipe = summary(passes, whole)
    assert (dd["seconds"], dd["ratio_to_dd"], dd["ratio_to_nwipe"]) == (1.0, 1.0, 0.1)
    assert (ours["ratio_to_dd"], ours["ratio_to_nwipe"], ours["peak_bytes"]) == (1.05, 0.105, 9)
    assert (nwipe["seconds"], nwipe["write_seconds"]) == (10.0, None)
    assert [way["device_read_share"] for way in (dd, ours, nwipe)] == [1.0, 1.0, 0.0]


def test_nwipe_is_timed_from_its_first_write_to_its_last_read() -> None:
    """Not from its start (tools that ask about the drive) to its end (a report, and a nap of a second)."""
    told = [
        (0.0, 9 * MIB, 0),
        (1.0, 9 * MIB, 200),
        (1.5, 9 * MIB, MIB),
        (3.0, 9 * MIB, 8 * MIB),
        (4.0, 12 * MIB, 8 * MIB),
    ]
    told += [(4.5, 17 * MIB, 8 * MIB), (4.6, 17 * MIB, 9 * MIB), (7.0, 18 * MIB, 9 * MIB)]
    assert at_work([Look(*one) for one in told], 8 * MIB) == 3.0
    with pytest.raises(SystemExit):
        at_work([Look(0.0, 5, 5)], 8 * MIB)


def test_only_a_loop_device_over_its_own_file_is_ever_written(tmp_path: Path) -> None:
    file = tmp_path / "drive"
    file.write_bytes(bytes(MIB))
    for node in (Path("/dev/null"), file):
        with pytest.raises(NotOurs):
            Device(node, file, file, MIB).check()


def test_the_witness_sees_what_was_left(tmp_path: Path) -> None:
    file = tmp_path / "drive"
    fill(file, 4 * MIB)
    assert file.stat().st_size == 4 * MIB
    assert first_nonzero(file) == 0
    file.write_bytes(bytes(3 * MIB) + b"\0" * 700 + b"x" + bytes(100))
    assert first_nonzero(file) == 3 * MIB
    file.write_bytes(bytes(3 * MIB + 5))
    assert first_nonzero(file) is None


def test_the_slow_device_is_limited_in_both_directions_together() -> None:
    words = throttle_command(Path("/a/drive"), Path("/a/throttled"), 200_000_000)
    assert '"bps-total": 200000000' in words[2]
    assert '"throttle-group": "rate"' in words[6]
    assert '"mountpoint": "/a/throttled"' in words[-1]


def test_peak_memory_comes_from_the_kernel() -> None:
    assert peak_bytes("VmPeak:\t  99 kB\nVmHWM:\t    1904 kB\nVmRSS:\t 1 kB\n") == 1904 * 1024
    assert peak_bytes("Name:\tzombie\n") == 0
