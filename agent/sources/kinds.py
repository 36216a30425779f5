"""Whose output a text is, told by the text itself: files from elsewhere have any name."""

from __future__ import annotations

import json
import re

# The first pattern that is found wins; each needs more than one word that another tool could print too.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("smartctl", re.compile(r"^smartctl (?:version )?\d+\.\d+|^=== START OF INFORMATION SECTION ===", re.MULTILINE)),
    ("dmidecode", re.compile(r"^# dmidecode \d|^Handle 0x[0-9A-Fa-f]+, DMI type \d+", re.MULTILINE)),
    ("lscpu", re.compile(r"^Architecture\s?:\s+\S+[\s\S]{0,4000}^(?:CPU|Processeur)\(s\)\s?:\s+\d+", re.MULTILINE)),
    ("decode-dimms", re.compile(r"^# decode-dimms version|^Number of SDRAM DIMMs detected", re.MULTILINE)),
    ("glxinfo", re.compile(r"^name of display: ", re.MULTILINE)),
    ("lspci", re.compile(r"^(?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] [^:]+: ", re.MULTILINE)),
    ("lsusb", re.compile(r"^Bus \d{3} Device \d{3}: ID [0-9a-f]{4}:[0-9a-f]{4}", re.MULTILINE)),
    ("input", re.compile(r"^I: Bus=[0-9a-f]{4} Vendor=", re.MULTILINE)),
    ("meminfo", re.compile(r"^MemTotal:\s+\d+ kB", re.MULTILINE)),
    ("hdparm", re.compile(r"^ATA device, with |^ATAPI [\w-]+, with ", re.MULTILINE)),
    ("edid", re.compile(r"00 ?ff ?ff ?ff ?ff ?ff ?ff ?00", re.IGNORECASE)),
    ("net", re.compile(r"\A(?:[a-z][a-z0-9]{1,14} (?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?: \d+)?\s*)+\Z")),
)
EDID_MAGIC = b"\x00\xff\xff\xff\xff\xff\xff\x00"


def decoded(raw: bytes) -> str:
    """The text in a file, whatever wrote it: Windows' tools begin with a mark, or write UTF-16."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")


def kind_of(text: str) -> str:
    """The tool that printed ``text``; "" when it is none that we know."""
    if text.lstrip()[:1] in ("{", "["):
        return _kind_of_json(text)
    head = text[:200_000]
    return next((kind for kind, pattern in _PATTERNS if pattern.search(head)), "")


def _kind_of_json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if isinstance(value, list):  # some collectors put all drives in one list
        value = next((item for item in value if isinstance(item, dict)), {})
    if not isinstance(value, dict):
        return ""
    if "smartctl" in value or "smart_status" in value or ("model_name" in value and "device" in value):
        return "smartctl"
    return "lsblk" if "blockdevices" in value else "lscpu" if "lscpu" in value else ""
