"""The pages of machines at home, in both languages: each says all in one language, and as that one writes it."""

from __future__ import annotations

import datetime as dt
import html
import re
from functools import cache

import pytest

from controller.access.tables import User
from controller.assist.sessions.tables import AssistSession
from controller.core import Core
from controller.database import utcnow
from controller.i18n import catalogue
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.maintenance.actions import ACTIONS
from controller.maintenance.asking import ask, begin, end
from controller.maintenance.outcome import WORDS, End
from controller.web.templating import TEMPLATES_DIR
from controller.web.views.screen_words import STATES
from tests.acceptance.web import helpdesk, home, releases
from tests.unit.web.conftest import Visitor

FRENCH = re.compile(r"il y a|à l.instant|\b\d+ [GMTk]o\b|\d,\d{1,2}\b|«|\b(le|la|les|des|une|est|pas)\b")
TIGHT_COLON = re.compile(r"[a-zéè]: [a-zA-ZÀ-Ý]")  # French has a space before its colon
LONG_ENOUGH = 12  # letters of a text that no other language says by chance
# What people and machines said themselves, and what is said in French by its name everywhere.
DATA = (
    "L’imprimante ne répond plus depuis hier soir.",
    "Le mot de passe de ma fille",
    "Elle rappelle jeudi après 17 h.",
    "Nouveau mot de passe choisi ensemble.",
    "Français",
)


@pytest.fixture
def machines(core: Core, ids: dict[str, int]) -> dict[str, int]:
    """Machines at home: ill, well, with calls for help, with maintenance of every end and a session of every state."""
    releases.build(core.settings)
    with core.database.write() as session:
        found = {**ids, **home.build(session), **helpdesk.build(session)}
        session.query(User).filter_by(login="karim").one().language = "en"
        machine = get_machine(session, found["help"])
        boot = current_boot(session, machine.id)
        assert boot is not None
        boot.linked = True
        now = utcnow()
        for outcome in ("done", *WORDS):
            row = ask(session, core.settings, machine, ACTIONS["logs"], {}, "user:1")
            begin(session, row)
            end(session, row, End(state="succeeded" if outcome == "done" else "failed", outcome=outcome, changed=True))
        for name, given in (("update", {}), ("settings", {"timezone": "Europe/Paris"})):
            begin(session, ask(session, core.settings, machine, ACTIONS[name], given, "user:1"))
        for number, state in enumerate(sorted(STATES)):
            # The one that is on is another machine's.
            place = found["home_well"] if state == "accepted" else found["help"]
            session.add(
                AssistSession(
                    session=f"{number:032x}",
                    machine_id=place,
                    who="user:1",
                    why="VLC",
                    minutes=30,
                    answer_seconds=120,
                    state=state,
                    code={"impossible": "wayland", "ended": "link"}.get(state, ""),
                    asked_at=now - dt.timedelta(minutes=40 - number),
                    ends_at=now + dt.timedelta(minutes=20) if state == "accepted" else None,
                    seconds=600,
                )
            )
        for kind, body in (
            (Kind.ASSIST_ASKED, {"minutes": 30}),
            (Kind.ASSIST_ANSWERED, {"answer": "impossible", "code": "wayland"}),
            (Kind.ASSIST_CONTROL, {"answer": "given"}),
            (Kind.ASSIST_ENDED, {"code": "family", "seconds": 1234}),
            (Kind.STREAM_OPENED, {"service": "ssh"}),
            (Kind.STREAM_CLOSED, {"service": "screen", "seconds": None}),
        ):
            append(session, kind, machine.subject, body, actor="user:1", site=machine.site)
        return found


def pages(found: dict[str, int]) -> list[str]:
    """Every page of machines at home."""
    one, bad, well = found["help"], found["home_bad"], found["home_well"]
    return [
        "/assistance",
        "/assistance?q=999999",
        "/assistance?show=mine",
        "/maintenance",
        f"/machines/{one}?tab=assist",
        f"/machines/{well}?tab=assist",
        f"/machines/{found['home_silent']}?tab=assist",
        f"/machines/{found['ready']}?tab=assist",
        *(f"/machines/{bad}?tab=health&span={span}" for span in ("days", "months", "years")),
        f"/machines/{well}?tab=health",
        f"/machines/{one}?tab=history",
        f"/machines/{bad}?tab=history",
        f"/machines/{one}/terminal",
        "/settings/updates",
        f"/assist/{sorted(STATES).index('ended'):032x}",
        f"/assist/{sorted(STATES).index('accepted'):032x}",
    ]


def said(text: str) -> list[str]:
    """What a page says, text by text, its attributes for screen readers too; without what people and machines said."""
    text = re.sub(r"<(script|style|pre|textarea)\b.*?</\1>", "", text, flags=re.DOTALL)
    found = re.findall(r'\b(?:aria-label|title|placeholder|data-[a-z]+)="([^"]*)"', text) + re.split(r"<[^>]*>", text)
    texts = [re.sub(r"[ \t\n]+", " ", html.unescape(one)).strip() for one in found]
    return [one for one in texts if one and one not in DATA]


@cache
def pairs() -> tuple[tuple[str, str], ...]:
    """English and French of each text without placeholders that is long enough to know it by."""
    known: dict[object, str] = getattr(catalogue("fr"), "_catalog", {})
    found = [(str(key[0] if isinstance(key, tuple) else key), text) for key, text in known.items()]
    return tuple((a, b) for a, b in found if a != b and "{" not in a and min(len(a), len(b)) >= LONG_ENOUGH)


def test_in_english_no_page_says_a_word_of_french(karim: Visitor, machines: dict[str, int]) -> None:
    french = {text for _, text in pairs()}
    for page in pages(machines):
        answer = karim.get(page)
        assert answer.status_code == 200, page
        assert '<html lang="en"' in answer.text
        for text in said(answer.text):
            assert text not in french, (page, text)
            assert not FRENCH.search(text), (page, text)


def test_in_french_no_page_says_a_sentence_of_english(core: Core, karim: Visitor, machines: dict[str, int]) -> None:
    with core.database.write() as session:
        session.query(User).filter_by(login="karim").one().language = "fr"
    english = {text for text, _ in pairs()}
    for page in pages(machines):
        answer = karim.get(page)
        assert '<html lang="fr"' in answer.text
        for text in said(answer.text):
            assert text not in english, (page, text)
            assert not TIGHT_COLON.search(text), (page, text)


def test_no_template_has_a_colon_of_its_own() -> None:
    """A colon that joins two texts belongs to the language: it stands in a translated text."""
    for path in TEMPLATES_DIR.rglob("*.html"):
        text = re.sub(r"<[a-z][^<>]*>", "", path.read_text())
        assert not re.search(r"(?:\}\}|%\}): ", text), path.name
        assert not re.search(r"~ *\(?\"[:;]", text), path.name
