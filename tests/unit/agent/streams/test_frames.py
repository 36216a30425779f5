"""Frames: what one end makes the other reads, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.protocol_streams import (
    AMOUNT,
    HEADER,
    LARGE_CHUNK_BYTES,
    MAX_NUMBER,
    BadFrame,
    Kind,
    credit_frame,
    frame,
    parse_frame,
)

numbers = st.integers(0, MAX_NUMBER)


def parsed(data: bytes) -> tuple[Kind, int, bytes]:
    """A frame's parts, the payload as bytes."""
    kind, number, payload = parse_frame(data)
    return kind, number, bytes(payload)


@given(numbers, st.binary(min_size=1, max_size=2000))
def test_data_comes_back_as_it_was(number: int, payload: bytes) -> None:
    assert parsed(frame(Kind.DATA, number, payload)) == (Kind.DATA, number, payload)
    assert parsed(frame(Kind.DATA, number, memoryview(payload))) == (Kind.DATA, number, payload)


@given(numbers, st.integers(0, MAX_NUMBER))
def test_credit_and_end(number: int, amount: int) -> None:
    kind, stream, payload = parse_frame(credit_frame(number, amount))
    assert (kind, stream, AMOUNT.unpack(payload)) == (Kind.CREDIT, number, (amount,))
    assert parsed(frame(Kind.END, number)) == (Kind.END, number, b"")


@given(st.binary(max_size=40))
def test_whatever_comes_is_a_frame_or_is_refused(data: bytes) -> None:
    try:
        kind, stream, payload = parse_frame(data)
    except BadFrame:
        return
    assert HEADER.pack(kind, stream) + payload == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\0\0\0",
        HEADER.pack(1, 7),  # data without data
        HEADER.pack(1, 7) + b"x" * (LARGE_CHUNK_BYTES + 1),
        HEADER.pack(2, 7) + b"\0\0\0",
        HEADER.pack(2, 7) + b"\0\0\0\0\0",
        HEADER.pack(3, 7) + b"x",
        HEADER.pack(0, 7) + b"x",
        HEADER.pack(4, 7),
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        parse_frame(data)
