"""The bench of the hardware: facts of two agents side by side, fields that a dump says, the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench import figures, hardware_captures
from tests.bench.hardware_captures import _PLACES, stated, survey
from tests.bench.hardware_facts import FACTS, compare
from tests.unit.bench.test_figures import kept

XML = """<?xml version="1.0" encoding="UTF-8" ?>
<REQUEST><CONTENT>
  <BIOS><SMANUFACTURER>LENOVO</SMANUFACTURER><SSN> </SSN></BIOS>
  <CPUS><NAME>QEMU Virtual CPU</NAME><CORE>1</CORE></CPUS>
  <STORAGES><MODEL>WDC</MODEL></STORAGES><STORAGES><SERIALNUMBER>S4</SERIALNUMBER></STORAGES>
</CONTENT></REQUEST>
"""
OURS: dict[str, Any] = {
    "chassis": {"manufacturer": "LENOVO", "system_serial": "PF0BENCH", "product": ""},
    "cpu": {"model": "QEMU Virtual CPU", "cores": 1},
    "drives": [{"model": "WDC", "serial": "", "size_bytes": 3}, {"model": "", "serial": "S4", "size_bytes": 4}],
    "missing": [],
}


def test_fact_by_fact() -> None:
    found = {row["fact"]: (row["ours"], row["theirs"]) for row in compare(OURS, XML)}
    assert found == {
        "maker": (True, True),
        "serial number": (True, False),
        "processor": (True, True),
        "cores": (True, True),
        "drives: model": (False, True),  # ours must know it of each drive
        "drives: serial number": (True, True),
        "drives: size": (True, False),
        "what could not be looked at, by name": (True, False),
    }


def test_nothing_from_either_is_no_row() -> None:
    assert compare({}, "<REQUEST/>") == []
    assert len({fact.name for fact in FACTS}) == len(FACTS)


DMIDECODE = """# dmidecode 3.3
Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: Dell Inc.
\tProduct Name: To Be Filled By O.E.M.

Handle 0x0004, DMI type 4, 42 bytes
Processor Information
\tVersion: CPU Version
\tCore Count: 4
"""


@pytest.mark.parametrize(
    ("field", "said"),
    {
        "chassis.manufacturer": True,
        "chassis.product": False,
        "board.manufacturer": False,
        "cpu.model": False,
        "cpu.cores": True,
        "cpu.threads": False,
        "drives[0].model": True,  # not looked for: better counted once too often
    }.items(),
)
def test_what_a_dump_says(field: str, said: bool) -> None:
    assert stated(DMIDECODE, field) is said


def test_a_survey_counts_what_was_overlooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("good", "poor", "rotten"):
        path = tmp_path / "dmidecode" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(DMIDECODE)

    def read(source: str, *, erase: bool) -> dict[str, Any]:
        assert erase
        if source == "rotten":
            raise ValueError("no")
        missing = [{"what": "cpu.cores", "why": "not said"}, {"what": "cpu.model", "why": "not said"}]
        return {"missing": missing if source == "poor" else [{"what": "screens", "why": "not among the files"}]}

    monkeypatch.setattr(hardware_captures, "open_source", lambda place: place.name)
    monkeypatch.setattr(hardware_captures, "read_inventory", read)
    found = survey(tmp_path)
    assert (found["dumps"], found["machines"], found["overlooked"]) == (3, 0, 1)
    assert found["parsed_share"] == pytest.approx(2 / 3)
    assert found["whole_share"] == pytest.approx(1 / 3)
    assert found["broken_list"] == [{"dump": "dmidecode/rotten", "why": "ValueError: no"}]
    assert found["unsaid_list"] == [
        {"dump": "dmidecode/poor", "empty": ["cpu.cores", "cpu.model"], "overlooked": ["cpu.cores"]}
    ]


def test_every_place_is_looked_for() -> None:
    for field, (table, name) in _PLACES.items():
        assert stated(f"Handle 0x1\n{table}\n\t{name}: something\n", field)
        assert not stated(f"Handle 0x1\n{table}\n\t{name}: Not Specified\n", field)


def test_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    side = {"seconds": 4.2, "first_seconds": 6.0, "cpu_seconds": 3.1, "peak_bytes": 31_000_000}
    lab = {
        "accelerator": "tcg",
        "memory_mib": 2048,
        "used_bytes": 500_000_000,
        "live_squashfs_bytes": 265_000_000,
        "other": "fusioninventory-agent 1:2.6",
        "ours": side,
        "theirs": {**side, "seconds": 9.9},
        "facts": [{"fact": "maker", "ours": True, "theirs": True}, {"fact": "TPM", "ours": True, "theirs": False}],
    }
    dumps = {"machines": 10, "parsed_share": 1.0, "dumps": 86, "whole_share": 0.77, "overlooked": 0}
    here = {**lab, "ours": {**side, "seconds": 0.7}}
    body = {"captures": {**dumps, "median_ms": 9.0, "slowest_ms": 90.0}, "here": here, "lab": lab}
    monkeypatch.setattr(figures, "load", lambda name: kept(body) if name == "hardware" else None)
    page = figures.page()
    assert "| time, median | 4.2 s | 9.9 s |" in page
    assert "| time, median | 0.7 s | 9.9 s |" in page
    assert "| facts found | 2 of 2 | 1 of 2 |" in page
    assert "Ours alone: TPM." in page
    assert "Theirs alone: nothing." in page
    monkeypatch.setattr(figures, "load", lambda name: kept({**body, "lab": None}) if name == "hardware" else None)
    assert "On the lab's PC: not measured yet." in figures.page()
