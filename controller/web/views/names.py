"""Names of machines as people say them. Pure."""

from __future__ import annotations

import re

# What a maker's legal name ends with: true, and of no use on a card.
_LEGAL = re.compile(
    r"[\s,]+(inc|corp|corporation|co|company|ltd|limited|gmbh|ag|s\.?a|computer|computers|international)\b\.?", re.I
)
_SPOKEN = {
    "hewlett-packard": "HP",
    "hewlett packard": "HP",
    "lenovo": "Lenovo",
    "asustek": "Asus",
    "fujitsu": "Fujitsu",
    "fujitsu siemens": "Fujitsu Siemens",
    "micro-star": "MSI",
    "samsung electronics": "Samsung",
}


def maker(manufacturer: str) -> str:
    """``Dell Inc.`` → ``Dell``, ``Hewlett-Packard`` → ``HP``."""
    short = _LEGAL.sub("", manufacturer.strip()).strip(" ,.")
    short = re.sub(r"\s+development$", "", short, flags=re.I)
    return _SPOKEN.get(short.lower(), short)


def model_name(manufacturer: str, product: str) -> str:
    """Maker and product, the maker said once: ``HP ProBook 450 G5``."""
    name, product = maker(manufacturer), product.strip()
    first = product.split(" ", 1)[0].lower() if product else ""
    if name and first in (name.lower(), manufacturer.strip().lower(), f"{name.lower()}®"):
        product = product.split(" ", 1)[1] if " " in product else ""
    return " ".join(part for part in (name, product) if part)
