"""The boot loader's files name the root file system by its UUID: the image's is replaced by the machine's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from agent.errors import AgentError
from agent.jobs.layout import Partition
from agent.tools import Ran, run

# Files of the installed system that may name the root file system.
ROOT_FILES = ("etc/fstab", "boot/grub/grub.cfg", "etc/initramfs-tools/conf.d/resume", "etc/kernel/cmdline")
# Menus on the EFI system partition, where distributions and removable media have them.
ESP_FILES = ("EFI/debian/grub.cfg", "EFI/BOOT/grub.cfg", "boot/grub/grub.cfg")


def replace_root_uuid(root: Path, old: str, new: str) -> list[str]:
    """Replace the UUID in the installed system's files; returns those changed. Raises AgentError.

    A grub.cfg that never named the image's UUID belongs to another image: such a system would not start.
    """
    changed = []
    for name in ROOT_FILES:
        path = root / name
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, new), encoding="utf-8")
            changed.append(name)
    if "boot/grub/grub.cfg" not in changed:
        raise AgentError(
            f"The boot menu of the image does not name its root file system {old}.", hint="Build the image again."
        )
    return changed


def replace_esp_uuid(disk: str, esp: Partition, old: str, new: str) -> list[str]:
    """The same on the EFI system partition, by mtools: no kernel support for FAT is needed. Raises AgentError."""
    image = f"{disk}@@{esp.start_bytes}"
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "grub.cfg"
        for name in ESP_FILES:
            local.unlink(missing_ok=True)
            if not _mtools("mcopy", "-n", "-i", image, f"::/{name}", str(local)).ok or not local.is_file():
                continue
            text = local.read_text(encoding="utf-8")
            if old not in text:
                continue
            local.write_text(text.replace(old, new), encoding="utf-8")
            ran = _mtools("mcopy", "-o", "-i", image, str(local), f"::/{name}")
            if not ran.ok:
                raise AgentError(f"{name} on the EFI system partition can't be written: {ran.explain()}.")
            changed.append(name)
    if changed:
        _flush(disk)
        _check(image, changed, new)
    return changed


def _check(image: str, names: list[str], new: str) -> None:
    for name in names:
        ran = _mtools("mtype", "-i", image, f"::/{name}")
        if new not in ran.out:
            raise AgentError(f"{name} on the EFI system partition does not hold what was written to it.")


def _mtools(*arguments: str) -> Ran:
    # mtools would refuse a partition whose geometry it finds odd: the numbers are ours.
    return run(["env", "MTOOLS_SKIP_CHECK=1", *arguments], seconds=60)


def _flush(disk: str) -> None:
    fd = os.open(disk, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
