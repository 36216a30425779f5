"""Reading a drive: which places, what is kept of them, and what they mean. Real loop devices where they can be made."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests import surface
from agent.hwtests.programs.drive_surface import figures_of, judge, slow_zones
from agent.hwtests.programs.drive_surface import test as run_test
from agent.hwtests.script import Request
from agent.hwtests.surface import (
    PIECE_BYTES,
    REQUEST_BYTES,
    Drive,
    DriveGone,
    Reading,
    all_places,
    make_zones,
    read_piece,
    sampled_places,
)
from tests.integration.agent.loops import LoopDisk

MIB, GIB = 2**20, 2**30
ROOT = os.geteuid() == 0


@pytest.mark.parametrize("size", [512, 4096, MIB, 10 * MIB, 300 * MIB + 512, 120 * GIB, 500_107_862_016, 20 * 10**12])
def test_zones_cover_the_drive_without_a_gap(size: int) -> None:
    zones = make_zones(size)
    assert zones[0].start == 0
    assert zones[-1].end == size
    assert all(one.end == other.start for one, other in itertools.pairwise(zones))
    assert all(zone.end > zone.start for zone in zones)
    assert len(zones) <= 100


@pytest.mark.parametrize("size", [10 * MIB, 4 * GIB, 20 * 10**12])
def test_a_sample_begins_everywhere_and_never_reads_a_piece_twice(size: int) -> None:
    zones = make_zones(size)
    seen = []
    for zone, offset in sampled_places(zones):
        seen.append((zone.start, offset))
        assert zone.start <= offset < zone.end
        if len(seen) >= 3000:
            break
    assert len(set(seen)) == len(seen)
    assert [start for start, _ in seen[: len(zones)]] == [zone.start for zone in zones]


def test_a_sample_that_goes_on_reads_each_piece_of_a_small_drive() -> None:
    zones = make_zones(4 * GIB)
    offsets = [offset for _, offset in sampled_places(zones)]
    assert len(offsets) == len(set(offsets)) == sum((zone.end - zone.start) // PIECE_BYTES for zone in zones)


def test_everything_is_everything() -> None:
    zones = make_zones(100 * MIB + 512)
    ends = [min(offset + PIECE_BYTES, zone.end) for zone, offset in all_places(zones)]
    starts = [offset for _, offset in all_places(zones)]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == 100 * MIB + 512


class Played:
    """A drive that takes ``seconds`` a request and can't read some bytes."""

    def __init__(self, bad: dict[int, int] | None = None, seconds: float = 0.01) -> None:
        self.bad = bad or {}  # byte → errno
        self.seconds = seconds
        self.reads: list[tuple[int, int]] = []

    def __call__(self, offset: int, length: int) -> float:
        self.reads.append((offset, length))
        for byte, number in self.bad.items():
            if offset <= byte < offset + length:
                raise OSError(number, "played")
        return self.seconds


def reading(size: int = 64 * MIB, block: int = 512) -> Reading:
    return Reading(make_zones(size), size, block)


def test_a_piece_is_read_in_requests_and_its_speed_kept() -> None:
    found, drive = reading(), Played()
    read_piece(drive, found, found.zones[0], 0)
    assert drive.reads == [(number * REQUEST_BYTES, REQUEST_BYTES) for number in range(8)]
    assert found.zones[0].rate == pytest.approx(100.0)  # 1 MiB in 10 ms
    assert found.read_bytes == PIECE_BYTES


@pytest.mark.parametrize(("byte", "block", "lba"), [(3 * MIB + 70_000, 512, 6280), (3 * MIB + 70_000, 4096, 785)])
def test_what_can_not_be_read_is_found_to_the_page(byte: int, block: int, lba: int) -> None:
    found = reading(block=block)
    read_piece(Played({byte: errno.EIO}), found, found.zones[0], 0)
    assert found.bad == [{"lba": lba, "error": "EIO"}]
    assert lba * block <= byte < lba * block + 4096
    assert found.read_bytes == 7 * MIB  # the rest of the piece is read all the same


def test_what_can_be_read_the_second_time_is_still_told() -> None:
    class Once(Played):
        def __call__(self, offset: int, length: int) -> float:
            took = super().__call__(offset, length)
            self.bad = {}
            return took

    drive = Once()

    def read(offset: int, length: int) -> float:
        if not drive.reads and drive.bad == {}:
            drive.reads.append((0, 0))
            raise OSError(errno.EIO, "once")
        return 0.01

    found = reading()
    read_piece(read, found, found.zones[0], 0)
    assert found.bad == [{"lba": 0, "error": "EIO"}]


@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO])
def test_a_drive_that_leaves_ends_the_reading(number: int) -> None:
    found = reading()
    with pytest.raises(DriveGone, match="disappeared"):
        read_piece(Played({5: number}), found, found.zones[0], 0)


def test_a_dying_drive_is_not_tortured() -> None:
    found = reading()
    drive = Played(dict.fromkeys(range(0, 64 * MIB, MIB), errno.EIO))
    for zone, offset in all_places(found.zones):
        if len(found.bad) < surface.MAX_PLACES:
            read_piece(drive, found, zone, offset)
    assert len(found.bad) == surface.MAX_PLACES


def test_reads_that_hang_are_counted() -> None:
    found = reading()
    read_piece(Played(seconds=2.5), found, found.zones[0], 0)
    assert (found.slow_reads, found.slowest_seconds) == (8, 2.5)


DISK = [100.0 - 0.5 * number for number in range(100)]  # from 100 MiB/s outside to 50 inside


def dip(rates: list[float], value: float, *places: int) -> list[float | None]:
    return [value if index in places else rate for index, rate in enumerate(rates)]


@pytest.mark.parametrize(
    ("rates", "rotational", "slow"),
    [
        (DISK, True, []),
        (dip(DISK, 30.0, 50), True, [50]),
        (dip(DISK, 40.0, 50, 51), True, []),  # half as fast as its neighbours: still a disk
        (dip(DISK, 10.0, 0, 98, 99), True, [0, 98, 99]),
        ([500.0] * 100, False, []),
        (dip([500.0] * 100, 130.0, 7), False, []),
        (dip([500.0] * 100, 90.0, 7), False, [7]),
        (dip([3000.0] * 100, 400.0, 7), False, []),  # written long ago, and faster than any disk
        (dip([3000.0] * 100, 400.0, 7), True, []),
        ([None] * 90 + [100.0] * 5, True, []),  # too little is known
        ([50.0, 1.0], True, []),
        ([], None, []),
    ],
)
def test_zones_that_slow_down(rates: list[float | None], rotational: bool | None, slow: list[int]) -> None:
    assert slow_zones(rates, rotational=rotational) == slow


def figures(**more: Any) -> dict[str, Any]:
    known = {
        "read_bytes": GIB, "read_percent": 5.0, "unreadable_places": 0, "slow_reads": 0, "slowest_read_seconds": 0.1,
        "slow_zones": 0, "slow_zones_percent": [], "mib_per_second": 100.0, "profile_mib_per_second": [100.0] * 100,
    }  # fmt: skip
    return known | more


SATA_DISK = {"rotational": True, "transport": "sata"}


@pytest.mark.parametrize(
    ("given", "bad", "drive", "outcome", "words"),
    [
        ({}, 0, SATA_DISK, "pass", ""),
        ({}, 1, SATA_DISK, "degraded", "1 places can't be read, the first at LBA 7 (EIO), in 5.0 %"),
        ({}, 2, SATA_DISK, "fail", "2 places"),  # of a twentieth: 40 on the whole drive
        ({"read_percent": 100.0}, 2, SATA_DISK, "degraded", "in 100.0 %"),
        ({"read_percent": 100.0}, 16, SATA_DISK, "fail", "replace it"),
        ({"read_percent": 0.0, "read_bytes": 0}, 1, SATA_DISK, "fail", "replace it"),
        ({"read_bytes": 0}, 0, SATA_DISK, "fail", "Nothing could be read"),
        ({"slow_zones": 2, "slow_zones_percent": [3, 50]}, 0, SATA_DISK, "degraded", "in 2 places (at 3 %, 50 %)"),
        ({"slow_reads": 1}, 0, SATA_DISK, "pass", ""),
        ({"slow_reads": 2, "slowest_read_seconds": 6.5}, 0, SATA_DISK, "degraded", "2 reads hung, the longest 6.5 s"),
        ({"mib_per_second": 12.0}, 0, SATA_DISK, "degraded", "reads only 12 MiB/s"),
        ({"mib_per_second": 12.0}, 0, {"rotational": True, "transport": "usb"}, "pass", ""),
        ({"mib_per_second": 60.0}, 0, {"rotational": False, "transport": "sata"}, "degraded", "60 MiB/s"),
    ],
)
def test_what_a_reading_means(given: dict[str, Any], bad: int, drive: dict[str, Any], outcome: str, words: str) -> None:
    judged = judge(figures(**given), [{"lba": 7, "error": "EIO"}] * bad, drive)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason


# -- real devices ------------------------------------------------------------------------------------


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[LoopDisk]:
    if not ROOT:
        pytest.skip("loop devices need the administrator")
    with LoopDisk(tmp_path / "disk.img", 96 * MIB + 4096) as disk:
        yield disk


@pytest.mark.parametrize("mode", ["sampled", "full"])
def test_a_sound_loop_device_reads_and_is_never_opened_for_writing(
    loop: LoopDisk, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags: list[int] = []
    real = os.open

    def watched(path: str, how: int, *more: Any, **named: Any) -> int:
        if str(path) == loop.path:
            flags.append(how)
        return real(path, how, *more, **named)

    monkeypatch.setattr(os, "open", watched)
    target = {"path": loop.path, "rotational": True, "transport": "loop"}
    outcome = run_test(Request(target, {"surface": mode, "surface_seconds": 60}, {}))
    assert outcome.outcome in ("pass", "degraded"), outcome.reason  # a busy host may stutter
    assert outcome.figures["unreadable_places"] == 0
    if mode == "full":
        assert outcome.figures["read_bytes"] == 96 * MIB + 4096
    assert flags
    assert all(how & os.O_ACCMODE == os.O_RDONLY for how in flags)


def test_another_drive_under_the_same_name_is_not_read(loop: LoopDisk) -> None:
    with pytest.raises(DriveGone, match="another drive"):
        Drive(loop.path, "8:250")


def test_the_medium_we_run_from_and_off_are_skipped() -> None:
    gone = {"path": "/dev/no-such-drive"}
    assert run_test(Request(gone | {"boot_medium": True}, {}, {})).outcome == "skipped"
    assert run_test(Request(gone, {"surface": "off"}, {})).outcome == "skipped"
    assert run_test(Request(gone, {}, {})).outcome == "fail"


def test_figures_of_nothing_can_be_told() -> None:
    assert figures_of(reading(), SATA_DISK)["mib_per_second"] == 0.0
