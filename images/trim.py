"""What the live image leaves out of its squashfs: drivers and firmware that no step of a run needs.

Each PC downloads and hashes the squashfs, so a megabyte counts fifty times on a busy day. Whatever is inspected or
tested stays: drives, cards wired and wireless, Bluetooth, graphics, sound, cameras, sensors, batteries.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from images.command import Report
from images.firmware import FIRMWARE, UNDECLARED, UNWANTED, chosen, declared, left_out_of

MODULE_FOLDERS = (
    *("arch/x86/kvm", "virt", "samples", "drivers/infiniband", "drivers/iio", "drivers/comedi"),
    # Nothing may take hold of the donor's drives: no RAID, LVM or encryption is ever put together here.
    "drivers/md",
    *("drivers/isdn", "drivers/accel", "drivers/target", "drivers/vfio", "drivers/ntb", "drivers/mtd"),
    *("drivers/net/can", "drivers/net/wwan", "drivers/net/dsa", "drivers/net/fddi", "drivers/net/hamradio"),
    *("drivers/video/fbdev", "drivers/greybus", "drivers/w1", "drivers/most", "drivers/vhost", "drivers/xen"),
    *("drivers/crypto", "drivers/gpu/drm/xen"),
    # Of staging, the Wi-Fi of cheap tablets and small laptops stays (rtl8723bs).
    *(f"drivers/staging/{name}" for name in ("media", "vt6655", "vt6656", "rtl8192e", "rtl8712", "gdm724x", "sm750fb")),
    # Of television and radio, cameras stay (usb/uvc and its helpers, usb/gspca for the old ones).
    *(f"drivers/media/{name}" for name in ("cec/platform", "dvb-core", "dvb-frontends", "firewire", "i2c", "mmc")),
    *(f"drivers/media/{name}" for name in ("pci", "platform", "radio", "rc", "spi", "test-drivers", "tuners")),
    *(f"drivers/media/usb/{name}" for name in ("as102", "au0828", "b2c2", "cx231xx", "dvb-usb", "dvb-usb-v2")),
    *(f"drivers/media/usb/{name}" for name in ("em28xx", "go7007", "hackrf", "hdpvr", "msi2500", "pvrusb2")),
    *(f"drivers/media/usb/{name}" for name in ("s2255", "siano", "stk1160", "tm6000", "ttusb-budget", "ttusb-dec")),
    *(f"drivers/media/usb/{name}" for name in ("airspy", "usbtv", "zr364xx")),
    *("sound/firewire", "sound/isa", "sound/pcmcia", "sound/xen"),
    *("fs/bcachefs", "fs/btrfs", "fs/xfs", "fs/ocfs2", "fs/gfs2", "fs/smb", "fs/nfs", "fs/nfsd", "fs/ceph"),
    *("fs/f2fs", "fs/afs", "fs/jfs", "fs/reiserfs", "fs/nilfs2", "fs/ubifs", "fs/jffs2", "fs/dlm", "fs/orangefs"),
    *("net/openvswitch", "net/sctp", "net/tipc", "net/rds", "net/sunrpc", "net/ceph", "net/batman-adv", "net/dccp"),
    *("net/sched", "net/smc", "net/can", "net/9p", "net/rxrpc", "net/mptcp", "net/ieee802154", "net/nfc", "net/atm"),
    "net/vmw_vsock",
    *(
        f"drivers/net/ethernet/{maker}"
        for maker in ("mellanox", "chelsio", "cavium", "netronome", "pensando", "sfc", "huawei", "fungible")
    ),
)
"""Folders of kernel modules that stay out, relative to the kernel's module folder."""

_ALWAYS = (
    *("boot/*", "usr/lib/grub/*", "usr/lib/ipxe/*", "usr/share/grub/*", "usr/lib/shim/*", "initrd.img*", "vmlinuz*"),
    *("var/lib/apt/lists/*", "var/cache/*", "var/log/*", "proc/*", "sys/*", "dev/*", "run/*", "tmp/*"),
    # The mirror that the image was built from, maybe with a password.
    *("etc/apt/sources.list", "etc/apt/sources.list.d/*"),
    # Which package has which file: nothing is installed or removed in the live system.
    *("var/lib/dpkg/info/*", "var/lib/ucf/*"),
)

RULES = (*MODULE_FOLDERS, *UNDECLARED, *UNWANTED, *_ALWAYS)
"""Everything that decides, beside the root file system itself: a change of it is a change of the image."""


def left_out(root: Path, report: Report | None = None) -> list[str]:
    """Patterns of mksquashfs (relative to ``root``) for everything that stays out. Takes some seconds."""
    found = list(_ALWAYS)
    for kernel in sorted((root / "usr/lib/modules").glob("*/kernel")):
        base = kernel.relative_to(root)
        found += [f"{base}/{folder}" for folder in dict.fromkeys(MODULE_FOLDERS) if (kernel / folder).exists()]
    if report:
        report("live: choosing the firmware", 0.8)
    kept = chosen(root / FIRMWARE, declared(root, MODULE_FOLDERS))
    return found + _escaped(f"{FIRMWARE}/{path}" for path in left_out_of(root / FIRMWARE, kept))


def _escaped(paths: Iterable[str]) -> list[str]:
    """File names as mksquashfs' patterns: some have brackets or spaces of their own."""
    return ["".join(f"\\{letter}" if letter in "*?[]!\\" else letter for letter in path) for path in paths]
