"""The spool: order, bounds, and what survives."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.link.backoff import Backoff
from agent.link.connection import link_url
from agent.link.spool import MAX_ID, Spool, short_id
from agent.protocol import DRIVE_EVENT, HEALTH, INVENTORY, JOB_LOG, JOB_RESULT


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


OTHERS = (JOB_RESULT, INVENTORY, JOB_LOG, DRIVE_EVENT, "help.request")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from([HEALTH, HEALTH, HEALTH, *OTHERS]), max_size=60), most=st.integers(1, 20))
def test_only_health_samples_ever_go(tmp_path_factory: pytest.TempPathFactory, kinds: list[str], most: int) -> None:
    """Whatever comes in whatever order: the rest stays, in order, and what is dropped is counted."""
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder, max_messages=most)
    for number, kind in enumerate(kinds):
        spool.add(kind, {}, message_id=f"{kind}:{number}")
    others = [f"{kind}:{number}" for number, kind in enumerate(kinds) if kind != HEALTH]
    left = ids(spool)
    assert [one for one in left if not one.startswith(HEALTH)] == others
    assert len(left) <= max(most, len(others))
    assert spool.thinned == len(kinds) - len(left)
    assert spool.full == (len(others) > most)
    assert ids(Spool(folder, max_messages=most)) == left


def test_a_long_absence_stays_covered_from_its_beginning(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_messages=50)
    for number in range(1000):
        spool.add(HEALTH, {}, message_id=f"{number:04d}")
    left = [int(one) for one in ids(spool)]
    assert left[0] == 0  # how it was when the link was lost
    assert left[-1] == 999
    gaps = [after - before for before, after in pairwise(left)]
    assert max(gaps) < 400  # no season without a sample
    assert max(gaps[-10:]) == 1  # the newest days are whole


def test_what_cannot_be_dropped_fills_it_and_that_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=30_000)
    for number in range(40):
        spool.add(INVENTORY, {"text": "x" * 1000}, message_id=f"i{number}")
    assert spool.full
    spool.add(HEALTH, {}, message_id="h")
    assert "h" not in spool  # not taken in
    spool.add(JOB_RESULT, {}, message_id="r")
    assert "r" in spool  # made once: always
    assert len(spool) == 41
    for number in range(40):
        spool.drop(f"i{number}")
    assert not spool.full


def test_bytes_are_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path, max_bytes=10_000)
    for _ in range(50):
        spool.add(HEALTH, {"text": "x" * 1000})
    assert sum(path.stat().st_size for path in tmp_path.glob("*.json")) <= 10_000
    assert len(spool) >= 6


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


def test_backoff_grows_apart_and_stays_within_its_bounds() -> None:
    """Decorrelated jitter: two machines that lost their controller in the same moment share nothing after that."""
    many = [Backoff(first=1.0, longest=60.0) for _ in range(300)]
    assert max(one.next_delay() for one in many) <= 1.0
    for attempt in range(1, 12):
        waits = [one.next_delay() for one in many]
        assert min(waits) >= 1.0
        assert max(waits) <= min(60.0, 3.0**attempt)
    # In the end they are spread over the whole minute, not in a heap.
    assert len({int(wait // 6) for wait in waits}) == 10
    many[0].reset()
    assert many[0].next_delay() <= 1.0


def test_the_first_wait_is_spread_as_wide_as_the_controller_asks() -> None:
    waits = [Backoff(first=3.0, longest=120.0, spread=300.0).next_delay() for _ in range(600)]
    assert len({int(wait // 30) for wait in waits}) == 10
    assert max(waits) > 120


def test_a_hint_is_the_least() -> None:
    for _ in range(100):
        assert 30 <= Backoff().next_delay(hint=30.0) <= 60


def test_link_url() -> None:
    assert link_url("https://192.0.2.1:8443") == "wss://192.0.2.1:8443/api/agent/link"
