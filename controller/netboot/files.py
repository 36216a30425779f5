"""The boot files: where they come from, and the TFTP root that offers them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from controller.addresses import public_address
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.netboot import grubmenu
from controller.netboot.site import Site, write_site
from controller.settings import Settings
from controller.trust.certificates import ensure_ca
from controller.trust.keys import ensure_ssh_key

LIVE_SCHEMA = "recyclerie.liveimage/1"
SITE_FILE = "site.cpio"
ADDRESS_FILE = "netboot-address"

# Path in the TFTP root → file of the live image.
TFTP_FILES = {
    "shimx64.efi": "boot/shimx64.efi",
    "grubx64.efi": "boot/grubnetx64.efi",  # the name that shim asks for
    "mmx64.efi": "boot/mmx64.efi",
    "undionly.kpxe": "boot/undionly.kpxe",
    "vmlinuz": "vmlinuz",
    "initrd.img": "initrd.img",
}


def live_dir(settings: Settings) -> Path:
    """Folder of the built live image."""
    return settings.image_dir / "live"


def live_manifest(settings: Settings) -> dict[str, Any]:
    """The live image's manifest.

    Raises:
        RecyclerieError: there is no live image, or it is of another version of this program.
    """
    path = live_dir(settings) / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise RecyclerieError(
            N_("There is no live image in {folder}."),
            N_("Build it once with: recyclerie image build live."),
            folder=path.parent,
        ) from error
    except (OSError, ValueError) as error:
        raise RecyclerieError(
            N_("The live image's manifest {path} can't be read: {detail}."),
            N_("Build the image again with: recyclerie image build live."),
            path=path,
            detail=error,
        ) from error
    if not isinstance(manifest, dict) or manifest.get("schema") != LIVE_SCHEMA:
        raise RecyclerieError(
            N_("The live image in {folder} was made by another version of Recyclerie."),
            N_("Build it again with: recyclerie image build live."),
            folder=path.parent,
        )
    return manifest


def remember_address(settings: Settings, address: str) -> None:
    """Keep the address that ``recyclerie netboot`` serves on: a controller with two cards must tell PCs that one."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _write(settings.data_dir / ADDRESS_FILE, f"{address}\n")


def boot_address(settings: Settings) -> str:
    """The address by which PCs reach the controller: the setting, else that of ``recyclerie netboot``, else ours."""
    if settings.public_address:
        return settings.public_address
    try:
        return (settings.data_dir / ADDRESS_FILE).read_text(encoding="utf-8").strip() or public_address(settings)
    except OSError:
        return public_address(settings)


def site_of(settings: Settings, *, address: str = "") -> Site:
    """What the live image must know of this controller. ``address``: by which PCs reach it, else the setting.

    Makes the controller's keys at the first call.
    """
    host = address or boot_address(settings)
    if settings.tls_certificate and settings.tls_ca:
        ca_pem = settings.tls_ca.read_text(encoding="utf-8")
    else:
        certificate, _key = ensure_ca(settings.keys_dir, settings.workshop_name)
        ca_pem = certificate.read_text(encoding="utf-8")
    _path, public = ensure_ssh_key(settings.keys_dir)
    return Site(
        site=settings.site,
        controller_url=f"https://{host}:{settings.port}",
        boot_url=boot_url(settings, address=host),
        live_sha256=str(live_manifest(settings)["files"]["live.squashfs"]["sha256"]),
        ca_pem=ca_pem,
        authorized_keys=(public,),
    )


def boot_url(settings: Settings, *, address: str = "") -> str:
    """Where PCs get boot files over HTTP."""
    return f"http://{address or boot_address(settings)}:{settings.boot_port}/boot"


def write_site_file(settings: Settings, *, address: str = "") -> Path:
    """Write site.cpio into the TFTP root from the present keys, addresses and live image; returns its path."""
    path = settings.tftp_dir / SITE_FILE
    write_site(path, site_of(settings, address=address))
    return path


def prepare_tftp(settings: Settings, *, address: str = "") -> Path:
    """Fill the TFTP root: boot loaders, kernel, initrd, menu, site.cpio. Returns the root. Repeatable.

    Raises:
        RecyclerieError: there is no live image, or the disk is full.
    """
    live_manifest(settings)
    root = settings.tftp_dir
    host = address or boot_address(settings)
    try:
        (root / "grub" / "machines").mkdir(parents=True, exist_ok=True)
        for name, source in TFTP_FILES.items():
            _renew(live_dir(settings) / source, root / name)
        _write(root / "grub" / "grub.cfg", grubmenu.render(host))
        write_site_file(settings, address=host)
    except OSError as error:
        raise RecyclerieError(
            N_("The boot files in {folder} can't be written: {detail}."),
            N_("Check the disk's free space and its rights; if a file of the live image is missing, build it again."),
            folder=root,
            detail=error,
        ) from error
    return root


def _renew(source: Path, goal: Path) -> None:
    """Copy unless the same content is there: a PC may be fetching it right now, so files are replaced whole."""
    have, want = goal.stat() if goal.exists() else None, source.stat()
    if have and have.st_size == want.st_size and have.st_mtime_ns == want.st_mtime_ns:
        return
    new = goal.with_name(f".{goal.name}.new")
    shutil.copy2(source, new)
    new.chmod(0o644)
    new.replace(goal)


def _write(goal: Path, text: str) -> None:
    new = goal.with_name(f".{goal.name}.new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(goal)
