"""Urgency, checklists, codes: rules without a database."""

from __future__ import annotations

import datetime as dt

import pytest

from controller.errors import TooMany
from controller.helpdesk import worklist
from controller.helpdesk.checklist import BETWEEN, FIRST, LAST, QUESTIONS, appointment, read_answers
from controller.helpdesk.codes import Tries, read_code
from controller.helpdesk.followups import days_of
from controller.helpdesk.worklist import Work, alert_tier, follow_up_tier, request_tier
from controller.settings import Settings

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_who_waits_comes_before_what_breaks_before_what_was_planned() -> None:
    tiers = [
        request_tier("open"),
        alert_tier("open", "urgent"),
        follow_up_tier(TODAY - dt.timedelta(days=1), TODAY),
        follow_up_tier(TODAY, TODAY),
        alert_tier("open", "warning"),
        request_tier("assigned"),
        follow_up_tier(TODAY + dt.timedelta(days=1), TODAY),
    ]
    assert tiers == sorted(set(tiers))
    assert alert_tier("acknowledged", "urgent") == request_tier("assigned")
    assert set(tiers) == set(worklist.TIERS)


def test_within_one_urgency_the_longest_wait_comes_first() -> None:
    def one(tier: int, hours: int, number: int) -> Work:
        return Work(tier=tier, since=NOW - dt.timedelta(hours=hours), kind="request", id=number, machine_id=1)

    works = [one(0, 1, 1), one(1, 99, 2), one(0, 5, 3)]
    assert [work.id for work in sorted(works)] == [3, 1, 2]


def test_each_appointment_has_its_questions() -> None:
    assert [appointment(n, 3) for n in (1, 2, 3)] == [FIRST, BETWEEN, LAST]
    assert appointment(1, 1) is FIRST
    assert appointment(2, 2) is LAST
    assert [appointment(n, 5) for n in (2, 4, 5)] == [BETWEEN, BETWEEN, LAST]
    asked = {name for one in (FIRST, BETWEEN, LAST) for name in one.questions}
    assert asked == set(QUESTIONS)


def test_answers_to_no_question_are_left_out() -> None:
    assert read_answers({"starts": "ok", "sound": "problem", "mail": "", "made-up": "ok", "used": "perhaps"}) == {
        "starts": "ok",
        "sound": "problem",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [("123456", "123456"), (" 123 456 ", "123456"), ("12-34-56", "123456"), ("12345", ""), ("R-000123", ""), ("", "")],
)
def test_a_code_as_it_is_typed(text: str, code: str) -> None:
    assert read_code(text) == code


def test_one_person_may_try_a_few_codes_and_hinders_nobody_else() -> None:
    tries = Tries(3)
    for _ in range(3):
        tries.check("user:1")
    with pytest.raises(TooMany, match="codes"):
        tries.check("user:1")
    tries.check("user:2")


@pytest.mark.parametrize(("text", "days"), [("7,30,90", (7, 30, 90)), ("90,7,7", (7, 90)), ("14", (14,))])
def test_days_of_appointments(text: str, days: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    assert days_of(Settings(follow_up_days=text)) == days


@pytest.mark.parametrize("text", ["", "0", "7,,30", "7;30", "week", "99999"])
def test_days_that_are_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    with pytest.raises(ValueError, match="follow_up_days"):
        Settings(follow_up_days=text)
