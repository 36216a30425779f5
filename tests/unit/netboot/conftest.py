"""A controller with a built live image of a few bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from controller.netboot.files import LIVE_SCHEMA, TFTP_FILES
from controller.settings import Settings


def write_live(folder: Path, squashfs: bytes = b"hsqs the system") -> None:
    """A live image's folder, as `recyclerie image build live` leaves it."""
    names = {*TFTP_FILES.values(), "live.squashfs"}
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(squashfs if name == "live.squashfs" else name.encode())
    files = {
        name: {
            "size_bytes": (folder / name).stat().st_size,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in names
    }
    manifest = {"schema": LIVE_SCHEMA, "version": "20250101-aaaa", "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a workshop on 192.0.2.1, with a live image."""
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    write_live(tmp_path / "images" / "live")
    # Said here, not left to the environment: these tests write into it, and a real image must not be what they hit.
    return Settings(data_dir=tmp_path, image_dir=tmp_path / "images", public_address="192.0.2.1", site="aix")
