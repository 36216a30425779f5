"""What the stock offers to whoever plans a repair: parts that are there, in plain facts. Pure but for one query."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Parts of one kind that are in stock; ``count`` of them. Sizes in bytes, costs in cents for one."""

    part_id: int
    kind: str
    label: str = ""
    size_bytes: int = 0
    memory_type: str = ""
    form_factor: str = ""
    interface: str = ""
    fits: str = ""
    cost_cents: int = 0
    count: int = 1
    place: str = ""

    def fits_model(self, model: str) -> bool:
        """Whether it says that it fits this machine; words of ``fits`` in any order, one of several models by ``;``."""
        wanted = model.casefold()
        return any(
            words and all(word in wanted for word in words)
            for words in (choice.casefold().split() for choice in self.fits.split(";"))
        )
