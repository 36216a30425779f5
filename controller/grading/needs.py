"""What a machine lacks, as parts: from the stock where it has them, else as they can be bought. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from controller.grading import catalogue
from controller.grading.facts import Facts
from controller.grading.said import Said, say
from controller.i18n import N_
from controller.parts.kinds import PartKind
from controller.parts.offers import Offer

GB = 10**9


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One part to put in: from the stock (``part_id``), or to be found for about ``cents``."""

    kind: PartKind
    what: Said
    cents: int
    part_id: int | None = None
    place: str = ""

    @property
    def in_stock(self) -> bool:
        """Whether it is there."""
        return self.part_id is not None

    def as_dict(self) -> dict[str, Any]:
        """For the API."""
        return {"kind": self.kind.value, "what": str(self.what), "cents": self.cents, "part_id": self.part_id}


@dataclass(frozen=True, kw_only=True)
class Need:
    """What must be put in for one thing, in words and as parts; ``unsure``: what must be looked up first."""

    what: Said
    pieces: tuple[Piece, ...]
    unsure: tuple[Said, ...] = ()

    @property
    def cents(self) -> int:
        """What is spent for it: parts in stock were paid already."""
        return sum(piece.cents for piece in self.pieces if not piece.in_stock)

    @property
    def in_stock(self) -> bool:
        """Whether all of it is there."""
        return all(piece.in_stock for piece in self.pieces)


def flat(kind: PartKind, what: Said, facts: Facts, offers: Sequence[Offer], *, fitting: bool = False) -> Need:
    """One part of a kind, of which only (where ``fitting``) the model that it fits matters."""
    found = [o for o in offers if o.kind == kind and o.count > 0 and (not fitting or o.fits_model(facts.model))]
    best = min(found, key=lambda o: (o.cost_cents, o.part_id), default=None)
    if best is None:
        return Need(what=what, pieces=(Piece(kind=kind, what=what, cents=catalogue.FLAT[kind]),))
    piece = Piece(kind=kind, what=what, cents=best.cost_cents, part_id=best.part_id, place=best.place)
    return Need(what=what, pieces=(piece,))


def drive(facts: Facts, least: int, offers: Sequence[Offer], *, fast: bool) -> Need | None:
    """A drive of at least ``least`` bytes; None where none can be put in."""
    here = facts.interfaces
    unsure: tuple[Said, ...] = ()
    if here == {"mmc"}:
        return None  # soldered, and no place for another is known
    if not here:
        unsure = (say(N_("which drives fit isn't known: open it")),)
    wanted = {"SATA"} if "sata" in here or not here else {"NVMe"}
    wanted |= {"NVMe"} if "nvme" in here else set()
    kinds = (PartKind.SSD,) if fast else (PartKind.SSD, PartKind.HDD)
    found = [o for o in offers if o.kind in kinds and o.count > 0 and o.size_bytes >= least and o.interface in wanted]
    best = min(found, key=lambda o: (o.kind != PartKind.SSD, o.cost_cents, o.size_bytes, o.part_id), default=None)
    if best is not None:
        what = _drive_words(best.size_bytes, best.interface == "NVMe", ssd=best.kind == PartKind.SSD)
        piece = Piece(
            kind=PartKind(best.kind), what=what, cents=best.cost_cents, part_id=best.part_id, place=best.place
        )
        return Need(what=what, pieces=(piece,), unsure=unsure)
    nvme = wanted == {"NVMe"}
    bought = catalogue.ssd_price(least, nvme=nvme)
    if bought is None:
        return None
    what = _drive_words(bought[0], nvme, ssd=True)
    return Need(what=what, pieces=(Piece(kind=PartKind.SSD, what=what, cents=bought[1]),), unsure=unsure)


def _drive_words(size: int, nvme: bool, *, ssd: bool) -> Said:
    if not ssd:
        return say(N_("a {size} GB hard disk"), size=round(size / GB))
    return say(N_("a {size} GB NVMe SSD") if nvme else N_("a {size} GB SSD"), size=round(size / GB))
