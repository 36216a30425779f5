"""What would lift a machine: the cheapest parts, from the stock where it has them."""

from __future__ import annotations

from typing import Any

import pytest

from controller.grading.assess import assess
from controller.grading.facts import MemoryFact, Module, read_facts
from controller.grading.lift import Lift
from controller.grading.memory_plan import memory_need
from controller.i18n import set_language
from controller.parts.offers import Offer
from tests.unit.controller.grading.machines import FINE, GB, GIB, drive, laptop, memory, module, result

BAD = {**FINE, "passed": False}
HDD = drive(500, rotational=True)
SSD240 = Offer(part_id=1, kind="ssd", size_bytes=240 * GB, interface="SATA", cost_cents=1500, place="box 1")
SSD120 = Offer(part_id=2, kind="ssd", size_bytes=120 * GB, interface="SATA", cost_cents=900)
NVME = Offer(part_id=3, kind="ssd", size_bytes=256 * GB, interface="NVMe", cost_cents=100)
OLD_HDD = Offer(part_id=4, kind="hdd", size_bytes=320 * GB, interface="SATA")
DDR4 = Offer(part_id=5, kind="memory", size_bytes=4 * GIB, memory_type="DDR4", form_factor="SODIMM", cost_cents=800)
DDR3 = Offer(part_id=6, kind="memory", size_bytes=4 * GIB, memory_type="DDR3", form_factor="SODIMM")
DIMM = Offer(part_id=7, kind="memory", size_bytes=4 * GIB, memory_type="DDR4", form_factor="DIMM")
WEBCAM = Offer(part_id=8, kind="webcam", label="C270", cost_cents=500)
BATTERY = Offer(part_id=9, kind="battery", fits="ThinkPad T460; Lenovo T470", cost_cents=2500)
OTHER_BATTERY = Offer(part_id=10, kind="battery", fits="Latitude E5470")


@pytest.fixture(autouse=True)
def _english() -> Any:
    set_language("en")
    yield
    set_language("fr")


def lifts(snapshot: dict[str, Any], *offers: Offer, tests: tuple[Any, ...] = ()) -> list[Lift]:
    return list(assess(read_facts(snapshot, tests), offers).lifts)


CASES: list[tuple[str, dict[str, Any], tuple[Offer, ...], list[str], list[list[int | None]]]] = [
    ("nothing to lift", {}, (), [], []),
    ("the example", {"drives": [HDD], "memory": memory(module(4), free=1)}, (),
     ["A 240 GB SSD and 4 GB of memory more, and it does video calls."], [[None, None]]),
    ("the example, in stock", {"drives": [HDD], "memory": memory(module(4), free=1)}, (SSD240, DDR4, DDR3, DIMM),
     ["A 240 GB SSD and 4 GB of memory more, and it does video calls."], [[1, 5]]),
    ("the cheaper SSD that is large enough", {"drives": [HDD]}, (SSD240, SSD120),
     ["A 120 GB SSD, and it does video calls."], [[2]]),
    ("no NVMe where SATA is", {"drives": [HDD]}, (NVME,), ["A 240 GB SSD, and it does video calls."], [[None]]),
    ("NVMe where NVMe is", {"drives": [drive(smart=BAD, transport="nvme")], "controllers": []}, (NVME, SSD240),
     ["A 256 GB NVMe SSD, and it does video calls."], [[3]]),
    ("the next use, and the highest", {"drives": [], "memory": memory(module(1, type="DDR2"), free=1, maximum=4)}, (),
     ["A 240 GB SSD and 1 GB of memory more, and it does for light use.",
      "A 240 GB SSD and bigger memory modules (2 × 2 GB instead of what is in it), and it does for office and school."],
     [[None, None], [None, None, None]]),
    ("two steps", {"memory": memory(module(2), free=1, maximum=16)}, (),
     ["4 GB of memory more, and it does for office and school.",
      "8 GB of memory more, and it does video calls."], [[None], [None]]),
    ("a hard disk does for light use only when nothing better is there", {"drives": [], "cpu": {"cores": 1}},
     (OLD_HDD,), ["A 320 GB hard disk, and it does for light use."], [[4]]),
    ("an SSD before a hard disk", {"drives": [], "cpu": {"cores": 1}}, (OLD_HDD, SSD120),
     ["A 120 GB SSD, and it does for light use."], [[2]]),
    ("eMMC alone takes no other", {"drives": [drive(32, transport="mmc")], "controllers": []}, (SSD240,), [], []),
    ("a webcam", {"cameras": []}, (WEBCAM,), ["A webcam, and it does video calls."], [[8]]),
    ("a slow processor stays slow", {"cpu": {"max_mhz": 1300, "level": 1}}, (SSD240,), [], []),
    ("a battery that fits", {"batteries": [{"energy_full_wh": 2, "energy_full_design_wh": 24}]},
     (OTHER_BATTERY, BATTERY), ["A battery, and its grade is A."], [[9]]),
    ("none that fits", {"batteries": [{"energy_full_wh": 2, "energy_full_design_wh": 24}]}, (OTHER_BATTERY,),
     ["A battery, and its grade is A."], [[None]]),
    ("Wi-Fi", {"network_cards": [{"kind": "wired", "driver": "e1000e"}]}, (),
     ["A USB Wi-Fi adapter, and its grade is A."], [[None]]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "offers", "sentences", "ids"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_lift(
    changes: dict[str, Any], offers: tuple[Offer, ...], sentences: list[str], ids: list[list[int | None]]
) -> None:
    found = lifts(laptop(**changes), *offers)
    assert [lift.sentence.sentence for lift in found] == sentences
    assert [[piece.part_id for piece in lift.pieces] for lift in found] == ids
    assert [lift.in_stock for lift in found] == [None not in row for row in ids]


def test_bad_memory_is_replaced_whole() -> None:
    found = lifts(laptop(memory=memory(module(4), module(4))), tests=(result("memory", "fail", errors=9),))
    assert found[-1].sentence.sentence == "Other memory (1 × 8 GB), and it does video calls."


def test_what_is_paid_already_costs_nothing_more() -> None:
    snapshot = laptop(drives=[HDD])
    assert lifts(snapshot, SSD240)[0].cents == 0
    assert lifts(snapshot)[0].cents > 0
    assert lifts(snapshot, SSD240)[0].pieces[0].cents == 1500


def test_the_last_module_is_not_promised_twice() -> None:
    snapshot = laptop(memory=memory(module(1), free=1, maximum=16), cameras=[])
    found = lifts(snapshot, DDR4)
    used = [piece.part_id for piece in found[-1].pieces if piece.part_id]
    assert len(used) == len(set(used))


MEMORY: list[tuple[str, dict[str, Any], int, list[int] | None, bool]] = [
    # name, changes of 1 x 4 GiB in two slots, target in GiB → modules, swapped
    ("a free slot", {}, 8, [4], False),
    ("two are free", {"free_slots": 2, "slots": 3}, 12, [8], False),
    ("none is free", {"free_slots": 0, "slots": 1}, 8, [8], True),
    ("more than the board takes", {"maximum_bytes": 4 * GIB}, 8, None, False),
    ("a slot takes the maximum's share", {"maximum_bytes": 8 * GIB}, 8, [4], False),
    ("soldered, a slot is free", {"modules": (Module(4 * GIB, True),)}, 8, [4], False),
    ("soldered, none is free", {"modules": (Module(4 * GIB, True),), "free_slots": 0}, 8, None, False),
    ("nobody says whether a slot is free", {"free_slots": None, "slots": None}, 8, [8], True),
]


@pytest.mark.parametrize(("changes", "target", "sizes", "swapped"), [c[1:] for c in MEMORY],
                         ids=[c[0] for c in MEMORY])  # fmt: skip
def test_memory(changes: dict[str, Any], target: int, sizes: list[int] | None, swapped: bool) -> None:
    facts = {
        "total_bytes": 4 * GIB,
        "modules": (Module(4 * GIB, False),),
        "free_slots": 1,
        "slots": 2,
        "maximum_bytes": 32 * GIB,
        "type": "DDR4",
        "form_factor": "SODIMM",
    }
    need = memory_need(MemoryFact(**{**facts, **changes}), target * GIB, ())
    if sizes is None:
        assert need is None
        return
    assert need is not None
    assert [f"a {size} GB memory module, DDR4 SODIMM" for size in sizes] == [str(p.what) for p in need.pieces]
    assert ("instead" in str(need.what)) == swapped
    assert bool(need.unsure) == ((facts | changes)["free_slots"] is None)


def test_what_must_be_looked_up_first_is_said() -> None:
    found = lifts(laptop(memory={"total_bytes": 4 * GIB, "modules": []}))
    assert [str(text) for text in found[0].unsure] == [
        "which modules are in it, and whether a slot is free, isn't known"
    ]
    found = lifts(laptop(drives=[], controllers=[]))
    assert [str(text) for text in found[0].unsure] == ["which drives fit isn't known: open it"]


def test_a_large_stock_is_searched_quickly() -> None:
    offers = tuple(
        Offer(part_id=n, kind="memory", size_bytes=(n % 40 + 1) * GIB // 4, memory_type="DDR4", form_factor="SODIMM",
              cost_cents=n, count=3)
        for n in range(1, 500)
    )  # fmt: skip
    facts = read_facts(laptop(memory=memory(*[module(1)] * 8, free=8, maximum=256)))
    assert facts.memory is not None
    tried = [memory_need(facts.memory, 64 * GIB, offers) for _ in range(3)]
    assert all(need is not None and len(need.pieces) <= 4 for need in tried)
