"""Drives and screens that arrive and leave, told by the kernel through udev (pyudev). Live image only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal, NamedTuple, Protocol

from agent.collectors.drives import NOT_DRIVES


class Listener(Protocol):
    """What is used of pyudev's Monitor."""

    def fileno(self) -> int: ...

    def poll(self, timeout: float | None = None) -> Any: ...


class Event(NamedTuple):
    """Something was plugged or unplugged. ``body`` is a DRIVE_EVENT's for drives."""

    what: Literal["drive", "screen"]
    body: dict[str, Any]


class DeviceMonitor:
    """Listens to udev without a thread: its socket is read when the event loop says so."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener if listener is not None else listen()

    async def events(self) -> AsyncIterator[Event]:
        """Drives and screens, for ever."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._listener.fileno(), ready.set)
        try:
            while True:
                await ready.wait()
                ready.clear()
                while (device := self._listener.poll(timeout=0)) is not None:
                    event = event_of(str(device.subsystem), str(device.action), device.sys_name, device.properties)
                    if event is not None:
                        yield event
        finally:
            loop.remove_reader(self._listener.fileno())


def listen() -> Listener:
    """A monitor of disks and graphics connectors that is already listening."""
    import pyudev

    monitor = pyudev.Monitor.from_netlink(pyudev.Context())
    monitor.filter_by("block", "disk")
    monitor.filter_by("drm")
    monitor.start()
    return monitor  # type: ignore[no-any-return]


def event_of(subsystem: str, action: str, name: str, properties: Any) -> Event | None:
    """What a udev event means; None when it means nothing to us."""
    if subsystem == "drm":
        # A connector's change comes as a change of its card; cards come and go with USB docks.
        changed = (action == "change" and properties.get("HOTPLUG") == "1") or action in ("add", "remove")
        return Event("screen", {"action": action, "path": name}) if changed else None
    body = drive_event(action, name, properties)
    return Event("drive", body) if body is not None else None


def drive_event(action: str, name: str, properties: Any) -> dict[str, Any] | None:
    """What to report of a udev event; None for other actions and for what is no drive."""
    if action not in ("add", "remove") or name.startswith(NOT_DRIVES):
        return None
    serial = properties.get("ID_SCSI_SERIAL") or properties.get("ID_SERIAL_SHORT") or ""
    return {"action": action, "path": f"/dev/{name}", "serial": str(serial)}
