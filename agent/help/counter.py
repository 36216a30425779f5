"""The window's end of the desk: one question, one answer. Blocking; for a thread. No GTK in here."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from agent.help.words_of_desk import FAILED, LINE_BYTES, SOCKET, SOCKET_VARIABLE

SECONDS = 45.0  # the state of a slow PC takes its time


def question(do: str, **more: Any) -> dict[str, Any]:
    """Ask the agent. Where it doesn't answer, that is the answer: ``{"ok": False, "code": "failed"}``."""
    path = os.environ.get(SOCKET_VARIABLE) or str(SOCKET)
    line = json.dumps({"do": do, **more}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(SECONDS)
            connection.connect(path)
            connection.sendall(line)
            return _read(connection)
    except (OSError, ValueError):
        return {"ok": False, "code": FAILED}


def _read(connection: socket.socket) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n") and len(data) <= LINE_BYTES:
        more = connection.recv(LINE_BYTES)
        if not more:
            break
        data += more
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value
