"""One change, and what every part's rules use. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.machines.snapshot import Body, items


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that is another than before."""

    # Parameters whose name ends in "size" are bytes: a page writes them in its language.
    part: str  # memory, drive, battery, firmware, processor, board, card, screen, security
    message: str  # message id
    params: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and written into the ledger."""
        return {"part": self.part, "message": self.message, "params": dict(self.params)}


# What a collector calls itself when it says that it failed (agent/collectors/snapshot.py).
_COLLECTORS = {
    "bluetooth": "Bluetooth",
    "network_cards": "network cards' names",
    "security": "security devices",
}


def looked(body: Body, key: str) -> bool:
    """Whether the inventory looked for the things of a list: then an empty one means that there are none."""
    missing = {one.get("what") for one in items(body, "missing")}
    failed = f"{_COLLECTORS.get(key, key)} can't be read:"
    problems = body.get("problems")
    said = problems if isinstance(problems, list) else []
    return isinstance(body.get(key), list) and key not in missing and not any(str(p).startswith(failed) for p in said)


def same_name(one: str, other: str) -> bool:
    """Whether two names are one thing's: a newer list of PCI names says some of them a little differently.

    Most of their words are the same, and of their words with a digit none speaks against it: more of them is no
    contradiction (RTL8111/8168/8411 became RTL8111/8168/8211/8411), others are (GT 710, GT 730).
    """
    if one.lower() == other.lower():
        return True
    ours, theirs = (set(re.findall(r"[a-z0-9]{2,}", name.lower())) for name in (one, other))
    numbers, others = ({word for word in words if re.search(r"\d", word)} for words in (ours, theirs))
    return (
        bool(ours and theirs)
        and len(ours & theirs) * 2 >= len(ours | theirs)
        and (numbers <= others or others <= numbers)
    )
