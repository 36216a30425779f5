"""The OS image of a profile, as the controller serves it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from controller.errors import NotFound
from controller.i18n import N_
from controller.settings import Settings


@dataclass(frozen=True, kw_only=True)
class OsImage:
    """A built image: its folder, what its manifest says, and the manifest's own hash."""

    profile: str
    folder: Path
    version: str
    size_bytes: int  # of the disk image, unpacked
    manifest_sha256: str


def os_image(settings: Settings, profile: str) -> OsImage:
    """The image of ``profile``.

    Raises:
        NotFound: it was not built.
    """
    folder = settings.image_dir / "os" / profile
    manifest = folder / "manifest.json"
    if not manifest.is_file() or not (folder / "image.zst").is_file():
        raise NotFound(
            N_("The system image “{profile}” has not been built."),
            N_("Run: recyclerie image build os --profile {profile}"),
            profile=profile,
        )
    data = manifest.read_bytes()
    content = json.loads(data)
    return OsImage(
        profile=profile,
        folder=folder,
        version=str(content["version"]),
        size_bytes=int(content["size_bytes"]),
        manifest_sha256=hashlib.sha256(data).hexdigest(),
    )


def built_profiles(settings: Settings) -> list[str]:
    """The profiles whose image is there."""
    return sorted(p.parent.name for p in (settings.image_dir / "os").glob("*/manifest.json"))
