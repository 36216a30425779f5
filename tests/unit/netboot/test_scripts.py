"""The iPXE script, the network GRUB's menu, dnsmasq's configuration: pure text."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from controller.errors import RecyclerieError
from controller.netboot import dnsmasq, grubmenu, ipxe
from controller.netboot.dnsmasq import Pool, Wire
from controller.netboot.wire import find_wire, parse_pool

WIRE = Wire(
    interface="eth1",
    address=ipaddress.IPv4Address("192.0.2.1"),
    network=ipaddress.IPv4Network("192.0.2.0/24"),
)
URL = "http://192.0.2.1:8080/boot"


def test_ipxe_live() -> None:
    script = ipxe.render("live", URL)
    assert script.startswith("#!ipxe\n")
    assert f"kernel {URL}/vmlinuz boot=recyclerie" in script
    # The settings come after the initrd: what the kernel unpacks last wins.
    assert script.index("initrd.img") < script.index("site.cpio")
    assert "goto again" in script


def test_ipxe_local_never_names_the_live_image() -> None:
    script = ipxe.render("local", URL)
    assert "sanboot --no-describe --drive 0x80 || exit\n" in script
    assert "vmlinuz" not in script


def test_ipxe_asks_for_its_own_address() -> None:
    assert f"{URL}/ipxe?mac=${{netX/mac}}" in ipxe.ask_for_mac(URL)


def test_grub_menu_needs_no_module_and_no_http() -> None:
    menu = grubmenu.render("192.0.2.1")
    assert "http" not in menu
    assert "insmod" not in menu
    assert "(tftp,192.0.2.1)/grub/machines/$net_default_mac.cfg" in menu
    assert "initrd (tftp,192.0.2.1)/initrd.img (tftp,192.0.2.1)/site.cpio" in menu
    assert menu.count("{") == menu.count("}")
    menu.encode("ascii")  # the firmware's console has no accents


def test_a_card_whose_driver_fails_has_a_way_round_it() -> None:
    """Both boot loaders: a key, or an entry, for the firmware's own picture; without it nothing changes."""
    lines = ipxe.render("live", URL).splitlines()
    asked = next(number for number, line in enumerate(lines) if line.startswith("prompt --key s "))
    assert lines[asked].endswith("&& set graphics nomodeset ||"), "no key is no error"
    assert asked < lines.index(":again"), "asked once, not at each try"
    kernel = next(line for line in lines if line.startswith("kernel "))
    assert "${graphics}" in kernel
    assert "nomodeset" not in kernel
    entries = grubmenu.render("192.0.2.1").split("menuentry ")[1:]
    assert ["nomodeset" in entry for entry in entries] == [False, True, False]
    assert all("boot=recyclerie" in entry for entry in entries[:2])


def own(**changed: Any) -> str:
    pool = Pool(first=ipaddress.IPv4Address("192.0.2.100"), last=ipaddress.IPv4Address("192.0.2.200"))
    return dnsmasq.render(WIRE, Path("/srv/tftp"), f"{URL}/ipxe", pool=pool, **changed)


def test_own_dhcp() -> None:
    lines = own(leases=Path("/var/leases")).splitlines()
    assert "dhcp-range=192.0.2.100,192.0.2.200,255.255.255.0,2h" in lines
    assert "dhcp-ignore-clid" in lines
    assert "port=0" in lines
    assert "interface=eth1" in lines
    assert "dhcp-leasefile=/var/leases" in lines
    assert "dhcp-boot=tag:efi,shimx64.efi" in lines
    assert "dhcp-boot=tag:!efi,tag:!ipxe,undionly.kpxe" in lines
    assert f"dhcp-boot=tag:!efi,tag:ipxe,{URL}/ipxe" in lines


def test_proxy_gives_no_address_and_serves_both_numbers_of_uefi() -> None:
    text = dnsmasq.render(WIRE, Path("/srv/tftp"), f"{URL}/ipxe", pool=None)
    lines = text.splitlines()
    assert "dhcp-range=192.0.2.0,proxy,255.255.255.0" in lines
    assert [line for line in lines if line.startswith("dhcp-range")] == ["dhcp-range=192.0.2.0,proxy,255.255.255.0"]
    for number in (7, 9):
        assert f'pxe-service={number},"Recyclerie",shimx64.efi' in lines
    assert 'pxe-service=tag:!ipxe,x86PC,"Recyclerie",undionly.kpxe' in lines
    assert "authoritative" not in text


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("192.0.2.100,192.0.2.200", "192.0.2.100", "192.0.2.200"),
        (" 192.0.2.10 , 192.0.2.10 ", "192.0.2.10", "192.0.2.10"),
        ("192.0.2.0/24", "192.0.2.128", "192.0.2.254"),
        ("192.0.2.0/29", "192.0.2.4", "192.0.2.6"),
    ],
)
def test_pools(text: str, first: str, last: str) -> None:
    pool = parse_pool(text, WIRE)
    assert (str(pool.first), str(pool.last)) == (first, last)


@pytest.mark.parametrize("text", ["", "x", "192.0.2.1", "192.0.2.200,192.0.2.100", "10.0.0.1,10.0.0.9", "10.0.0.0/24"])
def test_pools_that_make_no_sense(text: str) -> None:
    with pytest.raises(RecyclerieError):
        parse_pool(text, WIRE)


def test_an_interface_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(RecyclerieError, match="no network interface “nothere0”"):
        find_wire("nothere0")
