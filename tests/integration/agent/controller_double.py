"""A tiny controller for the agent's tests: announcement and link over real TLS, as a process that can be killed.

``python -m tests.integration.agent.controller_double FOLDER PORT``. In FOLDER: behaviour.json (what to answer),
received.jsonl (every message, as it came), announced.jsonl. Test tool only: the real controller is tested with the
real agent in the acceptance tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent.protocol import ACK, ANNOUNCE_PATH, HEARTBEAT, JOB_PROGRESS, LINK_PATH, WELCOME

FOLDER = Path()
LINKS: list[WebSocket] = []


def behaviour() -> dict[str, Any]:
    """What the test wants at this moment."""
    return dict(json.loads((FOLDER / "behaviour.json").read_text()))


def note(name: str, value: dict[str, Any]) -> None:
    """Append a line that survives being killed."""
    with (FOLDER / name).open("a") as stream:
        stream.write(json.dumps(value) + "\n")


def now() -> str:
    """The time, as it travels."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def announce(request: Request) -> JSONResponse:
    """Quarantined or accepted, as the test says."""
    body = await request.json()
    wanted = behaviour()
    note("announced.jsonl", {"body": body, "authorization": request.headers.get("authorization", "")})
    if wanted.get("announce_status", 200) != 200:
        return JSONResponse({"detail": "no"}, status_code=wanted["announce_status"])
    answer: dict[str, Any] = {
        "status": wanted["status"],
        "machine_id": 5,
        "tag": "R-000005",
        "retry_seconds": 0.2,
        "server_time": now(),
        "message": "",
    }
    if wanted["status"] == "accepted":
        answer["token"] = wanted["token"]
    return JSONResponse(answer)


async def link(socket: WebSocket) -> None:
    """Take messages; acknowledge them, or not."""
    wanted = behaviour()
    if socket.headers.get("authorization") != f"Bearer {wanted['token']}":
        await socket.close(4401)
        return
    await socket.accept()
    LINKS.append(socket)
    welcome = {
        "machine_id": 5,
        "tag": "R-000005",
        "server_time": now(),
        "heartbeat_seconds": behaviour().get("heartbeat_seconds", 0.5),
    }
    await socket.send_text(json.dumps({"type": WELCOME, "id": "w", "at": now(), "body": welcome}))
    sent = asyncio.create_task(say(socket))
    kept = 0
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            message = json.loads(await socket.receive_text())
            note("received.jsonl", message)
            if message["type"] in (HEARTBEAT, JOB_PROGRESS):
                continue
            kept += 1
            wanted = behaviour()
            if wanted.get("cut_after") and kept > wanted["cut_after"]:
                await socket.close(1011)
                break
            if wanted.get("acknowledge", True):
                body = {"id": message["id"]}
                await socket.send_text(json.dumps({"type": ACK, "id": "a", "at": now(), "body": body}))
    sent.cancel()


async def say(socket: WebSocket) -> None:
    """Send what the test puts into say.json."""
    path = FOLDER / "say.json"
    while True:
        if path.exists():
            message = json.loads(path.read_text())
            path.unlink()
            await socket.send_text(json.dumps({"id": "s", "at": now()} | message))
        await asyncio.sleep(0.05)


def main() -> None:
    """Serve until killed."""
    global FOLDER
    FOLDER = Path(sys.argv[1])
    app = Starlette(routes=[Route(ANNOUNCE_PATH, announce, methods=["POST"]), WebSocketRoute(LINK_PATH, link)])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        ssl_certfile=str(FOLDER / "tls.crt"),
        ssl_keyfile=str(FOLDER / "tls.key"),
        log_level="warning",
    )


if __name__ == "__main__":
    main()
