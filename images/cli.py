"""``recyclerie image``: build the live image, the OS images, a USB stick.

Knows the controller only through ``configure``, so that images stays on its own; without it, the folders come
from the same ``RECYCLERIE_*`` variables that the controller reads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from images.errors import ImageError
from images.live import build_live
from images.options import options_from_environment
from images.osimage import build_os
from images.usb import build_usb


class Folders(NamedTuple):
    """Where things are on this controller."""

    image_dir: Path
    cache_dir: Path
    default_profile: str


def folders_from_environment() -> Folders:
    """The controller's folders where nobody said otherwise."""
    data = Path(os.environ.get("RECYCLERIE_DATA_DIR", "/var/lib/recyclerie"))
    return Folders(
        image_dir=Path(os.environ.get("RECYCLERIE_IMAGE_DIR", str(data / "images"))),
        cache_dir=Path(os.environ.get("RECYCLERIE_CACHE_DIR", "~/.cache/recyclerie")),
        default_profile=os.environ.get("RECYCLERIE_DEFAULT_PROFILE", "famille"),
    )


def _no_site() -> Path:
    raise ImageError(
        "This program does not know the workshop's controller",
        hint="use `recyclerie image usb FILE` on the controller, or give --no-site",
    )


_folders: Callable[[], Folders] = folders_from_environment
_site_cpio: Callable[[], Path] = _no_site


def configure(folders: Callable[[], Folders], site_cpio: Callable[[], Path]) -> None:
    """Tell the commands where things are. Both are asked when a command runs, not before.

    ``site_cpio`` writes and returns the workshop's settings for a stick.
    """
    global _folders, _site_cpio
    _folders, _site_cpio = folders, site_cpio


app = typer.Typer(help="Build what PCs boot and what is installed on them.", no_args_is_help=True)
build = typer.Typer(help="Build an image (nothing is done when it is up to date).", no_args_is_help=True)
app.add_typer(build, name="build")

Renew = Annotated[bool, typer.Option("--renew", help="Take the newest packages even if nothing else changed.")]
ProfileName = Annotated[str, typer.Option("--profile", "-p", help="What to install: famille, mini…")]


@build.command("live")
def live_command(renew: Renew = False) -> None:
    """The live image: what a donated PC runs while it is inspected, erased and installed."""
    with _errors():
        place = _folders()
        options = options_from_environment(renew=renew)
        build_live(place.image_dir.expanduser() / "live", place.cache_dir.expanduser(), _reporter(), options)


@build.command("os")
def os_command(profile: ProfileName = "", renew: Renew = False) -> None:
    """An OS image: the whole disk of an installed PC, ready to be written."""
    with _errors():
        place = _folders()
        name = profile or place.default_profile
        options = options_from_environment(renew=renew)
        goal = place.image_dir.expanduser() / "os" / name
        build_os(name, goal, place.cache_dir.expanduser(), _reporter(), options)


@app.command("usb")
def usb_command(
    file: Annotated[Path, typer.Argument(help="The stick's image to write; then copy it to the stick with dd.")],
    no_site: Annotated[bool, typer.Option("--no-site", help="A stick that knows no controller.")] = False,
) -> None:
    """A bootable stick (BIOS, UEFI, Secure Boot) of the live image, for PCs that can't boot from the network."""
    with _errors():
        live = _folders().image_dir.expanduser() / "live"
        build_usb(file.absolute(), live, None if no_site else _site_cpio(), _reporter())


def _reporter() -> Callable[[str, float | None], None]:
    """Progress as lines: readable on a terminal, in a log and in `make demo`."""
    start = time.monotonic()

    def report(line: str, share: float | None) -> None:
        done = f"{share * 100:3.0f} %" if share is not None else "     "
        typer.echo(f"{time.monotonic() - start:6.1f} s {done} {line}")

    return report


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what a person can mend into a message and exit status 1."""
    try:
        yield
    except ImageError as error:
        typer.echo(f"recyclerie image: {error}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"recyclerie image: {error}\n  hint: is the disk full (df -h)? are you root?", err=True)
        raise typer.Exit(1) from error
