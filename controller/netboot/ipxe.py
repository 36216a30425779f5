"""The script that iPXE gets over HTTP (PCs with a BIOS). Pure: what is known in, script out."""

from __future__ import annotations

from controller.netboot.bootmode import BootMode

KERNEL_OPTIONS = "boot=recyclerie console=ttyS0,115200 console=tty0 panic=60 quiet"
"""Of the live image, whatever boots it: the screen is the main console, a serial line gets everything too.

A kernel that gives up shows why for a minute, then the PC starts again: nobody watches fifty screens.
"""


SAFE_GRAPHICS = "nomodeset"
"""On the kernel line: the firmware's own picture stays. For old graphics cards whose driver leaves a black screen."""

SAFE_GRAPHICS_MS = 2000
"""How long iPXE waits for the key that asks for it, in milliseconds."""


def ask_for_mac(boot_url: str) -> str:
    """The first script: comes back with the address of the card that iPXE uses."""
    return f"#!ipxe\nchain --autofree {boot_url}/ipxe?mac=${{netX/mac}} || shell\n"


def render(mode: BootMode, boot_url: str) -> str:
    """The script for a machine: the live image over HTTP, or its own first drive.

    ``boot_url``: ``http://ADDRESS:PORT/boot``. Kernel and initrds are tried again until the controller answers.
    """
    if mode == "local":
        # Without the drive's number some BIOSes boot a stick; "exit" lets the BIOS go on by itself.
        return "#!ipxe\necho Recyclerie: own drive\nsanboot --no-describe --drive 0x80 || exit\n"
    return f"""#!ipxe
echo Recyclerie: live image from {boot_url}
prompt --key s --timeout {SAFE_GRAPHICS_MS} S = affichage simple / safe graphics... && set graphics {SAFE_GRAPHICS} ||
:again
kernel {boot_url}/vmlinuz {KERNEL_OPTIONS} ${{graphics}} BOOTIF=01-${{netX/mac:hexhyp}} || goto failed
initrd {boot_url}/initrd.img || goto failed
initrd {boot_url}/site.cpio || goto failed
boot || goto failed
:failed
echo The controller does not answer, trying again in 10 seconds
imgfree
sleep 10
goto again
"""
