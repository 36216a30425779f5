"""The live image: what a donated PC runs while it is inspected, erased and installed.

Kernel, initrd and squashfs of a small Debian with the tools and our agent, and beside them the boot loaders
that bring a PC to it: Debian's signed shim and GRUB, iPXE, and a GRUB for the BIOS of PCs that boot a stick.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from images.bootstrap import Recipe, Rootfs, digest, rootfs
from images.command import Report, need_root, need_tools, run
from images.errors import ImageError
from images.grub import STICK_MODULES, STICK_PREFIX, bios_core
from images.manifest import LIVE_SCHEMA, file_entry, read_manifest, write_manifest
from images.options import BuildOptions
from images.resources import chroot_ready, in_chroot, locked, replacing, unmount_below
from images.sources import choose_sources
from images.tree import AGENT, FILES, Entry, Tree, agent_tree, enabled, lay, masked, tree_digest, tree_of
from images.trim import RULES, left_out

PACKAGES = (
    # the system
    *("linux-image-amd64", "initramfs-tools", "busybox", "systemd-sysv", "udev", "kmod", "dbus", "zstd"),
    *("systemd-resolved", "iproute2", "iputils-ping", "procps", "less", "openssh-server", "ca-certificates"),
    # the agent's
    *("python3", "python3-psutil", "python3-pyudev", "python3-websockets"),
    # what it inspects and erases with
    *("openseachest", "nwipe", "smartmontools", "nvme-cli", "hdparm", "sg3-utils", "mmc-utils"),
    *("dmidecode", "lshw", "pciutils", "usbutils", "ethtool", "efibootmgr", "kbd"),
    # what it tries Wi-Fi and sound with
    *("iw", "wireless-regdb", "alsa-utils", "alsa-ucm-conf"),
    # big letters and the keyboard's layout on its screen
    *("console-setup", "console-setup-linux", "keyboard-configuration"),
    # what it installs with
    *("e2fsprogs", "dosfstools", "mtools", "gdisk", "fdisk", "rsync", "wget"),
    # the boot loaders, taken out of the root file system for network and stick
    *("grub-common", "grub-pc-bin", "grub-efi-amd64-bin", "grub-efi-amd64-signed", "shim-signed", "ipxe"),
)

# What is inspected and tested must start: a Wi-Fi card without its firmware looks broken. Which of their files go
# into the squashfs is in images/firmware.py.
FIRMWARE = (
    *("firmware-linux-free", "firmware-misc-nonfree", "firmware-bnx2", "firmware-bnx2x", "firmware-realtek"),
    *("firmware-iwlwifi", "firmware-atheros", "firmware-brcm80211", "firmware-mediatek", "firmware-libertas"),
    *("firmware-zd1211", "firmware-ti-connectivity"),
    *("firmware-intel-graphics", "firmware-amd-graphics", "firmware-nvidia-graphics"),
    *("firmware-intel-sound", "firmware-sof-signed"),
)

# Not in the live system: nobody reads manuals there, and its boot loaders are files beside the squashfs.
_EXCLUDED = (
    *("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"),
    *("/usr/share/lintian/*", "/usr/share/bash-completion/*", "/usr/share/zsh/*"),
    # Of hundreds of console fonts, one in three sizes; of alsa-utils, no recordings of a voice.
    *("/usr/share/consolefonts/*", "/usr/share/sounds/alsa/*"),
)
_INCLUDED = ("/usr/share/consolefonts/Lat15-Terminus*",)

_MASKED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer", "e2scrub_all.timer"),
    *("systemd-networkd-wait-online.service", "smartmontools.service", "smartd.service", "e2scrub_reap.service"),
    *("nvmf-autoconnect.service", "nvmefc-boot-connections.service", "rsync.service", "getty@tty1.service"),
    *("grub-common.service", "grub-initrd-fallback.service", "systemd-hibernate-clear.service"),
    *(
        "systemd-pstore.service",
        "sshd-keygen.service",
        "systemd-firstboot.service",
        "proc-sys-fs-binfmt_misc.automount",
    ),
    *("systemd-binfmt.service", "systemd-machine-id-commit.service", "systemd-random-seed.service"),
    *("systemd-pcrmachine.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service"),
    *("systemd-tpm2-setup.service", "systemd-tpm2-setup-early.service", "systemd-remount-fs.service"),
    # The image was updated when it was built.
    *("ldconfig.service", "systemd-hwdb-update.service", "systemd-journal-catalog-update.service"),
    *("systemd-update-done.service", "systemd-rfkill.service", "systemd-rfkill.socket"),
    # Fonts are there for programs that want big letters; nothing sets one at each start and at each new screen.
    *("console-setup.service", "keyboard-setup.service"),
)

# Each is a program that runs before the first unit. gpt-auto would look for partitions on the donor's drives.
_GENERATORS_OFF = (
    *("ssh", "gpt-auto", "getty", "hibernate-resume", "rc-local", "system-update", "sysv", "tpm2", "cryptsetup"),
    *("veritysetup", "integritysetup", "bless-boot", "import"),
)
_ENABLED = (
    *("systemd-networkd.service", "ssh.service", "recyclerie-hostkey.service", "recyclerie-console.service"),
    *("recyclerie-agent.service",),
)

SQUASHFS_LEVEL = 3
"""zstd level: 15 takes ten times as long for a file 5 % smaller (measured)."""

BOOT_FILES = {  # name in live/boot/ → path in the root file system
    "shimx64.efi": "usr/lib/shim/shimx64.efi.signed",
    "mmx64.efi": "usr/lib/shim/mmx64.efi.signed",
    "grubnetx64.efi": "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed",
    "grubx64.efi": "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
    "undionly.kpxe": "usr/lib/ipxe/undionly.kpxe",
    "boot.img": "usr/lib/grub/i386-pc/boot.img",
}

SQUASHFS_BLOCK_BYTES = 256 * 1024

_SPACE_BYTES = 4_000_000_000


def recipe(options: BuildOptions) -> Recipe:
    """What the live root file system is made of."""
    return Recipe(
        name="live",
        packages=PACKAGES + (FIRMWARE if options.firmware else ()),
        sources=tuple(
            choose_sources(mirror=options.mirror, security_mirror=options.security_mirror, firmware=options.firmware)
        ),
        excluded=_EXCLUDED,
        included=_INCLUDED,
        space_bytes=_SPACE_BYTES,
    )


def our_tree(agent: Path = AGENT) -> Tree:
    """Our own files in the live system: settings, units, console, boot script, the agent."""
    tree = {**tree_of(FILES / "live"), **agent_tree(agent)}
    for path in [path for path in tree if path.startswith("etc/initramfs-tools/scripts/")]:
        # A boot script has no #! line and is sourced; mkinitramfs wants it in Debian's own folder.
        tree[path] = Entry(tree[path].content, 0o644)
    units = [unit for unit in _ENABLED if f"usr/lib/systemd/system/{unit}" in tree or "recyclerie" not in unit]
    tree |= enabled(*units) | masked(*_MASKED)
    tree |= {
        f"etc/systemd/system-generators/systemd-{name}-generator": Entry(b"/dev/null", 0) for name in _GENERATORS_OFF
    }
    tree["etc/udev/rules.d/90-console-setup.rules"] = Entry(b"/dev/null", 0)
    tree["usr/lib/clock-epoch"] = Entry(b"", 0o644)
    return tree


@dataclass(frozen=True, kw_only=True)
class LiveRootfs:
    """The live root file system, with the agent of this checkout in it."""

    folder: Path
    inputs: str  # hash of everything that went in
    base: Rootfs


def live_rootfs(
    cache_dir: Path, report: Report, options: BuildOptions | None = None, *, agent: Path = AGENT
) -> LiveRootfs:
    """The live root file system as a folder, built or refreshed: also the lower layer of the fast rig."""
    base = rootfs(recipe(options or BuildOptions()), cache_dir, report, renew=bool(options and options.renew))
    tree = our_tree(agent)
    record = cache_dir / "rootfs" / "live.ours.json"
    with locked(cache_dir / "rootfs", "live", report):
        inputs = digest([base.key.encode(), base.built_at.encode(), tree_digest(tree).encode()])
        unmount_below(base.folder)  # what an interrupted build may have left
        changed = lay(tree, base.folder, record, base=base.built_at)
        if changed or not _version(base.folder).endswith(inputs[:8]):
            report("live: agent and settings refreshed", None)
            _settle(base.folder, inputs)
    return LiveRootfs(folder=base.folder, inputs=inputs, base=base)


def _version(root: Path) -> str:
    """Version of the live image in ``root``: day, and the beginning of its inputs' hash."""
    try:
        return (root / "usr/lib/recyclerie/image-version").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _settle(root: Path, inputs: str) -> None:
    """What can't be laid as a file: no identity of its own, its version, byte code for a quick start."""
    need_root()
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)
    now = datetime.now(UTC)
    # systemd never starts with a clock before this file's time: dead CMOS batteries are usual.
    os.utime(root / "usr/lib/clock-epoch", (now.timestamp(), now.timestamp()))
    run(
        ["chroot", root, "python3", "-m", "compileall", "-q", "/usr/lib/recyclerie"],
        hint="a file of the agent has a syntax error for the live image's Python; see above",
    )
    # Last: it says that all of the above is done.
    (root / "usr/lib/recyclerie/image-version").write_text(f"{now:%Y%m%d}-{inputs[:8]}\n", encoding="utf-8")


def build_live(
    out_dir: Path,
    cache_dir: Path,
    report: Report,
    options: BuildOptions | None = None,
    *,
    agent: Path = AGENT,
) -> Path:
    """Build ``out_dir``/{vmlinuz, initrd.img, live.squashfs, boot/, manifest.json}; returns ``out_dir``.

    Nothing is done when they are already there, of the same inputs. Each file is replaced whole, the
    manifest last. Raises ``ImageError``.
    """
    need_tools({"mksquashfs": "squashfs-tools", "zstd": "zstd"})
    root = live_rootfs(cache_dir, report, options, agent=agent)
    packing = [*RULES, str(SQUASHFS_LEVEL), str(SQUASHFS_BLOCK_BYTES)]
    packing += [*BOOT_FILES.values(), STICK_PREFIX, *STICK_MODULES]
    inputs = digest([root.inputs.encode(), *(part.encode() for part in packing)])
    with locked(cache_dir / "rootfs", "live", report):
        kept = read_manifest(out_dir / "manifest.json", LIVE_SCHEMA)
        if kept and kept.get("inputs") == inputs and (out_dir / "live.squashfs").is_file():
            report(f"live: {out_dir} is up to date ({kept['version']})", 1.0)
            return out_dir
        out_dir.mkdir(parents=True, exist_ok=True)
        kernel = _kernel(root.folder)
        initrd = _initrd(root, cache_dir, kernel, report)
        _copy(root.folder / f"boot/vmlinuz-{kernel}", out_dir / "vmlinuz")
        _copy(initrd, out_dir / "initrd.img")
        for name, place in BOOT_FILES.items():
            _copy(root.folder / place, out_dir / "boot" / name)
        with replacing(out_dir / "boot" / "core.img") as new:
            new.write_bytes(bios_core(root.folder, STICK_PREFIX, STICK_MODULES))
            new.chmod(0o644)
        report("live: packing the squashfs", 0.85)
        _squash(root.folder, out_dir / "live.squashfs", report)
        names = ["vmlinuz", "initrd.img", "live.squashfs"]
        names += [f"boot/{name}" for name in (*BOOT_FILES, "core.img")]
        version = _version(root.folder)
        write_manifest(
            out_dir / "manifest.json",
            {
                "schema": LIVE_SCHEMA,
                "version": version,
                "built_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "inputs": inputs,
                "kernel": kernel,
                "files": {name: file_entry(out_dir / name) for name in names},
                "packages": root.base.packages,
            },
        )
    size = (out_dir / "live.squashfs").stat().st_size
    report(f"live: {version} is ready in {out_dir} (squashfs {size / 1e6:.0f} MB)", 1.0)
    return out_dir


def _kernel(root: Path) -> str:
    found = sorted((root / "boot").glob("vmlinuz-*"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ImageError(f"No kernel in {root}/boot", hint="delete that folder and build again")
    return found[-1].name.removeprefix("vmlinuz-")


def _initrd(root: LiveRootfs, cache_dir: Path, kernel: str, report: Report) -> Path:
    """The initrd, made anew only when the root's packages or our boot script changed."""
    scripts = {path: entry for path, entry in our_tree().items() if path.startswith("etc/initramfs-tools/")}
    key = digest([root.base.built_at.encode(), kernel.encode(), tree_digest(scripts).encode()])
    goal, note = cache_dir / "rootfs" / "live.initrd", cache_dir / "rootfs" / "live.initrd.key"
    if goal.is_file() and note.is_file() and note.read_text(encoding="utf-8") == key:
        return goal
    report("live: making the initrd", 0.6)
    note.unlink(missing_ok=True)
    with chroot_ready(root.folder):
        # /etc's scripts folder is only looked at for stages: the boot script goes where Debian's are.
        in_chroot(
            root.folder,
            *("cp", "/etc/initramfs-tools/scripts/recyclerie", "/usr/share/initramfs-tools/scripts/recyclerie"),
            hint="the live root file system is damaged: delete rootfs/live in the cache",
        )
        in_chroot(
            root.folder,
            *("mkinitramfs", "-o", "/boot/recyclerie-initrd", kernel),
            hint="see images/files/live/etc/initramfs-tools",
        )
    shutil.move(root.folder / "boot/recyclerie-initrd", goal)
    note.write_text(key, encoding="utf-8")
    return goal


def _squash(root: Path, goal: Path, report: Report) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".exclude") as patterns, replacing(goal) as new:
        patterns.write("".join(f"{pattern}\n" for pattern in left_out(root, report)))
        patterns.flush()
        run(
            [
                *("mksquashfs", root, new, "-noappend", "-quiet", "-no-progress", "-xattrs"),
                *("-comp", "zstd", "-Xcompression-level", str(SQUASHFS_LEVEL), "-b", str(SQUASHFS_BLOCK_BYTES)),
                *("-wildcards", "-ef", patterns.name),
            ],
            hint="is the disk full? (df -h)",
        )
        new.chmod(0o644)


def _copy(source: Path, goal: Path) -> None:
    with replacing(goal) as new:
        shutil.copyfile(source, new)
        new.chmod(0o644)
