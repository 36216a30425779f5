"""No content at all stops the judging: unknown with a reason at worst."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.health.verdict import battery_verdict, heat_verdict, judge_bytes, memory_verdict, verdict_of
from tests.unit.controller.health.dumps import NVME_TEXT, SCSI_TEXT, ata_json, ata_text, nvme_json

VERDICTS = {"good", "worn", "failing", "unknown"}
SEEDS = [
    ata_text({5: "12 (0 3)"}),
    NVME_TEXT,
    SCSI_TEXT.format(health="OK", defects=3, errors=1),
    json.dumps(ata_json({})),
    json.dumps([nvme_json()]),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def check(content: bytes) -> None:
    records = judge_bytes(content, "x")
    assert records
    for record in records:
        assert record["verdict"] in VERDICTS
        assert record["reasons"]
        assert all(record["reasons"])
        assert not any(detail["code"] == "not-understood" for detail in record["details"])
        json.dumps(record)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    check(content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 3000), st.integers(0, 300), st.text(max_size=30))
def test_reports_with_a_piece_replaced(seed: str, start: int, length: int, piece: str) -> None:
    check((seed[:start] + piece + seed[start + length :]).encode("utf-8", "replace"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([ata_json({}), nvme_json()]), st.data())
def test_reports_with_a_value_of_another_type(seed: dict[str, Any], data: st.DataObject) -> None:
    report = json.loads(json.dumps(seed))
    place: Any = report
    for _ in range(data.draw(st.integers(1, 4))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(ANY_JSON)
            break
        place = place[key]
    check(json.dumps(report).encode())


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["passed", "pending_sectors", "critical_warning", "error", "model"]), ANY_JSON))
def test_inventories_of_any_kind(smart: dict[str, Any]) -> None:
    assert verdict_of(smart, smart).level.value in VERDICTS


PARTS = ["energy_full_wh", "energy_full_design_wh", "cycle_count", "errors", "corrected", "tested_bytes", "total_bytes"]
PARTS += ["idle_celsius", "load_celsius", "limit_celsius", "critical_celsius", "fan_rpm", "throttle_events"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), st.none() | st.booleans() | st.integers() | st.floats() | st.text()))
def test_parts_of_any_kind(figures: dict[str, Any]) -> None:
    for judge in (battery_verdict, memory_verdict, heat_verdict):
        found = judge(figures)
        assert found.level.value in VERDICTS
        assert all(found.texts)
