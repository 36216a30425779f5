"""Recorded machines: every dump is assessed, and what is said of those that are known well."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from agent.collectors.snapshot import read_inventory
from agent.sources import open_source
from controller.grading.assess import assess
from controller.grading.cpu import work
from controller.grading.facts import read_facts
from controller.grading.worth import judge
from controller.i18n import set_language
from tests.unit.agent.recordings import HARDWARE

MACHINES = HARDWARE / "machines" / "peracotta"
recorded = pytest.mark.skipif(not MACHINES.is_dir(), reason="the recorded machines are not beside this repository")

# folder → grade and use as far as its dump tells, whether it is worth going on, a part of the sentence in English
KNOWN = {
    "2014-castes-mbp": ("", "", True, "how much memory it has"),
    "2018-castes-mbp": ("", "", True, "how much memory it has"),
    "Thinkpad-R500": ("", "", True, "which drives it has. At best: office and school."),
    "alecase": ("", "", True, "which drives it has. At best: video calls."),
    "asdpc2": ("", "", True, "how much memory it has"),
    "cassone": ("D", "parts", False, "can't run a 64-bit system"),
    "decode-dimms": ("", "", True, "whether its processor is a 64-bit one"),
    "dismone": ("", "", True, "how much memory it has"),
    "polveroso": ("", "", True, "At best: office and school."),
    "travasato": ("", "", True, "which drives it has. At best: office and school."),
}


@recorded
@pytest.mark.parametrize("name", sorted(p.name for p in MACHINES.iterdir()) if MACHINES.is_dir() else [])
def test_recorded_machine(name: str) -> None:
    set_language("en")
    facts = read_facts(read_inventory(open_source(MACHINES / name)))
    found = assess(facts)
    grade, use, ok, words = KNOWN[name]
    assert ((found.grade or ""), (found.use or "")) == (grade, use)
    assert words in found.sentence.sentence
    assert judge(facts, found).ok is ok
    set_language("fr")


@recorded
def test_a_slow_processor_is_told_even_where_nothing_is_graded() -> None:
    set_language("en")
    found = assess(read_facts(read_inventory(open_source(MACHINES / "Thinkpad-R500"))))
    video = found.fits[-1]
    assert video.fit is False
    assert "too slow (Intel Core2 Duo P8600)" in str(video.why[0])
    set_language("fr")


def _dumps(folder: str) -> list[Path]:
    return sorted(p for p in (HARDWARE / folder).rglob("*") if p.is_file())


@recorded
def test_every_dump_is_assessed() -> None:
    said: Counter[str] = Counter()
    for path in _dumps("dmidecode"):
        found = assess(read_facts(read_inventory(open_source(path))))
        assert found.sentence.sentence, path
        said[found.grade or "?"] += 1
    assert said.total() > 40
    assert said["?"] > 0.9 * said.total(), "dmidecode alone says nothing of the drives: guessing would be wrong"


# What the figure is for processors of which everybody knows how they feel: least, most.
CPUS = [
    ("Intel(R) Atom(TM) CPU N450 @ 1.66GHz", 1, 1666, 1, 0.5, 1.0),
    ("Intel(R) Atom(TM) CPU N2600 @ 1.60GHz", 2, 1600, 1, 1.2, 1.6),
    ("Intel(R) Core(TM)2 Duo CPU P8600 @ 2.40GHz", 2, 2400, 1, 4.0, 5.0),
    ("Intel(R) Core(TM)2 Duo CPU T5500 @ 1.66GHz", 2, 1667, 1, 2.5, 3.4),
    ("Intel(R) Core(TM)2 Quad CPU Q6600 @ 2.40GHz", 4, 2400, 1, 7.0, 10.0),
    ("Intel(R) Core(TM) i3-3110M CPU @ 2.40GHz", 2, 2400, 2, 6.0, 7.0),
    ("Intel(R) Core(TM) i5-2520M CPU @ 2.50GHz", 2, 3200, 2, 7.5, 9.5),
    ("Intel(R) Celeron(R) N4020 CPU @ 1.10GHz", 2, 2800, 2, 5.0, 6.2),
    ("Intel(R) Pentium(R) 4 CPU 3.00GHz", 1, 3000, 1, 1.2, 1.8),
    ("AMD E-450 APU with Radeon(tm) HD Graphics", 2, 1650, 1, 1.4, 2.2),
    ("AMD C-60 APU with Radeon(tm) HD Graphics", 2, 1000, 1, 0.8, 1.3),
    ("AMD A6-3420M APU with Radeon(tm) HD Graphics", 4, 2400, 1, 6.0, 8.0),
    ("AMD Ryzen 5 3500U with Radeon Vega Mobile Gfx", 4, 3700, 3, 20.0, 26.0),
    ("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", 2, 3100, 3, 9.0, 11.0),
    ("Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz", 6, 4100, 3, 22.0, 28.0),
]


@pytest.mark.parametrize(("model", "cores", "mhz", "level", "least", "most"), CPUS)
def test_a_processors_work(model: str, cores: int, mhz: int, level: int, least: float, most: float) -> None:
    found = work({"model": model, "cores": cores, "max_mhz": mhz, "level": level})
    assert found is not None
    assert least <= found <= most


@pytest.mark.parametrize("cpu", [{}, {"cores": 2}, {"max_mhz": 2000}, {"cores": 0, "max_mhz": 2000},
                                 {"cores": "2", "max_mhz": 2000}, {"cores": True, "max_mhz": 1}])  # fmt: skip
def test_a_processor_that_is_not_known(cpu: dict[str, object]) -> None:
    assert work(cpu) is None
