"""An HTTP proxy that knows CONNECT and asks for a password: ``python -m … ADDRESS PORT``. Says what it is asked."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import sys

EXPECTED = "Basic " + base64.b64encode(b"school:word").decode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, target, _ = head.split("\r\n", 1)[0].split(" ")
    lines = head.split("\r\n")
    print(method, target, flush=True)
    if f"Proxy-Authorization: {EXPECTED}" not in lines:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    host, _, port = target.rpartition(":")
    try:
        up, down = await asyncio.open_connection(host, int(port))
    except OSError:
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(carry(reader, down), carry(up, writer))


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One way."""
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()


async def main() -> None:
    """Until killed."""
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
