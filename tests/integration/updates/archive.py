"""A Debian archive on a machine's own disk: signed, with small packages, named as Debian names its own."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
from pathlib import Path

from controller.releases.repository import stanza
from controller.releases.signing import ensure_archive_key, sign


class Archive:
    """One archive below ``root``'s srv/apt, known to the machine's apt. ``origin``, ``label``, ``codename``: deb822."""

    def __init__(self, root: Path, keys: Path, *, origin: str, label: str, codename: str) -> None:
        self.said = {"Origin": origin, "Label": label, "Suite": codename, "Codename": codename}
        self.name = label.lower()
        self.folder = root / "srv/apt" / self.name
        self.keys = keys
        (self.folder / "pool").mkdir(parents=True)
        keys.mkdir(exist_ok=True)
        keyring = root / f"etc/apt/keyrings/{self.name}.asc"
        keyring.parent.mkdir(parents=True, exist_ok=True)
        keyring.write_text(ensure_archive_key(keys))
        (root / f"etc/apt/sources.list.d/{self.name}.sources").write_text(
            f"Types: deb\nURIs: file:/srv/apt/{self.name}\nSuites: ./\nSigned-By: /etc/apt/keyrings/{self.name}.asc\n"
        )
        self._index()

    def publish(self, name: str, version: str, postinst: str = "") -> Path:
        """A package that holds one file and says its version in it; returns the .deb."""
        tree = self.folder.parent / f".{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "usr/share/rig").mkdir(parents=True)
        (tree / "usr/share/rig" / name).write_text(version)
        (tree / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Rig <rig@recyclerie.invalid>\n"
            f"Description: a package of a test\n"
        )
        if postinst:
            (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\nset -e\n{postinst}\n")
            (tree / "DEBIAN/postinst").chmod(0o755)
        deb = self.folder / "pool" / f"{name}_{version}_all.deb"
        subprocess.run(
            ["dpkg-deb", "--build", "--root-owner-group", tree, deb],
            check=True,
            capture_output=True,
            env=os.environ | {"LC_ALL": "C"},
        )
        self._index()
        return deb

    def _index(self) -> None:
        packages = "\n".join(stanza(deb) for deb in sorted((self.folder / "pool").glob("*.deb"))).encode()
        (self.folder / "Packages").write_bytes(packages)
        date = f"{dt.datetime.now(dt.UTC):%a, %d %b %Y %H:%M:%S} UTC"
        fields = self.said | {"Date": date, "Architectures": "all amd64"}
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        text += f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"
        (self.folder / "InRelease").write_bytes(sign(self.keys, text))
