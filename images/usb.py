"""A USB stick of the live image, for PCs that can't boot from the network: BIOS and UEFI, Secure Boot on or off.

One FAT32 partition in an old-style partition table: what every firmware boots, what any computer can read, and
what ``dd`` or any stick-writing program puts on a stick. GRUB for BIOS sits before the partition, Debian's signed
shim and GRUB inside it.
"""

from __future__ import annotations

import struct
from pathlib import Path

from images.command import Report, need_tools
from images.disk import MIB, SECTOR, Partition, embed_bios_grub, make_esp, new_volume_id
from images.errors import ImageError
from images.grub import stick_menu
from images.manifest import LIVE_SCHEMA, file_sha256, read_manifest
from images.resources import need_space, replacing

_PARTITION_START = 1 * MIB
_CORE_START = SECTOR  # right behind the first sector, where no partition is
_FREE_BYTES = 8 * MIB  # FAT's own tables, and room for a note
_FAT32_LBA = 0x0C
_LABEL = "RECYCLERIE"

_TOOLS = {"mkfs.vfat": "dosfstools", "mcopy": "mtools", "mmd": "mtools"}


def build_usb(goal: Path, live_dir: Path, site_cpio: Path | None, report: Report) -> Path:
    """Write the stick's content into the file ``goal`` (a device is refused: copying it there is a person's act).

    ``live_dir``: the built live image. ``site_cpio``: this workshop's settings; None makes a stick that boots
    and says that it knows no controller. Raises ``ImageError``.
    """
    need_tools(_TOOLS)
    if goal.exists() and not goal.is_file():
        raise ImageError(
            f"{goal} is not a file",
            hint="give the name of a new file; then write it to the stick with: "
            f"dd if=FILE of={goal} bs=4M oflag=direct status=progress",
        )
    manifest = read_manifest(live_dir / "manifest.json", LIVE_SCHEMA)
    if manifest is None:
        raise ImageError(f"There is no live image in {live_dir}", hint="recyclerie image build live")
    volume_id = new_volume_id()
    squashfs = live_dir / "live.squashfs"
    sha256 = str(manifest["files"]["live.squashfs"]["sha256"])
    report("usb: checking the live image", 0.0)
    if file_sha256(squashfs) != sha256:
        raise ImageError(f"{squashfs} is damaged or half written", hint="recyclerie image build live")
    menu = stick_menu(volume_id, sha256, site=site_cpio is not None).encode()
    boot = live_dir / "boot"
    files: dict[str, bytes | Path] = {
        "EFI/BOOT/BOOTX64.EFI": boot / "shimx64.efi",
        "EFI/BOOT/grubx64.efi": boot / "grubx64.efi",
        "EFI/BOOT/mmx64.efi": boot / "mmx64.efi",
        # The signed GRUB looks here, whatever folder it was started from.
        "EFI/debian/grub.cfg": menu,
        "boot/grub/grub.cfg": menu,
        "live/vmlinuz": live_dir / "vmlinuz",
        "live/initrd.img": live_dir / "initrd.img",
        "live/live.squashfs": squashfs,
        "LISEZMOI.TXT": _readme(str(manifest["version"])).encode("utf-8-sig"),
    }
    if site_cpio is not None:
        files["live/site.cpio"] = site_cpio
    content = sum(len(part) if isinstance(part, bytes) else part.stat().st_size for part in files.values())
    part = _partition(content)
    need_space(goal.parent, part.start_bytes + part.size_bytes, "The stick's image")
    report(f"usb: writing {goal} ({part.size_bytes / 1e6:.0f} MB)", 0.2)
    with replacing(goal) as new:
        with new.open("wb") as out:
            out.truncate(part.start_bytes + part.size_bytes)
            out.write(partition_table(part, volume_id))
        make_esp(new, part, files, volume_id=volume_id, label=_LABEL)
        embed_bios_grub(
            new,
            (boot / "boot.img").read_bytes(),
            (boot / "core.img").read_bytes(),
            start_bytes=_CORE_START,
            room_bytes=_PARTITION_START - _CORE_START,
        )
        new.chmod(0o644)
    report(f"usb: {goal} is ready; write it to a stick with: dd if={goal} of=/dev/sdX bs=4M oflag=direct", 1.0)
    return goal


def _partition(content_bytes: int) -> Partition:
    # Below 40 MB a FAT with one sector a cluster has too few clusters to be FAT32; ours is far above.
    size = max(64 * MIB, int(content_bytes * 1.02) + _FREE_BYTES)
    return Partition(number=1, start_bytes=_PARTITION_START, size_bytes=-(-size // MIB) * MIB)


def partition_table(part: Partition, volume_id: str) -> bytes:
    """The first sector: one active FAT32 partition, and a disk signature."""
    first, count = part.start_bytes // SECTOR, part.size_bytes // SECTOR
    # Cylinders and heads can't say where it is on a stick of today: the agreed value for "look at the sectors".
    beyond = bytes((0xFE, 0xFF, 0xFF))
    entry = struct.pack("<B3sB3sII", 0x80, beyond, _FAT32_LBA, beyond, first, count)
    sector = bytearray(SECTOR)
    sector[440:444] = bytes.fromhex(volume_id.replace("-", ""))
    sector[446:462] = entry
    sector[510:512] = b"\x55\xaa"
    return bytes(sector)


def _readme(version: str) -> str:
    return (
        f"Recyclerie, image de l'atelier {version}\r\n\r\n"
        "Démarrez un PC sur cette clé (F12, F9 ou Échap à l'allumage) : il s'annonce au contrôleur de l'atelier.\r\n"
        "Rien n'est effacé sans l'accord d'un technicien.\r\n\r\n"
        "Start a PC from this stick (F12, F9 or Esc at power-on): it announces itself to the workshop's controller.\r\n"
        "Nothing is erased before a technician has agreed.\r\n"
    )
