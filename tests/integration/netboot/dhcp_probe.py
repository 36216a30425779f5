"""Plays a PC's network card: asks for an address and a boot loader, prints every answer as JSON.

Run inside a network namespace: ``python dhcp_probe.py INTERFACE ARCHITECTURE [ipxe] [one]
[server=ADDRESS own=ADDRESS item=N]``:
with a server, its boot service (port 4011) is asked for an item of its menu.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from pathlib import Path

MAGIC = b"\x63\x82\x53\x63"
TRANSACTION = 0x52435943


def option(number: int, value: bytes) -> bytes:
    return bytes((number, len(value))) + value


def question(mac: bytes, kind: int, architecture: int, *, ipxe: bool, address: str = "", item: int = 0) -> bytes:
    header = struct.pack("!BBBBIHH", 1, 1, 6, 0, TRANSACTION, 0, 0x8000)
    header += socket.inet_aton(address or "0") + bytes(12) + mac.ljust(16, b"\0") + bytes(192)
    options = option(53, bytes((kind,)))
    options += option(60, b"PXEClient:Arch:%05d:UNDI:003016" % architecture)
    options += option(93, struct.pack("!H", architecture)) + option(94, b"\x01\x03\x10")
    options += option(97, b"\0" + mac.ljust(16, b"\1")) + option(55, bytes((1, 3, 6, 43, 54, 60, 66, 67)))
    if ipxe:
        options += option(175, b"\x01\x01\x01")
    if item:
        # The item of the boot menu that was offered (PXE 2.1, option 43, sub-option 71).
        options += option(43, b"\x47\x04" + struct.pack("!HH", item, 0) + b"\xff")
    return header + MAGIC + options + b"\xff"


def answer(packet: bytes) -> dict[str, object] | None:
    if len(packet) < 240 or struct.unpack_from("!I", packet, 4)[0] != TRANSACTION or packet[0] != 2:
        return None
    options: dict[int, bytes] = {}
    place = 240
    while place < len(packet) and packet[place] != 255:
        if packet[place] == 0:
            place += 1
            continue
        length = packet[place + 1]
        options[packet[place]] = packet[place + 2 : place + 2 + length]
        place += 2 + length
    file = options.get(67, b"") or packet[108:236]
    return {
        "address": socket.inet_ntoa(packet[16:20]),
        "server": socket.inet_ntoa(packet[20:24]),
        "file": file.split(b"\0")[0].decode(),
        "vendor": options.get(60, b"").decode(errors="replace"),
        "items": menu(options.get(43, b"")),
        "kind": options.get(53, b"\0")[0],
    }


def menu(pxe: bytes) -> list[int]:
    """The items of a PXE boot menu (sub-option 9: number, length, text)."""
    place, items = 0, []
    while place + 1 < len(pxe) and pxe[place] != 255:
        kind, length = pxe[place], pxe[place + 1]
        if kind == 9:
            entry = place + 2
            while entry < place + 2 + length:
                items.append(struct.unpack_from("!H", pxe, entry)[0])
                entry += 3 + pxe[entry + 2]
        place += 2 + length
    return items


def main() -> None:
    interface, architecture = sys.argv[1], int(sys.argv[2])
    words = dict(word.split("=", 1) for word in sys.argv[3:] if "=" in word)
    ipxe, one = "ipxe" in sys.argv[3:], "one" in sys.argv[3:]
    mac = bytes.fromhex(Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", ""))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        wire.bind(("", 68))
        if "server" in words:
            item = int(words.get("item", "0"))
            asked = question(mac, 3, architecture, ipxe=ipxe, address=words.get("own", ""), item=item)
            wire.sendto(asked, (words["server"], 4011))
        else:
            wire.sendto(question(mac, 1, architecture, ipxe=ipxe), ("255.255.255.255", 67))
        found = []
        end = time.monotonic() + 4.0  # dnsmasq looks whether an address is free before it offers it: 3 seconds
        while (left := end - time.monotonic()) > 0:
            wire.settimeout(left)
            try:
                packet = wire.recv(2048)
            except TimeoutError:
                break
            said = answer(packet)
            if said:
                found.append(said)
                if one:
                    break
        print(json.dumps(found))


if __name__ == "__main__":
    main()
