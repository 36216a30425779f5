"""A small OS image made with the real builder's parts: GPT, ESP, and a root that holds just enough to be changed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from images import disk as disks
from images.chunks import pack

ROOT_UUID = "11111111-2222-4333-8444-555555555555"
# What the install job runs inside the installed system.
PROGRAMS = ("/usr/sbin/useradd", "/usr/sbin/usermod", "/usr/sbin/chpasswd", "/usr/bin/chage", "/bin/sh", "/bin/bash")
ROOT_MIB = 160


def needed() -> list[str]:
    """Tools that are missing on this machine."""
    tools = ("sgdisk", "mkfs.vfat", "mcopy", "mke2fs", "zstd", "e2fsck", "resize2fs", "tune2fs", "ssh-keygen")
    return [tool for tool in tools if shutil.which(tool) is None]


def make_image(folder: Path, work: Path) -> dict[str, Any]:
    """image.zst and manifest.json in ``folder``; returns the manifest."""
    root = work / "root"
    _fill(root)
    size = disks.image_size(ROOT_MIB * 2**20)
    disk = work / "disk.img"
    parts = disks.make_disk(disk, size)
    menu = f"search.fs_uuid {ROOT_UUID} root\nconfigfile /boot/grub/grub.cfg\n".encode()
    disks.make_esp(
        disk,
        parts[1],
        {"EFI/debian/grub.cfg": menu, "EFI/BOOT/BOOTX64.EFI": b"MZ"},
        volume_id="1A2B-3C4D",
        label="TEST",
    )
    disks.make_root(disk, parts[2], root, root_uuid=ROOT_UUID, label="recyclerie")
    folder.mkdir(parents=True, exist_ok=True)
    packed = pack(disk, folder / "image.zst", level=1, progress=lambda _: None)
    manifest: dict[str, Any] = {
        "schema": "recyclerie.osimage/1",
        "profile": "mini",
        "version": "20260101-test",
        "built_at": "2026-01-01T00:00:00Z",
        "root_uuid": ROOT_UUID,
        "partitions": [
            {"number": part.number, "start_bytes": part.start_bytes, "size_bytes": part.size_bytes} for part in parts
        ],
        "packages": {},
        **packed,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True))
    return manifest


def _fill(root: Path) -> None:
    for program in PROGRAMS:
        _copy_program(root, Path(program))
    for file, text in {
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
        "etc/shadow": "root:*:19000:0:99999:7:::\n",
        "etc/group": "root:x:0:\nsudo:x:27:\naudio:x:29:\nvideo:x:44:\nusers:x:100:\n",
        "etc/gshadow": "root:*::\nsudo:*::\naudio:*::\nvideo:*::\nusers:*::\n",
        "etc/nsswitch.conf": "passwd: files\nshadow: files\ngroup: files\n",
        "etc/hostname": "recyclerie\n",
        "etc/machine-id": "",
        "etc/fstab": f"UUID={ROOT_UUID} / ext4 defaults 0 1\nUUID=1A2B-3C4D /boot/efi vfat nofail 0 2\n",
        "boot/grub/grub.cfg": f"search --fs-uuid --set=root {ROOT_UUID}\nlinux /vmlinuz root=UUID={ROOT_UUID} ro\n",
        "etc/ssh/ssh_host_rsa_key": "an old key\n",
        "usr/share/zoneinfo/Europe/Paris": "TZif\n",
        "etc/default/locale": "LANG=C\n",
        "etc/skel/.profile": "",
    }.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy("/etc/login.defs", root / "etc/login.defs")
    for folder in ("home", "root", "tmp", "var/lib/dbus", "proc", "dev", "var/log"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "etc/shadow").chmod(0o640)


def _copy_program(root: Path, program: Path) -> None:
    listed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    files = [program, *(Path(found) for found in re.findall(r"(/\S+) \(0x", listed))]
    for file in files:
        goal = root / str(file).lstrip("/")
        goal.parent.mkdir(parents=True, exist_ok=True)
        if not goal.exists():
            shutil.copy(file.resolve(), goal)
