"""A drive's reading speed from its start to its end, as the few numbers that draw a curve. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 320, 72
MOST_POINTS = 160  # a dot every two pixels


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The curve in a box of ``width`` by ``height``, and its ends in MiB/s."""

    line: str  # points of an SVG polyline
    area: str  # the same, closed along the bottom
    slowest: float
    fastest: float
    gaps: tuple[float, ...]  # across, where nothing could be read
    width: int = WIDTH
    height: int = HEIGHT


def profile_of(figures: Mapping[str, Any]) -> Profile | None:
    """The profile among a test's figures: a list of speeds whose name says so, ``None`` where a place was not read."""
    for name, value in figures.items():
        if "profile" in name and isinstance(value, list):
            speeds = [_speed(item) for item in value]
            if sum(speed is not None for speed in speeds) >= 2:
                return draw(speeds)
    return None


def _speed(item: Any) -> float | None:
    """A number, or the last of ``[place, speed]``, or what a place's object calls a speed."""
    if isinstance(item, dict):
        item = next((v for k, v in item.items() if "per_second" in str(k)), None)
    elif isinstance(item, list):
        item = item[-1] if item else None
    if isinstance(item, bool) or not isinstance(item, int | float) or not math.isfinite(item) or item < 0:
        return None
    return float(item)


def draw(speeds: Sequence[float | None]) -> Profile:
    """The curve; of many places each point is the slowest of its share, so that no slow place is smoothed away."""
    share = max(1, math.ceil(len(speeds) / MOST_POINTS))
    pieces = [speeds[at : at + share] for at in range(0, len(speeds), share)]
    heard = [speed for speed in speeds if speed is not None]
    top = max(heard) or 1.0
    last = max(1, len(pieces) - 1)
    points: list[tuple[float, float]] = []
    gaps: list[float] = []
    for place, piece in enumerate(pieces):
        x = round(place * WIDTH / last, 1)
        known = [speed for speed in piece if speed is not None]
        if len(known) < len(piece):
            gaps.append(x)
        if known:
            points.append((x, round(HEIGHT - 2 - (HEIGHT - 6) * min(known) / top, 1)))
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    area = f"{points[0][0]:g},{HEIGHT} {line} {points[-1][0]:g},{HEIGHT}"
    return Profile(line=line, area=area, slowest=min(heard), fastest=max(heard), gaps=tuple(gaps))
