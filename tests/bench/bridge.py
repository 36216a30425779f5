"""What a link without a controller would be: a Unix socket behind a WebSocket over TLS on the same machine.

websockify where it is installed (or ``RECYCLERIE_WEBSOCKIFY`` names its command), else a bridge of a few lines on the
library that the agent uses.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.agent.certificates import make_authority

OF_OURS = """
import asyncio, contextlib, ssl, sys
from websockets.asyncio.server import serve
async def bridge(ws):
    reader, writer = await asyncio.open_unix_connection(sys.argv[1], limit=65536)
    async def back():
        with contextlib.suppress(Exception):
            async for data in ws:
                writer.write(data)
                await writer.drain()
        writer.close()
    task = asyncio.create_task(back())
    with contextlib.suppress(Exception):
        while data := await reader.read(32768):
            await ws.send(data)
    task.cancel()
async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[4], sys.argv[5])
    host, port = sys.argv[2], int(sys.argv[3])
    async with serve(bridge, host, port, ssl=context, compression=None, max_size=None, subprotocols=["binary"]):
        await asyncio.Future()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Bridge:
    """A running one. ``ca``: who signed its certificate, which names loopback."""

    name: str
    pid: int
    port: int
    ca: Path


@contextmanager
def bridge(folder: Path, service: Path, prefix: list[str], host: str, port: int) -> Iterator[Bridge]:
    """The bridge from ``host:port`` to the socket ``service``, until the block ends. ``prefix``: where it runs."""
    ca, certificate, key = make_authority(folder / "tls")
    found = os.environ.get("RECYCLERIE_WEBSOCKIFY") or shutil.which("websockify")
    if found:
        name = "websockify"
        command = [*found.split(), "--ssl-only", f"--cert={certificate}", f"--key={key}"]
        command += [f"--unix-target={service}", f"{host}:{port}"]
    else:
        name = "a small bridge (websockify is not installed)"
        command = [sys.executable, "-c", OF_OURS, *map(str, (service, host, port, certificate, key))]
    process = subprocess.Popen([*prefix, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        listening = [*prefix, "ss", "-Hltn", f"sport = :{port}"]
        limit = time.monotonic() + 20
        while not subprocess.run(listening, capture_output=True, check=True).stdout:
            assert process.poll() is None, f"{name} ended at once"
            assert time.monotonic() < limit, f"{name} does not listen"
            time.sleep(0.1)
        yield Bridge(name, process.pid, port, ca)
    finally:
        process.kill()
        process.wait()
