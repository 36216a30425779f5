"""The agent's .deb: the same bytes for the same contents and version, whoever builds it, whenever."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from agent.protocol_updates import PACKAGE
from controller.errors import Conflict
from controller.i18n import N_
from controller.releases.contents import DEPENDS, RECOMMENDS, RELEASE, Contents, Entry, script

MAINTAINER = "Recyclerie <agent@recyclerie.invalid>"


def package_name(version: str) -> str:
    """The file's name."""
    return f"{PACKAGE}_{version}_all.deb"


def build_package(held: Contents, version: str, epoch: int, goal: Path) -> None:
    """Write the package to ``goal``, in one step. ``epoch`` (s since 1970) is the time of everything in it.

    Raises:
        Conflict: dpkg-deb is missing or failed.
    """
    goal.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recyclerie-deb-") as folder:
        root = Path(folder) / "root"
        _lay(root, held | {RELEASE: Entry(f"{version}\n".encode())}, version, epoch)
        made = Path(folder) / "made.deb"
        _dpkg_deb(root, made, epoch)
        new = goal.with_name(f".{goal.name}.new")
        new.write_bytes(made.read_bytes())
        new.chmod(0o644)
        new.replace(goal)


def _lay(root: Path, held: Contents, version: str, epoch: int) -> None:
    for path, entry in held.items():
        _put(root / path, entry.content, entry.mode)
    size = sum(len(entry.content) for entry in held.values()) // 1024 + 1
    _put(root / "DEBIAN/control", control(version, size).encode(), 0o644)
    for name in ("postinst", "prerm", "postrm"):
        _put(root / "DEBIAN" / name, script(name), 0o755)
    for place in [*sorted(root.rglob("*"), reverse=True), root]:
        if place.is_dir():
            place.chmod(0o755)
        os.utime(place, (epoch, epoch))


def _put(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def control(version: str, size_kib: int) -> str:
    """The package's control file; also what the index says of it."""
    return (
        f"Package: {PACKAGE}\n"
        f"Version: {version}\n"
        "Architecture: all\n"
        "Section: admin\n"
        "Priority: optional\n"
        f"Maintainer: {MAINTAINER}\n"
        f"Installed-Size: {size_kib}\n"
        f"Depends: {', '.join(DEPENDS)}\n"
        f"Recommends: {', '.join(RECOMMENDS)}\n"
        "Description: keeps a reconditioned PC in touch with its workshop\n"
        " Says how the machine is, lets the workshop maintain it, and the family ask for help.\n"
        " What it sends and what it never does: recyclerie-agent promises.\n"
    )


def _dpkg_deb(root: Path, made: Path, epoch: int) -> None:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "SOURCE_DATE_EPOCH": str(epoch)}
    # One thread: what several make depends on how many there are. xz is what every Debian's dpkg reads.
    argv = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--threads-max=1", "--build", str(root), str(made)]
    try:
        ran = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    if ran.returncode != 0:
        raise _failed(ran.stderr.strip())


def _failed(detail: str) -> Conflict:
    return Conflict(
        N_("The agent's package can't be built: {detail}"),
        N_("The controller's computer needs dpkg-deb (package dpkg) and room in /tmp."),
        detail=detail[-300:],
    )


def facts_of(deb: Path) -> dict[str, str]:
    """Package, version and architecture that a .deb says it is.

    Raises:
        Conflict: it is no package.
    """
    argv = ["dpkg-deb", "--show", "--showformat=${Package}\n${Version}\n${Architecture}\n", str(deb)]
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(str(error)) from error
    if ran.returncode != 0:
        raise _failed(ran.stderr.strip())
    return dict(zip(("package", "version", "architecture"), ran.stdout.split("\n"), strict=False))


def control_of(deb: Path) -> str:
    """The control file of a package."""
    ran = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=False, timeout=60)
    if ran.returncode != 0:
        raise _failed(ran.stderr.strip())
    return ran.stdout
