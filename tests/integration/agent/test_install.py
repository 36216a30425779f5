"""The install job on a real block device, from a real image over real TLS, with cables that are cut."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.jobs.layout import Partition, grown_root
from tests.integration.agent.certificates import make_authority
from tests.integration.agent.image_server import ImageServer
from tests.integration.agent.loops import LoopDisk, can_use_loops
from tests.integration.agent.played import PlayedPC
from tests.integration.agent.small_image import ROOT_UUID, make_image, needed

pytestmark = [
    pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices"),
    pytest.mark.skipif(bool(needed()), reason=f"needs {', '.join(needed())}"),
]

TOKEN = "l" * 40
DISK_BYTES = 1000 * 2**20 + 512 * 77  # no round size: the root's end is aligned down
PASSWORD_HASH = "$6$saltsalt$" + "h" * 86


class Bench:
    """An image, a server, a disk whose root partition has a node of its own, and a played PC."""

    def __init__(self, tmp_path: Path, manifest: dict[str, Any], folder: Path) -> None:
        self.manifest = manifest
        self.folder = folder
        self.tmp_path = tmp_path
        self.ca_file, certificate, key = make_authority(tmp_path / "tls")
        self.server = ImageServer(folder, certificate, key, token=TOKEN)
        self.pc = PlayedPC(tmp_path / "pc", url=self.server.url, ca_file=self.ca_file)
        (self.pc.folder / "token").write_text(TOKEN + "\n")
        self.disk = LoopDisk(tmp_path / "disk.raw", DISK_BYTES)

    def root_place(self) -> Partition:
        root = next(part for part in self.manifest["partitions"] if part["number"] == 3)
        return grown_root(Partition(3, root["start_bytes"], root["size_bytes"]), DISK_BYTES)

    def spec(self, **more: Any) -> dict[str, Any]:
        key = self.pc.plug(self.disk.path) | {"size_bytes": DISK_BYTES}
        return {
            "kind": "install",
            "drive": key,
            "zeroed": True,
            "profile": "mini",
            "controller_url": self.server.url,
            "manifest_path": "/api/agent/images/mini/manifest.json",
            "manifest_sha256": hashlib.sha256((self.folder / "manifest.json").read_bytes()).hexdigest(),
            "machine": {
                "hostname": "r-000007", "tag": "R-000007", "timezone": "Europe/Paris",
                "locale": "fr_FR.UTF-8", "keyboard": "fr:oss",
                "user": {"name": "famille", "full_name": "Famille", "password_hash": PASSWORD_HASH},
            },
            "resident": {
                "controller_url": "https://192.0.2.1:8443", "ca_pem": self.ca_file.read_text(), "token": "r" * 43,
                "authorized_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 controller"], "machine_id": 7,
            },
        } | more  # fmt: skip

    def install(self, job_id: str = "r1-install-d1", **more: Any) -> dict[str, Any]:
        return self.pc.run_job(self.pc.job(job_id, **self.spec(**more)))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("image")
    return make_image(folder / "mini", folder), folder / "mini"


@pytest.fixture
def bench(tmp_path: Path, image: tuple[dict[str, Any], Path]) -> Iterator[Bench]:
    bench = Bench(tmp_path, *image)
    with bench.server, bench.disk:
        place = bench.root_place()
        root = LoopDisk(bench.disk.file, offset=place.start_bytes, limit=place.size_bytes)
        with root:
            # This kernel scans no partitions: the root's node is made here, as the rig does.
            node = Path(bench.disk.path + "p3")
            node.symlink_to(root.path)
            try:
                yield bench
            finally:
                node.unlink()


def mounted_root(bench: Bench, where: Path) -> Path:
    where.mkdir()
    subprocess.run(["mount", "-o", "ro", bench.disk.path + "p3", where], check=True)
    return where


def test_a_system_is_installed_and_made_the_machines_own(bench: Bench, tmp_path: Path) -> None:
    result = bench.install()
    assert (result["state"], result["error"]) == ("succeeded", "")
    left = result["result"]
    assert left["hostname"] == "r-000007"
    assert left["image_version"] == "20260101-test"
    assert left["bytes_written"] == sum(chunk["length"] for chunk in bench.manifest["chunks"])
    assert left["bytes_written"] + left["bytes_skipped"] == bench.manifest["size_bytes"]
    assert set(left["timings"]) == {"check", "write", "verify", "grow", "personalise"}
    assert left["root_uuid"] != ROOT_UUID

    where = mounted_root(bench, tmp_path / "mnt")
    try:
        check_root(where, left, bench)
    finally:
        subprocess.run(["umount", where], check=True)
    check_disk(bench, left)


def check_root(root: Path, left: dict[str, Any], bench: Bench) -> None:
    def text(name: str) -> str:
        return (root / name).read_text()

    def mode(name: str) -> int:
        return stat.S_IMODE((root / name).stat().st_mode)

    assert text("etc/hostname") == "r-000007\n"
    assert "127.0.1.1\tr-000007" in text("etc/hosts")
    assert text("etc/machine-id").strip() == left["machine_id"]
    assert re.fullmatch("[0-9a-f]{32}", left["machine_id"])
    for name in ("etc/fstab", "boot/grub/grub.cfg"):
        assert left["root_uuid"] in text(name)
        assert ROOT_UUID not in text(name)
    keys = sorted(path.name for path in (root / "etc/ssh").glob("ssh_host*"))
    assert keys == ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]
    assert text("etc/ssh/ssh_host_ed25519_key.pub").split()[:2] == left["ssh_host_keys"][0].split()
    assert mode("etc/ssh/ssh_host_ed25519_key") == 0o600
    assert (root / "etc/localtime").readlink() == Path("/usr/share/zoneinfo/Europe/Paris")
    assert "LANG=fr_FR.UTF-8" in text("etc/locale.conf")
    assert 'XKBLAYOUT="fr"' in text("etc/default/keyboard")
    assert 'XKBVARIANT="oss"' in text("etc/default/keyboard")
    shadow = next(line for line in text("etc/shadow").splitlines() if line.startswith("famille:"))
    assert shadow.split(":")[1:3] == [PASSWORD_HASH, "0"]
    assert re.search(r"^sudo:x:27:famille$", text("etc/group"), re.MULTILINE)
    assert (root / "home/famille").is_dir()
    settings = json.loads(text("etc/recyclerie/agent.json"))
    assert settings["mode"] == "resident"
    assert settings["controller_url"] == "https://192.0.2.1:8443"
    assert settings["image_version"] == "20260101-test"
    assert text("etc/recyclerie/token") == "r" * 43 + "\n"
    assert mode("etc/recyclerie/token") == 0o600
    assert text("etc/recyclerie/ca.crt") == bench.ca_file.read_text()
    assert text("root/.ssh/authorized_keys") == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 controller\n"
    assert (mode("root/.ssh"), mode("root/.ssh/authorized_keys")) == (0o700, 0o600)
    assert mode("usr/bin/recyclerie-agent") == 0o755
    wants = root / "etc/systemd/system/multi-user.target.wants/recyclerie-agent.service"
    assert (root / str(wants.readlink()).lstrip("/")).read_text().startswith("# One unit")
    copied = root / "usr/lib/recyclerie/agent"
    done = subprocess.run(
        ["python3", "-m", "agent", "version"], env={"PYTHONPATH": str(copied.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip()
    assert not list(copied.rglob("__pycache__"))


def check_disk(bench: Bench, left: dict[str, Any]) -> None:
    verified = subprocess.run(["sgdisk", "--verify", bench.disk.path], capture_output=True, text=True, check=True)
    assert "No problems found" in verified.stdout
    info = subprocess.run(["sgdisk", "--info=3", bench.disk.path], capture_output=True, text=True, check=True).stdout
    place = bench.root_place()
    assert f"First sector: {place.first_sector} " in info
    assert f"Last sector: {place.last_sector} " in info
    assert "Partition name: 'recyclerie'" in info
    facts = subprocess.run(
        ["dumpe2fs", "-h", bench.disk.path + "p3"], capture_output=True, text=True, check=True
    ).stdout
    assert left["root_uuid"] in facts
    blocks = re.search(r"^Block count: +(\d+)", facts, re.MULTILINE)
    assert blocks
    assert int(blocks.group(1)) == place.size_bytes // 4096
    subprocess.run(["e2fsck", "-fn", bench.disk.path + "p3"], check=True, capture_output=True)
    esp = next(part for part in bench.manifest["partitions"] if part["number"] == 2)
    menu = subprocess.run(
        ["mtype", "-i", f"{bench.disk.path}@@{esp['start_bytes']}", "::/EFI/debian/grub.cfg"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert left["root_uuid"] in menu
    # The boot code in front of the partition table is the image's, whatever sgdisk did to the table.
    with bench.disk.file.open("rb") as stream:
        boot = stream.read(512)
    assert boot[510:] == b"\x55\xaa"
    assert boot[446] == 0x80  # some BIOSes only start a disk with an active entry


def test_no_secret_is_in_log_or_result(bench: Bench) -> None:
    result = bench.install()
    folder = bench.pc.jobs_dir / "r1-install-d1"
    said = (folder / "log").read_text() + json.dumps(result) + (folder / "progress.json").read_text()
    for secret in ("r" * 43, TOKEN, PASSWORD_HASH):
        assert secret not in said


def test_a_cable_that_is_cut_twice_and_a_controller_that_restarts(bench: Bench) -> None:
    size = bench.manifest["chunks"][-1]["file_offset"] + bench.manifest["chunks"][-1]["file_length"]
    bench.server.cut_after = [size // 3, 1000]
    bench.server.fail_next = 2
    result = bench.install()
    assert (result["state"], result["error"]) == ("succeeded", "")
    asked = [request for request in bench.server.requests if request]
    assert len(asked) == 3
    assert int(asked[1].split("=")[1].split("-")[0]) > 0  # it went on where it was


def test_a_damaged_frame_is_fetched_again(bench: Bench) -> None:
    chunk = bench.manifest["chunks"][1]
    bench.server.damage = [chunk["file_offset"] + chunk["file_length"] // 2]
    result = bench.install()
    assert result["state"] == "succeeded"
    assert f"bytes={chunk['file_offset']}-{chunk['file_offset'] + chunk['file_length'] - 1}" in bench.server.requests


def test_old_data_in_the_holes_is_overwritten(bench: Bench, tmp_path: Path) -> None:
    """Whoever says ``zeroed`` without an erase: a look at the drive finds out, and the holes are written."""
    bench.disk.put(0, b"\xaa" * (bench.manifest["size_bytes"]))
    result = bench.install()
    assert result["state"] == "succeeded"
    assert result["result"]["bytes_skipped"] == 0
    assert "holes are written too" in (bench.pc.jobs_dir / "r1-install-d1/log").read_text()
    subprocess.run(["e2fsck", "-fn", bench.disk.path + "p3"], check=True, capture_output=True)
    covered = [(chunk["offset"], chunk["offset"] + chunk["length"]) for chunk in bench.manifest["chunks"]]
    with bench.disk.file.open("rb") as stream:
        for at in range(bench.root_place().start_bytes, bench.manifest["size_bytes"], 16 * 2**20):
            if not any(start <= at < end for start, end in covered):
                stream.seek(at)
                assert stream.read(4096).count(0xAA) == 0


def test_another_manifest_than_the_jobs_is_refused(bench: Bench) -> None:
    result = bench.install(manifest_sha256="0" * 64)
    assert result["state"] == "failed"
    assert "hash" in result["error"]
    assert bench.disk.first_nonzero() is None


def test_an_image_that_is_damaged_for_good_leaves_nothing_bootable(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    content = bytearray((bench.folder / "image.zst").read_bytes())
    chunk = bench.manifest["chunks"][-1]
    content[chunk["file_offset"] + chunk["file_length"] - 3] ^= 0xFF
    (folder / "image.zst").write_bytes(content)
    (folder / "manifest.json").write_bytes((bench.folder / "manifest.json").read_bytes())
    bench.server.folder = folder
    result = bench.install()
    assert result["state"] == "failed"
    assert "does not have its hash" in result["error"]
    with bench.disk.file.open("rb") as stream:
        assert stream.read(2**20).count(0) == 2**20  # no boot code, no partition table


def test_the_gate_also_guards_the_install(bench: Bench) -> None:
    result = bench.install(drive={"serial": "S9", "wwn": "", "model": "TEST DISK 1", "size_bytes": DISK_BYTES})
    assert result["state"] == "failed"
    assert "Nothing was written" in result["error"]
    assert bench.disk.first_nonzero() is None


def test_a_token_that_opens_nothing_ends_the_job(bench: Bench) -> None:
    (bench.pc.folder / "token").write_text("x" * 40)
    result = bench.install()
    assert result["state"] == "failed"
    assert "401" in result["error"]


def test_a_second_install_on_the_same_drive_works(bench: Bench) -> None:
    first = bench.install()
    second = bench.install("r1-install-d1-2", zeroed=False)
    assert (second["state"], second["error"]) == ("succeeded", "")
    assert first["result"]["machine_id"] != second["result"]["machine_id"]
    assert first["result"]["ssh_host_keys"] != second["result"]["ssh_host_keys"]
    subprocess.run(["e2fsck", "-fn", bench.disk.path + "p3"], check=True, capture_output=True)
