"""A sentence that is translated where it is shown: a message id and what fills its placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.i18n import N_, translate

MARK = "message"


@dataclass(frozen=True)
class Said:
    """``message`` is a msgid; ``params`` hold texts, numbers, and other sentences as ``i18n.said`` makes them."""

    message: str
    params: dict[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Parameters may be unhashable; equal sentences have equal messages."""
        return hash(self.message)

    def __str__(self) -> str:
        """The sentence in the language of the moment."""
        return translate(self.message, **self.params)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.message)

    @property
    def sentence(self) -> str:
        """The same with a capital letter in front."""
        text = str(self)
        return text[:1].upper() + text[1:]

    def as_dict(self) -> dict[str, Any]:
        """As it is kept, and as it fills a placeholder of another sentence."""
        return {MARK: self.message, "params": self.params}


NOTHING = Said("")


def say(message: str, /, **params: Any) -> Said:
    """Short for ``Said``; sentences among ``params`` are made ready. ``message`` was marked with ``N_``."""
    return Said(message, {k: v.as_dict() if isinstance(v, Said) else v for k, v in params.items()})


def from_dict(kept: Any) -> Said:
    """What ``as_dict`` made; anything else says nothing."""
    if isinstance(kept, dict) and isinstance(kept.get(MARK), str) and isinstance(kept.get("params"), dict):
        return Said(kept[MARK], kept["params"])
    return NOTHING


def reasons(items: Sequence[Said]) -> Said:
    """Whole thoughts: ``it has no drive, and its processor is too slow``."""
    found = items[0] if items else NOTHING
    for item in items[1:]:
        found = say(N_("{first}, and {last}"), first=found, last=item)
    return found


def listed(items: Sequence[Said]) -> Said:
    """``a``, ``a and b``, ``a, b and c``."""
    if not items:
        return NOTHING
    found = items[0]
    for item in items[1:-1]:
        found = say(N_("{first}, {second}"), first=found, second=item)
    return say(N_("{first} and {last}"), first=found, last=items[-1]) if len(items) > 1 else found
