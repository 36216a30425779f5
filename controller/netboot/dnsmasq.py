"""dnsmasq's configuration: who gives addresses, and which boot loader each kind of PC gets. Pure text.

Client architectures (RFC 4578): 0 a BIOS, 7 and 9 UEFI on x86-64 (firmwares disagree on which is which).
iPXE says option 175.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

BIOS_LOADER = "undionly.kpxe"
EFI_LOADER = "shimx64.efi"
EFI_ARCHITECTURES = (7, 9)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """The network that PCs boot on."""

    interface: str
    address: ipaddress.IPv4Address  # the controller's, on that interface
    network: ipaddress.IPv4Network


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Addresses that our own DHCP server gives."""

    first: ipaddress.IPv4Address
    last: ipaddress.IPv4Address
    lease: str = "2h"  # a donated PC is there for an afternoon


def render(
    wire: Wire, tftp_root: Path, ipxe_url: str, *, pool: Pool | None, user: str = "", leases: Path | None = None
) -> str:
    """The whole configuration file. ``pool`` None: beside the network's own DHCP server (proxy).

    ``user``: whom dnsmasq becomes after start, "" for its default. ``ipxe_url``: where iPXE gets its script.
    """
    lines = [
        "# Written by `recyclerie netboot`. Gives PCs their boot loader; answers no DNS.",
        "port=0",
        f"interface={wire.interface}",
        "except-interface=lo",
        "bind-dynamic",
        "log-dhcp",
        "enable-tftp",
        f"tftp-root={tftp_root}",
        # Fifty PCs switched on at once, each asking for three files.
        "tftp-max=300",
        # Never larger than a packet: some firmwares drop fragments.
        "tftp-mtu=1500",
        "dhcp-match=set:ipxe,175",
        *(f"dhcp-match=set:efi,option:client-arch,{number}" for number in EFI_ARCHITECTURES),
        "dhcp-match=set:bios,option:client-arch,0",
    ]
    if user:
        lines.append(f"user={user}")
    lines += _proxy(wire, ipxe_url) if pool is None else _own(wire, pool, ipxe_url, leases)
    return "\n".join(lines) + "\n"


def _own(wire: Wire, pool: Pool, ipxe_url: str, leases: Path | None) -> list[str]:
    lines = [
        f"dhcp-range={pool.first},{pool.last},{wire.network.netmask},{pool.lease}",
        "dhcp-authoritative",
        # Boot loader, initrd and system name themselves differently: one lease by card, not three.
        "dhcp-ignore-clid",
        # The workshop works without the internet: nobody routes here unless the operator says so.
        "dhcp-option=option:router",
        "dhcp-option=option:dns-server",
        f"dhcp-boot=tag:efi,{EFI_LOADER}",
        f"dhcp-boot=tag:!efi,tag:!ipxe,{BIOS_LOADER}",
        f"dhcp-boot=tag:!efi,tag:ipxe,{ipxe_url}",
    ]
    if leases is not None:
        lines.append(f"dhcp-leasefile={leases}")
    return lines


def _proxy(wire: Wire, ipxe_url: str) -> list[str]:
    return [
        f"dhcp-range={wire.network.network_address},proxy,{wire.network.netmask}",
        f'pxe-service=tag:!ipxe,x86PC,"Recyclerie",{BIOS_LOADER}',
        f'pxe-service=tag:ipxe,x86PC,"Recyclerie",{ipxe_url}',
        *(f'pxe-service={number},"Recyclerie",{EFI_LOADER}' for number in EFI_ARCHITECTURES),
    ]
