"""The vocabulary of byte streams over the link: control messages, frames, limits.

A stream is a pipe of bytes that the controller opens towards a service of the agent's own list. Opening, refusing and
ending by force are JSON messages like all others; bytes travel in binary WebSocket messages with a header of five
bytes. The rules of both ends are in ``agent.protocol_mux``, the reasons in docs/assist-link.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NotRequired, TypedDict

# -- control messages (type of a protocol.Message) -----------------------------------------------------
STREAM_OPEN = "stream.open"  # controller → agent. body: OpenStream
STREAM_OPENED = "stream.opened"  # agent → controller. body: StreamOpened
STREAM_REFUSED = "stream.refused"  # agent → controller. body: StreamRefused
STREAM_CLOSED = "stream.closed"  # either way: the stream ends now, whatever is under way. body: StreamClosed

SSH = "ssh"  # the agent's own sshd, for maintenance
SCREEN = "screen"  # the family's screen, during a session that they accepted

# Why an agent refuses; the text beside it is for people.
NOT_LISTED = "not-listed"  # the agent has no such service
NOT_NOW = "not-now"  # it has it, but not at this moment: nobody accepted, nothing listens
TOO_MANY = "too-many"  # as many streams as it carries are open
FAILED = "failed"  # the service could not be started

# What an end speaks is in ``stream.open`` and ``stream.opened``; one that says nothing is of version 1.
VERSION = 2  # since 2: frames of up to LARGE_CHUNK_BYTES are taken
CHUNK_BYTES = 32 * 1024  # most payload in one frame to an end of version 1, and how large frames are at first
LARGE_CHUNK_BYTES = 512 * 1024
# Of one stream in one direction: sent, and not read at the other end yet. It grows while the reader keeps up.
WINDOW_BYTES = 256 * 1024
LARGE_WINDOW_BYTES = 2 * 1024 * 1024
MAX_STREAMS = 8  # of one link
MAX_NUMBER = 2**32 - 1


class OpenStream(TypedDict):
    """Body of ``stream.open``."""

    stream: int  # chosen by the controller, never used twice on one link
    service: str
    who: str  # opaque name of the person, "user:7"
    why: str  # for the agent's journal
    credit: int  # bytes that the agent may send before it is given more
    idle_seconds: float  # the stream ends when nothing has moved for so long
    total_seconds: float  # the stream ends after so long, whatever it does
    version: NotRequired[int]  # VERSION


class StreamOpened(TypedDict):
    """Body of ``stream.opened``."""

    stream: int
    credit: int  # bytes that the controller may send before it is given more
    version: NotRequired[int]  # VERSION


class StreamRefused(TypedDict):
    """Body of ``stream.refused``."""

    stream: int
    code: str  # NOT_LISTED, NOT_NOW, TOO_MANY, FAILED
    reason: str  # English, for a person


class StreamClosed(TypedDict):
    """Body of ``stream.closed``."""

    stream: int
    reason: str  # English, for a person


# -- binary frames: kind (1 byte), stream (4 bytes, big-endian), payload ---------------------------------
class Kind(IntEnum):
    """What a binary frame carries."""

    DATA = 1  # 1 to CHUNK_BYTES bytes of the stream, or LARGE_CHUNK_BYTES
    CREDIT = 2  # 4 bytes, big-endian: how many bytes more the other end may send
    END = 3  # nothing: no DATA follows in this direction


HEADER = struct.Struct("!BI")
AMOUNT = struct.Struct("!I")
LENGTHS = {Kind.DATA: (1, LARGE_CHUNK_BYTES), Kind.CREDIT: (4, 4), Kind.END: (0, 0)}  # of the payload


class BadFrame(ValueError):
    """A binary message that is no frame of this protocol."""


def frame(kind: Kind, stream: int, payload: bytes | memoryview = b"") -> bytes:
    """One frame, as it travels."""
    return b"".join((HEADER.pack(kind, stream), payload))


def credit_frame(stream: int, amount: int) -> bytes:
    """A CREDIT frame."""
    return HEADER.pack(Kind.CREDIT, stream) + AMOUNT.pack(amount)


def largest_chunk(body: Mapping[str, Any]) -> int:
    """Most payload in one frame for the end that sent ``body`` (``stream.open``, ``stream.opened``)."""
    said = body.get("version")
    return LARGE_CHUNK_BYTES if isinstance(said, int) and said >= 2 else CHUNK_BYTES


def parse_frame(data: bytes) -> tuple[Kind, int, memoryview]:
    """Kind, stream and payload; nothing is copied.

    Raises:
        BadFrame: it is too short, too long, or of an unknown kind.
    """
    if len(data) < HEADER.size:
        raise BadFrame(f"a frame of {len(data)} bytes")
    number, stream = HEADER.unpack_from(data)
    try:
        kind = Kind(number)
    except ValueError as problem:
        raise BadFrame(f"a frame of kind {number}") from problem
    payload = memoryview(data)[HEADER.size :]
    least, most = LENGTHS[kind]
    if not least <= len(payload) <= most:
        raise BadFrame(f"a {kind.name} frame with {len(payload)} bytes")
    return kind, stream, payload
