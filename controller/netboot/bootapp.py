"""The plain HTTP service of boot files, and of nothing else.

What boots can't check certificates, so nothing secret is here: the system's own hash, inside site.cpio, is what
a PC trusts. A fixed list of names: no path of a request ever reaches the file system.
"""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from controller.errors import RecyclerieError
from controller.netboot import ipxe
from controller.netboot.bootmode import boot_mode
from controller.netboot.files import SITE_FILE, boot_url, live_dir, write_site_file
from controller.netboot.macs import normal_mac
from controller.settings import Settings

_log = logging.getLogger(__name__)

LIVE_FILES = ("live.squashfs", "vmlinuz", "initrd.img")


class LargeFile(FileResponse):
    """A file with ranges, read in pieces of 1 MiB: 64 KiB ones cost a third of the network's speed."""

    chunk_size = 1024 * 1024


def create_boot_app(settings: Settings) -> Starlette:
    """The application to serve on ``settings.boot_port``."""

    async def boot_file(request: Request) -> Response:
        name = request.path_params["name"]
        path = _path(settings, name)
        if path is None or not path.is_file():
            raise HTTPException(404, f"no boot file {name!r}")
        return LargeFile(path, media_type="application/octet-stream", headers={"Cache-Control": "no-cache"})

    async def script(request: Request) -> Response:
        # The address that the PC reached us by is the one that works for it.
        url = f"http://{request.url.netloc}/boot" if request.url.netloc else boot_url(settings)
        mac = normal_mac(request.query_params.get("mac", ""))
        text = ipxe.ask_for_mac(url) if mac is None else ipxe.render(boot_mode(settings, mac), url)
        return PlainTextResponse(text, headers={"Cache-Control": "no-store"})

    routes = [
        Route("/boot/ipxe", script, methods=["GET"]),
        Route("/boot/{name}", boot_file, methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _path(settings: Settings, name: str) -> Path | None:
    """The file behind a name of the list; site.cpio is written anew when the live image is newer."""
    if name in LIVE_FILES:
        return live_dir(settings) / name
    if name != SITE_FILE:
        return None
    path = settings.tftp_dir / SITE_FILE
    manifest = live_dir(settings) / "manifest.json"
    try:
        if not path.is_file() or (manifest.is_file() and manifest.stat().st_mtime > path.stat().st_mtime):
            return write_site_file(settings)
    except (OSError, RecyclerieError) as error:
        _log.warning("site.cpio could not be written: %s", error)
    return path
