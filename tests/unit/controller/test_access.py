"""Roles, rate limits, secrets: the pure parts of who may do what."""

from __future__ import annotations

import pytest

from controller.access import rate
from controller.access.rate import RateLimit
from controller.access.roles import RIGHTS, ROLE_NAMES, Right, Role, may
from controller.access.secrets import check_password, hash_password, hash_secret, new_secret, readable_password
from controller.errors import TooMany

WORKSHOP = {Right.VIEW, Right.INTAKE, Right.AUTHORISE, Right.RECHECK, Right.OPERATE, Right.LEDGER}
TECHNICIAN = WORKSHOP | {Right.STOCK, Right.MAINTAIN, Right.ASSIST}


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.TECHNICIAN, TECHNICIAN),
        (Role.COORDINATOR, TECHNICIAN | {Right.WAIVE, Right.COUNT, Right.PREAUTHORISE, Right.POLICY}),
        (Role.ADMIN, set(Right)),
    ],
)
def test_rights(role: Role, rights: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == rights


def test_every_role_has_rights_and_a_name() -> None:
    assert set(RIGHTS) == set(ROLE_NAMES) == set(Role)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(rate, "time", found)
    return found


def test_a_minute_is_used_up(clock: Clock) -> None:
    limit = RateLimit(3)
    for _ in range(3):
        limit.check("10.0.0.1")
        clock.now += 1
    with pytest.raises(TooMany):
        limit.check("10.0.0.1")
    limit.check("10.0.0.2")  # each address has its own
    clock.now = 1000 + rate.WINDOW_SECONDS
    limit.check("10.0.0.1")  # the first call is a minute old
    with pytest.raises(TooMany):
        limit.check("10.0.0.1")


def test_refused_calls_do_not_count(clock: Clock) -> None:
    """Who goes on trying is let in again a minute after the last call that counted."""
    limit = RateLimit(1)
    limit.check("10.0.0.1")
    for _ in range(59):
        clock.now += 1
        with pytest.raises(TooMany):
            limit.check("10.0.0.1")
    clock.now += 1
    limit.check("10.0.0.1")


def test_memory_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MAX_ADDRESSES", 10)
    limit = RateLimit(1)
    for number in range(1000):
        limit.check(f"10.0.0.{number}")
    assert len(limit._calls) == 10


def test_passwords() -> None:
    stored = hash_password("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert check_password(stored, "correct horse battery")
    assert not check_password(stored, "correct horse batterY")
    assert not check_password(None, "no such person")  # the password of the dummy
    assert not check_password("not a hash", "x")


def test_secrets() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) >= 43 for secret in secrets)  # 256 bits
    assert hash_secret("a") != hash_secret("b")


def test_readable_passwords_have_no_lookalikes() -> None:
    text = "".join(readable_password() for _ in range(200))
    assert not set(text) & set("0o1il")
    assert len({readable_password() for _ in range(100)}) == 100
