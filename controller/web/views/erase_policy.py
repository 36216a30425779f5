"""The erase policy as a form, and the history of its changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from controller.erasure.certificates.words import MEDIA_NAMES
from controller.erasure.levels import MEDIA
from controller.erasure.policy import changes, current_policy
from controller.erasure.policy_values import DEFAULT, Policy
from controller.i18n import N_, translate
from controller.web.formats import percent
from controller.web.views.erase_words import LEVEL_NAMES
from controller.web.views.people import Actors

# Kinds of drives that the form asks about; what is virtual is no donor's.
ASKED = tuple(medium for medium in MEDIA if medium != "virtual")
# No technique reaches more than Clear on these.
NEVER_PURGED = frozenset({"mmc", "sd", "usb", "unknown"})
LABELS = {
    "lower_without_asking": N_("Less than the minimum without a tick"),
    "validation_firmware": N_("Read back after a drive's own erase"),
    "validation_overwrite": N_("Read back after an overwrite"),
    "canaries": N_("Markers written before a drive's own erase"),
    "writer": N_("Program that overwrites"),
    "recheck_share": N_("Drives read again by a second person"),
}


@dataclass(frozen=True, kw_only=True)
class Medium:
    """One kind of drive and the least that it must reach."""

    key: str
    name: str  # message id
    minimum: str
    never_purged: bool


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: who, when, and what became what."""

    who: str
    at: dt.datetime
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyView:
    """What holds now, and how it came to be."""

    policy: Policy
    media: tuple[Medium, ...]
    changes: tuple[Change, ...]

    @property
    def at_least_purge(self) -> tuple[str, ...]:
        """The kinds (message ids) that must be purged."""
        return tuple(m.name for m in self.media if m.minimum == "purge")


def policy_view(session: Session, site: str) -> PolicyView:
    """The policy of ``site``."""
    policy = current_policy(session, site)
    actors, rows = Actors(session), changes(session, site)
    bodies = [*(row.body for row in rows), DEFAULT.as_dict()]
    return PolicyView(
        policy=policy,
        media=tuple(
            Medium(
                key=medium,
                name=MEDIA_NAMES[medium],
                minimum=policy.minimum.get(medium, "clear"),
                never_purged=medium in NEVER_PURGED,
            )
            for medium in ASKED
        ),
        changes=tuple(
            Change(who=actors.name(row.changed_by), at=row.changed_at, parts=tuple(_differences(old, row.body)))
            for row, old in zip(rows, bodies[1:], strict=True)
        ),
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for medium in MEDIA:
        was, now = (side.get("minimum", {}).get(medium, "clear") for side in (old, new))
        if was != now:
            yield f"{translate(MEDIA_NAMES[medium])}: {LEVEL_NAMES[was]} → {LEVEL_NAMES[now]}"
    for key, label in LABELS.items():
        if old.get(key) != new.get(key):
            yield f"{translate(label)}: {_value(key, old.get(key))} → {_value(key, new.get(key))}"


def _value(key: str, value: Any) -> str:
    if key.startswith("validation") and isinstance(value, Mapping):
        return translate(N_("all of it")) if value["mode"] == "full" else percent(float(value["share"]))
    if key == "recheck_share":
        return percent(float(value))
    if isinstance(value, bool):
        return translate(N_("yes")) if value else translate(N_("no"))
    return str(value)


def read_form(form: Mapping[str, str], now: Policy) -> dict[str, Any]:
    """What the form sent back, as the policy's own values; what it doesn't ask about stays. Numbers may be nonsense:
    the policy's own bounds refuse them."""
    found = now.as_dict()
    found["minimum"] |= {medium: form[f"minimum-{medium}"] for medium in ASKED if f"minimum-{medium}" in form}
    found["lower_without_asking"] = "lower_without_asking" in form
    for part in ("validation_firmware", "validation_overwrite"):
        if form.get(f"{part}-mode") == "full":
            found[part] = {"mode": "full"}
        elif f"{part}-mode" in form:
            slices = found[part]["slices"] if found[part]["mode"] == "sampled" else 1000
            share = _share(form.get(f"{part}-share", ""))
            found[part] = {"mode": form[f"{part}-mode"], "share": share, "slices": slices}
    found["canaries"] = _whole(form.get("canaries", ""))
    found["writer"] = form.get("writer", "")
    found["recheck_share"] = _share(form.get("recheck_share", ""))
    return found


def _share(text: str) -> float | None:
    try:
        return round(float(text.replace(",", ".")) / 100, 4)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
