"""The real dnsmasq in a network namespace: what each kind of PC is offered, and the files over TFTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.netboot.bootmode import set_boot_mode
from controller.settings import Settings
from tests.unit.netboot.conftest import write_live

PROBE = Path(__file__).with_name("dhcp_probe.py")
PROGRAM = shutil.which("dnsmasq", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(PROGRAM is None, reason="needs dnsmasq (apt-get install dnsmasq-base)"),
    pytest.mark.skipif(not shutil.which("ip"), reason="needs ip (apt-get install iproute2)"),
]


class Room:
    """Two namespaces joined by a wire: the controller on 10.78.0.1, a PC on the other end."""

    def __init__(self, folder: Path) -> None:
        self.mine, self.pc = f"rcy-nb-{os.getpid()}", f"rcy-pc-{os.getpid()}"
        self.environment = {
            **os.environ,
            "RECYCLERIE_CONFIG": "/nonexistent",
            "RECYCLERIE_DATA_DIR": str(folder / "data"),
            "RECYCLERIE_IMAGE_DIR": str(folder / "images"),
        }
        self.environment.pop("RECYCLERIE_PUBLIC_ADDRESS", None)
        self.settings = Settings(data_dir=folder / "data", image_dir=folder / "images", public_address="10.78.0.1")
        self.processes: list[subprocess.Popen[bytes]] = []

    def build(self) -> None:
        for name in (self.mine, self.pc):
            self.ip("netns", "add", name)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("link", "add", "wire", "netns", self.mine, "type", "veth", "peer", "name", "pc", "netns", self.pc)
        self.ip("-n", self.mine, "address", "add", "10.78.0.1/24", "dev", "wire")
        self.ip("-n", self.mine, "link", "set", "wire", "up")
        # An address of its own, so that it can ask for files; what it is offered is read, not taken.
        self.ip("-n", self.pc, "address", "add", "10.78.0.9/24", "dev", "pc")
        self.ip("-n", self.pc, "link", "set", "pc", "up")

    def ip(self, *arguments: str) -> None:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
        if done.returncode and "netns" in arguments:
            pytest.skip(f"no network namespaces here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr

    def inside(self, name: str, *command: str | Path) -> list[str]:
        return ["ip", "netns", "exec", name, *(str(part) for part in command)]

    def netboot(self, *options: str) -> subprocess.CompletedProcess[str]:
        """`recyclerie netboot …` where it must end by itself."""
        return subprocess.run(
            self.inside(self.mine, *NETBOOT, *options),
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
            timeout=60,
        )

    def serve(self, *options: str) -> None:
        """`recyclerie netboot run …` until the end of the test."""
        self.processes.append(
            subprocess.Popen(
                self.inside(self.mine, *NETBOOT, "run", "--interface", "wire", *options), env=self.environment
            )
        )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            shown = subprocess.run(self.inside(self.mine, "ss", "-lun"), capture_output=True, text=True, check=True)
            if ":69 " in shown.stdout:
                return
            assert self.processes[-1].poll() is None, "recyclerie netboot ended"
            time.sleep(0.1)
        pytest.fail("dnsmasq did not come up")

    def ask(self, architecture: int, *words: str) -> list[dict[str, object]]:
        """What a PC of this architecture is answered."""
        done = subprocess.run(
            self.inside(self.pc, sys.executable, PROBE, "pc", str(architecture), *words),
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return list(json.loads(done.stdout))

    def tftp(self, name: str) -> subprocess.CompletedProcess[bytes]:
        """A file over TFTP."""
        return subprocess.run(
            self.inside(self.pc, "curl", "--silent", "--max-time", "10", f"tftp://10.78.0.1/{name}"),
            capture_output=True,
            check=False,
        )

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(timeout=15)
        for name in (self.mine, self.pc):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


NETBOOT = (sys.executable, "-c", "from controller.netboot.cli import app; app()")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    tmp_path.chmod(0o755)
    made = Room(tmp_path)
    write_live(tmp_path / "images" / "live")
    try:
        made.build()
        yield made
    finally:
        made.end()


def test_own_dhcp_gives_each_pc_its_loader(room: Room) -> None:
    room.serve("--own-dhcp", "10.78.0.100,10.78.0.150")
    for architecture in (7, 9):
        (offer,) = room.ask(architecture, "one")
        assert offer["file"] == "shimx64.efi"
        assert str(offer["address"]).startswith("10.78.0.1")
        assert offer["server"] == "10.78.0.1"
    (bios,) = room.ask(0, "one")
    assert bios["file"] == "undionly.kpxe"
    (ipxe,) = room.ask(0, "ipxe", "one")
    assert ipxe["file"] == "http://10.78.0.1:8080/boot/ipxe"
    # iPXE in a UEFI card still goes by shim: an unsigned kernel can't pass Secure Boot.
    assert room.ask(7, "ipxe", "one")[0]["file"] == "shimx64.efi"


@pytest.mark.parametrize(
    ("architecture", "words", "loader"),
    [
        (7, (), "shimx64.efi"),
        (9, (), "shimx64.efi"),
        (0, (), "undionly.kpxe"),
        (0, ("ipxe",), "http://10.78.0.1:8080/boot/ipxe"),
    ],
)
def test_proxy_offers_no_address_but_a_loader(
    room: Room, architecture: int, words: tuple[str, ...], loader: str
) -> None:
    room.serve("--proxy")
    (offer,) = room.ask(architecture, "one", *words)
    assert offer["address"] == "0.0.0.0"  # noqa: S104
    assert offer["vendor"] == "PXEClient"
    items = offer["items"]
    assert isinstance(items, list)
    item = next((number for number in items if number), 0)
    (told,) = room.ask(architecture, "one", *words, "server=10.78.0.1", "own=10.78.0.9", f"item={item}")
    assert told["file"] == loader


def test_tftp_gives_the_files_and_only_those(room: Room) -> None:
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    room.serve("--own-dhcp", "10.78.0.0/24")
    assert room.tftp("shimx64.efi").stdout == b"boot/shimx64.efi"
    assert room.tftp("grubx64.efi").stdout == b"boot/grubnetx64.efi"
    assert b"(tftp,10.78.0.1)/vmlinuz" in room.tftp("grub/grub.cfg").stdout
    assert room.tftp("site.cpio").stdout.startswith(b"070701")
    machine = "grub/machines/52:54:00:00:00:01.cfg"
    assert room.tftp(machine).returncode != 0
    set_boot_mode(room.settings, ["52:54:00:00:00:01"], "local")
    assert room.tftp(machine).stdout == b"set recyclerie_boot=local\n"
    for path in ("../keys/ssh_ed25519", "/../keys/ssh_ed25519", "grub/../../keys/ssh_ed25519"):
        done = room.tftp(path)
        assert b"PRIVATE" not in done.stdout


def test_a_new_live_image_reaches_the_tftp_root_by_itself(room: Room, tmp_path: Path) -> None:
    room.serve("--proxy")
    before = (room.settings.tftp_dir / "site.cpio").read_bytes()
    write_live(tmp_path / "images" / "live", b"hsqs another system")
    end = time.monotonic() + 20
    while (room.settings.tftp_dir / "site.cpio").read_bytes() == before:
        assert time.monotonic() < end, "site.cpio still names the old system"
        time.sleep(0.2)


def test_what_is_written_passes_dnsmasqs_own_test(room: Room, tmp_path: Path) -> None:
    assert PROGRAM is not None
    for options in (["--proxy"], ["--own-dhcp", "10.78.0.0/24"]):
        done = room.netboot("write", str(tmp_path / "written"), "--interface", "wire", *options)
        assert done.returncode == 0, done.stderr
        path = tmp_path / "written" / "recyclerie-netboot.conf"
        subprocess.run([PROGRAM, "--test", f"--conf-file={path}"], check=True, capture_output=True)


def test_errors_say_what_to_do(room: Room) -> None:
    missing = room.netboot("run", "--interface", "nothere0", "--proxy")
    assert missing.returncode == 1
    assert "nothere0" in missing.stderr
    assert "wire" in missing.stderr
    assert "Traceback" not in missing.stderr
    both = room.netboot("run", "--interface", "wire", "--proxy", "--own-dhcp", "10.78.0.0/24")
    assert "exclude each other" in both.stderr
    room.serve("--proxy")
    second = room.netboot("run", "--interface", "wire", "--proxy")
    assert second.returncode == 1
    assert "ss -lunp" in second.stderr


def test_no_image_says_how_to_build_one(room: Room, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "images")
    done = room.netboot("run", "--interface", "wire", "--proxy")
    assert done.returncode == 1
    assert "recyclerie image build live" in done.stderr
