"""Exports for people and for ourselves: the table that a spreadsheet opens, our own JSON, reading a folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.errors import RecyclerieError
from controller.i18n import set_language
from controller.inventory_export.about import About
from controller.inventory_export.agent_reading import read_snapshot, unknown
from controller.inventory_export.forms import export
from controller.inventory_export.table import FACTS, OURS, table
from tests.unit.agent.recordings import HARDWARE, needs_recordings
from tests.unit.controller.snapshots import whole

ABOUT = About(machine="R-000012", site="aix", state="ready", form="laptop", lot="L-2026-0001")


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    set_language("fr")
    yield
    set_language("fr")


def rows(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def test_one_line_a_machine() -> None:
    content = table([(whole(), ABOUT), ({}, About())])
    assert content.startswith(b"\xef\xbb\xbf")
    found = [list(row.values()) for row in rows(content)]
    assert len(found) == 2
    assert [len(row) for row in found] == [len(OURS) + len(FACTS)] * 2
    first = dict(zip([head for head, _ in (*OURS, *FACTS)], found[0], strict=True))
    assert (first["Label"], first["Lot"], first["Maker"], first["Model"]) == (
        *("R-000012", "L-2026-0001", "LENOVO", "20HES0A100"),
    )
    assert (first["Memory (GB)"], first["Battery (% of new)"], first["Firmware date"]) == ("8", "77", "2019-07-15")
    assert "AA0001" not in first["Drives"]  # the stick it was started from
    assert "S35ENX0J123456" in first["Drives"]
    assert "8c:16:45:00:00:02" in first["Network"]
    assert set(found[1]) == {""}


def test_french_spreadsheets() -> None:
    snapshot = whole()
    snapshot["memory"]["modules"][0]["size_bytes"] = 3 * 2**29
    assert ";1,5;" in table([(snapshot, ABOUT)]).decode()
    set_language("en")
    english = rows(table([(snapshot, ABOUT)]), ",")
    assert english[0]["Memory (GB)"] == "1.5"
    assert english[0]["State"] == "ready"


@pytest.mark.parametrize("cell", ["=1+2", "+336", "-25", "@xy", '=cmd|" /C calc"!A0'])
def test_a_spreadsheet_computes_nothing(cell: str) -> None:
    snapshot = whole()
    snapshot["chassis"]["product"] = cell
    (row,) = csv.reader(io.StringIO(table([(snapshot, ABOUT)]).decode("utf-8-sig").split("\r\n", 1)[1]), delimiter=";")
    assert not any(found.startswith(("=", "+", "-", "@", "\t", "\r")) for found in row)
    assert any(found.endswith(cell) for found in row)


def test_our_own_can_be_read_again(tmp_path: Path) -> None:
    made = export(whole(), "json", ABOUT)
    assert (made.name, made.media_type) == ("R-000012.json", "application/json")
    (tmp_path / "pc.json").write_bytes(made.content)
    again = read_snapshot(tmp_path / "pc.json")
    assert again.pop("machine") == {"machine": "R-000012", "site": "aix", "state": "ready"} | {
        "form": "laptop",
        "lot": "L-2026-0001",
    }
    assert again == whole()


def test_numbers_and_letters_that_json_does_not_have() -> None:
    made = export({"schema": "x", "a": float("nan"), "b": "\ud83d!", "c": 10**400, "d": [1.5, True]}, "json")
    assert json.loads(made.content) == {"schema": "x", "a": None, "b": "\ufffd!", "c": None, "d": [1.5, True]} | {
        "machine": None
    }
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    export({"deep": deep}, "json")


def test_what_is_no_machine_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecyclerieError, match="There is no"):
        read_snapshot(tmp_path / "nowhere")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(1000))
    found = read_snapshot(tmp_path / "photo.jpg")
    assert any("photo.jpg" in line for line in unknown(found))
    assert "drives" in unknown(found)[-1]
    assert unknown({"problems": 3, "missing": [1]}) == []
    monkeypatch.setattr("sys.executable", "false")  # an agent that breaks
    with pytest.raises(RecyclerieError, match=r"photo\.jpg can't be read as a machine: exit status 1"):
        read_snapshot(tmp_path / "photo.jpg")


def test_half_a_letter_in_a_dump_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive's name with half a pair of UTF-16, on a system of another alphabet."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    said = {"smartctl": {"version": [7, 3], "exit_status": 0}, "device": {"name": "/dev/sda", "type": "sat"}}
    said |= {"model_name": "Disque \ud83d été", "serial_number": "S1234567", "user_capacity": {"bytes": 500107862016}}
    (tmp_path / "smartctl.json").write_text(json.dumps(said))
    made = export(read_snapshot(tmp_path / "smartctl.json"), "glpi")
    assert "été" in json.loads(made.content)["content"]["storages"][0]["model"]


@needs_recordings
def test_a_folder_is_read_by_the_agent_itself() -> None:
    """By a process of its own: the controller imports nothing of it."""
    folder = HARDWARE / "machines/peracotta/Thinkpad-R500"
    found = read_snapshot(folder)
    assert "P8600" in found["cpu"]["model"]
    made = json.loads(export(found, "glpi").content)
    assert made["content"]["cpus"][0]["core"] == 2
    assert made["content"]["hardware"]["name"] == made["deviceid"]
    (row,) = rows(table([(found, About())]))
    assert "LENOVO" in row.values()
