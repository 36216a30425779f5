"""Addresses of network cards, as boot loaders write them."""

from __future__ import annotations

import re


def normal_mac(text: str) -> str | None:
    """``aa:bb:cc:dd:ee:ff`` from any usual form (dashes, dots, capitals, PXELINUX's ``01-``); None if it isn't one."""
    digits = re.sub(r"[-:.]", "", text.strip().lower())
    if len(digits) == 14 and digits.startswith("01"):
        digits = digits[2:]
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))
