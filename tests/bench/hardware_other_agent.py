"""FusionInventory's agent (the Perl agent that GLPI's came from), from Debian, in a root of its own."""

from __future__ import annotations

from pathlib import Path

from images.bootstrap import Recipe, rootfs
from images.command import run
from images.sources import choose_sources

NAME = "bench-other-agent"
PACKAGES = (
    *("fusioninventory-agent", "dmidecode", "pciutils", "usbutils", "smartmontools", "hdparm", "util-linux"),
    *("iproute2", "net-tools", "procps", "kmod", "read-edid"),
)
# Hardware only, as ours: no list of packages, users and processes.
COMMAND = (
    "fusioninventory-inventory",
    "--no-category=software,process,environment,user,local_user,local_group,licenseinfo,remote_mgmt,antivirus",
)


def other_root(cache: Path) -> tuple[Path, str]:
    """The root file system with the agent in it, built once; and the agent's version."""
    recipe = Recipe(
        name=NAME,
        packages=PACKAGES,
        sources=tuple(choose_sources(firmware=False)),
        excluded=("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"),
    )
    made = rootfs(recipe, cache, lambda line, _share: print(line))
    return made.folder, made.packages["fusioninventory-agent"]


def packed(root: Path, goal: Path) -> Path:
    """The root as a squashfs, to be mounted in a PC that has not much memory."""
    goal.unlink(missing_ok=True)
    left = ("boot/*", "var/cache/*", "var/lib/apt/*", "proc/*", "sys/*", "dev/*")
    run(
        ["mksquashfs", root, goal, "-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-wildcards", "-e", *left],
        hint="is the disk full? (df -h)",
    )
    return goal
