"""Profiles: the two that ship, and what is wrong with one that doesn't work."""

from __future__ import annotations

from pathlib import Path

import pytest

from images.errors import ImageError
from images.options import BuildOptions, options_from_environment
from images.profile import GROUP_VARS, load_profile, parse_profile

AGENT_NEEDS = {"python3", "python3-psutil", "python3-pyudev", "python3-websockets", "smartmontools", "dmidecode"}
BOOT_NEEDS = {
    *("linux-image-amd64", "systemd-sysv", "grub2-common", "grub-pc-bin", "grub-efi-amd64"),
    *("grub-efi-amd64-signed", "shim-signed", "openssh-server"),
}


@pytest.mark.parametrize("name", [path.stem.removeprefix("profile_") for path in GROUP_VARS.glob("profile_*.yml")])
def test_every_profile_boots_and_runs_the_agent(name: str) -> None:
    profile = load_profile(name)
    assert set(profile.packages) >= AGENT_NEEDS | BOOT_NEEDS
    assert len(set(profile.packages)) == len(profile.packages), "a package is named twice"
    assert profile.locale in profile.locales


def test_famille_has_what_a_family_needs() -> None:
    packages = set(load_profile("famille").packages)
    assert packages >= {
        *("xfce4", "xserver-xorg", "lightdm", "libreoffice-writer", "libreoffice-l10n-fr", "hunspell-fr"),
        *("firefox-esr", "firefox-esr-l10n-fr", "atril", "clamav", "clamtk", "x11vnc", "cups", "network-manager"),
        "sudo",
    }


def test_firmware_is_an_option() -> None:
    profile = load_profile("famille")
    assert profile.firmware
    with_it = profile.recipe(BuildOptions(mirror="http://m/debian"))
    without = profile.recipe(BuildOptions(mirror="http://m/debian", firmware=False))
    assert set(with_it.packages) - set(without.packages) == set(profile.firmware)
    assert with_it.key() != without.key()


def test_a_recipes_key_is_its_content_not_its_mirror() -> None:
    profile = load_profile("mini")
    one = profile.recipe(BuildOptions(mirror="http://one/debian"))
    assert one.key() == profile.recipe(BuildOptions(mirror="http://two/debian")).key()
    assert (
        one.key()
        != parse_profile("mini", {"profile_packages": ["nano"]}).recipe(BuildOptions(mirror="http://m/d")).key()
    )


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ImageError, match="famille, mini"):
        load_profile("bureau")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "Famille", "a b"])
def test_a_name_that_is_a_path_is_refused(name: str) -> None:
    with pytest.raises(ImageError, match="name"):
        load_profile(name)


def test_a_file_without_packages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profile_empty.yml").write_text("profile_image_title: Rien\n")
    with pytest.raises(ImageError, match="profile_packages"):
        load_profile("empty", tmp_path)
    (tmp_path / "profile_broken.yml").write_text("a: [b\n")
    with pytest.raises(ImageError, match="not YAML"):
        load_profile("broken", tmp_path)


def test_options_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLERIE_IMAGE_FIRMWARE", "0")
    monkeypatch.setenv("RECYCLERIE_IMAGE_MIRROR", "http://m/debian")
    assert options_from_environment() == BuildOptions(firmware=False, mirror="http://m/debian")
    monkeypatch.delenv("RECYCLERIE_IMAGE_FIRMWARE")
    assert options_from_environment(renew=True).firmware
