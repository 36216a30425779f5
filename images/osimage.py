"""OS images: a profile's whole disk, ready to be written to a PC's drive chunk by chunk."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from images import disk as disks
from images.bootstrap import Rootfs, digest, rootfs
from images.chunks import pack
from images.command import Report, need_root, need_tools, run
from images.errors import ImageError
from images.grub import CORE_MODULES, CORE_PREFIX, bios_core, esp_menu, installed_menu
from images.manifest import OS_SCHEMA, file_entry, read_manifest, write_manifest
from images.options import BuildOptions
from images.profile import Profile, load_profile
from images.resources import locked, need_space, replacing, unmount_below, work_folder
from images.sources import Source
from images.tree import FILES, Entry, Tree, enabled, lay, masked, tree_digest, tree_of

RECIPE_VERSION = 4
"""Raised when this module changes what an image holds, so that images are built anew."""

_TOOLS = {
    "sgdisk": "gdisk",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "mmd": "mtools",
    "mke2fs": "e2fsprogs",
    "zstd": "zstd",
}
_SHIM = "usr/lib/shim/shimx64.efi.signed"
_MOK_MANAGER = "usr/lib/shim/mmx64.efi.signed"
_GRUB = "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"


def build_os(
    profile: str | Profile,
    out_dir: Path,
    cache_dir: Path,
    report: Report,
    options: BuildOptions | None = None,
) -> Path:
    """Build ``out_dir``/{image.zst, manifest.json} of a profile; returns ``out_dir``.

    Nothing is done when they are already there, of the same inputs. Raises ``ImageError``.
    """
    if isinstance(profile, str):
        profile = load_profile(profile)
    options = options or BuildOptions()
    need_root()
    need_tools(_TOOLS)
    recipe = profile.recipe(options)
    base = rootfs(recipe, cache_dir, report, renew=options.renew)
    tree = our_tree(profile, installed_sources(recipe.sources))
    choices = (profile.kernel_options, profile.free_mib, profile.zstd_level, profile.title)
    parts = (str(RECIPE_VERSION), base.key, base.built_at, tree_digest(tree), str(choices))
    inputs = digest([part.encode() for part in parts])
    with locked(cache_dir / "rootfs", recipe.name, report):
        kept = read_manifest(out_dir / "manifest.json", OS_SCHEMA)
        if kept and kept.get("inputs") == inputs and (out_dir / "image.zst").is_file():
            report(f"os {profile.name}: {out_dir} is up to date ({kept['version']})", 1.0)
            return out_dir
        return _build(profile, base, tree, inputs, out_dir, cache_dir, report)


def _build(
    profile: Profile,
    base: Rootfs,
    tree: Tree,
    inputs: str,
    out_dir: Path,
    cache_dir: Path,
    report: Report,
) -> Path:
    root, name = base.folder, f"os {profile.name}"
    report(f"{name}: settings and boot loader", 0.0)
    unmount_below(root)  # what an interrupted build may have left must not end up in the image
    root_uuid, esp_id = disks.new_uuid(), disks.new_volume_id()
    kernel = _kernel(root)
    tree = tree | _identity_tree(profile, root_uuid, esp_id, kernel)
    lay(tree, root, cache_dir / "rootfs" / f"os-{profile.name}.ours.json", base=base.built_at)
    _settle(root)
    used = _content_bytes(root)
    # ext4's own tables, journal and the free space that the first boot needs before it grows.
    size = disks.image_size(int(used * 1.06) + 96 * disks.MIB + profile.free_mib * disks.MIB)
    need_space(cache_dir, used * 2, f"The image {profile.name}")
    need_space(out_dir, used // 2, f"The image {profile.name}")
    with work_folder(cache_dir / "rootfs", f"os-{profile.name}") as work:
        disk = work / "disk.img"
        parts = disks.make_disk(disk, size)
        core = bios_core(root, CORE_PREFIX, CORE_MODULES)
        disks.embed_bios_grub(
            disk,
            (root / "usr/lib/grub/i386-pc/boot.img").read_bytes(),
            core,
            start_bytes=parts[0].start_bytes,
            room_bytes=parts[0].size_bytes,
        )
        report(f"{name}: EFI system partition", 0.05)
        disks.make_esp(disk, parts[1], esp_files(root, root_uuid), volume_id=esp_id, label="RECYC_EFI")
        report(f"{name}: root file system of {used / 1e9:.1f} GB", 0.08)
        disks.make_root(disk, parts[2], root, root_uuid=root_uuid, label="recyclerie")
        report(f"{name}: compressing", 0.4)
        shown = 0.0

        def progress(share: float) -> None:
            nonlocal shown
            if share - shown >= 0.1:
                shown = share
                report(f"{name}: compressing", 0.4 + 0.58 * share)

        with replacing(out_dir / "image.zst") as goal:
            packed = pack(disk, goal, level=profile.zstd_level, progress=progress)
            goal.chmod(0o644)
            # The manifest of another image must never stand beside this one.
            (out_dir / "manifest.json").unlink(missing_ok=True)
    now = datetime.now(UTC)
    manifest: dict[str, Any] = {
        "schema": OS_SCHEMA,
        "profile": profile.name,
        "title": profile.title,
        "version": f"{now:%Y%m%d}-{inputs[:8]}",
        "built_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "inputs": inputs,
        "kernel": kernel,
        "root_uuid": root_uuid,
        "esp_volume_id": esp_id,
        "partitions": [
            {"number": part.number, "start_bytes": part.start_bytes, "size_bytes": part.size_bytes} for part in parts
        ],
        # Debian's packages carry none; freshclam fetches them at the first connection.
        "antivirus_signatures": any((root / "var/lib/clamav").glob("*.c[vl]d")),
        "packages": base.packages,
        **packed,
    }
    write_manifest(out_dir / "manifest.json", manifest)
    file_bytes = file_entry(out_dir / "image.zst")["size_bytes"]
    report(f"{name}: {manifest['version']} is ready in {out_dir} ({file_bytes / 1e6:.0f} MB)", 1.0)
    return out_dir


def our_tree(profile: Profile, sources: tuple[Source, ...]) -> Tree:
    """Our own files in every PC of the profile; nothing that differs from one build to the next."""
    tree = tree_of(FILES / "os" / "common")
    if (FILES / "os" / profile.name).is_dir():
        tree |= tree_of(FILES / "os" / profile.name)
    language = profile.locale.split(".")[0]
    tree |= {
        "etc/hostname": _text("recyclerie\n"),
        "etc/hosts": _text("127.0.0.1 localhost\n127.0.1.1 recyclerie\n::1 localhost ip6-localhost ip6-loopback\n"),
        "etc/locale.conf": _text(f"LANG={profile.locale}\n"),
        "etc/default/locale": _text(f"LANG={profile.locale}\nLANGUAGE={language}\n"),
        "etc/default/keyboard": _text(
            f'XKBMODEL="pc105"\nXKBLAYOUT="{profile.keyboard}"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n'
        ),
        "etc/timezone": _text(f"{profile.timezone}\n"),
        "etc/localtime": Entry(f"/usr/share/zoneinfo/{profile.timezone}".encode(), 0),
        "etc/apt/sources.list.d/debian.sources": _text(deb822(sources)),
        "etc/default/grub.d/recyclerie.cfg": _text(
            "# Read by update-grub after /etc/default/grub.\n"
            f'GRUB_TIMEOUT=2\nGRUB_TIMEOUT_STYLE=hidden\nGRUB_CMDLINE_LINUX_DEFAULT="{profile.kernel_options}"\n'
            "GRUB_DISABLE_OS_PROBER=true\n"
        ),
        "etc/systemd/system/default.target": Entry(f"/usr/lib/systemd/system/{profile.default_target}".encode(), 0),
        "usr/lib/clock-epoch": Entry(b"", 0o644),
    }
    if "lightdm.service" in profile.enabled_units:
        tree["etc/systemd/system/display-manager.service"] = Entry(b"/usr/lib/systemd/system/lightdm.service", 0)
    units = [unit for unit in profile.enabled_units if unit != "lightdm.service"]
    # Asks questions on the screen of a PC whose machine-id is new; the install job answered them.
    return tree | enabled(*units) | masked("systemd-firstboot.service", *profile.masked_units)


def _identity_tree(profile: Profile, root_uuid: str, esp_id: str, kernel: str) -> Tree:
    """What names this build's file systems; the install job puts the machine's own names in their place."""
    fstab = (
        f"UUID={root_uuid} / ext4 defaults,noatime,errors=remount-ro 0 1\n"
        # Mounted when something looks there (an update of GRUB): the start never waits for it.
        f"UUID={esp_id} /boot/efi vfat umask=0077,noauto,nofail,x-systemd.automount,x-systemd.idle-timeout=60 0 0\n"
    )
    title = "Debian GNU/Linux"
    return {
        "etc/fstab": _text(fstab),
        "boot/grub/grub.cfg": _text(installed_menu(root_uuid, kernel, profile.kernel_options, title)),
    }


def _text(content: str) -> Entry:
    return Entry(content.encode(), 0o644)


def installed_sources(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """Where the installed PC gets its updates: ``RECYCLERIE_IMAGE_INSTALLED_MIRROR``, else as built from.

    A password in an address is this workshop's: it never goes into an image.
    """
    mirror = os.environ.get("RECYCLERIE_IMAGE_INSTALLED_MIRROR", "").rstrip("/")
    security = os.environ.get("RECYCLERIE_IMAGE_INSTALLED_SECURITY_MIRROR", "").rstrip("/")
    kept = []
    for source in sources:
        uri = without_password(source.uri)
        if mirror and source.suite.endswith("-security"):
            uri = security or uri
        elif mirror:
            uri = mirror
        kept.append(Source(uri=uri, suite=source.suite, components=source.components))
    return tuple(kept)


def without_password(uri: str) -> str:
    """The URI without user and password."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]))


def deb822(sources: tuple[Source, ...]) -> str:
    """apt's sources in the form that Debian 13 prefers."""
    return "\n".join(
        f"Types: deb\nURIs: {source.uri}\nSuites: {source.suite}\nComponents: {' '.join(source.components)}\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        for source in sources
    )


def esp_files(root: Path, root_uuid: str) -> dict[str, bytes | Path]:
    """The EFI system partition: signed shim and GRUB on the path that every firmware tries, and on Debian's."""
    menu = esp_menu(root_uuid).encode()
    return {
        "EFI/BOOT/BOOTX64.EFI": root / _SHIM,
        "EFI/BOOT/grubx64.efi": root / _GRUB,
        "EFI/BOOT/mmx64.efi": root / _MOK_MANAGER,
        "EFI/debian/shimx64.efi": root / _SHIM,
        "EFI/debian/grubx64.efi": root / _GRUB,
        "EFI/debian/mmx64.efi": root / _MOK_MANAGER,
        "EFI/debian/grub.cfg": menu,
    }


def _kernel(root: Path) -> str:
    found = sorted((root / "boot").glob("vmlinuz-*"))
    if len(found) != 1:
        raise ImageError(
            f"{root}/boot holds {len(found)} kernels, one was expected",
            hint="the profile must name one linux-image package; delete that folder and build again",
        )
    return found[0].name.removeprefix("vmlinuz-")


def _settle(root: Path) -> None:
    """Take away what belongs to one machine or to the build, put GRUB's modules where they are looked for."""
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)
    (root / "var/lib/systemd/random-seed").unlink(missing_ok=True)
    # The list that mmdebstrap wrote may hold the workshop's mirror with its password; ours replaces it.
    for left in (
        *("etc/apt/sources.list", "etc/apt/sources.list.d/0000sources.list"),
        *("etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap"),
    ):
        (root / left).unlink(missing_ok=True)
    (root / "boot/efi").mkdir(exist_ok=True)
    modules = root / "boot/grub/i386-pc"
    if not modules.is_dir():
        shutil.copytree(root / "usr/lib/grub/i386-pc", modules, ignore=shutil.ignore_patterns("*.image", "*.img"))
    environment = root / "boot/grub/grubenv"
    if not environment.exists():
        # 1024 bytes, as grub-editenv makes it.
        environment.write_bytes(b"# GRUB Environment Block\n".ljust(1024, b"#"))
    now = datetime.now(UTC).timestamp()
    os.utime(root / "usr/lib/clock-epoch", (now, now))
    # Newer than /usr: systemd's "needs update" services (ldconfig, hwdb) have nothing to do at the first start.
    for place in ("etc/.updated", "var/.updated"):
        (root / place).write_text("# The image was up to date when it was built.\n", encoding="utf-8")


def _content_bytes(root: Path) -> int:
    """Bytes that the content takes on a file system of 4 KiB blocks."""
    shown = run(["du", "-s", "--apparent-size", "-B1", root], hint="the root file system can't be read")
    files = run(["du", "-s", "--inodes", root], hint="the root file system can't be read")
    return int(shown.split()[0]) + 2048 * int(files.split()[0])
