"""The ledger's pure rules: one text for one fact, and each entry holds the one before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
import rfc8785

from controller.ledger.chain import GENESIS, canonical_digest, content_hash, entry_content, format_time, read_content

AT = dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.UTC)


def content(**changes: Any) -> str:
    fields: dict[str, Any] = {
        "seq": 1,
        "at": AT,
        "site": "main",
        "kind": "machine.tied",
        "subject": "machine:1",
        "actor": "user:1",
        "body": {"lot": 1, "tag": "R-000001"},
        "previous": GENESIS,
    }
    return entry_content(**{**fields, **changes})


def test_canonical_text() -> None:
    """Written out by hand from RFC 8785: sorted keys, no blanks, UTF-8 as it is."""
    assert content(body={"é": 1, "a": True, "b": None}) == (
        '{"actor":"user:1","at":"2026-03-04T05:06:07.000089Z","body":{"a":true,"b":null,"é":1},'
        '"kind":"machine.tied","previous":"' + "0" * 64 + '","seq":1,"site":"main","subject":"machine:1"}'
    )


def test_order_of_keys_plays_no_part() -> None:
    assert content(body={"a": 1, "b": 2}) == content(body={"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seq", 2),
        ("at", AT + dt.timedelta(microseconds=1)),
        ("site", "aix"),
        ("kind", "machine.sealed"),
        ("subject", "machine:2"),
        ("actor", "user:2"),
        ("body", {"lot": 2, "tag": "R-000001"}),
        ("previous", "1" * 64),
    ],
)
def test_every_field_is_hashed(name: str, value: object) -> None:
    assert content_hash(content(**{name: value})) != content_hash(content())


def test_hash_is_what_anybody_can_compute() -> None:
    text = content()
    assert content_hash(text) == hashlib.sha256(text.encode()).hexdigest()
    assert rfc8785.dumps(json.loads(text)).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, -(2**60)])
def test_what_json_cannot_hold_exactly_is_refused(value: float) -> None:
    with pytest.raises(ValueError):
        content(body={"value": value})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"raw": 2**64}, {"raw": 2**64}, True),
        ({"raw": 2**64}, {"raw": 2**64 + 1}, False),
        ([1, {"a": [2**60]}], [1, {"a": [str(2**60)]}], True),  # documented: digested as decimal text
        (True, 1, False),
        (None, {}, False),
    ],
)
def test_digest_of_evidence(one: object, other: object, same: bool) -> None:
    """A drive's counter beyond 2⁵³ must not leave an erased drive without its digest."""
    assert (canonical_digest(one) == canonical_digest(other)) is same


def test_time_is_utc_whatever_zone_it_came_in() -> None:
    paris = dt.timezone(dt.timedelta(hours=2))
    assert format_time(dt.datetime(2026, 7, 1, 2, 0, tzinfo=paris)) == "2026-07-01T00:00:00.000000Z"


@pytest.mark.parametrize("text", ["[]", '"x"', "1"])
def test_what_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a JSON object"):
        read_content(text)
