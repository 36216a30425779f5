"""Whatever the other end sends, in whatever order: nothing but the documented refusals, and memory stays bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.link.connection import Connection, LinkLost
from agent.link.outbox import Outbox
from agent.link.spool import Spool
from agent.link.streams import AgentStreams
from agent.protocol_streams import (
    CHUNK_BYTES,
    LARGE_CHUNK_BYTES,
    LARGE_WINDOW_BYTES,
    MAX_STREAMS,
    STREAM_CLOSED,
    STREAM_OPEN,
    STREAM_OPENED,
    STREAM_REFUSED,
    BadFrame,
    Kind,
    credit_frame,
    frame,
)
from agent.services.base import Door, Service
from controller.assist.agent_link import AgentLink
from controller.errors import Conflict

numbers = st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1))
frames = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda number, size: frame(Kind.DATA, number, bytes(size)), numbers, st.integers(1, LARGE_CHUNK_BYTES)),
    st.builds(credit_frame, numbers, st.integers(0, 2**32 - 1)),
    st.builds(lambda number: frame(Kind.END, number), numbers),
    st.just(frame(Kind.DATA, 1, bytes(LARGE_CHUNK_BYTES + 1))),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
fields = st.sampled_from(
    ["stream", "service", "who", "why", "credit", "idle_seconds", "total_seconds", "version", "code", "reason"]
)
bodies = st.one_of(
    st.dictionaries(fields, anything, max_size=6),
    st.builds(
        lambda number, credit, version, more: {
            **more, "stream": number, "service": "screen", "credit": credit, "version": version
        },
        numbers, anything, anything, st.dictionaries(fields, anything, max_size=2),
    ),
)  # fmt: skip
kinds = st.sampled_from([STREAM_OPEN, STREAM_OPENED, STREAM_REFUSED, STREAM_CLOSED, "stream.", "stream.else"])
said = st.lists(st.one_of(frames, st.tuples(kinds, bodies)), max_size=25)


def kept(mux: Any) -> int:
    """Bytes that wait to be read."""
    return sum(len(part) for stream in mux.streams.values() for part in stream._incoming)


class Stuck:
    """A service that never reads and never says anything."""

    def __init__(self) -> None:
        import socket

        self.ends: list[Any] = []
        self.pair = socket.socketpair

    async def open(self, _: dict[str, Any]) -> Door:
        ours, theirs = self.pair()
        ours.setblocking(False)
        self.ends += [theirs]
        return Door(ours)

    def close(self) -> None:
        for end in self.ends:
            end.close()


@settings(deadline=None, max_examples=150)
@given(said)
def test_the_agents_end(messages: list[Any]) -> None:
    async def test() -> None:
        async def swallow(*_: Any) -> None:
            return

        stuck = Stuck()
        streams = AgentStreams({"screen": Service("screen", stuck.open, 100.0, 100.0)}, swallow, swallow)
        pump = asyncio.create_task(streams.run())
        for message in messages:
            if isinstance(message, bytes):
                try:
                    streams.mux.hear(message)
                except BadFrame:
                    break  # the link ends
            else:
                streams.hear(*message)
            await asyncio.sleep(0)
            assert len(streams.mux.streams) <= MAX_STREAMS
            assert kept(streams.mux) <= LARGE_WINDOW_BYTES * max(1, len(streams.mux.streams))
            assert not pump.done()
        tasks = list(streams._tasks)
        await streams.close("over")
        assert [task.exception() for task in tasks if not task.cancelled()] == [None] * sum(
            not task.cancelled() for task in tasks
        )
        pump.cancel()
        stuck.close()

    asyncio.run(asyncio.wait_for(test(), 20))


@settings(deadline=None, max_examples=150)
@given(said)
def test_the_controllers_end(messages: list[Any]) -> None:
    async def test() -> None:
        async def swallow(*_: Any) -> None:
            return

        link = AgentLink(1, "R-000001", swallow, swallow)
        asked = [
            asyncio.create_task(link.open("screen", who="user:1", why="", idle_seconds=100, total_seconds=100))
            for _ in range(2)
        ]
        await asyncio.sleep(0)
        for message in messages:
            if isinstance(message, bytes):
                try:
                    link.hear_frame(message)
                except BadFrame:
                    break
            else:
                link.hear(*message)
            await asyncio.sleep(0)
            assert kept(link.mux) <= LARGE_WINDOW_BYTES * max(1, len(link.mux.streams))
        link.close()
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            # Opened (and over with the link), refused in words, or not linked any more.
            assert not isinstance(answer, BaseException) or isinstance(answer, Conflict), repr(answer)

    asyncio.run(asyncio.wait_for(test(), 20))


class Wire:
    """What the agent's connection reads: such messages, and then no more."""

    def __init__(self, messages: list[str | bytes]) -> None:
        self.messages = messages

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        for message in self.messages:
            yield message

    async def send(self, _: Any) -> None:
        """Nobody hears it."""


texts = st.one_of(
    st.text(max_size=60),
    anything.map(json.dumps),
    st.builds(
        lambda kind, body: json.dumps({"type": kind, "id": "x", "at": "", "body": body}),
        st.sampled_from(["ack", "welcome", "heartbeat", "goodbye", "nothing", *["stream.open", "stream.closed"]]),
        anything,
    ),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(texts, frames), max_size=15))
def test_the_agents_connection_ends_in_words_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, messages: list[str | bytes]
) -> None:
    async def test() -> None:
        async def nothing(*_: Any) -> None:
            return

        connection = Connection(Outbox(Spool(tmp_path_factory.mktemp("spool"))), nothing, dict, 30.0)
        with contextlib.suppress(LinkLost):
            await connection._receive_all(Wire(messages))  # type: ignore[arg-type]
        for task in connection._tasks:
            task.cancel()
        if connection._streams is not None:
            await connection._streams.close("over")

    asyncio.run(asyncio.wait_for(test(), 20))


def test_a_credit_beyond_all_bounds_lets_nobody_queue_more() -> None:
    """Whatever credit it was given, an end keeps two frames of a stream and no more."""

    async def test() -> None:
        async def swallow(*_: Any) -> None:
            await asyncio.Event().wait()

        link = AgentLink(1, "R-000001", swallow, swallow)
        stream = link.mux.add(1, credit=0, idle_seconds=100, total_seconds=100)
        for _ in range(10):
            link.hear_frame(credit_frame(1, 2**32 - 1))
        writer = asyncio.create_task(stream.write(bytes(CHUNK_BYTES * 50)))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not writer.done()
        assert sum(map(len, stream._outgoing)) <= 2 * (CHUNK_BYTES + 5)
        writer.cancel()

    asyncio.run(asyncio.wait_for(test(), 20))
