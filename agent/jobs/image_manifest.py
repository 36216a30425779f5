"""The manifest of an OS image: what to write where, each chunk with its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from agent.errors import AgentError
from agent.jobs.layout import ROOT_NUMBER, SECTOR, Partition, find_partition

SCHEMA = "recyclerie.osimage/1"
MAX_CHUNK_BYTES = 64 * 2**20


class ManifestError(AgentError):
    """The manifest is not what was authorised, or makes no sense."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of the disk image that is not all zeros, and where its zstd frame lies in the file. Bytes."""

    offset: int
    length: int
    file_offset: int
    file_length: int
    sha256: str  # of the raw content


@dataclass(frozen=True)
class Manifest:
    """An OS image."""

    profile: str
    version: str
    size_bytes: int  # of the whole disk image
    chunk_bytes: int
    root_uuid: str
    partitions: tuple[Partition, ...]
    chunks: tuple[Chunk, ...]  # by offset

    @property
    def content_bytes(self) -> int:
        """What is written when holes are left out."""
        return sum(chunk.length for chunk in self.chunks)

    @property
    def root(self) -> Partition:
        part = find_partition(self.partitions, ROOT_NUMBER)
        if part is None:
            raise ManifestError(f"The image {self.profile} has no partition {ROOT_NUMBER}.")
        return part


def parse_manifest(text: bytes, sha256: str) -> Manifest:
    """The manifest, if it is the one whose hash came with the job. Raises ManifestError."""
    found = hashlib.sha256(text).hexdigest()
    if found != sha256.lower():
        raise ManifestError(
            f"The image's manifest has the hash {found[:16]}…, the job says {sha256[:16]}….",
            hint="The image was built again meanwhile: start the install step again.",
        )
    try:
        raw = json.loads(text)
        if raw["schema"] != SCHEMA:
            raise ManifestError(
                f"The image is of schema {raw['schema']!r}, this agent knows {SCHEMA}.",
                hint="Build the live image and the OS image with the same version.",
            )
        manifest = Manifest(
            profile=str(raw["profile"]),
            version=str(raw["version"]),
            size_bytes=int(raw["size_bytes"]),
            chunk_bytes=int(raw["chunk_bytes"]),
            root_uuid=str(raw["root_uuid"]).lower(),
            partitions=tuple(
                Partition(int(p["number"]), int(p["start_bytes"]), int(p["size_bytes"])) for p in raw["partitions"]
            ),
            chunks=tuple(sorted((_chunk(c) for c in raw["chunks"]), key=lambda chunk: chunk.offset)),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise ManifestError(
            f"The image's manifest can't be understood: {problem!r}.", hint="Build the image again."
        ) from problem
    _check(manifest)
    return manifest


def _chunk(raw: dict[str, Any]) -> Chunk:
    return Chunk(
        int(raw["offset"]),
        int(raw["length"]),
        int(raw["file_offset"]),
        int(raw["file_length"]),
        str(raw["sha256"]).lower(),
    )


def _check(manifest: Manifest) -> None:
    """Refuse what would be written to a wrong place or eat the memory."""
    if not manifest.chunks or manifest.chunks[0].offset != 0:
        raise ManifestError("The image has no first chunk: it can't be bootable.", hint="Build the image again.")
    if not 0 < manifest.chunk_bytes <= MAX_CHUNK_BYTES:
        raise ManifestError(f"The image's chunks of {manifest.chunk_bytes} bytes are too large.")
    end = 0
    for chunk in manifest.chunks:
        whole = chunk.offset % SECTOR == 0 and chunk.length % SECTOR == 0
        if chunk.offset < end or not whole or not 0 < chunk.length <= manifest.chunk_bytes:
            raise ManifestError(f"The image's chunk at byte {chunk.offset} is misplaced.", hint="Build it again.")
        if chunk.file_offset < 0 or not 0 < chunk.file_length <= 2 * MAX_CHUNK_BYTES:
            raise ManifestError(f"The image's chunk at byte {chunk.offset} has no place in the file.")
        end = chunk.offset + chunk.length
    if end > manifest.size_bytes or manifest.root.end_bytes > manifest.size_bytes:
        raise ManifestError("The image's parts reach beyond its size.", hint="Build the image again.")


def holes(manifest: Manifest) -> list[tuple[int, int]]:
    """The stretches (offset, length) of the image that no chunk covers: zeros."""
    found = []
    at = 0
    for chunk in manifest.chunks:
        if chunk.offset > at:
            found.append((at, chunk.offset - at))
        at = chunk.offset + chunk.length
    if at < manifest.size_bytes:
        found.append((at, manifest.size_bytes - at))
    return found
