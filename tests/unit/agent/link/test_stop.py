"""An agent that is told to end does end, also where it has something to say at that very moment."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from agent.link.connection import Connection
from agent.link.outbox import Outbox
from agent.link.spool import Spool


class Silent:
    """A WebSocket on which the controller never says anything."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, data: str) -> None:
        """What the agent says."""
        self.sent.append(data)

    def __aiter__(self) -> Silent:
        return self

    async def __anext__(self) -> str:
        await asyncio.get_running_loop().create_future()
        raise StopAsyncIteration


async def _left_alone(message: str, body: dict[str, Any]) -> None:
    raise AssertionError(f"nothing was said: {message} {body}")


@pytest.mark.parametrize("turns", range(12))
def test_it_ends_in_each_turn_of_the_loop_after_a_message_was_kept(tmp_path: Path, turns: int) -> None:
    """The end of a session is told, and in the turns of the loop that follow every task is cancelled."""

    async def play() -> None:
        outbox, socket = Outbox(Spool(tmp_path)), Silent()
        connection = Connection(outbox, _left_alone, dict, 30.0)
        link = asyncio.create_task(connection._serve(cast(ClientConnection, socket)))
        while not socket.sent:
            await asyncio.sleep(0)
        outbox.keep("assist.state", {"state": "ended"})
        for _ in range(turns):
            await asyncio.sleep(0)
        link.cancel()
        done, _ = await asyncio.wait({link}, timeout=20)
        if link not in done:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()  # by itself it never would
        assert link in done
        assert link.cancelled()

    asyncio.run(play())
