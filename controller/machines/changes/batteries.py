"""Batteries: put in, taken out, replaced."""

from __future__ import annotations

from controller.i18n import N_
from controller.machines.changes.change import Change, looked
from controller.machines.rubbish import clean_serial, clean_text
from controller.machines.snapshot import Body, decimal, items, text, whole

_DESIGN = 0.05
"""Share by which the design energy of two readings of one battery may differ (rounding, drifting voltage)."""
_FRESHER = 0.15
"""Share of the design energy that a battery can't win back by itself: a recalibration brings some percent."""
_CYCLES = 5  # a gauge may correct itself by a few


def known(body: Body) -> bool:
    """Whether the inventory looked for batteries."""
    return looked(body, "batteries")


def compare(before: Body, after: Body) -> list[Change]:
    """Batteries by place (BAT0, BAT1), then by what they say of themselves."""
    old = {text(battery, "name"): battery for battery in items(before, "batteries")}
    new = {text(battery, "name"): battery for battery in items(after, "batteries")}
    found = []
    for place, battery in new.items():
        was = old.pop(place, None)
        if was is None:
            found.append(_change(N_("battery {battery} put in"), battery=_name(battery)))
        elif _replaced(was, battery):
            message = N_("battery replaced: {after}, before {before}")
            found.append(_change(message, before=_name(was), after=_name(battery)))
    return found + [_change(N_("battery {battery} taken out"), battery=_name(battery)) for battery in old.values()]


def _replaced(before: Body, after: Body) -> bool:
    ours, theirs = clean_serial(text(before, "serial")), clean_serial(text(after, "serial"))
    if ours and theirs:
        return ours != theirs
    models = clean_text(text(before, "model")), clean_text(text(after, "model"))
    if all(models) and models[0].lower() != models[1].lower():
        return True
    was, now = decimal(before, "energy_full_design_wh"), decimal(after, "energy_full_design_wh")
    if was and now and abs(now - was) > _DESIGN * max(was, now):
        return True
    fresher = decimal(after, "energy_full_wh") - decimal(before, "energy_full_wh")
    cycles = before.get("cycle_count"), after.get("cycle_count")
    fewer = all(cycles) and whole(after, "cycle_count") < whole(before, "cycle_count") - _CYCLES
    return bool(fewer or (decimal(before, "energy_full_wh") and now and fresher > _FRESHER * now))


def _change(message: str, **params: str) -> Change:
    return Change(part="battery", message=message, params=params)


def _name(battery: Body) -> str:
    parts = [text(battery, "manufacturer"), text(battery, "model"), text(battery, "serial")]
    name = " ".join(part for part in parts if clean_text(part)) or text(battery, "name") or "?"
    full, design = decimal(battery, "energy_full_wh"), decimal(battery, "energy_full_design_wh")
    return f"{name} ({full:.0f}/{design:.0f} Wh)" if full and design else name
