"""Server-sent events: what the live pages listen to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from controller.errors import RecyclerieError
from controller.i18n import N_, get_language
from controller.web.deps import Viewer
from controller.web.live.hub import Hub

router = APIRouter(include_in_schema=False)
TOPIC = re.compile(r"board|assistance|(?:machine|lot):\d{1,9}")
# Then the page connects again by itself, and who it is is checked again.
STREAM_SECONDS = 600.0


@router.get("/events")
async def events(
    request: Request,
    _user: Viewer,
    topic: Annotated[str, Query(max_length=32)] = "",
    probe: bool = False,
) -> Response:
    """The events of ``board``, ``assistance``, ``machine:<id>`` or ``lot:<id>``, until the page leaves.

    ``probe`` only tells whether one is still signed in. Nothing here touches the database in the event loop.
    """
    if probe:
        return Response(status_code=204)
    if not TOPIC.fullmatch(topic):
        raise RecyclerieError(N_("There is no such topic of live updates."), N_("Reload the page."))
    hub: Hub = request.app.state.hub
    return StreamingResponse(
        _stream(hub, topic, get_language()),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(hub: Hub, topic: str, language: str) -> AsyncIterator[str]:
    async with aclosing(hub.watch(topic, language, STREAM_SECONDS)) as found:  # type: ignore[type-var]
        async for event in found:
            yield event.encode()
