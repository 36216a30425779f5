"""What the live image leaves out of its squashfs: drivers and firmware that no step of a run needs.

Each PC downloads and hashes the squashfs, so a megabyte counts fifty times on a busy day. Drives, wired cards,
USB, sensors and batteries stay; screens work through the firmware's own mode, which is also what never fails.
"""

from __future__ import annotations

from pathlib import Path

_MODULE_FOLDERS = (
    *("arch/x86/kvm", "virt", "sound", "samples"),
    *("drivers/media", "drivers/gpu", "drivers/net/wireless", "drivers/infiniband", "drivers/iio", "drivers/comedi"),
    *("drivers/isdn", "drivers/accel", "drivers/bluetooth", "drivers/staging", "drivers/target", "drivers/vfio"),
    *("drivers/net/can", "drivers/net/wwan", "drivers/net/dsa", "drivers/net/fddi", "drivers/net/hamradio"),
    *("drivers/video", "drivers/greybus", "drivers/w1", "drivers/most", "drivers/vhost", "drivers/xen"),
    *("drivers/infiniband", "drivers/edac", "drivers/crypto", "drivers/md", "drivers/mtd", "drivers/ntb"),
    *("fs/bcachefs", "fs/btrfs", "fs/xfs", "fs/ocfs2", "fs/gfs2", "fs/smb", "fs/nfs", "fs/nfsd", "fs/ceph"),
    *("fs/f2fs", "fs/afs", "fs/jfs", "fs/reiserfs", "fs/nilfs2", "fs/ubifs", "fs/jffs2", "fs/dlm", "fs/orangefs"),
    *("net/mac80211", "net/wireless", "net/bluetooth", "net/openvswitch", "net/sctp", "net/tipc", "net/rds"),
    *("net/sunrpc", "net/ceph", "net/batman-adv", "net/dccp", "net/sched", "net/smc", "net/can"),
    *("net/9p", "net/rxrpc", "net/mptcp", "net/ieee802154", "net/nfc", "net/atm", "net/vmw_vsock", "net/rfkill"),
    *(
        f"drivers/net/ethernet/{maker}"
        for maker in ("mellanox", "chelsio", "cavium", "netronome", "pensando", "sfc", "huawei", "fungible")
    ),
)

# Of the firmware packages, what wired cards and drive controllers load. The rest is Wi-Fi, sound, television.
_KEPT_FIRMWARE = {
    *("3com", "acenic", "adaptec", "advansys", "bnx2", "bnx2x", "cis", "cxgb3", "e100", "isci", "kaweth"),
    *("rtl_nic", "slicoss", "sun", "tehuti", "tigon", "r8a779x_usb3_v1.dlmem", "r8a779x_usb3_v3.dlmem"),
}

_ALWAYS = (
    *("boot/*", "usr/lib/grub/*", "usr/lib/ipxe/*", "usr/share/grub/*", "usr/lib/shim/*", "initrd.img*", "vmlinuz*"),
    *("var/lib/apt/lists/*", "var/cache/*", "var/log/*", "proc/*", "sys/*", "dev/*", "run/*", "tmp/*"),
    # The mirror that the image was built from, maybe with a password.
    *("etc/apt/sources.list", "etc/apt/sources.list.d/*"),
    # Which package has which file: nothing is installed or removed in the live system.
    *("var/lib/dpkg/info/*", "var/lib/ucf/*"),
)


def left_out(root: Path) -> list[str]:
    """Patterns of mksquashfs (relative to ``root``) for everything that stays out."""
    found = list(_ALWAYS)
    for kernel in sorted((root / "usr/lib/modules").glob("*/kernel")):
        base = kernel.relative_to(root)
        found += [f"{base}/{folder}" for folder in dict.fromkeys(_MODULE_FOLDERS) if (kernel / folder).exists()]
    firmware = root / "usr/lib/firmware"
    if firmware.is_dir():
        found += [
            f"usr/lib/firmware/{path.name}" for path in sorted(firmware.iterdir()) if path.name not in _KEPT_FIRMWARE
        ]
    return found
