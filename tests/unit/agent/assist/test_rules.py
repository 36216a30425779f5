"""What is taken as a question."""

from __future__ import annotations

from typing import Any

import pytest

from agent.assist.rules import Ask, BadRequest, Limits, limits_of, read_answer_seconds, read_ask, session_of

GOOD: dict[str, Any] = {
    "session": "0123456789abcdef" * 2,
    "who": "Camille Martin",
    "organisation": "Recyclerie",
    "why": "The printer",
    "minutes": 20,
    "answer_seconds": 60,
}


def test_a_good_one() -> None:
    assert read_ask(GOOD, Limits()) == Ask(**GOOD)


def test_fields_that_nobody_knows_change_nothing() -> None:
    more = {"control": True, "accepted": True, "banner": False, "viewonly": False, "language": "xx"}
    assert read_ask(GOOD | more, Limits()) == Ask(**GOOD)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("session", ["", "0" * 31, "0" * 33, "G" * 32, "A" * 32, 7, None, "../" + "0" * 29, "0" * 32 + "\n"]),
        ("who", ["", " ", "\u200b\u202e", "---", "x" * 81, 7, None, ["a"], {"a": 1}]),
        ("organisation", ["", "x" * 121, None, True]),
        ("why", ["", "...", "x" * 301, None, 3.5]),
        ("minutes", [0, 4, 61, 100_000, -5, 20.0, "20", True, None, float("inf")]),
        ("answer_seconds", [0, 29, 181, 10**9, "60", None, False, 60.5]),
    ],
)
def test_a_bad_field(name: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(BadRequest):
            read_ask(GOOD | {name: value}, Limits())
    with pytest.raises(BadRequest):
        read_ask({key: value for key, value in GOOD.items() if key != name}, Limits())


@pytest.mark.parametrize("minutes", [5, 60])
def test_the_ends_of_what_is_allowed(minutes: int) -> None:
    assert read_ask(GOOD | {"minutes": minutes}, Limits()).minutes == minutes


def test_the_reason_against_it_repeats_nothing_of_it() -> None:
    with pytest.raises(BadRequest) as problem:
        read_ask(GOOD | {"why": "secret " * 100}, Limits())
    assert "secret" not in str(problem.value)


def test_how_long_the_second_question_stays() -> None:
    assert read_answer_seconds({"answer_seconds": 30}, Limits()) == 30
    with pytest.raises(BadRequest):
        read_answer_seconds({}, Limits())


def test_which_session() -> None:
    assert session_of(GOOD) == GOOD["session"]
    assert session_of({"session": GOOD["session"] + "\n"}) == ""


def test_only_a_rig_changes_the_limits() -> None:
    assert limits_of(None) == limits_of({}) == Limits()
    assert limits_of({"assist": {"most_minutes": 90}}).most_minutes == 90
