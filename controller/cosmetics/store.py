"""The photos' files: each under the name of its own SHA-256, readable by the controller alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from controller.errors import NotFound
from controller.i18n import N_
from controller.settings import Settings
from controller.trust.files import write_private

NAME = re.compile(r"[0-9a-f]{64}")


def keep(settings: Settings, jpeg: bytes) -> str:
    """Write a file, on the disk before this returns. Returns its SHA-256; the same bytes are kept once."""
    digest = hashlib.sha256(jpeg).hexdigest()
    path = path_of(settings, digest)
    if path.is_file() and path.stat().st_size == len(jpeg):
        return digest
    write_private(path, jpeg)
    return digest


def read(settings: Settings, digest: str) -> bytes:
    """A file's content.

    Raises:
        NotFound: it is gone.
    """
    try:
        return path_of(settings, digest).read_bytes()
    except FileNotFoundError:
        raise NotFound(
            N_("The file of this photo is gone."), N_("Restore it from the backup, or take the photo away.")
        ) from None


def remove(settings: Settings, digest: str) -> None:
    """Delete a file, if it is there."""
    path_of(settings, digest).unlink(missing_ok=True)


def path_of(settings: Settings, digest: str) -> Path:
    """Where a file lies. Only names that we gave: never a path of anybody's."""
    if not NAME.fullmatch(digest):
        raise ValueError(f"not the name of a photo: {digest[:80]!r}")
    return settings.photos_dir / f"{digest}.jpg"
