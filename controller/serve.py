"""The servers of one controller process: HTTPS for everything, plain HTTP for boot files only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator

import uvicorn

from controller.app import create_app
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_
from controller.netboot.bootapp import create_boot_app
from controller.releases.store import Store
from controller.settings import Settings

# What waits in the kernel can't be overtaken: an acknowledgement would wait behind a stream's bytes on a slow line.
UNSENT_BYTES = 128 * 1024
BACKLOG = 4096  # a thousand agents may come back within seconds
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
            ws_per_message_deflate=False,  # pictures are compressed already; it costs each socket CPU and memory
            ws_ping_interval=20,
            ws_ping_timeout=30,
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
    release = asyncio.create_task(asyncio.to_thread(_release, settings))
    try:
        await main.serve(sockets=[_listen(settings.host, settings.port)])
    finally:
        boot.should_exit = True
        await second
        await release


def _release(settings: Settings) -> None:
    """The agent's package for machines at home. Without it they go on with the agent that they have."""
    try:
        Store(settings).ensure()
    except (RecyclerieError, OSError) as error:
        logger.error("the agent's package could not be made: %s", error.text() if hasattr(error, "text") else error)


def _listen(host: str, port: int) -> socket.socket:
    """Where agents and people connect. What is set here, each accepted connection has too."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise Conflict(
            N_("The controller can't listen on {address}: {detail}."),
            N_("Does another one run? Else set RECYCLERIE_HOST and RECYCLERIE_PORT."),
            address=f"{host}:{port}",
            detail=error.strerror or str(error),
        ) from error
    listening.listen(BACKLOG)
    return listening


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "paramiko", "alembic", "weasyprint.progress", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is there: a TLS connection costs 44 KB with it, and 300 KB with asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
