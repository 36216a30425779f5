"""What machines say, made fit for both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.agents.link import read_message
from controller.texts import storable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("plain é ✓ 😀", "plain é ✓ 😀"),
        ("a\0b", "ab"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("\ud83d\ude00", "😀"),  # both halves, as JSON may spell them
        (float("nan"), None),
        (float("inf"), None),
        (1.5, 1.5),
        (2**70, 2**70),
        (True, True),
        (None, None),
        ({"k\0": ["\0", {"x": float("-inf")}]}, {"k": ["", {"x": None}]}),
        (("a", 1), ["a", 1]),
    ],
)
def test_storable(value: Any, kept: Any) -> None:
    assert storable(value) == kept
    json.dumps(storable(value), allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type": "health", "id": "1", "body": {"x": 1}}', ("health", {"x": 1}, "1")),
        ('{"type": "health", "id": "1"}', ("health", {}, "1")),
        ('{"type": "health", "id": "a\\u0000b", "body": {"x": NaN}}', ("health", {"x": None}, "ab")),
        (json.dumps({"type": "t", "id": "9" * 100}), ("t", {}, "9" * 64)),
    ],
)
def test_message(text: str, message: tuple[str, dict[str, Any], str]) -> None:
    assert read_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        "{}",
        '{"type": "health"}',
        '{"type": "health", "id": ""}',
        '{"type": "health", "id": 1}',
        '{"type": 1, "id": "1"}',
        '{"type": "health", "id": "1", "body": [1]}',
        "[" * 100_000,
    ],
)
def test_no_message(text: str) -> None:
    with pytest.raises(ValueError, match="no message"):
        read_message(text)
