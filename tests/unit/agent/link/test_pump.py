"""Streams that stop working for a reason nobody thought of: the link is made anew, and does not pretend to be well."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from agent.link.connection import Connection, LinkLost
from agent.link.outbox import Outbox
from agent.link.spool import Spool
from agent.protocol_streams import STREAM_OPEN, STREAM_OPENED, VERSION, WINDOW_BYTES
from controller.assist.agent_link import AgentLink
from controller.errors import Conflict


class Asks:
    """A WebSocket on which the controller asks for one stream; what the agent says of streams can't be sent."""

    def __init__(self) -> None:
        self.asked = False

    async def send(self, data: str) -> None:
        if json.loads(data)["type"].startswith("stream."):
            raise RuntimeError("something that no connection raises")

    def __aiter__(self) -> Asks:
        return self

    async def __anext__(self) -> str:
        if self.asked:
            await asyncio.get_running_loop().create_future()
        self.asked = True
        return json.dumps({"type": STREAM_OPEN, "id": "1", "body": {"stream": 1, "service": "screen"}})


async def _ignore(_kind: str, _body: dict[str, Any]) -> None: ...


def test_the_agent_ends_a_link_whose_streams_stand_still(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        connection = Connection(Outbox(Spool(tmp_path)), _ignore, dict, 30.0)
        with pytest.raises(LinkLost, match="streams of this link stopped"):
            async with asyncio.timeout(30):
                await connection._serve(cast(ClientConnection, Asks()))
        assert len(asyncio.all_tasks()) == 1, "something of the link went on"

    asyncio.run(play())
    assert "something that no connection raises" in caplog.text


def test_the_controllers_next_stream_is_carried_again() -> None:
    async def play() -> None:
        broken = True

        async def send_text(text: str) -> None:
            if broken:
                raise RuntimeError("something that no connection raises")
            asked = json.loads(text)
            if asked["type"] == STREAM_OPEN:
                number = asked["body"]["stream"]
                link.hear(STREAM_OPENED, {"stream": number, "credit": WINDOW_BYTES, "version": VERSION})

        async def send_bytes(_data: bytes) -> None: ...

        async def open_screen() -> None:
            stream = await link.open("screen", who="T", why="test", idle_seconds=60, total_seconds=60)
            assert stream.reason is None

        link = AgentLink(1, "R-000001", send_text, send_bytes)
        with pytest.raises(Conflict):
            async with asyncio.timeout(30):
                await open_screen()
        broken = False
        async with asyncio.timeout(30):
            await open_screen()
        link.close()

    asyncio.run(play())
