"""Both ends' rules: nothing is lost or turned round, nothing grows without bounds, nobody is starved."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.protocol_mux import DONE, QUEUED_CHUNKS, StreamOver
from agent.protocol_streams import CHUNK_BYTES, HEADER, WINDOW_BYTES, Kind, credit_frame, frame, parse_frame
from tests.unit.agent.streams.two_ends import Ends

pieces = st.lists(st.binary(min_size=1, max_size=3000), max_size=12)


def play(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


async def write_all(ends: Ends, name: str, number: int, parts: list[bytes]) -> None:
    stream = ends.stream(name, number)
    for part in parts:
        await stream.write(part)
    stream.end()


async def read_all(ends: Ends, name: str, number: int) -> bytes:
    stream, heard = ends.stream(name, number), bytearray()
    while data := await stream.read():
        heard += data
        await asyncio.sleep(0)
    return bytes(heard)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(pieces, pieces), min_size=1, max_size=4))
def test_every_byte_arrives_in_order_both_ways_and_then_it_is_over(plan: list[tuple[list[bytes], list[bytes]]]) -> None:
    async def test() -> None:
        ends = Ends(streams=len(plan))
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        jobs: list[Coroutine[Any, Any, bytes | None]] = []
        for number, (there, back) in enumerate(plan, start=1):
            jobs += [write_all(ends, "left", number, there), write_all(ends, "right", number, back)]
            jobs += [read_all(ends, "right", number), read_all(ends, "left", number)]
        done = await asyncio.gather(*jobs)
        for index, (there, back) in enumerate(plan):
            assert done[index * 4 + 2] == b"".join(there)
            assert done[index * 4 + 3] == b"".join(back)
            assert {ends.stream(name, index + 1).reason for name in ("left", "right")} == {DONE}
        assert not ends.left.streams
        assert not ends.right.streams
        for pump in pumps:
            pump.cancel()

    play(test())


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_reader_that_reads_nothing_holds_no_more_than_its_window(seed: int, streams: int) -> None:
    """Whoever writes waits; what is kept at either end is bounded, and goes on once somebody reads."""

    async def test() -> None:
        chance = random.Random(seed)
        ends = Ends(streams=streams)
        total = WINDOW_BYTES * 2
        size = chance.randint(1000, CHUNK_BYTES * 3)
        parts = [b"x" * min(size, total - start) for start in range(0, total, size)]
        writers = [asyncio.create_task(write_all(ends, "left", n, parts)) for n in range(1, streams + 1)]
        for _ in range(4 * total // 1000 * streams):
            await asyncio.sleep(0)
            while ends.move(chance.choice(["left", "right"])):
                pass
        for number in range(1, streams + 1):
            right, left = ends.stream("right", number), ends.stream("left", number)
            assert sum(map(len, right._incoming)) == right.bytes_in == WINDOW_BYTES
            assert sum(map(len, left._outgoing)) <= QUEUED_CHUNKS * (CHUNK_BYTES + HEADER.size)
        assert not any(writer.done() for writer in writers)
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        heard = await asyncio.gather(*(read_all(ends, "right", n) for n in range(1, streams + 1)))
        assert [len(data) for data in heard] == [total] * streams
        await asyncio.gather(*writers)
        for pump in pumps:
            pump.cancel()

    play(test())


def test_streams_take_turns_and_a_slow_one_stops_nobody() -> None:
    async def test() -> None:
        ends = Ends(streams=3)
        writers = [asyncio.create_task(write_all(ends, "left", n, [b"x" * CHUNK_BYTES] * 20)) for n in (1, 2, 3)]
        readers = [asyncio.create_task(read_all(ends, "right", n)) for n in (1, 2)]  # nobody reads the third
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        assert [len(data) for data in await asyncio.gather(*readers)] == [20 * CHUNK_BYTES] * 2
        order = [number for name, data in ends.sent for kind, number, _ in [parse_frame(data)] if kind is Kind.DATA]
        assert Counter(order) == {1: 20, 2: 20, 3: WINDOW_BYTES // CHUNK_BYTES}
        first = order[: 3 * 6]
        assert max(abs(first[:i].count(1) - first[:i].count(3)) for i in range(len(first))) <= 2
        for task in (*pumps, *writers):
            task.cancel()

    play(test())


def test_control_and_credit_go_before_chunks() -> None:
    async def test() -> None:
        ends = Ends(streams=2)
        await ends.stream("left", 1).write(b"x" * CHUNK_BYTES * QUEUED_CHUNKS)
        stream = ends.stream("left", 2)
        for _ in range(3):
            ends.left.hear(frame(Kind.DATA, 2, b"y" * CHUNK_BYTES))
            await stream.read()
        assert parse_frame(ends.left.next_frame() or b"")[0] is Kind.CREDIT
        assert parse_frame(ends.left.next_frame() or b"")[0] is Kind.DATA
        seen: list[str] = []

        async def control(kind: str, _: dict[str, Any]) -> None:
            seen.append(kind)

        async def send(_: bytes) -> None:
            seen.append("frame")

        ends.left._send_control, ends.left._send_frame = control, send
        ends.left.tell("stream.closed", {})
        pump = asyncio.create_task(ends.left.pump())
        await asyncio.sleep(0.01)
        assert seen == ["stream.closed", "frame"]
        pump.cancel()

    play(test())


def test_who_sends_more_than_allowed_loses_the_stream_only() -> None:
    async def test() -> None:
        ends = Ends(streams=2)
        for _ in range(WINDOW_BYTES // CHUNK_BYTES):
            ends.right.hear(frame(Kind.DATA, 1, b"x" * CHUNK_BYTES))
        ends.right.hear(frame(Kind.DATA, 1, b"x"))
        stream = ends.stream("right", 1)
        assert stream.aborted
        assert not stream._incoming  # what it had sent is given back too
        with pytest.raises(StreamOver, match="more than it was allowed"):
            await stream.read()
        assert ends.stream("right", 2).reason is None
        ends.right.hear(frame(Kind.DATA, 1, b"late"))  # under way when it was closed: no harm
        ends.right.hear(credit_frame(99, 7))  # of no stream at all

    play(test())


def test_data_after_the_end_is_refused() -> None:
    async def test() -> None:
        ends = Ends()
        ends.right.hear(frame(Kind.END, 1))
        ends.right.hear(frame(Kind.DATA, 1, b"x"))
        assert ends.stream("right").aborted

    play(test())


def test_half_close_leaves_the_other_way_open() -> None:
    async def test() -> None:
        ends = Ends()
        left, right = ends.stream("left"), ends.stream("right")
        await left.write(b"question")
        left.end()
        while ends.move("left"):
            pass
        assert [await right.read(), await right.read()] == [b"question", b""]
        with pytest.raises(StreamOver):
            await left.write(b"more")
        await right.write(b"answer")
        right.end()
        while ends.move("right"):
            pass
        assert left.reason == right.reason == DONE
        assert [await left.read(), await left.read()] == [b"answer", b""]

    play(test())


@pytest.mark.parametrize("waiting", ["read", "write"])
def test_an_abort_wakes_whoever_waits_at_both_ends(waiting: str) -> None:
    async def test() -> None:
        ends = Ends()
        pumps = [asyncio.create_task(mux.pump()) for mux in (ends.left, ends.right)]
        stream = ends.stream("right")
        task: asyncio.Task[Any]
        if waiting == "read":
            task = asyncio.create_task(stream.read())
        else:
            task = asyncio.create_task(stream.write(b"x" * WINDOW_BYTES * 2))
        await asyncio.sleep(0.01)
        ends.stream("left").abort("the technician left")
        with pytest.raises(StreamOver, match="the technician left"):
            await task
        assert not ends.left.streams
        assert not ends.right.streams
        for pump in pumps:
            pump.cancel()

    play(test())


def test_a_lost_link_ends_everything_with_its_reason() -> None:
    async def test() -> None:
        ends = Ends(streams=3)
        ends.left.close("the link was lost")
        for number in (1, 2, 3):
            with pytest.raises(StreamOver, match="the link was lost"):
                await ends.stream("left", number).read()
        assert ends.left.next_frame() is None

    play(test())


def test_idle_and_total_limits() -> None:
    async def test() -> None:
        ends = Ends(streams=2)
        idle, long = ends.stream("left", 1), ends.stream("left", 2)
        idle.idle_seconds, long.total_seconds = 10.0, 100.0
        now = idle.opened_at
        ends.left.check_limits(now + 9)
        assert len(ends.left.streams) == 2
        long.moved_at = now + 101
        ends.left.check_limits(now + 101)
        assert idle.reason == "nothing moved for 10 s"
        assert long.reason == "its time of 100 s is over"

    play(test())
