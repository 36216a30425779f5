"""A virtual PC that boots the live image and is inspected by two agents: ours and FusionInventory's.

It has its own small network in QEMU (no other process sees it), gets the live system over HTTP as a workshop's PC does,
and is asked over SSH with a key of this run. Its times are those of the lab (docs/lab.md): without KVM an order of
magnitude. The two agents run one after the other, in turns, after a first run of each that fills the caches.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.netboot.ipxe import render
from controller.netboot.site import Site, write_site
from tests.bench.hardware_facts import compare
from tests.bench.hardware_other_agent import COMMAND, other_root, packed
from tests.bench.measured import MEASURE, OURS, middle
from tests.lab.acceleration import acceleration
from tests.lab.paths import CACHE, IMAGES
from tests.lab.processes import Process, stopping
from tests.lab.waiting import wait_until

MEMORY_MIB = 2048
BOOT_SECONDS = 900.0

MOUNT = """set -e
wget -q -O /run/other.squashfs {url}/other.squashfs
mkdir -p /run/other /run/other-root
mount -o loop,ro /run/other.squashfs /run/other
mkdir -p /run/rw/upper /run/rw/work
mount -t tmpfs tmpfs /run/rw && mkdir -p /run/rw/upper /run/rw/work
mount -t overlay overlay -o lowerdir=/run/other,upperdir=/run/rw/upper,workdir=/run/rw/work /run/other-root
for place in proc sys dev run; do mkdir -p /run/other-root/$place; done
mount -t proc proc /run/other-root/proc
mount --rbind /sys /run/other-root/sys
mount --rbind /dev /run/other-root/dev
"""


def free_port() -> int:
    """A TCP port of this computer that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class LabPC:
    """The virtual PC; ``with LabPC() as pc:`` boots it and waits until it can be asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ssh_port, self.http_port = folder, free_port(), free_port()
        self.url = f"http://10.0.2.2:{self.http_port}"
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> LabPC:
        try:
            self._serve()
            self._stack.enter_context(stopping(self._qemu()))
            self._process.start()
            wait_until(self._answers, "the live system's SSH server", BOOT_SECONDS, poll=3)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ssh(self, script: str, seconds: float = 600) -> str:
        """What a shell script prints on the PC; raises when it fails."""
        return self._ssh(script, seconds).stdout

    def _ssh(self, script: str, seconds: float) -> subprocess.CompletedProcess[str]:
        command = ["ssh", "-i", str(self.folder / "key"), "-p", str(self.ssh_port), "-o", "StrictHostKeyChecking=no"]
        command += ["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5"]
        command += ["-o", "IdentitiesOnly=yes", "root@127.0.0.1", "sh -s"]
        return subprocess.run(command, input=script, capture_output=True, text=True, timeout=seconds, check=True)

    def _answers(self) -> bool:
        self._process.must_run()
        with contextlib.suppress(subprocess.SubprocessError):
            # Whatever starts at boot has settled: the times are those of an idle PC.
            return "running" in self._ssh("systemctl is-system-running || true", 30).stdout
        return False

    def _serve(self) -> None:
        live, served = IMAGES / "live", self.folder / "http"
        served.mkdir()
        for name in ("vmlinuz", "initrd.img", "live.squashfs"):
            (served / name).symlink_to(live / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "key"], check=True)
        manifest = json.loads((live / "manifest.json").read_text())
        site = Site(
            site="bench",
            controller_url="https://10.0.2.2:1",  # nobody there: the agent waits quietly
            boot_url=self.url,
            live_sha256=manifest["files"]["live.squashfs"]["sha256"],
            ca_pem=_authority(self.folder),
            authorized_keys=((self.folder / "key.pub").read_text().strip(),),
        )
        write_site(served / "site.cpio", site)
        (served / "ipxe").write_text(render("live", self.url))
        handler = functools.partial(_Quiet, directory=str(served))
        server = self._stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", self.http_port), handler))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._stack.callback(server.shutdown)

    def _qemu(self) -> Process:
        disks = {}
        for name, size in (("sata", 4 << 30), ("nvme", 8 << 30)):
            disks[name] = self.folder / f"{name}.img"
            with disks[name].open("wb") as file:
                os.truncate(file.fileno(), size)
        command = ["qemu-system-x86_64", "-M", "q35", *acceleration(), "-smp", "2", "-m", str(MEMORY_MIB)]
        command += ["-nodefaults", "-display", "none", "-vga", "std", "-device", "virtio-rng-pci"]
        command += ["-smbios", "type=1,manufacturer=LENOVO,product=20HDCTO1WW,serial=PF0BENCH"]
        command += ["-smbios", "type=2,manufacturer=LENOVO,product=20HDCTO1WW,serial=L1HFBENCH"]
        command += ["-smbios", "type=3,manufacturer=LENOVO,serial=PF0BENCH"]
        command += ["-uuid", "4c4c4544-0042-3510-8057-b4c04f4d4832", "-serial", f"file:{self.folder / 'console'}"]
        forward = f"hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        command += ["-netdev", f"user,id=net0,bootfile={self.url}/ipxe,{forward}"]
        command += ["-device", "e1000e,netdev=net0,mac=8c:16:45:00:11:22,bootindex=1"]
        command += ["-drive", f"file={disks['sata']},if=none,id=d0,format=raw"]
        command += ["-device", "ide-hd,drive=d0,serial=WD-BENCH001,model=WDC WD5000LPLX,rotation_rate=7200"]
        command += ["-drive", f"file={disks['nvme']},if=none,id=d1,format=raw"]
        command += ["-device", "nvme,drive=d1,serial=S4BENCH002", "-device", "qemu-xhci"]
        command += ["-device", "usb-kbd", "-device", "usb-tablet"]
        command += ["-audiodev", "none,id=snd", "-device", "intel-hda", "-device", "hda-duplex,audiodev=snd"]
        self._process = Process("the lab PC of the bench", command, self.folder / "qemu.log")
        return self._process


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _authority(folder: Path) -> str:
    """Some certificate: the agent wants one that can be read, and will never meet who has it."""
    command = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "1", "-subj", "/CN=bench"]
    made = [*command, "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt")]
    subprocess.run(made, check=True, capture_output=True)
    return (folder / "ca.crt").read_text()


def turns(pc: LabPC, name: str, command: tuple[str, ...], count: int) -> list[dict[str, Any]]:
    """``count`` runs of an agent, each measured; the output of the last stays in /run/NAME.out."""
    quoted = " ".join(f"'{word}'" for word in ("python3", "/run/measure.py", f"/run/{name}.out", *command))
    return [json.loads(pc.ssh(quoted)) for _ in range(count)]


@contextlib.contextmanager
def lab_pc(other: Path) -> Iterator[LabPC]:
    """The PC, with the other agent's root mounted in /run/other-root."""
    with tempfile.TemporaryDirectory(prefix="rcy-bench-") as name:
        folder = Path(name)
        machine = LabPC(folder)
        with machine as pc:
            packed(other, folder / "http" / "other.squashfs")
            pc.ssh(MOUNT.format(url=pc.url))
            pc.ssh(f"cat > /run/measure.py <<'END'\n{MEASURE}\nEND\n")
            yield pc


def measure(count: int) -> dict[str, Any]:
    """Times, memory and facts of both agents on the lab PC."""
    root, version = other_root(CACHE)
    with lab_pc(root) as pc:
        theirs_command = ("chroot", "/run/other-root", *COMMAND)
        cold = {"ours": turns(pc, "ours", OURS, 1)[0], "theirs": turns(pc, "theirs", theirs_command, 1)[0]}
        ours: list[dict[str, Any]] = []
        theirs: list[dict[str, Any]] = []
        for _ in range(count):
            ours += turns(pc, "ours", OURS, 1)
            theirs += turns(pc, "theirs", theirs_command, 1)
        body = json.loads(pc.ssh("cat /run/ours.out"))
        xml = pc.ssh("cat /run/theirs.out")
        memory = pc.ssh("free -b | sed -n 2p").split()
        startup = pc.ssh("systemd-analyze time | head -1").strip()
    return {
        "accelerator": acceleration()[1].split(",")[0],
        "memory_mib": MEMORY_MIB,
        "used_bytes": int(memory[2]),
        "live_squashfs_bytes": (IMAGES / "live/live.squashfs").stat().st_size,
        "startup": startup,
        "other": f"fusioninventory-agent {version}",
        "ours": {**middle(ours), "first_seconds": cold["ours"]["seconds"]},
        "theirs": {**middle(theirs), "first_seconds": cold["theirs"]["seconds"]},
        "facts": compare(body, xml),
    }
