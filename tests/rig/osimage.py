"""Puts a built OS image onto a disk's file from the host, as a PC that was installed earlier has it.

Not a way to test the install job, which has its own code for all of this: a short cut for tests of what comes after.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .command import RigError, run
from .disk import RigDisk
from .site import install_agent


def image_folder(profile: str) -> Path:
    """Folder of a profile's built image: image.zst and manifest.json."""
    cache = Path(os.environ.get("RECYCLERIE_CACHE_DIR", "~/.cache/recyclerie"))
    return Path(os.environ.get("RECYCLERIE_IMAGE_DIR") or cache / "images").expanduser() / "os" / profile


def write_image(disk: RigDisk, profile: str) -> None:
    """Writes the image's chunks to the disk's file and grows the root partition's file system to the disk's end."""
    folder = image_folder(profile)
    if not (folder / "manifest.json").exists():
        raise RigError(f"no image of {profile} in {folder}", f"recyclerie image build os {profile}")
    manifest = json.loads((folder / "manifest.json").read_text())
    unpack = subprocess.Popen(["zstd", "-dc", folder / "image.zst"], stdout=subprocess.PIPE)
    assert unpack.stdout
    with disk.path.open("r+b") as file:
        for chunk in manifest["chunks"]:
            file.seek(chunk["offset"])
            file.write(unpack.stdout.read(chunk["length"]))
    if unpack.wait() != 0:
        raise RigError(f"{folder}/image.zst is damaged", "build the image again")
    disk.attach()
    subprocess.run(["e2fsck", "-f", "-y", disk.root_node], check=False, capture_output=True)
    run("resize2fs", disk.root_node)


def personalise(
    disk: RigDisk, mount_point: Path, *, public_key: str, settings: Mapping[str, object], user: str
) -> None:
    """Makes the image one machine's: SSH keys, agent and its settings, an account that must change its password."""
    mount_point.mkdir(exist_ok=True)
    run("mount", disk.root_node, mount_point)
    try:
        ssh = mount_point / "root" / ".ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        (ssh / "authorized_keys").write_text(f"{public_key}\n")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", mount_point / "etc/ssh/ssh_host_ed25519_key")
        install_agent(mount_point)
        folder = mount_point / "etc" / "recyclerie"
        folder.mkdir(exist_ok=True)
        (folder / "agent.json").write_text(json.dumps(settings))
        run("chroot", mount_point, "useradd", "--create-home", "--shell", "/bin/bash", "--password", "$6$a$b", user)
        run("chroot", mount_point, "chage", "-d", "0", user)
    finally:
        run("umount", mount_point)
