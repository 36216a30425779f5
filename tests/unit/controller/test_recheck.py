"""The draw: foreseen by nobody, checked by anybody. The verdict: what a second reading says of an erase."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.erasure.recheck_draw import draw_faults, is_drawn, number_of, sign_draw
from controller.erasure.recheck_verdict import judge_recheck, validation_of
from tests.unit.controller.evidence import BLOCK_ERASED, GOOD, SIZE, VALIDATOR, changed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HASHES = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(2000)]
FULL = {"mode": "full", "share": 1.0, "slices": 1}
SAMPLED = {"mode": "sampled", "share": 0.1, "slices": 1000}


def test_the_rule_as_documented() -> None:
    """docs/recheck.md, step by step, with nothing of ours."""
    signature = KEY.sign(b"recyclerie.recheck-draw/1|" + HASHES[0].encode())
    assert sign_draw(KEY, HASHES[0]) == base64.b64encode(signature).decode()
    bits = bin(int.from_bytes(hashlib.sha256(signature).digest(), "big"))[2:].zfill(256)[:53]
    assert number_of(sign_draw(KEY, HASHES[0])) == int(bits, 2) / 2**53


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.05, 70, 130), (0.5, 900, 1100), (0.0, 0, 0), (1.0, 2000, 2000)]
)
def test_the_share_is_what_is_drawn(share: float, least: int, most: int) -> None:
    drawn = sum(is_drawn(sign_draw(KEY, h), share) for h in HASHES)
    assert least <= drawn <= most


def test_the_same_claim_is_drawn_once_and_for_all() -> None:
    assert sign_draw(KEY, HASHES[1]) == sign_draw(KEY, HASHES[1])


def test_without_the_key_nobody_knows() -> None:
    """Another key draws other drives: about a half of them differs at one half."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    differs = sum(is_drawn(sign_draw(KEY, h), 0.5) != is_drawn(sign_draw(other, h), 0.5) for h in HASHES)
    assert 900 < differs < 1100


def test_who_owes_one_is_drawn() -> None:
    assert is_drawn(sign_draw(KEY, HASHES[2]), 0.0, owed=True)


def entry(claim_hash: str = HASHES[3], share: float = 0.5, **changes: Any) -> dict[str, Any]:
    signature = sign_draw(KEY, claim_hash)
    body = {"claim": {"seq": 7, "hash": claim_hash}, "share": share, "owed": False, "signature": signature}
    return {**body, "drawn": is_drawn(signature, share), **changes}


def test_a_draw_that_holds() -> None:
    for claim_hash in HASHES[:20]:
        assert draw_faults(entry(claim_hash), KEY.public_key()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"claim": {"seq": 7, "hash": HASHES[4]}},
        {"signature": sign_draw(KEY, HASHES[4])},
        {"signature": "no base64"},
        {"signature": ...},
        {"share": "half"},
    ],
)
def test_a_draw_that_was_bent(changes: dict[str, Any]) -> None:
    body = {k: v for k, v in (entry() | changes).items() if v is not ...}
    assert draw_faults(body, KEY.public_key())


@pytest.mark.parametrize("claim_hash", HASHES[:5])
def test_a_draw_that_says_the_contrary(claim_hash: str) -> None:
    body = entry(claim_hash)
    assert draw_faults({**body, "drawn": not body["drawn"]}, KEY.public_key())


def test_a_reading_that_found_nothing() -> None:
    assert judge_recheck(VALIDATOR, GOOD, FULL, SIZE, "").outcome == "passed"
    assert judge_recheck(BLOCK_ERASED["validator"], BLOCK_ERASED, SAMPLED, SIZE, "").outcome == "passed"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (("nonzero", [{"offset": 512}]), "failed"),
        (("nonzero_reads", 1), "failed"),
        (("errors", [{"offset": 0, "error": "EIO"}]), "failed"),
        (("completed", False), "unread"),
        (("bytes_read", SIZE - 512), "unread"),
        (("bytes_expected", SIZE - 512), "unread"),
        (("mode", "sampled"), "unread"),
        (("mode", "glance"), "unread"),
        (("expect", "changed"), "unread"),
        (("last_lba_read", False), "unread"),
        (("nonzero", ...), "unread"),
        (("errors", None), "unread"),
    ],
)
def test_what_an_overwritten_drive_shows(change: tuple[str, Any], outcome: str) -> None:
    verdict = judge_recheck(changed(VALIDATOR, change), GOOD, FULL, SIZE, "")
    assert verdict.outcome == outcome
    assert verdict.reason


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (("canaries_found", [0]), "failed"),
        (("unchanged", [{"offset": 0}]), "failed"),
        (("errors", [{"offset": 0, "error": "EIO"}]), "failed"),
        (("canaries_checked", 2), "unread"),
        (("samples_checked", 1), "unread"),
        (("share", 0.05), "unread"),
        (("first_lba_read", False), "unread"),
    ],
)
def test_what_a_drive_that_erased_itself_shows(change: tuple[str, Any], outcome: str) -> None:
    found = changed(BLOCK_ERASED["validator"], change)
    assert judge_recheck(found, BLOCK_ERASED, SAMPLED, SIZE, "").outcome == outcome


@pytest.mark.parametrize("found", [None, {}, [], "passed", 7, [1]])
def test_what_is_no_finding(found: Any) -> None:
    verdict = judge_recheck(found, GOOD, FULL, SIZE, "the drive was taken out")
    assert verdict.outcome == "unread"


def test_less_than_was_asked() -> None:
    """A sampled reading is no answer to an order for all of it."""
    sampled = BLOCK_ERASED["validator"] | {"expect": "zeros"}
    assert judge_recheck(sampled, GOOD, FULL, SIZE, "").outcome == "unread"
    assert judge_recheck(sampled, GOOD, SAMPLED, SIZE, "").outcome == "passed"


def test_as_deep_as_the_erase_itself() -> None:
    plan = {"validation": SAMPLED, "overwrite_validation": FULL}
    assert validation_of(plan, GOOD) == FULL
    assert validation_of(plan, BLOCK_ERASED) == SAMPLED
