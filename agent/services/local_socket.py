"""A service behind a Unix socket that another part of the agent makes and removes."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from agent.services.base import Door

CONNECT_SECONDS = 5.0


async def connect(path: Path) -> Door | None:
    """Connect to the socket; None when nothing listens there."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(ours, str(path))
    except (OSError, TimeoutError):
        ours.close()
        return None
    return Door(ours)
