"""The plain HTTP service: boot files, ranges, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controller.netboot.bootapp import create_boot_app
from controller.netboot.bootmode import set_boot_mode
from controller.netboot.files import live_dir, prepare_tftp
from controller.settings import Settings
from tests.unit.netboot.conftest import write_live


@pytest.fixture
def client(settings: Settings) -> TestClient:
    prepare_tftp(settings)
    return TestClient(create_boot_app(settings), base_url="http://192.0.2.1:8080")


@pytest.mark.parametrize("name", ["live.squashfs", "vmlinuz", "initrd.img", "site.cpio"])
def test_the_four_files(client: TestClient, name: str) -> None:
    answer = client.get(f"/boot/{name}")
    assert answer.status_code == 200
    assert answer.content
    assert client.head(f"/boot/{name}").headers["content-length"] == str(len(answer.content))


def test_ranges_for_a_download_that_was_cut(client: TestClient) -> None:
    answer = client.get("/boot/live.squashfs", headers={"Range": "bytes=5-7"})
    assert answer.status_code == 206
    assert answer.content == b"the"
    assert client.get("/boot/live.squashfs", headers={"Range": "bytes=999-"}).status_code == 416


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/boot",
        "/boot/",
        "/boot/manifest.json",
        "/boot/boot/shimx64.efi",
        "/boot/../keys/ca.key",
        "/boot/%2e%2e/keys/ca.key",
        "/boot/..%2fkeys%2fca.key",
        "/boot/..%252f..%252fkeys%252fca.key",
        "/boot//etc/passwd",
        "/boot/live.squashfs/../../keys/ca.key",
        "/boot/site.cpio%00",
        "/keys/ca.key",
        "/api/machines",
        "/openapi.json",
        "/docs",
    ],
)
def test_nothing_else(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_only_reading(client: TestClient, method: str) -> None:
    assert getattr(client, method)("/boot/vmlinuz").status_code == 405


def test_ipxe_by_machine(client: TestClient, settings: Settings) -> None:
    assert "chain" in client.get("/boot/ipxe").text
    assert "chain" in client.get("/boot/ipxe?mac=../../x").text
    mac = "52:54:00:00:00:01"
    live = client.get(f"/boot/ipxe?mac={mac}")
    assert live.headers["content-type"].startswith("text/plain")
    assert "http://192.0.2.1:8080/boot/vmlinuz" in live.text
    set_boot_mode(settings, [mac], "local")
    assert "sanboot" in client.get(f"/boot/ipxe?mac={mac.upper()}").text


def test_a_new_live_image_gets_a_new_site_file(client: TestClient, settings: Settings) -> None:
    before = client.get("/boot/site.cpio").content
    write_live(live_dir(settings), b"hsqs another system")
    later = (settings.tftp_dir / "site.cpio").stat().st_mtime + 10
    os.utime(live_dir(settings) / "manifest.json", (later, later))
    assert client.get("/boot/site.cpio").content != before


def test_no_image_yet_is_404_not_a_crash(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, image_dir=tmp_path / "images", public_address="192.0.2.1")
    client = TestClient(create_boot_app(settings))
    for name in ("live.squashfs", "site.cpio", "vmlinuz"):
        assert client.get(f"/boot/{name}").status_code == 404
