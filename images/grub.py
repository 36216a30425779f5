"""GRUB: its menus as text (names and identifiers in, configuration out), and its core for BIOS."""

from __future__ import annotations

from pathlib import Path

from images.resources import chroot_ready, in_chroot

CORE_MODULES = ("biosdisk", "part_gpt", "ext2", "search", "search_fs_uuid", "normal", "configfile", "linux", "test")
"""What the installed disk's BIOS core carries: enough to find its partition and read its menu."""

STICK_MODULES = (
    *("biosdisk", "part_msdos", "fat", "normal", "configfile", "linux", "echo", "ls", "test", "sleep"),
    *("minicmd", "serial", "terminal", "chain", "halt", "reboot"),
)
"""What the stick's BIOS core carries: all that its menu uses, since nothing else is on the stick."""

STICK_PREFIX = "(,msdos1)/boot/grub"

CORE_PREFIX = "(,gpt3)/boot/grub"
"""The third partition of whatever disk the BIOS started: no UUID in the core, so it is the same on each PC."""


def installed_menu(root_uuid: str, kernel: str, options: str, title: str) -> str:
    """The first /boot/grub/grub.cfg of an installed PC; ``update-grub`` replaces it at the first kernel update."""
    return f"""\
# The menu that came with the image. update-grub writes a new one at the first kernel update.
if [ -s $prefix/grubenv ]; then load_env; fi
set default=0
set timeout=2
set timeout_style=hidden
search --no-floppy --fs-uuid --set=root {root_uuid}

menuentry '{title}' --class debian --class gnu-linux --class os {{
	linux /boot/vmlinuz-{kernel} root=UUID={root_uuid} ro {options}
	initrd /boot/initrd.img-{kernel}
}}
menuentry '{title} (mode de secours / recovery mode)' --class debian --class gnu-linux --class os {{
	linux /boot/vmlinuz-{kernel} root=UUID={root_uuid} ro single
	initrd /boot/initrd.img-{kernel}
}}
menuentry 'UEFI' --id uefi-firmware {{
	fwsetup
}}
"""


def esp_menu(root_uuid: str) -> str:
    """The grub.cfg beside the signed GRUB on the EFI system partition: find the root, go on there."""
    return f"search.fs_uuid {root_uuid} root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"


def stick_menu(volume_id: str, live_sha256: str, *, site: bool) -> str:
    """The menu of the USB stick: the live image, by default at once."""
    initrds = "/live/initrd.img /live/site.cpio" if site else "/live/initrd.img"
    options = f"boot=recyclerie recyclerie.medium={volume_id} recyclerie.sha256={live_sha256}"
    return f"""\
set default=0
set timeout=3
if [ "$grub_platform" = pc ]; then insmod serial; fi
if serial --unit=0 --speed=115200; then
	terminal_input console serial
	terminal_output console serial
fi
menuentry 'Recyclerie : preparer cet ordinateur / recondition this computer' {{
	linux /live/vmlinuz {options} console=ttyS0,115200 console=tty0 panic=60 quiet
	initrd {initrds}
}}
menuentry 'Recyclerie : affichage simple / safe graphics' {{
	linux /live/vmlinuz {options} console=ttyS0,115200 console=tty0 panic=60 nomodeset
	initrd {initrds}
}}
menuentry "Demarrer l'ordinateur normalement / start this computer's own system" {{
	if [ "$grub_platform" = efi ]; then exit; fi
	insmod chain
	set root=(hd1)
	chainloader +1
}}
"""


def bios_core(root: Path, prefix: str, modules: tuple[str, ...]) -> bytes:
    """GRUB's core.img for BIOS, made with the tools of the root file system ``root`` itself."""
    made = root / "recyclerie-core.img"
    try:
        with chroot_ready(root):
            in_chroot(
                root,
                *("grub-mkimage", "-O", "i386-pc", "-p", prefix, "-o", "/recyclerie-core.img", *modules),
                hint="grub-pc-bin and grub-common must be among its packages; else delete it in the cache",
            )
        return made.read_bytes()
    finally:
        made.unlink(missing_ok=True)
