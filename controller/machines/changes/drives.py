"""Drives: added, taken out, exchanged, given another firmware or size. Sticks and USB drives come and go: no news."""

from __future__ import annotations

from controller.i18n import N_
from controller.machines.changes.change import Change, looked
from controller.machines.rubbish import clean_serial, clean_wwn
from controller.machines.snapshot import Body, items, text, whole


def known(body: Body) -> bool:
    """Whether the inventory looked for drives: one without any has an empty list."""
    return looked(body, "drives")


def compare(before: Body, after: Body) -> list[Change]:
    """Changes of the built-in drives."""
    old, new = _built_in(before), _built_in(after)
    found: list[Change] = []
    for drive in list(new):
        twin = next((other for other in old if _same(other, drive)), None)
        if twin:
            old.remove(twin)
            new.remove(drive)
            found += _within(twin, drive)
    if len(old) == len(new) == 1:
        message = N_("{after} ({size}) in place of {before} ({before_size})")
        return [*found, _swap(message, old[0], new[0])]
    found += [_change(N_("{drive} ({size}) taken out"), drive) for drive in old]
    found += [_change(N_("{drive} ({size}) put in"), drive) for drive in new]
    return found


def _built_in(body: Body) -> list[dict[str, object]]:
    return [drive for drive in items(body, "drives") if not drive.get("removable") and drive.get("transport") != "usb"]


def _same(one: Body, other: Body) -> bool:
    ours, theirs = clean_wwn(text(one, "wwn")), clean_wwn(text(other, "wwn"))
    if ours and theirs:
        return ours == theirs
    ours, theirs = clean_serial(text(one, "serial")), clean_serial(text(other, "serial"))
    if ours and theirs:
        return ours == theirs
    return text(one, "model") == text(other, "model") and whole(one, "size_bytes") == whole(other, "size_bytes")


def _within(before: Body, after: Body) -> list[Change]:
    """What changed in a drive that stayed."""
    found = []
    old, new = text(before, "firmware_revision"), text(after, "firmware_revision")
    if old and new and old != new:
        message = N_("firmware of {drive}: {after}, before {before}")
        found.append(_change(message, after, before=old, after=new))
    was, now = whole(before, "size_bytes"), whole(after, "size_bytes")
    if was and now and was != now:
        message = N_("{drive} shows {size}, before {before_size}: hidden sectors were opened or closed")
        found.append(_change(message, after, before_size=was))
    return found


def _swap(message: str, before: Body, after: Body) -> Change:
    params = {"before": _name(before), "after": _name(after)}
    sizes = {"before_size": whole(before, "size_bytes"), "size": whole(after, "size_bytes")}
    return Change(part="drive", message=message, params={**params, **sizes})


def _change(message: str, drive: Body, **params: str | int) -> Change:
    return Change(
        part="drive", message=message, params={"drive": _name(drive), "size": whole(drive, "size_bytes"), **params}
    )


def _name(drive: Body) -> str:
    return " ".join(part for part in (text(drive, "model") or "?", text(drive, "serial")) if part)
