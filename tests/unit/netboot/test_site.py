"""site.cpio: what the kernel unpacks is what the boot script reads."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from controller.netboot.site import Site, cpio, site_files, write_site

SITE = Site(
    site="aix",
    controller_url="https://192.0.2.1:8443",
    boot_url="http://192.0.2.1:8080/boot",
    live_sha256="ab" * 32,
    ca_pem="-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
    authorized_keys=("ssh-ed25519 AAAA recyclerie",),
)


def unpack(archive: bytes, folder: Path) -> None:
    if not shutil.which("cpio"):
        pytest.skip("needs cpio (apt-get install cpio)")
    subprocess.run(["cpio", "-id", "--quiet"], input=archive, cwd=folder, capture_output=True, check=True)


def test_another_program_unpacks_it(tmp_path: Path) -> None:
    unpack(cpio(site_files(SITE)), tmp_path)
    for name, content in site_files(SITE).items():
        assert (tmp_path / name).read_bytes() == content


def test_site_json_is_the_contracts(tmp_path: Path) -> None:
    known = json.loads(site_files(SITE)["recyclerie/site.json"])
    assert known == {
        "site": "aix",
        "controller_url": "https://192.0.2.1:8443",
        "boot_url": "http://192.0.2.1:8080/boot",
        "live_sha256": "ab" * 32,
        "ca_pem": SITE.ca_pem,
        "authorized_keys": ["ssh-ed25519 AAAA recyclerie"],
    }


def test_agent_json_has_a_place_for_the_images_version() -> None:
    agent = json.loads(site_files(SITE)["recyclerie/agent.json"])
    assert agent["mode"] == "live"
    assert agent["image_version"] == "@IMAGE_VERSION@"
    assert agent["token_file"] == "/run/recyclerie/token"


def test_boot_env_can_be_read_by_a_shell_without_running_it() -> None:
    lines = site_files(SITE)["recyclerie/boot.env"].decode().splitlines()
    assert lines == ["BOOT_URL=http://192.0.2.1:8080/boot", f"LIVE_SHA256={'ab' * 32}"]


def test_it_can_stand_behind_another_initrd() -> None:
    archive = cpio(site_files(SITE))
    assert len(archive) % 512 == 0
    assert archive.startswith(b"070701")


def test_folders_come_before_their_files() -> None:
    archive = cpio({"a/b/c": b"1"})
    places = [archive.index(name + b"\0") for name in (b"a", b"a/b", b"a/b/c", b"TRAILER!!!")]
    assert places == sorted(places)


def test_written_whole_and_readable_by_the_tftp_server(tmp_path: Path) -> None:
    path = tmp_path / "tftp" / "site.cpio"
    write_site(path, SITE)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in path.parent.iterdir()] == ["site.cpio"]
