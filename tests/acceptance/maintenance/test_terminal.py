"""A technician's terminal in a real browser, through the real link, to a real sshd."""

from __future__ import annotations

import json
import os
import re
import ssl
from pathlib import Path
from typing import Any

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from controller.access.people import open_session
from controller.access.tables import User
from controller.web.deps import COOKIE
from tests.acceptance.maintenance.conftest import LOGIN
from tests.integration.assist.world import Home, World, rss
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(240)
SHOTS = os.environ.get("RECYCLERIE_SHOTS")


def open_terminal(page: Page, world: World, home: Home, why: str = "imprimante en panne") -> None:
    page.goto(f"{world.core.controller_url}/machines/{home.machine_id}/terminal")
    page.fill("#f-why", why)
    page.click("#terminal-ask button")
    page.wait_for_selector("#terminal-box[data-state=open]", timeout=60_000)


def screen(page: Page) -> str:
    """What the terminal shows, scrolled away lines included."""
    return str(
        page.evaluate(
            """() => {
            const b = document.getElementById("terminal-box").terminal.buffer.active, lines = [];
            for (let i = 0; i < b.length; i++) lines.push(b.getLine(i).translateToString(true));
            return lines.join("\\n"); }"""
        )
    )


def wait_screen(page: Page, pattern: str, seconds: float = 30) -> None:
    wait_until(
        lambda: re.search(pattern, screen(page), re.MULTILINE),
        f"the terminal shows {pattern}",
        seconds,
        poll=0.2,
        hint=lambda: screen(page)[-1500:],
    )


def type_line(page: Page, text: str) -> None:
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def shells(home: Home) -> list[psutil.Process]:
    """The shells below this agent."""
    return [p for p in psutil.Process(home.agent_pid).children(recursive=True) if p.name() == "bash"]


def test_a_technician_works_in_a_terminal(page: Page, world: World, home: Home) -> None:
    open_terminal(page, world, home)
    wait_until(lambda: shells(home), "a shell runs", 30)
    type_line(page, "echo somme=$((40+2)) $USER")
    wait_screen(page, r"^somme=42 root")
    type_line(page, "printf 'é→%s\\n' \"l’été à Gardanne ça œuvre €\" | tee /dev/stderr | wc -m")
    wait_screen(page, "^é→l’été à Gardanne ça œuvre €$")
    wait_screen(page, "^30$")
    type_line(page, r"printf '\e[38;2;12;34;200mbleu\e[0m \e[7;1mgras\e[0m\n'")
    wait_screen(page, "^bleu gras$")
    before = page.evaluate("document.getElementById('terminal-box').terminal.cols")
    page.set_viewport_size({"width": 700, "height": 800})
    wait_until(
        lambda: page.evaluate("document.getElementById('terminal-box').terminal.cols") < before, "it is narrower", 20
    )
    term = "document.getElementById('terminal-box').terminal"
    after = page.evaluate(f"[{term}.rows, {term}.cols]")
    type_line(page, "stty size")
    wait_screen(page, rf"^{after[0]} {after[1]}$")
    violations = Axe().run(page, context="#main").response["violations"]
    assert not [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["impact"] in ("serious", "critical")]
    if SHOTS:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(400)
                page.screenshot(path=f"{SHOTS}/terminal-{width}-{scheme}.png")

    (entry,) = world.entries("stream.opened", home)
    with world.core.database.read() as session:
        user = session.query(User).filter_by(login=LOGIN).one()
    assert entry["actor"] == user.actor
    assert "imprimante" not in json.dumps(entry)
    assert "imprimante en panne" in home.log  # the machine's own journal says why
    assert world.entries("stream.closed", home) == []
    page.goto(f"{world.core.controller_url}/")  # the page is closed
    wait_until(lambda: not shells(home), "the shell has ended", 30)
    wait_until(lambda: world.entries("stream.closed", home), "its end is in the ledger", 30)


def test_leaving_the_shell_is_said_and_another_can_be_opened(page: Page, world: World, home: Home) -> None:
    open_terminal(page, world, home)
    wait_until(lambda: shells(home), "a shell runs", 30)
    type_line(page, "exit")
    page.wait_for_selector("#terminal-box[data-state=over]")
    assert page.inner_text("#terminal-state") in ("The session is over.", "La session est terminée.")
    page.click("#terminal-again")
    assert page.is_visible("#terminal-ask")


def test_more_than_the_page_can_take_and_more_than_the_shell_can_read(page: Page, world: World, home: Home) -> None:
    """Neither fills memory, and neither stops the other: what was printed and what was pasted arrive whole."""
    open_terminal(page, world, home)
    wait_until(lambda: shells(home), "a shell runs", 30)
    assert world.process is not None
    before = rss(world.process.pid)
    type_line(page, "seq 1 900000 | md5sum; seq 1 900000; echo printed=$?")
    wait_screen(page, r"^printed=0$", 120)
    assert rss(world.process.pid) - before < 60_000_000  # 6 MB went by
    type_line(page, "stty -echo -icanon; echo; echo now; head -c 300000 | wc -c; stty sane")
    wait_screen(page, "^now$")
    page.evaluate(
        "document.getElementById('terminal-box').terminal.input('x'.repeat(300000))",
    )
    wait_screen(page, r"^300000$", 60)
    type_line(page, "echo still=here")
    wait_screen(page, r"still=here$")


def cookie(world: World) -> str:
    with world.core.database.write() as session:
        secret, _ = open_session(session, session.query(User).filter_by(login=LOGIN).one())
    return f"{COOKIE}={secret}"


def dial(world: World, home: Home, origin: str | None, cookie: str | None) -> ClientConnection:
    context = ssl.create_default_context(cafile=str(world.core.keys.ca))
    url = world.core.controller_url.replace("https", "wss")
    headers = {"Cookie": cookie} if cookie else {}
    return connect(
        f"{url}/machines/{home.machine_id}/terminal/socket",
        ssl=context,
        origin=origin,  # type: ignore[arg-type]
        additional_headers=headers,
        proxy=None,
        open_timeout=90,  # on a computer that has no time
    )


@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "http://{host}", "null"])
def test_no_other_site_opens_a_terminal(world: World, home: Home, origin: str | None) -> None:
    host = world.core.controller_url.removeprefix("https://")
    with pytest.raises(InvalidStatus) as refused:
        dial(world, home, origin.format(host=host) if origin else None, cookie(world))
    assert refused.value.response.status_code == 403


def test_nobody_without_a_session_or_the_right_opens_one(world: World, home: Home) -> None:
    for given in (None, f"{COOKIE}=nonsense"):
        with pytest.raises(InvalidStatus) as refused:
            dial(world, home, world.core.controller_url, given)
        assert refused.value.response.status_code == 403


def first(world: World, home: Home, said: Any) -> Any:
    with dial(world, home, world.core.controller_url, cookie(world)) as socket:
        socket.send(said if isinstance(said, (str, bytes)) else json.dumps(said))
        try:
            return json.loads(socket.recv(40))
        except Exception:
            return socket.close_code


def test_without_a_reason_nothing_is_opened(world: World, home: Home) -> None:
    opened = len(world.entries("stream.opened", home))
    empty, small = {"why": " ", "columns": 80, "rows": 24}, {"why": "no size"}
    for said in ("{}", "nonsense", b"bytes", {"open": empty}, {"open": small}):
        assert first(world, home, said) == 4400, said
    assert len(world.entries("stream.opened", home)) == opened


def test_whoever_is_signed_out_loses_the_terminal(world: World, home: Home) -> None:
    from controller.access.tables import WebSession

    mine = cookie(world)
    with dial(world, home, world.core.controller_url, mine) as socket:
        socket.send(json.dumps({"open": {"why": "a test", "columns": 80, "rows": 24}}))
        assert json.loads(socket.recv(60)) == {"ready": True}
        with world.core.database.write() as session:
            session.query(WebSession).delete()
        end: dict[str, Any] = {}
        while "end" not in end:
            said = socket.recv(30)
            end = json.loads(said) if isinstance(said, str) else {}
        assert end["code"] == "signed-out"
    wait_until(lambda: not shells(home), "the shell has ended", 30)


def test_a_machine_that_is_away_or_in_the_workshop_says_so(world: World, tmp_path: Path) -> None:
    away = world.home()
    asked = {"open": {"why": "a test", "columns": 80, "rows": 24}}
    assert first(world, away, asked)["code"] == "fault"  # it was never heard of
    away.start()
    world.wait_linked(away)
    away.stop()
    wait_until(lambda: not world.linked(away), "it is off", 60)
    answer = first(world, away, asked)
    assert away.tag in answer["end"]
