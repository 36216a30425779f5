"""A disk image in frames: holes, the last short chunk, damage found, order kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from images.chunks import decompress, nonzero_chunks, pack, unpack
from images.errors import ImageError

pytestmark = pytest.mark.skipif(not shutil.which("zstd"), reason="needs zstd (apt-get install zstd)")

CHUNK = 64 * 1024


def disk_of(path: Path, size: int, *parts: tuple[int, bytes]) -> Path:
    with path.open("wb") as out:
        out.truncate(size)
        for offset, content in parts:
            out.seek(offset)
            out.write(content)
    return path


def test_round_trip_with_holes_and_a_short_end(tmp_path: Path) -> None:
    data = os.urandom(3000)
    size = 10 * CHUNK + 777
    disk = disk_of(tmp_path / "disk", size, (5, b"first"), (3 * CHUNK - 10, data), (size - 3, b"end"))
    packed = pack(disk, tmp_path / "image.zst", level=1, chunk_bytes=CHUNK)
    assert [chunk["offset"] // CHUNK for chunk in packed["chunks"]] == [0, 2, 3, 10]
    assert packed["chunks"][-1]["length"] == 777
    assert packed["chunks"][0]["file_offset"] == 0
    unpack(tmp_path / "image.zst", packed["chunks"], packed["size_bytes"], tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == disk.read_bytes()


def test_frames_are_independent_and_lie_end_to_end(tmp_path: Path) -> None:
    disk = disk_of(tmp_path / "disk", 4 * CHUNK, (0, b"a"), (2 * CHUNK, b"b"))
    packed = pack(disk, tmp_path / "image.zst", level=1, chunk_bytes=CHUNK)
    whole = (tmp_path / "image.zst").read_bytes()
    end = 0
    for chunk in packed["chunks"]:
        assert chunk["file_offset"] == end
        end += chunk["file_length"]
        frame = whole[chunk["file_offset"] : end]
        assert decompress(frame) == disk.read_bytes()[chunk["offset"] : chunk["offset"] + chunk["length"]]
    assert end == len(whole)


def test_explicit_zeros_are_holes_too(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(b"\0" * CHUNK + b"x" * CHUNK)
    assert [offset for offset, _raw in nonzero_chunks(disk, CHUNK)] == [CHUNK]


def test_an_empty_disk_has_no_chunk(tmp_path: Path) -> None:
    packed = pack(disk_of(tmp_path / "disk", 5 * CHUNK), tmp_path / "i", level=1, chunk_bytes=CHUNK)
    assert packed["chunks"] == []
    assert packed["size_bytes"] == 5 * CHUNK


def test_damage_is_found(tmp_path: Path) -> None:
    packed = pack(disk_of(tmp_path / "disk", CHUNK, (0, b"abc")), tmp_path / "i", level=1, chunk_bytes=CHUNK)
    packed["chunks"][0]["sha256"] = "0" * 64
    with pytest.raises(ImageError, match="damaged"):
        unpack(tmp_path / "i", packed["chunks"], packed["size_bytes"], tmp_path / "out")


@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(1, 6 * 4096),
    parts=st.lists(st.tuples(st.integers(0, 6 * 4096), st.binary(min_size=1, max_size=200)), max_size=6),
)
def test_any_disk_comes_back(
    tmp_path_factory: pytest.TempPathFactory, size: int, parts: list[tuple[int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    disk = disk_of(folder / "disk", size, *[(o, c) for o, c in parts if o + len(c) <= size])
    packed = pack(disk, folder / "image", level=1, chunk_bytes=4096)
    unpack(folder / "image", packed["chunks"], packed["size_bytes"], folder / "again")
    assert (folder / "again").read_bytes() == disk.read_bytes()
