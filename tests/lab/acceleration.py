"""KVM only where a kernel really boots with it; else QEMU's own translator.

``/dev/kvm`` proves nothing: on nested hosts it opens and stock kernels die on it. So the live image's own kernel is
booted once with a tiny initrd that prints a word; what came out is remembered until the host restarts.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from tests.lab.paths import LAB, LIVE_KERNEL

TCG = ("-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max")
KVM = ("-accel", "kvm", "-cpu", "host")
WORD = "recyclerie-probe-booted"
INIT = f"#!/bin/busybox sh\n/bin/busybox echo {WORD} > /dev/ttyS0\n/bin/busybox poweroff -f\n"


def _cpio(files: dict[str, tuple[int, bytes, tuple[int, int]]]) -> bytes:
    """A cpio archive (newc) of name → (mode, content, device)."""
    out = bytearray()
    for inode, (name, (mode, content, device)) in enumerate([*files.items(), ("TRAILER!!!", (0, b"", (0, 0)))], 1):
        numbers = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % number for number in numbers) + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out)


def tiny_initrd(init: str = INIT) -> bytes:
    """An initrd with busybox and ``init`` as its only script."""
    busybox = Path("/bin/busybox").read_bytes()
    return gzip.compress(
        _cpio(
            {
                "bin": (0o40755, b"", (0, 0)),
                "dev": (0o40755, b"", (0, 0)),
                "dev/console": (0o20600, b"", (5, 1)),
                "dev/ttyS0": (0o20600, b"", (4, 64)),
                "bin/busybox": (0o100755, busybox, (0, 0)),
                "init": (0o100755, init.encode(), (0, 0)),
            }
        ),
        compresslevel=1,
    )


def boots(arguments: tuple[str, ...], kernel: Path, timeout: float) -> bool:
    """Whether ``kernel`` comes up to its init with these accelerator arguments."""
    with tempfile.TemporaryDirectory(prefix="rcy-probe-") as folder:
        initrd = Path(folder) / "initrd"
        initrd.write_bytes(tiny_initrd())
        console = Path(folder) / "console"
        command = ["qemu-system-x86_64", "-M", "q35", *arguments, "-m", "512", "-nodefaults", "-display", "none"]
        command += ["-no-reboot", "-kernel", str(kernel), "-initrd", str(initrd)]
        command += ["-append", "console=ttyS0 panic=-1 quiet", "-serial", f"file:{console}"]
        try:
            subprocess.run(command, timeout=timeout, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return False
        return console.exists() and WORD in console.read_text(errors="replace")


def acceleration(kernel: Path = LIVE_KERNEL) -> tuple[str, ...]:
    """QEMU's arguments for the fastest way that works here. ``RECYCLERIE_LAB_ACCEL=tcg|kvm`` decides by hand."""
    by_hand = os.environ.get("RECYCLERIE_LAB_ACCEL")
    if by_hand:
        return KVM if by_hand == "kvm" else TCG
    if not os.access("/dev/kvm", os.R_OK | os.W_OK) or not kernel.exists():
        return TCG
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = f"{boot} {hashlib.sha256(kernel.read_bytes()).hexdigest()}"
    remembered = LAB / "kvm.json"
    try:
        known = json.loads(remembered.read_text())
    except (OSError, ValueError):
        known = {}
    if known.get("key") != key:
        known = {"key": key, "kvm": boots(KVM, kernel, timeout=30)}
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps(known))
    return KVM if known["kvm"] else TCG
