"""The signed repository's index: a flat one for each release, with that release and the ones kept before it."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from agent.protocol_updates import PACKAGE
from controller.releases.package import control_of
from controller.releases.signing import sign


def stanza(deb: Path) -> str:
    """What the index says of one package. Its path is below the repository's own address."""
    content = deb.read_bytes()
    return (
        f"{control_of(deb).rstrip()}\n"
        f"Filename: ./pool/{deb.name}\n"
        f"Size: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
    )


def release_text(packages: bytes, at: dt.datetime) -> str:
    """The Release file: what the signature is over."""
    return (
        "Origin: Recyclerie\n"
        "Label: Recyclerie\n"
        "Suite: stable\n"
        "Codename: agent\n"
        f"Date: {at.astimezone(dt.UTC):%a, %d %b %Y %H:%M:%S} UTC\n"
        "Architectures: all\n"
        f"Description: {PACKAGE}, made by this workshop's controller\n"
        "SHA256:\n"
        f" {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"
    )


def write_view(folder: Path, keys_dir: Path, debs: list[Path], at: dt.datetime) -> None:
    """Write ``Packages`` and ``InRelease`` for ``debs`` into ``folder``; InRelease last.

    Raises:
        Conflict: dpkg-deb or gpg is missing or failed.
    """
    packages = "\n".join(stanza(deb) for deb in debs).encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("Packages", packages),
        ("InRelease", sign(keys_dir, release_text(packages, at))),
    ):
        new = folder / f".{name}.new"
        new.write_bytes(content)
        new.replace(folder / name)
