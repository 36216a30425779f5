"""How large frames get: large on a quick link, small on a slow one, never larger than the other end takes."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.protocol_mux import Stream
from agent.protocol_pace import GOAL_SECONDS, SMALLEST_BYTES, Pace
from agent.protocol_streams import (
    CHUNK_BYTES,
    LARGE_CHUNK_BYTES,
    LARGE_WINDOW_BYTES,
    VERSION,
    WINDOW_BYTES,
    Kind,
    largest_chunk,
    parse_frame,
)
from tests.unit.agent.streams.two_ends import Ends


def drive(pace: Pace, rate: float, frames: int, *, kept: int = 0) -> None:
    """Full frames over a link of ``rate`` bytes a second, the first ``kept`` bytes taken at once."""
    for _ in range(frames):
        over = max(0, pace.size - kept)
        kept = max(0, kept - pace.size)
        pace.sent(pace.size, over / rate)


def test_a_quick_link_gets_large_frames() -> None:
    pace = Pace()
    drive(pace, 500e6, 40)
    assert pace.size == LARGE_CHUNK_BYTES


@pytest.mark.parametrize("rate", [125_000 / 8, 125_000, 1_000_000])
def test_on_a_slow_link_a_message_waits_a_moment_only(rate: float) -> None:
    pace = Pace()
    drive(pace, rate, 60, kept=300_000)  # the kernel takes the first ones on any link
    assert pace.size / rate <= max(0.11, SMALLEST_BYTES / rate)
    assert pace.size >= SMALLEST_BYTES


def test_a_link_that_becomes_slow_is_felt_at_the_first_frame() -> None:
    pace = Pace()
    drive(pace, 500e6, 40)
    drive(pace, 1e6, 1)
    assert pace.size == pytest.approx(1e6 * GOAL_SECONDS, rel=0.01)
    drive(pace, 500e6, 60)
    assert pace.size == LARGE_CHUNK_BYTES


def test_small_frames_say_nothing_about_large_ones() -> None:
    pace = Pace()
    for _ in range(100):
        pace.sent(100, 0.0001)
    assert pace.size == CHUNK_BYTES


@given(st.lists(st.tuples(st.integers(0, LARGE_CHUNK_BYTES), st.floats(0, 60))))
def test_it_stays_within_bounds(frames: list[tuple[int, float]]) -> None:
    pace = Pace()
    for length, seconds in frames:
        pace.sent(length, seconds)
        assert SMALLEST_BYTES <= pace.size <= LARGE_CHUNK_BYTES


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, CHUNK_BYTES),  # from before there was a number
        ({"version": 1}, CHUNK_BYTES),
        ({"version": True}, CHUNK_BYTES),
        ({"version": "2"}, CHUNK_BYTES),
        ({"version": None}, CHUNK_BYTES),
        ({"version": -3}, CHUNK_BYTES),
        ({"version": VERSION}, LARGE_CHUNK_BYTES),
        ({"version": 99}, LARGE_CHUNK_BYTES),  # it speaks ours too
    ],
)
def test_what_the_other_end_takes(body: dict[str, Any], expected: int) -> None:
    assert largest_chunk(body) == expected


@pytest.mark.parametrize("largest", [CHUNK_BYTES, LARGE_CHUNK_BYTES])
def test_an_old_end_gets_small_frames_from_a_quick_link_too(largest: int) -> None:
    async def test() -> None:
        ends = Ends()
        left, right = ends.stream("left"), ends.stream("right")
        left.largest = largest
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]

        async def write() -> None:
            for _ in range(40):
                await left.write(bytes(LARGE_CHUNK_BYTES))
            left.end()

        writer, got = asyncio.create_task(write()), 0
        while data := await right.take():
            got += len(data)
        await writer
        assert got == 40 * LARGE_CHUNK_BYTES
        frames = [payload for _, data in ends.sent for kind, _, payload in [parse_frame(data)] if kind is Kind.DATA]
        assert max(map(len, frames)) == largest
        for pump in pumps:
            pump.cancel()

    asyncio.run(asyncio.wait_for(test(), 20))


async def _nobody_reads(right: Stream) -> None:
    """Until nothing comes any more."""
    came, quiet = right.bytes_in, 0
    while quiet < 200:
        await asyncio.sleep(0)
        came, quiet = right.bytes_in, quiet + 1 if right.bytes_in == came else 0


def test_the_window_grows_while_the_reader_keeps_up_and_not_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.protocol_pipe.KEEPS_UP_SECONDS", 3600.0)  # it does, however slow the computer is

    async def test() -> None:
        ends = Ends()
        left, right = ends.stream("left"), ends.stream("right")
        writer = asyncio.create_task(left.write(bytes(LARGE_WINDOW_BYTES * 5)))
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        got = 0
        while got < LARGE_WINDOW_BYTES * 2:
            got += len(await right.take())
        assert right.window == LARGE_WINDOW_BYTES
        await _nobody_reads(right)
        assert not writer.done()
        # What was read since credit was given last, a quarter at most, is not under way again.
        assert LARGE_WINDOW_BYTES * 3 // 4 < right.bytes_in - got <= LARGE_WINDOW_BYTES
        for task in (*pumps, writer):
            task.cancel()

    asyncio.run(asyncio.wait_for(test(), 20))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_reader_s_pace_nothing_stands_still_and_no_window_is_passed(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The window grows now and then only; between, nobody reads for a while."""
    chance = random.Random(seed)

    class Clock:
        now = time.monotonic()

        @classmethod
        def monotonic(cls) -> float:
            cls.now += 0.06 if chance.random() < 0.3 else 0.001
            return cls.now

    async def test() -> None:
        ends = Ends()
        left, right = ends.stream("left"), ends.stream("right")
        total, got = LARGE_WINDOW_BYTES * 5, 0
        writer = asyncio.create_task(left.write(bytes(total)))
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        while got < total:
            got += len(await right.take())
            if chance.random() < 0.05:
                await _nobody_reads(right)
                assert right.bytes_in - got <= right.window
                assert right.bytes_in == total or right.bytes_in - got > right.window * 3 // 4
        await writer
        for task in pumps:
            task.cancel()

    monkeypatch.setattr("agent.protocol_pipe.time", Clock)
    asyncio.run(asyncio.wait_for(test(), 60))


def test_a_reader_that_takes_its_time_keeps_the_small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        ends = Ends()
        left, right = ends.stream("left"), ends.stream("right")
        clock = [100.0]
        monkeypatch.setattr("agent.protocol_pipe.time.monotonic", lambda: clock[0])
        writer = asyncio.create_task(left.write(bytes(WINDOW_BYTES * 8)))
        got = 0
        while got < WINDOW_BYTES * 8:
            await asyncio.sleep(0)
            while ends.move("left") or ends.move("right"):
                await asyncio.sleep(0)
            got += len(await right.take())
            clock[0] += 0.03  # 32 KiB each 30 ms
        await writer
        assert right.window == WINDOW_BYTES

    asyncio.run(asyncio.wait_for(test(), 20))
