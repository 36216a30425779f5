"""A TCP connection to the controller, directly or through a proxy, that keeps little unsent in the kernel."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from agent.link.proxy import Proxy

CONNECT_SECONDS = 20.0
# What waits in the kernel can't be overtaken: a heartbeat would wait behind megabytes on a slow uplink.
UNSENT_BYTES = 64 * 1024


class ProxyRefused(OSError):
    """The proxy does not connect us to the controller."""


async def open_socket(controller_url: str, proxy: Proxy | None) -> socket.socket:
    """A connected socket, not blocking; TLS comes on top of it.

    Raises:
        OSError: nobody answers; ProxyRefused when it is the proxy that says no.
        TimeoutError: nobody answered in time.
    """
    parts = urlsplit(controller_url)
    host, port = parts.hostname or "", parts.port or 443
    made = await asyncio.to_thread(_connect, host, port, proxy)
    made.setblocking(False)
    return made


def _connect(host: str, port: int, proxy: Proxy | None) -> socket.socket:
    if proxy is None:
        made = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    else:
        made = _through(proxy, host, port)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return made


def _through(proxy: Proxy, host: str, port: int) -> socket.socket:
    import http.client  # late: most machines never need it

    connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=CONNECT_SECONDS)
    connection.set_tunnel(host, port, headers=proxy.headers)
    try:
        connection.connect()
    except http.client.HTTPException as problem:
        connection.close()
        raise ProxyRefused(f"the proxy {proxy.url} answered nonsense: {problem}") from problem
    except OSError as problem:
        connection.close()
        raise ProxyRefused(f"the proxy {proxy.url} does not connect: {problem}") from problem
    made = connection.sock
    connection.sock = None  # it is ours now
    return made
