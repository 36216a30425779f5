"""The TFTP root."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from controller.errors import RecyclerieError
from controller.netboot.files import boot_address, live_dir, prepare_tftp, remember_address, site_of
from controller.settings import Settings


def test_everything_a_pc_asks_for(settings: Settings) -> None:
    root = prepare_tftp(settings)
    names = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert names == {
        *("shimx64.efi", "grubx64.efi", "mmx64.efi", "undionly.kpxe", "vmlinuz", "initrd.img", "site.cpio"),
        "grub/grub.cfg",
    }
    # shim asks for grubx64.efi; over the network that must be the network GRUB.
    assert (root / "grubx64.efi").read_bytes() == b"boot/grubnetx64.efi"
    assert "192.0.2.1" in (root / "grub" / "grub.cfg").read_text()
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in root.rglob("*"))


def test_again_keeps_what_a_machine_was_told_and_follows_a_new_image(settings: Settings) -> None:
    root = prepare_tftp(settings)
    told = root / "grub" / "machines" / "52:54:00:00:00:01.cfg"
    told.write_text("set recyclerie_boot=local\n")
    (live_dir(settings) / "vmlinuz").write_bytes(b"a newer kernel")
    prepare_tftp(settings)
    assert told.exists()
    assert (root / "vmlinuz").read_bytes() == b"a newer kernel"
    assert not list(root.rglob("*.new"))


def test_the_systems_hash_is_the_manifests(settings: Settings) -> None:
    site = site_of(settings)
    assert site.live_sha256 == hashlib.sha256(b"hsqs the system").hexdigest()
    assert site.controller_url == "https://192.0.2.1:8443"
    assert site.boot_url == "http://192.0.2.1:8080/boot"
    assert site.ca_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert site.authorized_keys[0].startswith("ssh-ed25519 ")


def test_an_operators_authority_is_the_one_trusted(settings: Settings, tmp_path: Path) -> None:
    authority = tmp_path / "theirs.pem"
    authority.write_text("theirs")
    other = settings.model_copy(update={"tls_certificate": tmp_path / "c.pem", "tls_ca": authority})
    assert site_of(other).ca_pem == "theirs"


@pytest.mark.parametrize("damage", ["missing", "half", "old"])
def test_no_image_says_how_to_build_one(settings: Settings, damage: str) -> None:
    manifest = live_dir(settings) / "manifest.json"
    if damage == "missing":
        manifest.unlink()
    elif damage == "half":
        manifest.write_text('{"schema": ')
    else:
        manifest.write_text(json.dumps({"schema": "recyclerie.liveimage/0"}))
    with pytest.raises(RecyclerieError, match="recyclerie image build live"):
        prepare_tftp(settings)


def test_the_boot_networks_address_is_remembered(settings: Settings) -> None:
    assert boot_address(settings) == "192.0.2.1"
    free = settings.model_copy(update={"public_address": ""})
    remember_address(free, "10.9.8.7")
    assert boot_address(free) == "10.9.8.7"
    assert boot_address(settings) == "192.0.2.1", "the operator's setting comes first"
