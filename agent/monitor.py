"""Drives that arrive and leave, told by the kernel through udev (pyudev). Live image only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pyudev

from agent.collectors.drives import NOT_DRIVES


class DriveMonitor:
    """Listens to udev without a thread: its socket is read when the event loop says so."""

    def __init__(self) -> None:
        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context())
        self._monitor.filter_by("block", "disk")
        self._monitor.start()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Bodies of DRIVE_EVENT, for ever."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._monitor.fileno(), ready.set)
        try:
            while True:
                await ready.wait()
                ready.clear()
                while (device := self._monitor.poll(timeout=0)) is not None:
                    body = drive_event(str(device.action), device.sys_name, device.properties)
                    if body is not None:
                        yield body
        finally:
            loop.remove_reader(self._monitor.fileno())


def drive_event(action: str, name: str, properties: Any) -> dict[str, Any] | None:
    """What to report of a udev event; None for other actions and for what is no drive."""
    if action not in ("add", "remove") or name.startswith(NOT_DRIVES):
        return None
    serial = properties.get("ID_SCSI_SERIAL") or properties.get("ID_SERIAL_SHORT") or ""
    return {"action": action, "path": f"/dev/{name}", "serial": str(serial)}
