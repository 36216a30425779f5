"""Who a machine is: a set of identifiers, each with a strength, and the rules that match two sets.

Strong identifiers find a machine; weak ones alone never merge two. The same strong identifier on machines
that differ in others (one UUID on a whole batch, a swapped board) is a conflict that a person settles. Once a
person has accepted two machines that share an identifier, it names neither of them any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.protocol import Chassis, Nic
from controller.machines.rubbish import clean_mac, clean_serial, clean_text, clean_uuid

Strength = Literal["strong", "weak"]
MAX_VALUE = 200  # characters kept of one identifier
# A machine has one of each of these: two different values speak against a match.
SINGLE = ("system_uuid", "system_serial", "board_serial")


@dataclass(frozen=True, kw_only=True, order=True)
class Identifier:
    """One thing that a machine is known by."""

    kind: str  # system_uuid, system_serial, board_serial, chassis_serial, asset_tag, mac, usb_mac
    value: str  # cleaned; a serial carries its maker: "lenovo|PF0ABCDE"
    strength: Strength


def identifiers(chassis: Chassis, nics: Sequence[Nic]) -> tuple[Identifier, ...]:
    """The identifiers worth keeping in what the firmware and the network cards say."""
    found: list[Identifier] = []
    maker = clean_text(chassis["manufacturer"]).lower()

    def add(kind: str, value: str, strength: Strength) -> None:
        if value:
            found.append(Identifier(kind=kind, value=value[:MAX_VALUE], strength=strength))

    add("system_uuid", clean_uuid(chassis["system_uuid"]), "strong")
    names = {clean_text(chassis[key]).lower() for key in ("manufacturer", "product", "version", "sku")}
    for kind in ("system_serial", "board_serial"):
        serial = clean_serial(chassis[kind])
        if serial.lower() in names:  # some makers fill every field with the model: it is on the whole batch
            serial = ""
        add(kind, f"{maker}|{serial}" if serial else "", "strong")
    chassis_serial = clean_serial(chassis["chassis_serial"])
    add("chassis_serial", f"{maker}|{chassis_serial}" if chassis_serial else "", "weak")
    add("asset_tag", clean_serial(chassis["asset_tag"]), "weak")
    for nic in nics:
        mac = clean_mac(nic["mac"])
        built_in = nic["bus"] in ("pci", "virtio")
        add("mac" if built_in else "usb_mac", mac, "strong" if built_in else "weak")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, kw_only=True)
class Match:
    """What the rules say of an announcement."""

    verdict: Literal["known", "new", "conflict"]
    machine_id: int | None = None  # when known
    candidates: tuple[int, ...] = ()  # when in conflict, or new with weak look-alikes
    why: str = ""


def match(
    seen: Sequence[Identifier], known: Mapping[int, Sequence[Identifier]], settled: Collection[int] = ()
) -> Match:
    """Find the machine that ``seen`` belongs to among ``known`` (machine id → its identifiers).

    ``settled``: the machines that a person has accepted as machines of their own.
    """
    strong: dict[int, int] = {}
    weak: set[int] = set()
    common = _common([theirs for machine_id, theirs in known.items() if machine_id in settled])
    for machine_id, theirs in known.items():
        shared = {(i.kind, i.value) for i in seen} & {(i.kind, i.value) for i in theirs}
        telling = shared - common
        count = sum(1 for i in seen if (i.kind, i.value) in telling and i.strength == "strong")
        if count:
            strong[machine_id] = count - _contradictions(seen, theirs)
        elif shared:
            weak.add(machine_id)
    sure = [machine_id for machine_id, score in strong.items() if score > 0]
    if len(sure) == 1 and all(score < strong[sure[0]] for m, score in strong.items() if m != sure[0]):
        return Match(verdict="known", machine_id=sure[0])
    if strong:
        return Match(
            verdict="conflict",
            candidates=tuple(sorted(strong)),
            why="the same identifiers belong to a machine that differs in others",
        )
    return Match(verdict="new", candidates=tuple(sorted(weak)))


def _common(machines: Sequence[Sequence[Identifier]]) -> set[tuple[str, str]]:
    """What at least two different machines are known to carry."""
    counts = Counter(pair for theirs in machines for pair in {(i.kind, i.value) for i in theirs})
    return {pair for pair, count in counts.items() if count > 1}


def _contradictions(seen: Sequence[Identifier], theirs: Sequence[Identifier]) -> int:
    """How many one-of-a-kind identifiers both have, with different values (all built-in MACs count as one)."""
    count = 0
    for kind in (*SINGLE, "mac"):
        ours = {i.value for i in seen if i.kind == kind}
        other = {i.value for i in theirs if i.kind == kind}
        if ours and other and not ours & other:
            count += 1
    return count


_FORMS = {
    "laptop": {"8", "9", "10", "14", "31", "32"},
    "desktop": {"3", "4", "5", "6", "7", "15", "16"},
    "all-in-one": {"13"},
    "mini": {"35", "36"},
    "tablet": {"30"},
}


def form_of(chassis_type: str) -> str:
    """laptop, desktop, all-in-one, mini, tablet or other, from the SMBIOS chassis type (DSP0134 7.4.1)."""
    return next((form for form, types in _FORMS.items() if chassis_type.strip() in types), "other")
