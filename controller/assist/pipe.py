"""The other end of ``controller.assist.pipes``: a connected socket for threads of ours, and ssh's ProxyCommand."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading

from controller.assist.places import short_path, socket_path
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_
from controller.settings import Settings

ANSWER_SECONDS = 40.0  # the agent may take half of it to start its service
PIECE = 64 * 1024


class NoStream(RecyclerieError):
    """The stream could not be opened; the message says why."""


def connect(settings: Settings, machine: str, service: str, *, who: str = "", why: str = "") -> socket.socket:
    """A socket to a service of a machine, through its link: for paramiko's ``sock=`` and the like.

    Raises:
        Conflict: no controller runs here.
        NoStream: the machine isn't linked, or its agent refused.
    """
    plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    plug.settimeout(ANSWER_SECONDS)
    try:
        with short_path(socket_path(settings)) as name:
            plug.connect(name)
    except OSError as error:
        plug.close()
        raise Conflict(
            N_("The controller of {folder} does not run, or is another account's."),
            N_("Start it: recyclerie serve."),
            folder=str(settings.data_dir),
        ) from error
    try:
        plug.sendall(json.dumps({"machine": machine, "service": service, "who": who, "why": why}).encode() + b"\n")
        answer = json.loads(_line(plug))
    except (OSError, ValueError) as error:
        plug.close()
        raise Conflict(
            N_("The controller ended before it answered."), N_("Look at its log, then try again.")
        ) from error
    if not answer.get("ok"):
        plug.close()
        raise NoStream("{detail}", detail=str(answer.get("error")))
    plug.settimeout(None)
    return plug


def _line(plug: socket.socket) -> bytes:
    """One line and not a byte more: what follows belongs to the stream."""
    got = bytearray()
    while not got.endswith(b"\n"):
        byte = plug.recv(1)
        if not byte or len(got) > 8192:
            raise ValueError("no answer")
        got += byte
    return bytes(got)


def run_pipe(settings: Settings, machine: str, service: str, *, who: str = "", why: str = "") -> int:
    """Carry standard input and output over a stream, as a ProxyCommand does. Returns the exit status.

    255 is what ssh itself ends with when it can't connect; Ansible then says *unreachable*.
    """
    try:
        plug = connect(settings, machine, service, who=who, why=why)
    except RecyclerieError as error:
        print(f"recyclerie: {error.text()}", file=sys.stderr)
        return 255
    threading.Thread(target=_upwards, args=(plug,), daemon=True).start()
    with contextlib.suppress(OSError):
        while data := plug.recv(PIECE):
            _write(sys.stdout.fileno(), data)
    return 0


def _upwards(plug: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(sys.stdin.fileno(), PIECE):
            plug.sendall(data)
        plug.shutdown(socket.SHUT_WR)


def _write(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]
