"""Other serial numbers of the same shape, the same for the same everywhere in a capture.

What identifies nothing ("To be filled by O.E.M.") is left as it is: it is part of what a bug report is about.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.collectors.edid import BLOCK, HEADER
from agent.rubbish import is_rubbish

# Keys of the inventory, of lsblk's and smartctl's JSON whose values name one thing or one person.
_KEYS = frozenset(
    "serial serial_number system_uuid system_serial board_serial chassis_serial asset_tag mac hostname uuid partuuid "
    "ptuuid label partlabel eui64 nguid subnqn wwn".split()
)
_LINES = (
    re.compile(
        r"(?:Serial Number|UUID|Asset Tag|Serial|LU WWN Device Id|Logical Unit id|IEEE EUI-64):[ \t]*(\S.*?)[ \t]*$"
    ),
    re.compile(r"Device Serial Number ([0-9a-f-]{11,})"),  # lspci -vv: a card's MAC address with ff-fe in its middle
    re.compile(r"\b(?:SerialNumber|iSerial): ?(\S+)"),
    re.compile(r"\bE:ID_(?:SERIAL_SHORT|SCSI_SERIAL|FS_UUID|PART_ENTRY_UUID|PART_TABLE_UUID|FS_LABEL)=(\S+)"),
    re.compile(r"\bID_(?:SERIAL|WWN|WWN_WITH_EXTENSION|FS_LABEL_ENC|PART_ENTRY_NAME)=(\S+)"),
)
_MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_WWN = re.compile(r"\b(?:0x|naa\.|eui\.)[0-9a-f]{16,32}\b", re.IGNORECASE)
_WWN_ID = re.compile(r'("id"\s*:\s*)(\d{4,20})')
# Files whose whole content names one thing.
_FILES = re.compile(
    r"(?:^|_)serial(?:_number)?$|product_uuid|asset_tag$|^wwid$|^vpd_pg80$|^address$|^uuid$|^nguid$|^cid$"
)
MIN_LENGTH = 4  # shorter ones would change half of the words


def secrets_in(inventory: Any, texts: Iterable[str]) -> set[str]:
    """What must not be seen: by the inventory's keys, by JSON's keys, and by the tools' own labels."""
    found: set[str] = set()
    _walk(inventory, found)
    for text in texts:
        if text.lstrip()[:1] in ("{", "["):
            with contextlib.suppress(ValueError, RecursionError):
                _walk(json.loads(text), found)
        for line in text.splitlines():
            for pattern in _LINES:
                found.update(match.group(1) for match in pattern.finditer(line))
        for pattern in (_MAC, _UUID, _WWN):
            found.update(pattern.findall(text))
    return {value for value in found if len(value) >= MIN_LENGTH and not is_rubbish(value)}


def _walk(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _KEYS and isinstance(inner, str):
                found.add(inner.strip())
            else:
                _walk(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, found)


class Mask:
    """Replaces secrets, each by one of its shape. A new salt each time: two captures can't be compared."""

    def __init__(self, values: Iterable[str]) -> None:
        self._salt = secrets.token_bytes(16)
        known = sorted(set(values), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, known)), re.IGNORECASE) if known else None

    def text(self, text: str) -> str:
        """The text with all that is known to be secret, and all that looks like an address, replaced."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda match: self.other(match.group()), text)
        for pattern in (_MAC, _UUID, _WWN):
            text = pattern.sub(
                lambda match: match.group() if self._done(match.group()) else self.other(match.group()), text
            )
        return _WWN_ID.sub(lambda match: match.group(1) + self.other(match.group(2)), text)

    def other(self, value: str) -> str:
        """Another value of the same length and shape: digits stay digits, hexadecimal stays hexadecimal."""
        if is_rubbish(value):
            return value
        prefix = re.match(r"0x|naa\.|eui\.", value, re.IGNORECASE)
        start = len(prefix.group()) if prefix else 0
        core = value[start:]
        hexadecimal = re.fullmatch(r"[0-9a-fA-F:. -]+", core) is not None and re.search(r"[a-fA-F]", core) is not None
        digest = hashlib.shake_256(self._salt + core.lower().encode()).digest(len(core))
        made = "".join(_other(c, byte, hexadecimal, at) for at, (c, byte) in enumerate(zip(core, digest, strict=True)))
        self._mark(value[:start] + made)
        return value[:start] + made

    def tree(self, root: Path) -> None:
        """All files below ``root``, names of links and of udev's entries included."""
        for folder, _, names in os.walk(root):
            for name in names:
                path = Path(folder) / name
                if path.is_symlink():
                    self._link(path)
                else:
                    self._file(path)

    def _file(self, path: Path) -> None:
        raw = path.read_bytes()
        if raw.startswith(HEADER):
            path.write_bytes(without_serial(raw))
        elif path.name == "vpd_pg80":
            path.write_bytes(raw[:4] + self.other(raw[4:].decode("latin-1")).encode("latin-1"))
        elif b"\0" not in raw:
            text = raw.decode("utf-8", "surrogateescape")
            if _FILES.search(path.name) and len(text.strip()) >= MIN_LENGTH:
                core = text.strip()
                text = text.replace(core, self.text(core) if self.text(core) != core else self.other(core))
            path.write_bytes(self.text(text).encode("utf-8", "surrogateescape"))

    def _link(self, path: Path) -> None:
        if path.parent.name == "by-uuid":
            to = path.readlink()
            path.unlink()
            path.with_name(
                self.text(path.name) if self.text(path.name) != path.name else self.other(path.name)
            ).symlink_to(to)

    _made: set[str]

    def _mark(self, value: str) -> None:
        if not hasattr(self, "_made"):
            self._made = set()
        self._made.add(value.lower())

    def _done(self, value: str) -> bool:
        return value.lower() in getattr(self, "_made", set())


def _other(character: str, byte: int, hexadecimal: bool, at: int) -> str:
    if hexadecimal and character in "0123456789abcdefABCDEF":
        if at == 1 and character:  # the first byte of a MAC keeps its kind: universal, not for many
            return character
        made = "0123456789abcdef"[byte % 16]
        return made.upper() if character.isupper() else made
    if character.isdigit():
        return str(byte % 10) if at else str(byte % 9 + 1)
    if character.isascii() and character.isalpha():
        made = chr(ord("a") + byte % 26)
        return made.upper() if character.isupper() else made
    return character


def without_serial(raw: bytes) -> bytes:
    """An EDID without its serial numbers, its checksum right (or as wrong as it was)."""
    edid = bytearray(raw)
    if len(edid) < BLOCK:
        return raw
    before = sum(edid[:BLOCK])
    edid[12:16] = b"\0\0\0\0"
    for at in (54, 72, 90, 108):
        if edid[at : at + 4] == b"\0\0\0\xff":
            edid[at + 5 : at + 18] = b"MASKED\n      "
    edid[BLOCK - 1] = (edid[BLOCK - 1] + before - sum(edid[:BLOCK])) % 256
    return bytes(edid)
