"""Manifests: what an image is made of, as canonical JSON, so that its hash names it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from images.resources import replacing

LIVE_SCHEMA = "recyclerie.liveimage/1"
OS_SCHEMA = "recyclerie.osimage/1"


def canonical(value: Any) -> bytes:
    """RFC 8785 JSON of what our manifests hold: text, whole numbers, lists, objects. Raises ValueError else."""
    _only_whole(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _only_whole(value: Any) -> None:
    # RFC 8785 formats fractions as JavaScript does, which json.dumps doesn't: manifests have none.
    if isinstance(value, float):
        raise ValueError(f"no fractions in a manifest: {value!r}")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _only_whole(part)


def write_manifest(path: Path, manifest: dict[str, Any]) -> str:
    """Write it whole or not at all; returns the SHA-256 of its bytes."""
    content = canonical(manifest)
    with replacing(path) as new:
        new.write_bytes(content)
        new.chmod(0o644)
    return hashlib.sha256(content).hexdigest()


def read_manifest(path: Path, schema: str) -> dict[str, Any] | None:
    """The manifest at ``path``; None where there is none of this schema."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == schema else None


def file_entry(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file, as manifests name them."""
    return {"size_bytes": path.stat().st_size, "sha256": file_sha256(path)}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
