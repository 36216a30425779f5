"""The lab's own file formats: PNG of a screen, cpio of the probe's initrd, progress lines."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.lab.acceleration import _cpio
from tests.lab.errors import LabError
from tests.lab.reporting import Lines, bar, duration
from tests.lab.virtualpc import ppm_to_png


def test_a_screendump_becomes_a_png() -> None:
    pixels = bytes(range(12))
    png = ppm_to_png(b"P6\n2 2\n255\n" + pixels)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (2, 2)
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    assert zlib.decompress(png[at + 4 : at + 4 + length]) == b"\0" + pixels[:6] + b"\0" + pixels[6:]


def test_another_picture_format_is_refused() -> None:
    with pytest.raises(LabError, match="P5"):
        ppm_to_png(b"P5\n2 2\n255\n" + bytes(4))


def test_the_probe_archive_is_a_newc_cpio() -> None:
    archive = _cpio({"dev": (0o40755, b"", (0, 0)), "init": (0o100755, b"#!", (0, 0))})
    assert len(archive) % 4 == 0
    assert archive.count(b"070701") == 3
    assert archive.endswith(b"TRAILER!!!\0\0\0\0") or b"TRAILER!!!" in archive[-20:]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (125.2, "2 min 05 s")])
def test_durations_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_bar_never_lies() -> None:
    assert bar(0, 0) == ""
    assert bar(5, 10).endswith(" 50 %")
    assert bar(11, 10).endswith("100 %")


def test_a_log_gets_a_line_now_and_then_not_each_second() -> None:
    out = io.StringIO()
    lines = Lines(out)
    for _ in range(5):
        lines.wait("erase", "[##--]  50 %")
    lines.done("erase", seconds=12)
    assert out.getvalue().count("▸") == 1
    assert "✔ erase" in out.getvalue()
