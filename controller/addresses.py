"""The addresses by which PCs and people reach the controller."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from controller.settings import Settings


def local_addresses() -> list[str]:
    """IPv4 addresses of this machine's interfaces, loopback and link-local left out."""
    found = []
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family != socket.AF_INET:
                continue
            ip = ipaddress.ip_address(address.address)
            if not ip.is_loopback and not ip.is_link_local:
                found.append(str(ip))
    return found


def public_address(settings: Settings) -> str:
    """The address that PCs are told: the setting, else the one listened on, else the first of this machine."""
    if settings.public_address:
        return settings.public_address
    if settings.host not in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not listened on
        return settings.host
    return next(iter(local_addresses()), "127.0.0.1")


def own_names(settings: Settings) -> list[str]:
    """Every name the server's certificate must hold."""
    return list(dict.fromkeys([public_address(settings), *local_addresses(), socket.gethostname()]))
