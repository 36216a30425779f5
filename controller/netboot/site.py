"""site.cpio: what makes the live image this workshop's. A second initrd: the live image is the same everywhere.

Holds nothing secret: addresses, the authority's certificate, the public SSH key, the hash of the system.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a PC that boots the live image must know."""

    site: str  # short name of the workshop
    controller_url: str  # https://ADDRESS:PORT
    boot_url: str  # http://ADDRESS:PORT/boot
    live_sha256: str  # of live.squashfs, checked before it is mounted
    ca_pem: str  # the authority that the agent trusts, alone
    authorized_keys: tuple[str, ...]  # public keys that may sign in as root


def site_files(site: Site) -> dict[str, bytes]:
    """The files under /recyclerie in the initrd: site.json, and the same in the forms that the boot script needs."""
    agent = {
        "mode": "live",
        "controller_url": site.controller_url,
        "ca_file": "/etc/recyclerie/ca.crt",
        "token_file": "/run/recyclerie/token",
        "state_dir": "/run/recyclerie",
        "image_version": "@IMAGE_VERSION@",  # the boot script puts the live image's own version here
    }
    known = {
        "site": site.site,
        "controller_url": site.controller_url,
        "boot_url": site.boot_url,
        "live_sha256": site.live_sha256,
        "ca_pem": site.ca_pem,
        "authorized_keys": list(site.authorized_keys),
    }
    return {
        "recyclerie/site.json": _json(known),
        # The initrd's shell can't read JSON.
        "recyclerie/boot.env": f"BOOT_URL={site.boot_url}\nLIVE_SHA256={site.live_sha256}\n".encode(),
        "recyclerie/agent.json": _json(agent),
        "recyclerie/ca.crt": site.ca_pem.encode(),
        "recyclerie/authorized_keys": "".join(f"{key}\n" for key in site.authorized_keys).encode(),
    }


def write_site(path: Path, site: Site) -> None:
    """Write site.cpio, whole or not at all; readable by the TFTP server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_bytes(cpio(site_files(site)))
    new.chmod(0o644)
    new.replace(path)


def cpio(files: dict[str, bytes]) -> bytes:
    """A cpio archive (newc, as the kernel reads it) with these files and their folders, owned by root."""
    folders = sorted({str(parent) for name in files for parent in Path(name).parents if str(parent) != "."})
    archive = bytearray()
    inode = 0
    for folder in folders:
        inode += 1
        archive += _member(inode, folder, 0o040755, b"")
    for name, content in files.items():
        inode += 1
        archive += _member(inode, name, 0o100644, content)
    archive += _member(0, "TRAILER!!!", 0, b"")
    # Whole blocks: boot loaders put the next initrd right behind.
    return bytes(archive.ljust(-(-len(archive) // 512) * 512, b"\0"))


def _member(inode: int, name: str, mode: int, content: bytes) -> bytes:
    path = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + path) + _padded(content)


def _padded(part: bytes) -> bytes:
    return part + b"\0" * (-len(part) % 4)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
