"""What is kept of x11vnc's words. The lines are those of x11vnc 0.9.16 (Debian 12 and 13) on Xvfb."""

from __future__ import annotations

import asyncio

import pytest

from agent.assist.screen_words import KEPT, LINE_CHARACTERS, Words


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (
            "22/11/2026 20:22:58 rfbProcessClientNormalMessage: unknown message type 200",
            "rfbProcessClientNormalMessage: unknown message type 200",
        ),
        ("22/11/2026 20:22:58  ... closing connection", "... closing connection"),
        ("caught signal: 15", "caught signal: 15"),
        ('22/11/2026 20:22:57 added missing keysym to X display: 120 0x6d0 "Cyrillic_pe"', ""),
        ('22/11/2026 20:22:59 deleted keycode from X display: 120 0x6d0 "Cyrillic_pe"', ""),
        ("22/11/2026 20:22:58  ClientCutText       :      1 |        13/       13 (  0.0%)", ""),
        ("22/11/2026 20:22:58 Restored X server key autorepeat to: 1", ""),
        ("22/11/2026 20:22:58 client_count: 0", ""),
        ("", ""),
    ],
)
def test_a_line(line: str, kept: str) -> None:
    words = Words()
    words.hear(line)
    assert words.last() == kept


def test_only_the_last_lines_and_never_much_of_one() -> None:
    words = Words()
    for number in range(10):
        words.hear(f"error {number} " + "x" * 1000)
    lines = words.last().split("; ")
    assert [line[:7] for line in lines] == [f"error {number}" for number in range(10 - KEPT, 10)]
    assert {len(line) for line in lines} == {LINE_CHARACTERS}


def test_lines_in_pieces_without_an_end_and_not_in_utf8() -> None:
    words = Words()

    async def go() -> None:
        stream = asyncio.StreamReader()
        for piece in (b"caught sig", b"nal: 15\nxshm \xff err", b"or", b"\n" + b"y" * 100_000, b" XIO error"):
            stream.feed_data(piece)
        stream.feed_eof()
        await words.read(stream)

    asyncio.run(go())
    first, second, third = words.last().split("; ")
    assert (first, second) == ("caught signal: 15", "xshm � error")
    assert third.startswith("yyy")
