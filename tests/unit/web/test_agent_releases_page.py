"""The page of the agent's releases: what it says of each, who may change them, and what is kept of that."""

from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from agent.protocol_updates import UPDATE_DONE, UPDATE_ROLLED_BACK
from controller.access.tables import User
from controller.core import Core
from controller.health.home_tables import HomeHealth
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.releases.reports import hear_update
from controller.releases.store import Store
from tests.acceptance.web import home, releases
from tests.unit.web.conftest import Visitor

NEW, OLD = "0.1.0+20261122.125500", "0.1.0+20261001.080000"
PAGE = "/settings/updates"


def visible(text: str) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.split("<main")[1]))


def store_of(core: Core) -> Store:
    """A store with two releases: one that everybody has, one on trial."""
    return releases.build(
        core.settings, releases.release(NEW, 1.5 / 24, "trial"), releases.release(OLD, 40, "everybody")
    )


@pytest.fixture
def store(core: Core, ids: dict[str, int]) -> Store:
    """Two releases; nobody is at home."""
    return store_of(core)


@pytest.fixture
def machines(core: Core, ids: dict[str, int], store: Store) -> dict[str, int]:
    """Three machines at home: one took the new release, one went back from it and refuses it, one waits."""
    with core.database.write() as session:
        found = home.build(session)
        session.query(User).filter_by(login="karim").one().language = "en"
        session.query(User).filter_by(login="amelie").one().language = "en"
        well, bad = get_machine(session, found["home_well"]), get_machine(session, found["home_bad"])
        for machine, version in ((well, NEW), (bad, OLD)):
            boot = session.execute(select(Boot).where(Boot.machine_id == machine.id)).scalar_one()
            boot.announcement = {**boot.announcement, "agent_version": version}
        told = {"from_version": OLD, "to_version": NEW, "detail": "", "seconds": 30}
        hear_update(session, well, UPDATE_DONE, {**told, "update": "1" * 32, "code": ""})
        hear_update(session, bad, UPDATE_ROLLED_BACK, {**told, "update": "2" * 32, "code": "not-linked"})
        for key, outcome in (("home_bad", "refused"), ("home_well", "up-to-date")):
            health = session.get_one(HomeHealth, found[key])
            looked = {"outcome": outcome, "version": NEW, "detail": "", "at": ""}
            health.latest = {**health.latest, "updates": {**(health.latest.get("updates") or {}), "agent": looked}}
        return found


def release(text: str, number: int) -> str:
    """The card of one release, the newest first."""
    return text.split(f'id="release-{number}"')[1].split("</section>")[0]


def figures(card: str) -> dict[str, int]:
    """The card's figures by their label."""
    return {label: int(n) for n, label in re.findall(r'figure-key"><b>(\d+)</b><span>([^<]*)</span>', card)}


@pytest.mark.parametrize(("language", "command"), [("fr", "recyclerie agent-package build"), ("en", "run on its")])
def test_without_a_release_it_says_what_to_do(amelie: Visitor, language: str, command: str) -> None:
    amelie.post("/language", language=language)
    text = amelie.get(PAGE).text
    assert "agent-package build" in visible(text)
    assert f'<html lang="{language}"' in text
    assert '<form method="post" action="/settings/updates' not in text
    if language == "en":
        assert command in visible(text)


def test_it_says_of_each_release_who_gets_it_and_what_came_of_it(karim: Visitor, machines: dict[str, int]) -> None:
    text = karim.get(PAGE).text
    assert text.index(NEW) < text.index(OLD)
    new, old = release(text, 1), release(text, 2)
    assert figures(new) == {"run it": 1, "updated to it": 1, "went back": 1, "refuse it": 1}
    assert figures(old) == {"run it": 1, "updated to it": 0, "went back": 0, "refuse it": 0}
    assert "stopped by itself" in visible("<main" + new)
    assert f'href="/machines/{machines["home_bad"]}?tab=health#updates"' in new
    assert "did not reach this controller" in new
    assert f"/machines/{machines['home_well']}?" not in new
    assert "for everybody" in old
    assert figures(text.split('id="release-1"')[0]) == {
        "at home": 3,
        "with the newest version": 1,
        "with a version that is not listed here": 1,
    }
    # Where the reason stands.
    assert 'id="updates"' in karim.get(f"/machines/{machines['home_bad']}?tab=health").text


def test_a_second_try_that_worked_is_no_fall_any_more(core: Core, karim: Visitor, machines: dict[str, int]) -> None:
    with core.database.write() as session:
        bad = get_machine(session, machines["home_bad"])
        told = {"from_version": OLD, "to_version": NEW, "code": "", "detail": "", "seconds": 30}
        hear_update(session, bad, UPDATE_DONE, {**told, "update": "3" * 32})
    card = release(karim.get(PAGE).text, 1)
    assert figures(card)["went back"] == 0
    assert figures(card)["updated to it"] == 2


def test_a_trial_says_how_it_goes_on_and_is_the_one_thing_to_do(amelie: Visitor, store: Store) -> None:
    amelie.post("/language", language="en")
    text = amelie.get(PAGE).text
    assert "on trial: 10% of the machines" in visible(text)
    assert "all others get it in 47 hours" in visible(text)
    assert len(re.findall(r'class="button main-action"', text.split("<main")[1])) == 1
    store.set_stage(NEW, "everybody", "user:1")
    text = amelie.get(PAGE).text
    assert "replaced by a newer one" in release(text, 2)
    assert "<form" not in release(text, 2)
    assert "main-action" not in text.split("<main")[1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_who_may_not_sees_no_buttons_and_gets_nothing_done(
    core: Core, karim: Visitor, store: Store, language: str
) -> None:
    karim.post("/language", language=language)
    text = karim.get(PAGE).text
    assert NEW in text
    assert "<form" not in text.split("<main")[1].split("</main>")[0]
    for what in ("everybody", "trial", "stop"):
        assert karim.post(f"{PAGE}/{what}", version=NEW, sure="on", percent="20").status_code == 403
    assert store.releases()[0].by == ""
    assert said(core) == []


def said(core: Core) -> list[dict[str, object]]:
    """What the ledger has of it."""
    with core.database.read() as session:
        rows = session.execute(
            select(LedgerEntry).where(LedgerEntry.kind == Kind.AGENT_RELEASE.value).order_by(LedgerEntry.seq)
        ).scalars()
        found = [json.loads(row.content) for row in rows]
    return [{"subject": one["subject"], "actor": one["actor"], **one["body"]} for one in found]


def test_each_button_does_it_and_the_ledger_says_who(core: Core, amelie: Visitor, store: Store) -> None:
    for what, form in (("stop", {}), ("trial", {"percent": "30"}), ("everybody", {"sure": "on"})):
        answer = amelie.post(f"{PAGE}/{what}", version=NEW, **form)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"{PAGE}?said=release"
    with core.database.read() as session:
        actor = session.query(User).filter_by(login="amelie").one().actor
    about = {"subject": f"release:{NEW}", "actor": actor}
    assert said(core) == [
        {**about, "stage": "stopped"},
        {**about, "stage": "trial", "percent": 30},
        {**about, "stage": "everybody"},
    ]
    now = store.releases()[0]
    assert (now.stage, now.percent, now.by) == ("everybody", 30, actor)
    text = amelie.get("/ledger").text
    assert NEW in text
    assert f'href="{PAGE}"' in text


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("everybody", {}),
        ("trial", {"percent": "101"}),
        ("trial", {"percent": "a few"}),
        ("trial", {}),
        ("stop", {"version": "9.9"}),
        ("everybody", {"version": "9.9", "sure": "on"}),
    ],
)
def test_what_can_not_be_changes_nothing(
    core: Core, amelie: Visitor, store: Store, what: str, form: dict[str, str]
) -> None:
    answer = amelie.post(f"{PAGE}/{what}", **{"version": NEW, **form})
    assert answer.status_code == (404 if form.get("version") else 400)
    assert [one.stage for one in store.releases()] == ["trial", "everybody"]
    assert said(core) == []


def test_no_form_without_the_sessions_token(app: FastAPI, core: Core, amelie: Visitor, store: Store) -> None:
    for what in ("everybody", "trial", "stop"):
        answer = amelie.client.post(f"{PAGE}/{what}", data={"version": NEW, "sure": "on", "percent": "20"})
        assert answer.status_code == 403
    assert store.releases()[0].by == ""
    text = amelie.get(PAGE).text.split("<main")[1]
    assert text.count('<form class="stack"') == text.count(f'name="csrf" value="{amelie.csrf}"') > 3


def test_the_settings_page_leads_there(karim: Visitor) -> None:
    assert f'href="{PAGE}"' in karim.get("/settings").text
