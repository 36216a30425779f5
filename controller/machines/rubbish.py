"""Firmware texts that name nothing. Seen in the field; matched whole, without case or punctuation."""

from __future__ import annotations

import re

_PLACEHOLDERS = frozenset(
    """
    notspecified tobefilledbyoem tobefilledbyoems tobefilled systemserialnumber chassisserialnumber
    baseboardserialnumber serialnumber defaultstring default none na notapplicable notavailable invalid unknown
    empty oem oemserial oemserialnumber systemproductname systemmanufacturer systemversion systemname
    chassismanufacture chassisversion assettag noassettag noassetinformation assettagnumber basevserialnumber
    mbserialnumber snxxxxxxxx undefined null nil unspecified standard xxxxxxxx 0123456789 1234567890 123456789
    12345678 1234567 123456 filledbyoem o
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
    }
)
MIN_SERIAL = 4


def clean_text(value: str) -> str:
    """``value`` without outer blanks, or ``""`` when it is a placeholder."""
    text = " ".join(value.split())
    bare = re.sub(r"[^0-9a-z]", "", text.lower())
    if not bare or bare in _PLACEHOLDERS or len(set(bare)) == 1:
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
    if not _UUID.fullmatch(text) or text in _SHARED_UUIDS or len(set(text.replace("-", ""))) <= 2:
        return ""
    return text


def clean_mac(value: str) -> str:
    """A universally administered unicast MAC in lower case, or ``""``."""
    text = value.strip().lower().replace("-", ":")
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text) or len(set(text.replace(":", ""))) == 1:
        return ""
    first = int(text[:2], 16)
    return "" if first & 0b11 else text
