"""The servers of one controller process: HTTPS for everything, plain HTTP for boot files only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import uvicorn

from controller.app import create_app
from controller.netboot.bootapp import create_boot_app
from controller.settings import Settings

logger = logging.getLogger(__name__)


class _SecondServer(uvicorn.Server):
    """A server that leaves the process's signals to the first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


async def _serve(settings: Settings) -> None:
    app = create_app(settings)
    keys = app.state.core.keys
    main = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            ssl_certfile=str(keys.certificate),
            ssl_keyfile=str(keys.certificate_key),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=3,
            ws_max_size=4_000_000,
            ws_ping_interval=20,
            ws_ping_timeout=20,
        )
    )
    boot = _SecondServer(
        uvicorn.Config(
            create_boot_app(settings),
            host=settings.host,
            port=settings.boot_port,
            log_level="warning",
            server_header=False,
        )
    )
    second = asyncio.create_task(boot.serve())
    try:
        await main.serve()
    finally:
        boot.should_exit = True
        await second


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "paramiko", "alembic", "weasyprint.progress", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(_serve(settings))
