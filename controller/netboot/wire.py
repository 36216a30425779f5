"""The network interface that PCs boot on, as the system knows it, and the pool of addresses on it."""

from __future__ import annotations

import ipaddress
import socket

import psutil

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.netboot.dnsmasq import Pool, Wire


def find_wire(interface: str) -> Wire:
    """The interface with its first IPv4 address.

    Raises:
        RecyclerieError: it doesn't exist, or has no address.
    """
    known = psutil.net_if_addrs()
    if interface not in known:
        raise RecyclerieError(
            N_("There is no network interface “{interface}” on this machine."),
            N_("Give one of: {known}."),
            interface=interface,
            known=", ".join(sorted(name for name in known if name != "lo")) or "-",
        )
    for address in known[interface]:
        if address.family == socket.AF_INET:
            own = ipaddress.IPv4Interface(f"{address.address}/{address.netmask}")
            return Wire(interface=interface, address=own.ip, network=own.network)
    raise RecyclerieError(
        N_("The network interface “{interface}” has no IPv4 address."),
        N_("Give it one (for example: ip address add 192.168.77.1/24 dev {interface}), then try again."),
        interface=interface,
    )


def parse_pool(text: str, wire: Wire) -> Pool:
    """Addresses for our own DHCP server: ``FIRST,LAST``, or a network (its upper half, without ours).

    Raises:
        RecyclerieError: it isn't one of these, or isn't on the interface's network.
    """
    try:
        if "/" in text:
            hosts = list(ipaddress.IPv4Network(text, strict=False).hosts())
            upper = [host for host in hosts[len(hosts) // 2 :] if host != wire.address]
            first, last = upper[0], upper[-1]
        else:
            start, end = text.split(",", 1)
            first, last = ipaddress.IPv4Address(start.strip()), ipaddress.IPv4Address(end.strip())
    except (ValueError, IndexError) as error:
        raise RecyclerieError(
            N_("“{text}” is not a range of addresses."),
            N_("Write FIRST,LAST (for example 192.168.77.100,192.168.77.200) or a network (192.168.77.0/24)."),
            text=text,
        ) from error
    if first > last or first not in wire.network or last not in wire.network:
        raise RecyclerieError(
            N_("The range {first} to {last} is not on the network {network} of the interface {interface}."),
            N_("Choose addresses of that network, or give the interface another one."),
            first=first,
            last=last,
            network=wire.network,
            interface=wire.interface,
        )
    return Pool(first=first, last=last)
