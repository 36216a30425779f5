"""Memory: modules added, taken out, moved or exchanged."""

from __future__ import annotations

from controller.i18n import N_
from controller.machines.changes.change import Change
from controller.machines.rubbish import clean_serial, clean_text
from controller.machines.snapshot import Body, items, section, text, whole

_MOVE = 0.10
"""Share by which the usable memory must differ to be a change where no module is known: firmware and graphics
take some of it, now more, now less."""


def known(body: Body) -> bool:
    """Whether the inventory says anything of memory."""
    memory = section(body, "memory")
    return bool(items(memory, "modules") or whole(memory, "total_bytes"))


def compare(before: Body, after: Body) -> list[Change]:
    """Changes of the modules; of the total alone where one of the two knows no modules."""
    old, new = _modules(before), _modules(after)
    if not old or not new:
        return _total(before, after)
    found: list[Change] = []
    _drop_unmoved(old, new)
    for module in list(new):
        twin = next((other for other in old if _same_piece(other, module)), None)
        if twin:
            old.remove(twin)
            new.remove(module)
            message = N_("{size} {module} moved from {before} to {after}")
            found.append(_change(message, module, before=text(twin, "slot"), after=text(module, "slot")))
    for module in list(new):
        gone = next((other for other in old if _slot(other) and _slot(other) == _slot(module)), None)
        if gone:
            old.remove(gone)
            new.remove(module)
            message = N_("{size} {module} in place of {before_size} {before} in {slot}")
            found.append(
                _change(
                    message,
                    module,
                    before=_name(gone),
                    before_size=whole(gone, "size_bytes"),
                    slot=text(module, "slot"),
                )
            )
    found += [
        _change(N_("{size} {module} taken out of {slot}"), module, slot=text(module, "slot") or "?") for module in old
    ]
    found += [
        _change(N_("{size} {module} added in {slot}"), module, slot=text(module, "slot") or "?") for module in new
    ]
    return found


def _modules(body: Body) -> list[dict[str, object]]:
    return [module for module in items(section(body, "memory"), "modules") if whole(module, "size_bytes") > 0]


def _slot(module: Body) -> str:
    return f"{text(module, 'slot')}|{text(module, 'bank')}".lower().strip("|")


def _kind(module: Body) -> tuple[int, str]:
    return whole(module, "size_bytes"), clean_text(text(module, "part_number")).lower()


def _serial(module: Body) -> str:
    return clean_serial(text(module, "serial").lower().removeprefix("0x"))


def _drop_unmoved(old: list[dict[str, object]], new: list[dict[str, object]]) -> None:
    """Take out of both lists what is where it was; exact twins first."""
    for slots in (True, False):
        for module in list(new):
            twin = next(
                (
                    other
                    for other in old
                    if _kind(other) == _kind(module)
                    and (_slot(other) == _slot(module) if slots else not (_slot(other) and _slot(module)))
                    and (not _serial(other) or not _serial(module) or _serial(other) == _serial(module))
                ),
                None,
            )
            if twin:
                old.remove(twin)
                new.remove(module)


def _same_piece(one: Body, other: Body) -> bool:
    """Whether two modules in different slots are one. Without serial numbers: two of a kind are taken for one."""
    ours, theirs = _serial(one), _serial(other)
    return _kind(one) == _kind(other) and (ours == theirs or not ours or not theirs) and _slot(one) != _slot(other)


def _total(before: Body, after: Body) -> list[Change]:
    old = whole(section(before, "memory"), "total_bytes")
    new = whole(section(after, "memory"), "total_bytes")
    if not old or not new or abs(new - old) <= _MOVE * max(old, new):
        return []
    message = N_("{size} of memory in place of {before_size}")
    return [Change(part="memory", message=message, params={"before_size": old, "size": new})]


def _change(message: str, module: Body, **params: str | int) -> Change:
    return Change(
        part="memory", message=message, params={"module": _name(module), "size": whole(module, "size_bytes"), **params}
    )


def _name(module: Body) -> str:
    parts = (text(module, "type"), clean_text(text(module, "manufacturer")), clean_text(text(module, "part_number")))
    return " ".join(part for part in parts if part)
