"""The workshop's policy: what erasing must reach, how deep it is proven, and what needs a person's word. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from agent.protocol_erase import Level, Validation, ValidationMode
from controller.erasure.levels import MEDIA, Medium

MIN_SHARE = 0.10  # a sampled validation reads at least this much of a drive (issue: "≥ 10 %")
MIN_SLICES, MAX_SLICES = 100, 100_000
MAX_CANARIES = 4096
Writer = Literal["direct", "nwipe"]


class BadPolicy(ValueError):
    """A policy that can't be: ``field`` names what is wrong."""

    def __init__(self, field_name: str) -> None:
        self.field = field_name
        super().__init__(f"the erase policy's {field_name} can't be that")


def _all_clear() -> dict[Medium, Level]:
    return dict.fromkeys(MEDIA, "clear")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How a workshop erases. The best that a drive offers is always tried first; ``minimum`` is what it must reach."""

    minimum: Mapping[Medium, Level] = field(default_factory=_all_clear)
    lower_without_asking: bool = False  # may a drive end below its minimum without a person's tick
    validation_firmware: Validation = field(
        default_factory=lambda: Validation(mode="sampled", share=MIN_SHARE, slices=1000)
    )
    validation_overwrite: Validation = field(default_factory=lambda: Validation(mode="full", share=1.0, slices=1))
    canaries: int = 64  # markers written before a drive erases itself, proved gone after
    writer: Writer = "direct"
    recheck_share: float = 0.05  # part of the erased drives that a second person reads again

    def as_dict(self) -> dict[str, Any]:
        """As it is stored, written to the ledger and given by the API."""
        return {
            "minimum": {medium: self.minimum.get(medium, "clear") for medium in MEDIA},
            "lower_without_asking": self.lower_without_asking,
            "validation_firmware": dict(self.validation_firmware),
            "validation_overwrite": dict(self.validation_overwrite),
            "canaries": self.canaries,
            "writer": self.writer,
            "recheck_share": self.recheck_share,
        }


DEFAULT = Policy()


def read_policy(found: Mapping[str, Any]) -> Policy:
    """A policy out of what was stored or sent; what is missing is the default.

    Raises:
        BadPolicy: something in it is out of its bounds.
    """
    minimum = found.get("minimum", {})
    if not isinstance(minimum, Mapping) or any(m not in MEDIA for m in minimum):
        raise BadPolicy("minimum")
    if any(level not in get_args(Level) for level in minimum.values()):
        raise BadPolicy("minimum")
    lower = found.get("lower_without_asking", DEFAULT.lower_without_asking)
    if not isinstance(lower, bool):
        raise BadPolicy("lower_without_asking")
    canaries = found.get("canaries", DEFAULT.canaries)
    if isinstance(canaries, bool) or not isinstance(canaries, int) or not 0 <= canaries <= MAX_CANARIES:
        raise BadPolicy("canaries")
    if canaries == 1:
        raise BadPolicy("canaries")  # the first and the last LBA both carry one
    writer = found.get("writer", DEFAULT.writer)
    if writer not in get_args(Writer):
        raise BadPolicy("writer")
    recheck = found.get("recheck_share", DEFAULT.recheck_share)
    if not _share(recheck, 0.0):
        raise BadPolicy("recheck_share")
    return Policy(
        minimum={**_all_clear(), **minimum},
        lower_without_asking=lower,
        validation_firmware=_validation(found, "validation_firmware", DEFAULT.validation_firmware),
        validation_overwrite=_validation(found, "validation_overwrite", DEFAULT.validation_overwrite),
        canaries=canaries,
        writer=writer,
        recheck_share=float(recheck),
    )


def _validation(found: Mapping[str, Any], name: str, default: Validation) -> Validation:
    given = found.get(name, default)
    if not isinstance(given, Mapping) or given.get("mode") not in get_args(ValidationMode):
        raise BadPolicy(name)
    if given["mode"] == "full":
        return Validation(mode="full", share=1.0, slices=1)
    share, slices = given.get("share", MIN_SHARE), given.get("slices", 1000)
    if not _share(share, MIN_SHARE):
        raise BadPolicy(name)
    if isinstance(slices, bool) or not isinstance(slices, int) or not MIN_SLICES <= slices <= MAX_SLICES:
        raise BadPolicy(name)
    return Validation(mode="sampled", share=float(share), slices=slices)


def _share(value: object, least: float) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and least <= value <= 1
    )
