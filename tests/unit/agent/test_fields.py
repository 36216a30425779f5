"""The declarations of the collectors: one table, which the docs have too."""

from __future__ import annotations

from pathlib import Path

from agent.collectors.fields import Subsystem
from agent.collectors.missing import empty_fields, missing_facts
from agent.collectors.snapshot import read_inventory
from agent.collectors.table import markdown, subsystems
from agent.sources import Source

ROOT = Path(__file__).resolve().parents[3]
UNITS = {
    "text", "number", "yes/no", "bytes", "MHz", "MT/s", "Mb/s", "Wh", "W", "%", "°C", "mm", "in", "px", "Hz", "year",
    "list", "object", "°C, rpm, V",
}  # fmt: skip


def test_the_docs_have_the_table() -> None:
    said = (ROOT / "docs/inventory.md").read_text(encoding="utf-8")
    assert markdown().strip() in said, "run: recyclerie-agent fields, and put its output into docs/inventory.md"


def test_declarations() -> None:
    declared = list(subsystems())
    assert len({one.key for one in declared}) == len(declared)
    for one in declared:
        assert isinstance(one, Subsystem)
        assert one.tools or one.files, one.key
        assert len({field.name for field in one.fields}) == len(one.fields)
        for field in one.fields:
            assert field.unit in UNITS, (one.key, field.name)
            assert field.meaning
        for pattern in one.files:
            assert not pattern.startswith("/")


def test_every_answer_is_declared() -> None:
    found = read_inventory(Source())
    beside = set("schema taken_at agent_version image_version hostname source form problems missing".split())
    assert set(found) == {one.key for one in subsystems()} | beside


def test_screens_need_a_graphics_driver(tmp_path: Path) -> None:
    (tmp_path / "sys/class/net").mkdir(parents=True)
    source = Source(tmp_path)
    missing = {one["what"]: one["why"] for one in missing_facts(read_inventory(source), source)}
    assert "no driver" in missing["screens"]
    (tmp_path / "sys/class/drm").mkdir()
    missing = {one["what"]: one["why"] for one in missing_facts(read_inventory(source), source)}
    assert "screens" not in missing
    assert "sensors" not in missing


def test_mandatory_fields_by_name() -> None:
    declared = {one.key: one for one in subsystems()}
    rows = [{"model": "X", "size_bytes": 1}, {"model": "", "size_bytes": 0}]
    assert empty_fields(declared["drives"], {"drives": rows}) == ["drives[1].model", "drives[1].size_bytes"]
    assert empty_fields(declared["cpu"], {"cpu": {"model": "X", "cores": 2, "threads": 4}}) == []
    assert empty_fields(declared["cpu"], {"cpu": None}) == []
