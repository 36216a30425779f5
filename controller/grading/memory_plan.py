"""Which modules bring a machine to so much memory for the least money: added where a slot is free, else swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

from controller.grading import catalogue
from controller.grading.facts import MemoryFact
from controller.grading.needs import Need, Piece
from controller.grading.said import Said, listed, say
from controller.i18n import N_
from controller.parts.kinds import PartKind
from controller.parts.offers import Offer

GIB: Final = 2**30
MOST_ADDED: Final = 4  # modules at once: more are no repair any more


@dataclass(frozen=True)
class _Module:
    """A module that can be had."""

    size_bytes: int
    cents: int
    part_id: int | None
    place: str = ""
    count: int = MOST_ADDED

    @property
    def spent(self) -> int:
        return 0 if self.part_id is not None else self.cents


def memory_need(memory: MemoryFact, target: int, offers: Sequence[Offer], *, replace_all: bool = False) -> Need | None:
    """Modules that bring ``memory`` to ``target`` bytes or more; None where nothing does.

    ``replace_all``: what is plugged in gives back wrong data, so none of it stays.
    """
    more = say(N_("{size} GB of memory more"), size=_gib(target - memory.total_bytes))
    if not memory.modules:
        what = say(N_("{size} GB of memory in all"), size=_gib(target)) if replace_all else more
        unsure = say(N_("which modules are in it, and whether a slot is free, isn't known"))
        cents = catalogue.module_price(target, memory.type)
        return Need(what=what, pieces=(Piece(kind=PartKind.MEMORY, what=what, cents=cents),), unsure=(unsure,))
    soldered = sum(m.size_bytes for m in memory.modules if m.soldered)
    if replace_all and soldered:
        return None  # it can't be told which of it is bad
    loose = sorted(m.size_bytes for m in memory.modules if not m.soldered)
    best: tuple[tuple[int, ...], tuple[_Module, ...], int] | None = None
    choices = _choices(memory, offers)
    for taken in range(len(loose) if replace_all else 0, len(loose) + 1):
        stays = soldered + sum(loose[taken:])
        room = min(taken + (memory.free_slots or 0), MOST_ADDED)
        for many in range(1, room + 1):
            for added in combinations_with_replacement(choices, many):
                total = stays + sum(m.size_bytes for m in added)
                if total < target or not _possible(memory, added, total):
                    continue
                spent, paid = sum(m.spent for m in added), sum(m.cents for m in added)
                key = (spent, many, taken, paid, total)
                if best is None or key < best[0]:
                    best = key, added, taken
    return _need(memory, best[1], best[2], replace_all=replace_all) if best else None


def _choices(memory: MemoryFact, offers: Sequence[Offer]) -> list[_Module]:
    stock = [
        _Module(o.size_bytes, o.cost_cents, o.part_id, o.place, o.count)
        for o in offers
        if o.kind == PartKind.MEMORY
        and o.count > 0
        and o.size_bytes > 0
        and o.memory_type == memory.type
        and (not memory.form_factor or o.form_factor == memory.form_factor)
    ]
    # Of each size the cheapest heap is enough: the search stays small whatever the stock.
    cheapest = {m.size_bytes: m for m in sorted(stock, key=lambda m: -m.cents)}
    sizes = catalogue.MODULES.get(memory.type, catalogue.ANY_MODULE)
    bought = [_Module(size, catalogue.module_price(size, memory.type), None) for size in sizes]
    return [*list(cheapest.values())[:8], *bought]


def _possible(memory: MemoryFact, added: tuple[_Module, ...], total: int) -> bool:
    if memory.maximum_bytes is not None and total > memory.maximum_bytes:
        return False
    each = memory.maximum_bytes // memory.slots if memory.maximum_bytes and memory.slots else None
    if each and any(m.size_bytes > each for m in added) and not any(m.soldered for m in memory.modules):
        return False
    wanted = Counter(m.part_id for m in added if m.part_id is not None)
    return all(m.part_id is None or wanted[m.part_id] <= m.count for m in added)


def _need(memory: MemoryFact, added: tuple[_Module, ...], taken: int, *, replace_all: bool) -> Need:
    pieces = tuple(
        Piece(kind=PartKind.MEMORY, what=_module(memory, m.size_bytes), cents=m.cents, part_id=m.part_id, place=m.place)
        for m in added
    )
    unsure = []
    if memory.maximum_bytes is None:
        unsure.append(say(N_("how much memory the board takes isn't known")))
    if not memory.type:
        unsure.append(say(N_("which kind of memory it takes isn't known")))
    if memory.free_slots is None:
        unsure.append(say(N_("whether a memory slot is free isn't known")))
    if not taken:
        what = say(N_("{size} GB of memory more"), size=_gib(sum(m.size_bytes for m in added)))
        return Need(what=what, pieces=pieces, unsure=tuple(unsure))
    modules = listed([_counted(size, n) for size, n in sorted(Counter(m.size_bytes for m in added).items())])
    if replace_all:
        what = say(N_("other memory ({modules})"), modules=modules)
    else:
        what = say(N_("bigger memory modules ({modules} instead of what is in it)"), modules=modules)
    return Need(what=what, pieces=pieces, unsure=tuple(unsure))


def _counted(size: int, n: int) -> Said:
    return say(N_("{n} × {size} GB"), n=n, size=_gib(size))


def _module(memory: MemoryFact, size: int) -> Said:
    if memory.type:
        kind = " ".join(part for part in (memory.type, memory.form_factor) if part)
        return say(N_("a {size} GB memory module, {kind}"), size=_gib(size), kind=kind)
    return say(N_("a {size} GB memory module"), size=_gib(size))


def _gib(count: int) -> int | float:
    value = round(count / GIB, 1)
    return int(value) if value == int(value) else value
