"""What is known of a machine, in the few facts that the rules ask for. Pure: an inventory, tests, a look in.

``None`` means that it isn't known; an empty list that there is none. Whatever has another type counts as not said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from controller.grading.cpu import short_model, work
from controller.grading.drives import with_tests
from controller.health.verdict import (
    Level,
    Verdict,
    battery_verdict,
    heat_verdict,
    memory_verdict,
    thresholds,
    verdict_of,
)
from controller.machines.identity import form_of

GIB: Final = 2**30
PORTABLE: Final = ("laptop", "tablet")
WHOLE: Final = ("laptop", "tablet", "all-in-one")  # a screen is part of the machine
NO_TEST: Final = ("skipped", "timed_out")


class TestRow(Protocol):
    """A result of a hardware test (controller.hardware_tests.tables.HardwareTest)."""

    name: Any
    subsystem: Any
    target: Any
    outcome: Any
    reason: Any
    figures: Any


class Seen(Protocol):
    """What a person saw (controller.cosmetics.look.LookFacts)."""

    @property
    def worst_severity(self) -> str: ...


@dataclass(frozen=True)
class Test:
    """One test's newest result on one thing."""

    name: str
    subsystem: str
    target: str
    outcome: str
    reason: str  # English, as the machine said it


@dataclass(frozen=True, kw_only=True)
class DriveFact:
    """A drive that a system can be installed on, or that once was."""

    model: str
    serial: str
    size_bytes: int
    kind: str  # hdd, ssd, nvme, mmc, "" unknown
    verdict: Verdict

    @property
    def fast(self) -> bool | None:
        """Whether nothing in it turns."""
        return None if not self.kind else self.kind != "hdd"


@dataclass(frozen=True)
class Module:
    """One memory module."""

    size_bytes: int
    soldered: bool


@dataclass(frozen=True, kw_only=True)
class MemoryFact:
    """What is plugged in, and what more the board takes."""

    total_bytes: int
    modules: tuple[Module, ...]
    free_slots: int | None
    slots: int | None  # of all kinds, soldered places too
    maximum_bytes: int | None
    type: str  # DDR3, DDR4…; "" unknown
    form_factor: str  # SODIMM, DIMM; "" unknown


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the rules look at."""

    form: str
    model: str
    bits_64: bool | None
    cores: int | None
    work: float | None
    cpu_model: str
    memory: MemoryFact | None
    memory_verdict: Verdict | None  # None: not tested
    drives: tuple[DriveFact, ...] | None
    interfaces: frozenset[str]  # of drives that the machine takes: sata, nvme; empty: not known
    batteries: tuple[Verdict, ...] | None
    heat: Verdict | None
    camera: bool | None
    sound: bool | None
    wired: bool | None
    wifi: bool | None
    screen_px: int | None  # widest own resolution of a screen that is part of it, or connected
    tests: tuple[Test, ...]
    look: str  # worst severity; "" nobody looked

    def failed(self, subsystem: str) -> Test | None:
        """A test of this subsystem that failed."""
        return next((t for t in self.tests if t.subsystem == subsystem and t.outcome == "fail"), None)

    def weak(self, subsystem: str) -> Test | None:
        """A test of this subsystem whose result was not good, yet not a failure."""
        return next((t for t in self.tests if t.subsystem == subsystem and t.outcome == "degraded"), None)

    @property
    def tested(self) -> bool:
        """Whether any test has said something."""
        return any(t.outcome not in NO_TEST for t in self.tests)

    @property
    def portable(self) -> bool:
        """Whether it is carried about."""
        return self.form in PORTABLE


def read_facts(
    snapshot: Mapping[str, Any],
    tests: Sequence[TestRow] = (),
    look: Seen | None = None,
    *,
    form: str = "",
    battery_worn_below: int = thresholds.BATTERY_WORN_BELOW,
    battery_failing_below: int = thresholds.BATTERY_FAILING_BELOW,
) -> Facts:
    """The facts in an inventory snapshot and in what was tested and seen since."""
    chassis, cpu = _dict(snapshot.get("chassis")), _dict(snapshot.get("cpu"))
    unknown = {str(_dict(row).get("what")) for row in _list(snapshot.get("missing"))}
    results = tuple(_test(row) for row in tests)
    figures = [(test, _dict(row.figures)) for test, row in zip(results, tests, strict=True)]
    batteries = _rows(snapshot, "batteries", unknown)
    nics = _rows(snapshot, "network_cards", unknown)
    return Facts(
        form=form or form_of(str(chassis.get("chassis_type") or "")),
        model=_model(chassis),
        bits_64=_bits(cpu),
        cores=_count(cpu.get("cores")),
        work=work(cpu),
        cpu_model=short_model(str(cpu.get("model") or "")),
        memory=_memory(_dict(snapshot.get("memory"))),
        memory_verdict=_memory_verdict(figures),
        drives=_drives(snapshot, unknown, results),
        interfaces=_interfaces(snapshot),
        batteries=None
        if batteries is None
        else tuple(
            battery_verdict(b, worn_below=battery_worn_below, failing_below=battery_failing_below) for b in batteries
        ),
        heat=_heat(figures),
        camera=_there(_rows(snapshot, "cameras", unknown), results, "camera"),
        sound=_there(_rows(snapshot, "sound", unknown), results, "sound", driver=True),
        wired=_net(snapshot, nics, results, wireless=False),
        wifi=_net(snapshot, nics, results, wireless=True),
        screen_px=_screen(snapshot, form),
        tests=results,
        look=look.worst_severity if look is not None else "",
    )


def _test(row: TestRow) -> Test:
    return Test(*(str(getattr(row, name, "") or "") for name in ("name", "subsystem", "target", "outcome", "reason")))


def _model(chassis: dict[str, Any]) -> str:
    return " ".join(str(chassis.get(k) or "").strip() for k in ("manufacturer", "product")).strip()


def _bits(cpu: dict[str, Any]) -> bool | None:
    if isinstance(cpu.get("bits_64"), bool):
        return bool(cpu["bits_64"])
    # Inventories of older agents: a 64-bit system that runs proves it, a 32-bit one proves nothing.
    return True if cpu.get("architecture") in ("x86_64", "amd64") else None


def _memory(memory: dict[str, Any]) -> MemoryFact | None:
    rows = [m for m in map(_dict, _list(memory.get("modules"))) if _count(m.get("size_bytes"))]
    modules = tuple(Module(int(m["size_bytes"]), m.get("soldered") is True) for m in rows)
    total = sum(m.size_bytes for m in modules)
    if not total and _count(memory.get("total_bytes")):
        # The kernel's figure lacks what firmware and graphics keep: up to the next half GiB.
        total = math.ceil(int(memory["total_bytes"]) / (GIB / 2)) * GIB // 2
    if not total:
        return None
    slots = [_dict(s) for s in _list(memory.get("slots"))]
    types = {str(m.get("type") or "").upper().removeprefix("LP") for m in rows} - {""}
    forms = {str(m.get("form_factor") or "").upper() for m in rows if m.get("soldered") is not True} - {""}
    free, count = memory.get("slots_free"), memory.get("slots_total")
    maximum = _count(memory.get("maximum_bytes"))
    return MemoryFact(
        total_bytes=total,
        modules=modules,
        free_slots=free if isinstance(free, int) and 0 <= free <= 64 else None,
        slots=count if isinstance(count, int) and 0 < count <= 64 else len(slots) or None,
        maximum_bytes=maximum if maximum and maximum >= total else None,  # less than what is in it: not believed
        type=types.pop() if len(types) == 1 else "",
        form_factor=forms.pop() if len(forms) == 1 else "",
    )


def _memory_verdict(figures: Sequence[tuple[Test, dict[str, Any]]]) -> Verdict | None:
    found = [memory_verdict(f) for test, f in figures if test.subsystem == "memory" and test.outcome not in NO_TEST]
    gravity = (Level.FAILING, Level.WORN, Level.GOOD, Level.UNKNOWN)
    return min(found, key=lambda verdict: gravity.index(verdict.level), default=None)


def _heat(figures: Sequence[tuple[Test, dict[str, Any]]]) -> Verdict | None:
    found = [heat_verdict(f) for test, f in figures if test.subsystem == "cpu" and test.outcome not in NO_TEST]
    return found[0] if found else None


def _drives(snapshot: Mapping[str, Any], unknown: set[str], tests: Sequence[Test]) -> tuple[DriveFact, ...] | None:
    rows = _rows(snapshot, "drives", unknown)
    if rows is None:
        return None
    found = [d for d in rows if not (d.get("boot_medium") or d.get("removable") or d.get("transport") == "usb")]
    drives = tuple(_drive(d, tests) for d in found if _count(d.get("size_bytes")))
    raid = any(_dict(c).get("raid_mode") is True for c in _list(snapshot.get("controllers")))
    return None if not drives and raid else drives  # the firmware may hide them (field guide §3)


def _drive(drive: dict[str, Any], tests: Sequence[Test]) -> DriveFact:
    transport, rotational = str(drive.get("transport") or ""), drive.get("rotational")
    spins = "hdd" if rotational is True else "ssd" if rotational is False else ""
    kind = transport if transport in ("nvme", "mmc") else spins
    serial = str(drive.get("serial") or "")
    return DriveFact(
        model=str(drive.get("model") or ""),
        serial=serial,
        size_bytes=int(drive["size_bytes"]),
        kind=kind,
        verdict=drive_verdict_with(drive, [t for t in tests if t.subsystem == "drive" and serial == t.target]),
    )


def drive_verdict_with(drive: Mapping[str, Any], tests: Sequence[Test]) -> Verdict:
    """The verdict on a drive of an inventory, with what tests of it found."""
    return with_tests(verdict_of(_dict(drive.get("smart")), dict(drive)), tests)


def _interfaces(snapshot: Mapping[str, Any]) -> frozenset[str]:
    """What drives the machine has, or has a controller for."""
    found = {str(d.get("transport")) for d in map(_dict, _list(snapshot.get("drives"))) if not d.get("removable")}
    for controller in map(_dict, _list(snapshot.get("controllers"))):
        name = str(controller.get("name") or "").lower()
        found |= {"sata"} if "sata" in name or "ahci" in name or "ide " in name else set()
    for port in map(_dict, _list(snapshot.get("ports"))):
        found |= {"sata"} if port.get("kind") == "sata" else set()
    for slot in map(_dict, _list(snapshot.get("slots"))):
        found |= {"nvme"} if "m.2 socket 3" in str(slot.get("type") or "").lower() else set()
    return frozenset(found & {"sata", "nvme", "mmc"})


def _there(
    rows: list[dict[str, Any]] | None, tests: Sequence[Test], subsystem: str, *, driver: bool = False
) -> bool | None:
    """Whether the machine has one that works, as far as somebody tried."""
    outcomes = {t.outcome for t in tests if t.subsystem == subsystem}
    if "fail" in outcomes:
        return False
    if outcomes & {"pass", "degraded"}:
        return True
    if rows is None:
        return None
    # A chip without its driver is silent: then it isn't known whether one would make it work.
    working = [r for r in rows if not driver or r.get("driver") or "driver" not in r]
    return bool(working) if working or not rows else None


def _net(
    snapshot: Mapping[str, Any], cards: list[dict[str, Any]] | None, tests: Sequence[Test], *, wireless: bool
) -> bool | None:
    subsystem = "wifi" if wireless else "network"
    outcomes = {t.outcome for t in tests if t.subsystem == subsystem}
    if "fail" in outcomes and "pass" not in outcomes:
        return False
    nics = snapshot.get("network")
    if isinstance(nics, list) and any(
        (_dict(n).get("wireless") is True) == wireless and _dict(n).get("bus") != "usb" for n in nics
    ):
        return True
    if cards is None:
        return None if not isinstance(nics, list) or not nics else False
    kind = "wireless" if wireless else "wired"
    return any(c.get("kind") == kind and (c.get("driver") or "driver" not in c) for c in cards)


def _screen(snapshot: Mapping[str, Any], form: str) -> int | None:
    rows = [s for s in map(_dict, _list(snapshot.get("screens"))) if _count(s.get("width_px"))]
    own = [s for s in rows if s.get("internal") is True] if form in WHOLE else []
    return max((int(s["width_px"]) for s in own or rows), default=None)


def _rows(snapshot: Mapping[str, Any], key: str, unknown: set[str]) -> list[dict[str, Any]] | None:
    value = snapshot.get(key)
    if not isinstance(value, list) or (not value and key in unknown):
        return None
    return [row for row in value if isinstance(row, dict)]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**60
    return value if known else None
