"""The menu of the network GRUB (PCs with UEFI, Secure Boot on or off). Pure: addresses in, menu out."""

from __future__ import annotations

from controller.netboot.ipxe import KERNEL_OPTIONS, SAFE_GRAPHICS


def render(address: str) -> str:
    """grub/grub.cfg: the live image over TFTP from ``address``, or the machine's own drive.

    The signed network GRUB has no HTTP and loads no modules: only what is built into it is used here.
    """
    return f"""\
set timeout=2
set default=live
set recyclerie_boot=live
# There where this machine is to start from its own drive. No `test -f` before: over TFTP GRUB can't list folders,
# so it is always false; where the file is missing, source says so and the menu goes on.
source (tftp,{address})/grub/machines/$net_default_mac.cfg
if [ "$recyclerie_boot" = local ]; then
	set default=local
	set timeout=0
fi

menuentry 'Recyclerie : preparer cet ordinateur / recondition this computer' --id live {{
	echo 'Recyclerie: live image from {address}'
	linux (tftp,{address})/vmlinuz {KERNEL_OPTIONS} BOOTIF=01-$net_default_mac
	initrd (tftp,{address})/initrd.img (tftp,{address})/site.cpio
}}
menuentry 'Recyclerie : affichage simple / safe graphics' --id safe {{
	linux (tftp,{address})/vmlinuz {KERNEL_OPTIONS} {SAFE_GRAPHICS} BOOTIF=01-$net_default_mac
	initrd (tftp,{address})/initrd.img (tftp,{address})/site.cpio
}}
menuentry "Demarrer l'ordinateur normalement / start this computer's own system" --id local {{
	# Its own GRUB where we installed one: some firmwares have no boot entry for a new drive. It must be the root
	# device: chainloader tells the next GRUB that it came from there, and there it looks for its menu.
	if search --no-floppy --file --set=root /EFI/debian/grubx64.efi; then
		chainloader /EFI/debian/grubx64.efi
		boot
	fi
	exit 1
}}
"""
