"""`recyclerie image`: the controller's command knows the controller's folders and its settings for a stick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from images.cli import folders_from_environment
from tests.unit.netboot.conftest import write_live


def recyclerie(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as an operator runs it, in a data folder of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECYCLERIE_")},
        "RECYCLERIE_CONFIG": "/nonexistent",
        "RECYCLERIE_DATA_DIR": str(tmp_path),
        "RECYCLERIE_PUBLIC_ADDRESS": "192.0.2.1",
    }
    return subprocess.run(
        [sys.executable, "-c", "from controller.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )


def test_a_stick_gets_the_workshops_settings(tmp_path: Path) -> None:
    write_live(tmp_path / "images" / "live")
    boot = tmp_path / "images" / "live" / "boot"
    for name, size in (("boot.img", 512), ("core.img", 2048), ("grubx64.efi", 10)):
        (boot / name).write_bytes(b"x" * size)
    done = recyclerie(tmp_path, "image", "usb", str(tmp_path / "stick.img"))
    if "is not installed" in done.stderr or "Missing on this machine" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["mtype", "-i", f"{tmp_path / 'stick.img'}@@1M", "::/live/site.cpio"], capture_output=True, check=True
    )
    assert b"https://192.0.2.1:8443" in shown.stdout


def test_without_an_image_the_way_to_one_is_named(tmp_path: Path) -> None:
    done = recyclerie(tmp_path, "image", "usb", str(tmp_path / "stick.img"))
    assert done.returncode == 1
    assert "recyclerie image build live" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_device_is_never_written(tmp_path: Path) -> None:
    write_live(tmp_path / "images" / "live")
    done = recyclerie(tmp_path, "image", "usb", "/dev/null")
    assert done.returncode == 1
    assert "/dev/null is not a file" in done.stderr


def test_an_unknown_profile_names_the_known_ones(tmp_path: Path) -> None:
    done = recyclerie(tmp_path, "image", "build", "os", "--profile", "bureau")
    assert done.returncode == 1
    assert "mini" in done.stderr


def test_folders_are_the_controllers_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "IMAGE_DIR", "CACHE_DIR", "DEFAULT_PROFILE"):
        monkeypatch.delenv(f"RECYCLERIE_{name}", raising=False)
    assert folders_from_environment() == (
        Path("/var/lib/recyclerie/images"),
        Path("~/.cache/recyclerie"),
        "famille",
    )
