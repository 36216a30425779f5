"""The writer on plain files, with errors put in its way, and the validator's word on what it wrote."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from agent.jobs import erase_write
from agent.jobs.erase_write import MAX_ERRORS, ZeroWriter
from agent.jobs.validate_read import Validator

MIB = 2**20
SIZE = 9 * MIB + 512


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "drive"
    path.write_bytes(b"\x5a" * SIZE)
    return path


def write(path: Path, size: int = SIZE) -> erase_write.WriterReport:
    fd = os.open(path, os.O_RDWR)
    try:
        return ZeroWriter(fd, size, advance=lambda _: None, stopping=lambda: False).run()
    finally:
        os.close(fd)


def validate(path: Path, size: int = SIZE) -> dict[str, object]:
    return Validator(str(path), size, expected_number="0:0").run()


def test_zeros_to_the_last_byte(file: Path) -> None:
    report = write(file)
    assert report.completed
    assert report.bytes_written == SIZE
    assert file.read_bytes().count(0) == SIZE
    found = validate(file)
    assert found["completed"]
    assert (found["bytes_read"], found["nonzero"], found["errors"]) == (SIZE, [], [])
    assert found["ended_at"]


def test_bad_sectors_do_not_keep_the_rest_from_being_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, bad = os.pwrite, 5 * MIB + 1000

    def failing(fd: int, data: memoryview, offset: int) -> int:
        if offset <= bad < offset + len(data):
            raise OSError(errno.EIO, "bad sector")
        return real(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", failing)
    report = write(file)
    assert report.completed
    assert len(report.errors) == 1
    assert report.errors[0]["offset"] == 5 * MIB
    assert report.bytes_written == SIZE - erase_write.PIECE_BYTES
    left = file.read_bytes()
    assert left.count(0x5A) == erase_write.PIECE_BYTES


def test_short_writes_are_continued(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: real(fd, data[:65536], offset))
    assert write(file).bytes_written == SIZE
    assert file.read_bytes().count(0) == SIZE


@pytest.mark.parametrize(
    ("number", "most", "said"),
    [(errno.EIO, MAX_ERRORS, "given up"), (errno.ENODEV, 1, "gone"), (errno.ENXIO, 1, "gone")],
)
def test_a_dead_drive_is_given_up_soon(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int, most: int, said: str
) -> None:
    def failing(fd: int, data: memoryview, offset: int) -> int:
        raise OSError(number, "dead")

    monkeypatch.setattr(os, "pwrite", failing)
    report = write(file)
    assert not report.completed
    assert said in report.stopped
    assert len(report.errors) == most
    assert report.bytes_written == 0


def test_a_slow_death_is_given_up_by_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def failing(fd: int, data: memoryview, offset: int) -> int:
        clock[0] += 30.0  # what a SATA drive takes for one failing command
        raise OSError(errno.EIO, "slow")

    monkeypatch.setattr(os, "pwrite", failing)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    report = write(file)
    assert len(report.errors) <= 4
    assert "failing writes" in report.stopped


def test_a_failing_flush_is_an_error(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(fd: int) -> None:
        raise OSError(errno.EIO, "cache")

    monkeypatch.setattr(os, "fdatasync", failing)
    report = write(file)
    assert report.errors == [{"offset": SIZE, "length": 0, "error": "flush: EIO"}]


def test_stopping(file: Path) -> None:
    fd = os.open(file, os.O_RDWR)
    try:
        report = ZeroWriter(fd, SIZE, advance=lambda _: None, stopping=lambda: True).run()
    finally:
        os.close(fd)
    assert (report.completed, report.stopped, report.bytes_written) == (False, "stopped from outside", 0)
