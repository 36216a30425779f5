"""How far a step or a job is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Done out of total, in ``unit``; ``total`` 0 means that nobody knows how much there is."""

    done: int
    total: int
    unit: str = ""  # bytes, tasks
    eta_seconds: float | None = None
    rate_per_second: float | None = None  # bytes

    @property
    def fraction(self) -> float | None:
        """Share done, 0 to 1; ``None`` when the total isn't known."""
        return min(1.0, self.done / self.total) if self.total > 0 else None

    @property
    def thousandths(self) -> int:
        """Share done in thousandths, for a ``<progress max=1000>``."""
        return round((self.fraction or 0) * 1000)


def together(parts: list[Progress]) -> Progress | None:
    """Several at once as one: amounts add up, the slowest decides when it ends."""
    if not parts:
        return None
    etas = [p.eta_seconds for p in parts if p.eta_seconds is not None]
    rates = [p.rate_per_second for p in parts if p.rate_per_second is not None]
    known = all(p.total > 0 for p in parts)
    return Progress(
        done=sum(p.done for p in parts),
        total=sum(p.total for p in parts) if known else 0,
        unit=parts[0].unit,
        eta_seconds=max(etas) if etas else None,
        rate_per_second=sum(rates) if rates else None,
    )
