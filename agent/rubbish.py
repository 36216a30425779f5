"""Identifiers that identify nothing: what firmware prints when the maker left a field empty."""

from __future__ import annotations

import itertools
import re

# Placeholders seen in real SMBIOS tables, compared without case, spaces and punctuation.
_PLACEHOLDERS = frozenset(
    """
    none null na notspecified notavailable notapplicable notpresent notprovided notset noserial noserialnumber reserved
    eval nil unspecified standard unknown undefined empty
    tobefilledbyoem tobefilledbyo filledbyoem oem default defaultstring invalid
    systemserialnumber chassisserialnumber baseboardserialnumber boardserialnumber serialnumber serial
    systemproductname systemmanufacturer systemversion systemname systemuuid
    basboardserialnumber mbserialnumber productname assettag noassettag noassetinformation
    chassisassettag atxssetnumber assetassettag 123456789 1234567890 0123456789 12345678 1234567
    xxxxxxxx sernumber sernum bsn12345678901234567 eb1234567890 12345678901234567890 badindex outofspec
    """.split()
)
# The UUID that one board maker burnt into every board (SMBIOS tables of many donated PCs).
_SHARED_UUIDS = frozenset(
    {"03000200040005000006000700080009", "03020100040005000006000700080009", "12345678123456781234567812345678"}
)


def is_rubbish(value: str) -> bool:
    """Whether an identifier (serial number, UUID, WWN) is a placeholder that many machines share."""
    core = re.sub(r"[^0-9a-z]", "", value.lower())
    if len(core) < 3 or core in _PLACEHOLDERS or core in _SHARED_UUIDS:
        return True
    # 0000…, FFFF…, xxxx…, ------: one character over and over; or a test pattern.
    return len(set(core)) == 1 or counts_up(core)


def counts_up(core: str) -> bool:
    """Whether a serial number is a maker's test pattern: at most four letters, then 1234567890123…"""
    digits = core.lstrip("abcdefghijklmnopqrstuvwxyz")
    if len(core) - len(digits) > 4 or len(digits) < 9 or not digits.isdigit():
        return False
    return all((int(one) + 1) % 10 == int(other) for one, other in itertools.pairwise(digits))


def normal(value: str) -> str:
    """An identifier in the form in which two observations are compared; "" when it is rubbish."""
    return "" if is_rubbish(value) else " ".join(value.split()).upper()
