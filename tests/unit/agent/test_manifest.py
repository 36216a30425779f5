"""Manifests: only the one that was promised, and only if it makes sense."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest

from agent.jobs.image_manifest import Manifest, ManifestError, holes, parse_manifest
from agent.jobs.image_write import worker_count

MIB = 2**20


def raw() -> dict[str, Any]:
    def chunk(offset: int, length: int, at: int) -> dict[str, Any]:
        return {"offset": offset, "length": length, "file_offset": at, "file_length": 100, "sha256": "ab" * 32}

    return {
        "schema": "recyclerie.osimage/1", "profile": "mini", "version": "1", "built_at": "", "size_bytes": 100 * MIB,
        "chunk_bytes": 16 * MIB, "root_uuid": "AAAA-1", "file_sha256": "", "packages": {},
        "partitions": [{"number": 3, "start_bytes": 2 * MIB, "size_bytes": 97 * MIB}],
        "chunks": [chunk(0, 16 * MIB, 0), chunk(48 * MIB, 16 * MIB, 200), chunk(16 * MIB, 16 * MIB, 100),
                   chunk(96 * MIB, 4 * MIB, 300)],
    }  # fmt: skip


def parse(value: dict[str, Any]) -> Manifest:
    text = json.dumps(value).encode()
    return parse_manifest(text, hashlib.sha256(text).hexdigest())


def test_a_manifest_and_its_holes() -> None:
    manifest = parse(raw())
    assert [chunk.offset for chunk in manifest.chunks] == [0, 16 * MIB, 48 * MIB, 96 * MIB]
    assert manifest.root_uuid == "aaaa-1"
    assert holes(manifest) == [(32 * MIB, 16 * MIB), (64 * MIB, 32 * MIB)]
    covered = sum(length for _, length in holes(manifest)) + manifest.content_bytes
    assert covered == manifest.size_bytes


def test_another_hash() -> None:
    text = json.dumps(raw()).encode()
    with pytest.raises(ManifestError, match="start the install step again"):
        parse_manifest(text, "0" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "recyclerie.osimage/2"},
        {"chunks": []},
        {"chunks": None},
        {"size_bytes": 50 * MIB},
        {"chunk_bytes": 0},
        {"chunk_bytes": 2**40},
        {"partitions": []},
        {"partitions": [{"number": 3, "start_bytes": 2 * MIB, "size_bytes": 99 * MIB}]},
    ],
)
def test_nonsense(change: dict[str, Any]) -> None:
    with pytest.raises(ManifestError):
        parse(raw() | change)


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (0, {"offset": 512}),  # nothing at the beginning of the disk
        (1, {"length": 17 * MIB}),
        (1, {"length": 0}),
        (1, {"offset": 48 * MIB + 1}),
        (2, {"offset": 8 * MIB}),  # overlaps the first
        (1, {"file_length": 0}),
        (1, {"file_offset": -1}),
        (3, {"offset": 2**60}),
        (3, {"sha256": None, "offset": "x"}),
    ],
)
def test_misplaced_chunks(number: int, change: dict[str, Any]) -> None:
    value = copy.deepcopy(raw())
    value["chunks"][number] |= change
    with pytest.raises(ManifestError):
        parse(value)


@pytest.mark.parametrize(
    ("memory", "processors", "workers"),
    [(None, 8, 1), (200 * MIB, 2, 1), (600 * MIB, 2, 2), (8192 * MIB, 2, 2), (8192 * MIB, 16, 4), (1, 1, 1)],
)
def test_workers_fit_the_memory(memory: int | None, processors: int, workers: int) -> None:
    assert worker_count(memory, processors, 16 * MIB) == workers
