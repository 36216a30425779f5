"""A donated PC, played by QEMU: it boots from the network, a USB stick or its own disk as a real one would."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.lab.acceleration import acceleration
from tests.lab.disks import Disk
from tests.lab.errors import LabError
from tests.lab.firmware import Kind, firmware
from tests.lab.network import Network
from tests.lab.paths import LAB
from tests.lab.processes import Process
from tests.lab.qmp import Qmp
from tests.lab.waiting import wait_until


@dataclass(frozen=True, kw_only=True)
class Donated:
    """What is plugged in: firmware, identity, disks. Boot order: stick if any, network, first disk."""

    name: str
    firmware: Kind
    mac: str
    manufacturer: str = "LENOVO"
    product: str = "ThinkCentre M73"
    serial: str = "PC0LAB01"
    uuid: str = ""
    board_serial: str = ""
    disks: tuple[Disk, ...] = field(default=())
    memory_mib: int = 2048
    network_boot: bool = True
    at_home: bool = False  # behind QEMU's own NAT: it reaches the controller, nothing reaches it
    extra: tuple[str, ...] = ()  # more arguments for QEMU

    def identity(self) -> list[str]:
        """QEMU's SMBIOS arguments. Texts must not hold commas."""
        out = [
            *("-smbios", f"type=1,manufacturer={self.manufacturer},product={self.product},serial={self.serial}"),
            *("-smbios", f"type=2,manufacturer={self.manufacturer},serial={self.board_serial or self.serial + '-B'}"),
            *("-smbios", f"type=3,manufacturer={self.manufacturer},serial={self.serial}"),
        ]
        return [*out, "-uuid", self.uuid] if self.uuid else out


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """The lab's lock: a second virtual PC on the same cores would double every time."""
    LAB.mkdir(parents=True, exist_ok=True)
    with (LAB / "one-pc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class VirtualPC:
    """``with VirtualPC(donated, network, folder) as pc:`` switches it on, and off at the end."""

    def __init__(self, donated: Donated, network: Network, folder: Path) -> None:
        self.donated, self.network, self.folder = donated, network, folder
        self.console_path = folder / f"{donated.name}.console"
        self._qemu: Process | None = None
        self._qmp: Qmp | None = None
        self._stack = contextlib.ExitStack()
        self.tap = ""

    def __enter__(self) -> VirtualPC:
        try:
            self._stack.enter_context(only_one())
            self.folder.mkdir(parents=True, exist_ok=True)
            self._switch_on()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            with contextlib.suppress(LabError, OSError):
                self.screenshot(self.folder / f"{self.donated.name}-at-failure.png")
        self._stack.close()

    def _switch_on(self) -> None:
        pc = self.donated
        work = LAB / f"{self.network.namespace}-{pc.name}"  # short: a Unix socket's path has 107 bytes
        work.mkdir(parents=True, exist_ok=True)
        self._stack.callback(shutil.rmtree, work, ignore_errors=True)
        cable = "user,id=net0"
        if not pc.at_home:
            self.tap = self._stack.enter_context(self.network.tap(f"tap-{pc.mac[-5:].replace(':', '')}"))
            cable = f"tap,id=net0,ifname={self.tap},script=no,downscript=no"
        bios = firmware(pc.firmware, work)
        self.console_path.unlink(missing_ok=True)
        command = ["qemu-system-x86_64", "-name", pc.name, "-M", bios.machine, *acceleration(), "-smp", "2"]
        command += ["-m", str(pc.memory_mib), "-nodefaults", "-display", "none", "-vga", "std", *bios.arguments]
        command += ["-device", "virtio-rng-pci", "-device", "qemu-xhci,id=usb", *pc.identity()]
        command += ["-serial", f"file:{self.console_path}", "-qmp", f"unix:{work / 'qmp'},server=on,wait=off"]
        command += ["-netdev", cable]
        network_index = ",bootindex=10" if pc.network_boot else ""
        command += ["-device", f"{bios.nic},netdev=net0,mac={pc.mac}{network_index}"]
        for index, disk in enumerate(pc.disks):
            command += disk.arguments(index, boot_index=index + (1 if disk.kind == "usb" else 20))
        command += pc.extra
        self._qemu = Process(f"virtual PC {pc.name}", self.network.command(*command), self.folder / f"{pc.name}.qemu")
        self._qemu.start()
        self._stack.callback(self._switch_off)

        def listening() -> bool:
            assert self._qemu is not None
            self._qemu.must_run()
            return (work / "qmp").exists()

        wait_until(listening, "QEMU listens", 30, poll=0.1)
        self._qmp = Qmp(work / "qmp")

    def _switch_off(self) -> None:
        if self._qmp:
            self._qmp.close()
        if self._qemu:
            self._qemu.stop()

    # -- what a person at the bench can do and see -----------------------------------------------------

    @property
    def qmp(self) -> Qmp:
        """QEMU's control connection."""
        if self._qmp is None:
            raise LabError(f"{self.donated.name} is not switched on")
        return self._qmp

    def must_run(self) -> None:
        """:raises LabError: when the PC has gone away (QEMU ended)."""
        if self._qemu is None:
            raise LabError(f"{self.donated.name} is not switched on")
        self._qemu.must_run()

    def cut_power(self) -> None:
        """Pull the plug: QEMU is killed, what its disks had not taken yet is lost. Plug in again: another VirtualPC."""
        if self._qemu is None:
            raise LabError(f"{self.donated.name} is not switched on")
        self._qemu.kill()

    def press_reset(self) -> None:
        """The reset button."""
        self.qmp.execute("system_reset")

    def pull_cable(self) -> None:
        """Take the network cable out."""
        self.network.unplug(self.tap)

    def put_cable(self) -> None:
        """Put the network cable back."""
        self.network.plug(self.tap)

    def console(self) -> str:
        """Everything the serial line has said."""
        return self.console_path.read_text(errors="replace") if self.console_path.exists() else ""

    def wait_console(self, text: str, timeout: float, after: int = 0) -> int:
        """Wait for ``text`` on the serial line beyond character ``after``. Returns the position behind it."""

        def seen() -> int:
            self.must_run()
            at = self.console().find(text, after)
            return at + len(text) if at >= 0 else 0

        return wait_until(seen, f"“{text}” on the console of {self.donated.name}", timeout, hint=self.last_words)

    def last_words(self) -> str:
        """The end of the serial line, for an error."""
        lines = [line for line in self.console().replace("\r", "").splitlines() if line.strip()]
        return f"the last lines on {self.console_path}:\n" + "\n".join(lines[-12:])

    def screenshot(self, path: Path) -> Path:
        """What its screen shows, as a PNG."""
        raw = path.with_suffix(".ppm")
        self.qmp.execute("screendump", filename=str(raw))
        path.write_bytes(ppm_to_png(raw.read_bytes()))
        raw.unlink()
        return path


def ppm_to_png(ppm: bytes) -> bytes:
    """A PNG of QEMU's screendump (P6, 8 bits a colour): QEMU is built without libpng in places."""
    kind, size, depth, pixels = ppm.split(b"\n", 3)
    if kind != b"P6" or depth != b"255":
        raise LabError(f"QEMU's screendump has the form {kind!r}, depth {depth!r}", "P6 with depth 255 is known")
    width, height = map(int, size.split())
    rows = b"".join(b"\0" + pixels[at : at + width * 3] for at in range(0, width * height * 3, width * 3))

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
