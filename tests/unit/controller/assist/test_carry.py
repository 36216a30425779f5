"""Carrying between a stream and a page: the slow one sets the pace, and each end tells the other why."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from agent.protocol_streams import CHUNK_BYTES, WINDOW_BYTES
from controller.assist.carry import carry
from tests.unit.agent.streams.two_ends import Ends


class Page:
    """A page whose reading a test allows, byte by byte if it likes."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.got = bytearray()
        self.reads = asyncio.Event()
        self.reads.set()
        self.closed: str | None = None
        self.ended = False
        self.gone = False

    async def read(self) -> bytes:
        return await self.sent.get()

    async def write(self, data: bytes | memoryview) -> None:
        await self.reads.wait()
        if self.gone:
            raise BrokenPipeError
        self.got += data

    async def end(self) -> None:
        self.ended = True

    async def close(self, reason: str) -> None:
        self.closed = reason


def play(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


class Scene:
    """A page on the left, a service on the right."""

    def __init__(self) -> None:
        self.ends, self.page = Ends(), Page()
        self.service = self.ends.stream("right")
        pumps = (self.ends.left.pump(), self.ends.right.pump())
        self.tasks = [asyncio.create_task(one) for one in pumps]
        self.carrying = asyncio.create_task(carry(self.ends.stream("left"), self.page))

    async def settle(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)


def test_bytes_both_ways_and_an_end_from_each() -> None:
    async def test() -> None:
        scene = Scene()
        scene.page.sent.put_nowait(b"hello")
        assert await scene.service.read() == b"hello"
        await scene.service.write(b"x" * CHUNK_BYTES * 20)
        scene.service.end()
        scene.page.sent.put_nowait(b"")
        assert await scene.service.read() == b""
        await scene.carrying
        assert len(scene.page.got) == CHUNK_BYTES * 20
        assert scene.page.ended
        assert scene.page.closed == "both sides have ended"

    play(test())


def test_a_page_that_does_not_read_stops_the_service() -> None:
    async def test() -> None:
        scene = Scene()
        scene.page.reads.clear()
        writing = asyncio.create_task(scene.service.write(b"x" * WINDOW_BYTES * 4))
        await scene.settle()
        assert not writing.done()
        assert scene.service.bytes_out <= WINDOW_BYTES + CHUNK_BYTES
        scene.page.reads.set()
        await writing
        await scene.settle()
        assert len(scene.page.got) == WINDOW_BYTES * 4
        scene.carrying.cancel()

    play(test())


@pytest.mark.parametrize("how", ["the page is closed while it is written to", "the service is stopped"])
def test_the_end_of_one_is_the_end_of_the_other(how: str) -> None:
    async def test() -> None:
        scene = Scene()
        if how.startswith("the page"):
            scene.page.gone = True
            await scene.service.write(b"x")
            await scene.carrying
            await scene.service.over.wait()
            assert scene.service.reason == "the other side of the pipe is gone"
        else:
            scene.service.abort("the family ended the session")
            await scene.carrying
            assert scene.page.closed == "the family ended the session"

    play(test())
