"""Firmware texts that name nothing. Seen in the field; matched whole, without case or punctuation."""

from __future__ import annotations

import itertools
import re

_PLACEHOLDERS = frozenset(
    """
    notspecified tobefilledbyoem tobefilledbyoems tobefilled systemserialnumber chassisserialnumber
    baseboardserialnumber serialnumber defaultstring default none na notapplicable notavailable invalid unknown
    empty oem oemserial oemserialnumber systemproductname systemmanufacturer systemversion systemname
    chassismanufacture chassisversion assettag noassettag noassetinformation assettagnumber basevserialnumber
    mbserialnumber snxxxxxxxx undefined null nil unspecified standard xxxxxxxx 0123456789 1234567890 123456789
    12345678 1234567 123456 filledbyoem o
    notpresent notprovided notset noserial noserialnumber reserved boardserialnumber serial systemserial
    chassisserial oemchassisserial type1systemserialnumber type2boardserialnumber systemuuid productname
    chassisassettag atxssetnumber assetassettag sernumber sernum badindex outofspec 0123456789abcdef eval
    """.split()
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# The same on every machine of some makers: AMI's and Phoenix's defaults.
_SHARED_UUIDS = frozenset(
    {
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "12345678-1234-5678-1234-567812345678",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "03020100-0400-0500-0006-000700080009",
        "00112233-4455-6677-8899-aabbccddeeff",
        "01234567-89ab-cdef-0123-456789abcdef",
        "11111111-2222-3333-4444-555555555555",
    }
)
# Dell writes the service tag into the UUID: here it is seven blanks (a board from the spare parts).
_BLANK_DELL = re.compile(r"4c4c4544-00[02]0-2010-8020-[0-9a-f]0c04f202020")
# Network chips whose maker's number was never written: Realtek's defaults, and examples from data sheets.
_SHARED_MACS = frozenset(
    {
        *("00:e0:4c:68:00:01", "00:e0:4c:36:00:01", "00:e0:4c:00:00:01", "00:e0:4c:53:44:58", "88:88:88:88:87:88"),
        *("00:11:22:33:44:55", "00:01:02:03:04:05", "00:12:34:56:78:90", "00:0c:43:00:00:00", "00:00:00:00:00:01"),
    }
)
MIN_SERIAL = 4


def counts_up(core: str) -> bool:
    """Whether a serial number is a maker's test pattern: at most four letters, then 1234567890123…"""
    digits = core.lstrip("abcdefghijklmnopqrstuvwxyz")
    if len(core) - len(digits) > 4 or len(digits) < 9 or not digits.isdigit():
        return False
    return all((int(one) + 1) % 10 == int(other) for one, other in itertools.pairwise(digits))


def clean_text(value: str) -> str:
    """``value`` without outer blanks, or ``""`` when it is a placeholder."""
    text = " ".join(value.split())
    bare = re.sub(r"[^0-9a-z]", "", text.lower())
    if not bare or bare in _PLACEHOLDERS or len(set(bare)) == 1 or counts_up(bare):
        return ""
    return text


def clean_serial(value: str) -> str:
    """A serial number fit to tell one thing from another, or ``""``."""
    text = clean_text(value)
    return text if len(re.sub(r"[^0-9A-Za-z]", "", text)) >= MIN_SERIAL else ""


def clean_wwn(value: str) -> str:
    """A drive's world-wide name in lower case, or ``""`` when it is empty behind its prefix (``eui.0000…``)."""
    text = value.strip().lower()
    return text if clean_serial(re.sub(r"^(0x|naa\.|eui\.|nvme\.|uuid\.)+", "", text)) else ""


def clean_uuid(value: str) -> str:
    """A SMBIOS UUID in lower case, or ``""`` when it is malformed, all one digit, or shared by a whole make."""
    text = value.strip().lower()
    if not _UUID.fullmatch(text) or text in _SHARED_UUIDS or _BLANK_DELL.fullmatch(text):
        return ""
    if len(set(text.replace("-", ""))) <= 2:
        return ""
    return text


def clean_mac(value: str) -> str:
    """A universally administered unicast MAC in lower case, or ``""``."""
    text = value.strip().lower().replace("-", ":")
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text) or len(set(text.replace(":", ""))) == 1:
        return ""
    if text in _SHARED_MACS:
        return ""
    first = int(text[:2], 16)
    return "" if first & 0b11 else text
