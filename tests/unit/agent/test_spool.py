"""The spool: order, bounds, and what survives."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.link.backoff import Backoff
from agent.link.connection import link_url
from agent.link.spool import MAX_ID, Spool, short_id
from agent.protocol import HEALTH, INVENTORY, JOB_LOG, JOB_RESULT


def ids(spool: Spool) -> list[str]:
    return [message["id"] for _, message in spool.after(0)]


def test_order_and_content_survive_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(12):
        spool.add(HEALTH, {"n": number}, message_id=f"m{number}")
    spool.drop("m3")
    again = Spool(tmp_path)
    assert ids(again) == [f"m{number}" for number in range(12) if number != 3]
    assert [message["body"]["n"] for _, message in again.after(0)][:4] == [0, 1, 2, 4]
    again.add(HEALTH, {}, message_id="later")
    assert ids(again)[-1] == "later"
    assert (tmp_path / "000000000001.json").stat().st_mode & 0o777 == 0o600


def test_only_what_is_new_is_told_again_when_asked_so(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add(HEALTH, {}, message_id="a")
    ((number, _),) = spool.after(0)
    spool.add(HEALTH, {}, message_id="b")
    assert [message["id"] for _, message in spool.after(number)] == ["b"]


def test_an_id_is_kept_once_and_dropped_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add(JOB_RESULT, {"n": 1}, message_id="job:result")
    spool.add(JOB_RESULT, {"n": 2}, message_id="job:result")
    assert len(spool) == 1
    assert spool.drop("job:result")
    assert not spool.drop("job:result")
    assert list(tmp_path.glob("*.json")) == []


def test_room_is_made_by_worth_and_results_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_messages=4)
    spool.add(JOB_RESULT, {}, message_id="r1")
    spool.add(INVENTORY, {}, message_id="i1")
    spool.add(HEALTH, {}, message_id="h1")
    spool.add(JOB_LOG, {}, message_id="l1")
    spool.add(JOB_RESULT, {}, message_id="r2")
    assert ids(spool) == ["r1", "i1", "h1", "r2"]
    spool.add(HEALTH, {}, message_id="h2")
    assert ids(spool) == ["r1", "i1", "r2", "h2"]
    for number in range(6):
        spool.add(JOB_RESULT, {}, message_id=f"more{number}")
    assert set(ids(spool)) == {"r1", "r2", *(f"more{number}" for number in range(6))}
    assert spool.dropped == 4


def test_bytes_are_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=10_000)
    for _ in range(50):
        spool.add(HEALTH, {"text": "x" * 1000})
    assert sum(path.stat().st_size for path in tmp_path.glob("*.json")) <= 10_000
    assert len(spool) >= 8


@pytest.mark.parametrize("content", ["", "{", "[]", '{"type": "health"}', "\0\0\0"])
def test_what_a_power_cut_left_is_thrown_away(tmp_path: Path, content: str) -> None:
    (tmp_path / "000000000007.json").write_text(content)
    spool = Spool(tmp_path)
    assert ids(spool) == []
    spool.add(HEALTH, {}, message_id="a")
    assert ids(spool) == ["a"]


def test_long_ids_are_shortened_to_what_the_controller_keeps() -> None:
    assert short_id("r1-erase-d2:result") == "r1-erase-d2:result"
    long = "r1-" + "x" * 100
    assert len(short_id(long)) <= MAX_ID
    assert short_id(long) == short_id(long) != short_id(long + "y")


def test_backoff_doubles_with_full_jitter() -> None:
    backoff = Backoff(first=1.0, longest=60.0)
    ceilings = [1, 2, 4, 8, 16, 32, 60, 60]
    for ceiling in ceilings:
        assert 0.05 <= backoff.next_delay() <= ceiling
    many = [Backoff(first=32.0, longest=60.0).next_delay() for _ in range(400)]
    assert min(many) < 4
    assert max(many) > 28
    backoff.reset()
    assert backoff.next_delay() <= 1.0


def test_link_url() -> None:
    assert link_url("https://192.0.2.1:8443") == "wss://192.0.2.1:8443/api/agent/link"
