"""The list itself, from the agent's settings: what is not in it does not exist for the controller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.protocol_streams import NOT_NOW, SCREEN, SSH
from agent.services import local_socket
from agent.services.base import Door, Refused, Service
from agent.services.sshd import Sshd

MAINTENANCE_KEYS = Path("/etc/recyclerie/maintenance_keys")
WORKSHOP_KEYS = Path("/root/.ssh/authorized_keys")
HOST_KEY = Path("/etc/ssh/ssh_host_ed25519_key")
SCREEN_SOCKET = Path("/run/recyclerie/assist/screen.sock")  # is there only while a session is on
HOUR = 3600.0


OpenScreen = Callable[[], Awaitable[Door]]  # the session's own way to the screen; raises Refused


def listed(config: Config, open_screen: OpenScreen | None = None) -> dict[str, Service]:
    """The services of this agent by name. Only ``open_screen`` knows whether the family accepted anything."""
    known = {SSH: _ssh(config), SCREEN: _screen(config, open_screen)}
    return {name: known[name] for name in config.services if name in known}


def _ssh(config: Config) -> Service:
    # In the workshop the live system takes the workshop's key as ever, also when only the link reaches it.
    rig = config.rig or {}
    sshd = Sshd(
        keys=Path(rig.get("maintenance_keys") or (MAINTENANCE_KEYS if config.mode == "resident" else WORKSHOP_KEYS)),
        host_key=Path(rig.get("ssh_host_key") or HOST_KEY),
        config=config.state_dir / "maintenance_sshd_config",
        pam=bool(rig.get("pam", True)),
    )
    return Service(SSH, sshd.open, idle_seconds=HOUR, total_seconds=8 * HOUR)


def _screen(config: Config, open_screen: OpenScreen | None) -> Service:
    rig = config.rig or {}

    async def connect(_: dict[str, Any]) -> Door:
        if open_screen is not None and "display" not in rig and "screen_socket" in rig:
            # A test of streams alone: no display, so no session, and a socket of the test's own.
            door = await local_socket.connect(Path(rig["screen_socket"]))
        else:
            door = await open_screen() if open_screen is not None else None
        if door is None:
            raise Refused("Nobody has accepted a session on this machine's screen.", NOT_NOW)
        return door

    return Service(SCREEN, connect, idle_seconds=HOUR, total_seconds=2 * HOUR)
