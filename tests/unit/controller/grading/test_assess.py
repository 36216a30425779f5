"""What is said of a machine, as a table of cases."""

from __future__ import annotations

from typing import Any

import pytest

from controller.grading.assess import Assessment, assess
from controller.grading.checks import RULES
from controller.grading.facts import read_facts
from controller.grading.requirements import REQUIREMENTS, of_use
from controller.grading.uses import Grade, Use
from controller.grading.worth import judge
from controller.i18n import set_language, translate
from tests.unit.controller.grading.machines import FINE, drive, laptop, memory, module, result, seen


@pytest.fixture(autouse=True)
def _english() -> Any:
    set_language("en")
    yield
    set_language("fr")


def assessed(snapshot: dict[str, Any], *tests: Any, look: str = "") -> Assessment:
    return assess(read_facts(snapshot, tests, seen(look) if look else None))


HDD = drive(500, rotational=True)
BAD = {**FINE, "passed": False}
WORN = {**FINE, "pending_sectors": 3}
DESKTOP = {"chassis": {"manufacturer": "HP", "product": "8300", "chassis_type": "3"}, "batteries": [], "screens": []}

CASES: list[tuple[str, dict[str, Any], list[Any], str, str, str, str]] = [
    # name, changes, tests, look → grade, use, a part of the sentence
    ("good", {}, [], "", "A", "video", "Good for everything, video calls too."),
    ("light marks", {}, [], "light", "A", "video", "Good for everything"),
    ("visible damage", {}, [], "visible", "B", "video", "but it has visible damage."),
    ("broken", {}, [], "broken", "C", "video", "but a part of its case or screen is broken."),
    ("4 GiB", {"memory": memory(module(4), free=1)}, [], "", "B", "office", "4 GB of memory is too little"),
    ("2 GiB", {"memory": memory(module(2), free=1)}, [], "", "C", "light", "(it takes 4)"),
    ("1 GiB", {"memory": memory(module(1), free=1)}, [], "", "D", "parts", "(it takes 2)"),
    ("memory of the kernel's", {"memory": {"total_bytes": 8_201_232_384, "modules": []}}, [], "", "A", "video", ""),
    ("hard disk", {"drives": [HDD]}, [], "", "B", "office", "its drive is a hard disk"),
    ("hard disk and SSD", {"drives": [HDD, drive(128, serial="S2")]}, [], "", "A", "video", ""),
    ("small eMMC", {"drives": [drive(32, transport="mmc")]}, [], "", "C", "light", "holds 32 GB only"),
    ("no drive", {"drives": []}, [], "", "D", "parts", "it has no drive"),
    ("failing drive", {"drives": [drive(smart=BAD)]}, [], "", "D", "parts", "its drive is failing"),
    ("a failing drive beside a good one", {"drives": [drive(smart=BAD), drive(serial="S2")]}, [], "", "A", "video", ""),
    ("worn drive", {"drives": [drive(smart=WORN)]}, [], "", "C", "light", "its drive is worn"),
    ("silent drive", {"drives": [drive(smart={})]}, [], "", "B", "video", "the health of its drive isn't known"),
    ("silent drive, read well", {"drives": [drive(smart={})]}, [result("drive", "pass", "S1")], "", "A", "video", ""),
    ("drive fails its test", {}, [result("drive", "fail", "S1")], "", "D", "parts", "its drive is failing"),
    ("another drive failed", {}, [result("drive", "fail", "S9")], "", "A", "video", ""),
    ("drive slows down", {}, [result("drive", "degraded", "S1")], "", "C", "light", "its drive is worn"),
    ("32-bit", {"cpu": {"bits_64": False}}, [], "", "D", "parts", "can't run a 64-bit system"),
    ("old netbook", {"cpu": {"model": "Intel Atom N450", "cores": 1, "max_mhz": 1666, "level": 1}}, [], "", "D",
     "parts", "too slow (Intel Atom N450)"),
    ("Core 2 Duo", {"cpu": {"model": "Intel Core2 Duo P8600", "max_mhz": 2400, "level": 1}}, [], "", "B", "office",
     "too slow (Intel Core2 Duo P8600)"),
    ("one core", {"cpu": {"model": "AMD Athlon 64", "cores": 1, "max_mhz": 2400, "level": 1}}, [], "", "C", "light",
     "one core only"),
    ("no camera", {"cameras": []}, [], "", "B", "office", "it has no camera"),
    ("no camera, but a test saw one", {"cameras": []}, [result("camera", "pass")], "", "A", "video", ""),
    ("camera fails", {}, [result("camera", "fail")], "", "B", "office", "its camera doesn't work"),
    ("sound fails", {}, [result("sound", "fail")], "", "B", "office", "its sound doesn't work"),
    ("worn battery", {"batteries": [{"energy_full_wh": 15, "energy_full_design_wh": 24}]}, [], "", "B", "video",
     "but its battery is worn."),
    ("dead battery", {"batteries": [{"energy_full_wh": 2, "energy_full_design_wh": 24}]}, [], "", "B", "video",
     "it works plugged in"),
    ("no battery", {"batteries": []}, [], "", "B", "video", "it has no battery"),
    ("one of two batteries dead", {"batteries": [
        {"energy_full_wh": 2, "energy_full_design_wh": 24}, {"energy_full_wh": 23, "energy_full_design_wh": 24}]},
     [], "", "B", "video", "its battery is worn"),
    ("a desktop has none", DESKTOP, [], "", "A", "video", ""),
    ("no Wi-Fi in a laptop", {"network_cards": [{"kind": "wired", "driver": "e1000e"}]}, [], "", "B", "video",
     "it has no Wi-Fi"),
    ("no Wi-Fi in a desktop", {**DESKTOP, "network_cards": [{"kind": "wired", "driver": "e1000e"}]}, [], "", "A",
     "video", ""),
    ("no network at all", {"network_cards": []}, [], "", "C", "light", "no network that works"),
    ("small screen", {"screens": [{"internal": True, "width_px": 800}]}, [], "", "C", "light", "800 pixels"),
    ("bad memory", {}, [result("memory", "fail", errors=4)], "", "D", "parts", "gives back wrong data"),
    ("weak memory", {}, [result("memory", "degraded", errors=0, corrected=7)], "", "C", "light", "getting weak"),
    ("good memory", {}, [result("memory", "pass", errors=0, tested_bytes=8, total_bytes=9)], "", "A", "video", ""),
    ("skipped memory", {}, [result("memory", "skipped", errors=4)], "", "A", "video", ""),
    ("wrong sums", {}, [result("cpu", "fail", load_celsius=60)], "", "D", "parts", "its processor failed its test"),
    ("hot", {}, [result("cpu", "degraded", load_celsius=99, throttled_seconds=30)], "", "B", "video", "gets too hot"),
    ("overheats", {}, [result("cpu", "degraded", load_celsius=106, critical_celsius=105)], "", "D", "parts",
     "its cooling fails"),
    ("keyboard of a laptop", {}, [result("keyboard", "fail")], "", "D", "parts", "its keyboard doesn't work"),
    ("keyboard of a desktop", DESKTOP, [result("keyboard", "fail")], "", "B", "video", "its keyboard failed"),
    ("touchpad", {}, [result("pointer", "fail")], "", "B", "video", "touchpad"),
    ("dead pixels", {}, [result("screen", "degraded")], "", "B", "video", "its screen has faults"),
    ("broken screen", {}, [result("screen", "fail")], "", "C", "video", "its screen failed"),
    ("graphics", {}, [result("graphics", "fail")], "", "C", "light", "graphics failed"),
    ("clock", {}, [result("clock", "fail")], "", "B", "video", "button cell"),
    ("worst of several", {"batteries": []}, [result("fans", "fail")], "visible", "C", "video",
     "but its fan failed its test, and it has no battery"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "tests", "look", "grade", "use", "words"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_grade(changes: dict[str, Any], tests: list[Any], look: str, grade: str, use: str, words: str) -> None:
    found = assessed(laptop(**changes), *tests, look=look)
    assert (found.grade, found.use) == (grade, use), found.sentence.sentence
    assert words in found.sentence.sentence
    assert found.sentence.sentence.endswith(".")


NOT_KNOWN: list[tuple[dict[str, Any], str | None, str]] = [
    ({"cpu": {"bits_64": None}}, None, "whether its processor is a 64-bit one"),
    ({"cpu": {"cores": None}}, None, "how fast its processor is"),
    ({"memory": {}}, None, "how much memory it has"),
    ({"drives": [], "missing": [{"what": "drives", "why": "?"}]}, None, "which drives it has"),
    ({"drives": [], "controllers": [{"name": "RST", "raid_mode": True}]}, None, "which drives it has"),
    ({"cameras": [], "missing": [{"what": "cameras", "why": "?"}]}, "office", "whether it has a camera"),
    ({"sound": [{"name": "chip", "driver": ""}]}, "office", "whether its sound works"),
    ({"drives": [drive(rotational=None)]}, "office", "whether its drive is a hard disk"),
]


@pytest.mark.parametrize(("changes", "use", "words"), NOT_KNOWN)
def test_what_is_not_known_is_said_and_not_guessed(changes: dict[str, Any], use: str | None, words: str) -> None:
    found = assessed(laptop(**changes))
    assert found.use == use
    assert (found.grade is None) == (use is None)
    assert words in found.sentence.sentence
    assert not found.lifts or use is not None


def test_what_is_wrong_wins_over_what_is_not_known() -> None:
    found = assessed({"cpu": {"model": "AMD Athlon", "bits_64": False}})
    assert (found.grade, found.use, found.blocked) == (Grade.D, Use.PARTS, True)


@pytest.mark.parametrize("ugly", [{}, {"memory": 7}, {"cpu": []}, {"drives": [1, {}, {"size_bytes": "x"}]},
                                  {"batteries": [{}]}, {"missing": {"what": 3}}, {"network": [None]},
                                  {"memory": {"modules": [{"size_bytes": -1}], "slots_free": "2"}},
                                  {"cpu": {"cores": True, "max_mhz": 2.5}}])  # fmt: skip
def test_anything_is_assessed(ugly: dict[str, Any]) -> None:
    assert assessed(ugly).sentence.sentence
    assert assessed(laptop(**(ugly if not isinstance(ugly.get("cpu"), list) else {}))).sentence.sentence


def test_each_requirement_has_its_rule_and_its_source() -> None:
    assert {row.part for row in REQUIREMENTS} == set(RULES)
    assert all(row.source and row.why for row in REQUIREMENTS)
    memory_rows = [
        next(r.least for r in of_use(use) if r.part == "memory") for use in (Use.LIGHT, Use.OFFICE, Use.VIDEO)
    ]
    assert memory_rows == sorted(memory_rows)
    assert {r.part for r in of_use(Use.LIGHT)} < {r.part for r in of_use(Use.OFFICE)} < set(RULES) | {"x"}


STOPS: list[tuple[dict[str, Any], list[Any], bool, str]] = [
    ({}, [], True, ""),
    ({"cpu": {"bits_64": False}}, [], False, "64-bit"),
    ({}, [result("memory", "fail", errors=1)], False, "change the module"),
    ({"drives": [drive(smart=BAD)]}, [], False, "put another one in"),
    ({"drives": [drive(smart=BAD), drive(serial="S2")]}, [], True, ""),
    ({"drives": [drive(smart=WORN)]}, [], True, ""),
    ({"drives": []}, [], True, ""),  # a drive would lift it
    ({"memory": memory(module(1, soldered=True), maximum=1)}, [], False, "1 GB of memory is too little"),
    ({"memory": memory(module(1), free=1)}, [], True, ""),
    ({"cpu": {"model": "Intel Atom N450", "cores": 1, "max_mhz": 1666, "level": 1}}, [], False, "too slow"),
    ({"cpu": {"bits_64": None, "cores": None}, "memory": {}}, [], True, ""),  # not known never stops it
    ({}, [result("cpu", "degraded", load_celsius=106, critical_celsius=105)], False, "cooling"),
]


@pytest.mark.parametrize(("changes", "tests", "ok", "words"), STOPS)
def test_what_is_not_worth_going_on_with(changes: dict[str, Any], tests: list[Any], ok: bool, words: str) -> None:
    facts = read_facts(laptop(**changes), tests)
    found = judge(facts, assess(facts))
    assert found.ok is ok
    assert words in translate(found.reason, **found.params)
