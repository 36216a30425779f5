"""The page of a family's screen, with the real noVNC and a real x11vnc; only the agent between them is played."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from agent.assist import display
from agent.assist.screen_server import arguments, listens
from agent.assist.shared_memory import remove_segments
from tests.acceptance.assist import azerty
from tests.acceptance.assist.programs import Editor
from tests.acceptance.assist.screen import Screen, missing
from tests.acceptance.web.conftest import Workshop, make_context, sign_in, visit
from tests.acceptance.web.slow_screen import SlowScreen
from tests.integration.assist.family import Family
from tests.lab.waiting import wait_until

WHY = "Régler l’imprimante avec vous"
PATIENCE_MS = 90_000  # x11vnc and the desktop share the processors with the browser
RARE_MS = 150  # nobody types faster; x11vnc puts what the keyboard lacks onto a free key first
SHOTS = os.environ.get("RECYCLERIE_SHOTS", "")


class Shared:
    """A family's screen, shared by the real x11vnc with the agent's own options."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.screen, self.path = screen, folder / "assist" / "screen.sock"
        self.path.parent.mkdir()
        screen.own(self.path.parent)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, control: bool) -> None:
        """x11vnc as the agent starts it."""
        self.stop()
        seat = display.Screen(
            display=self.screen.display, xauthority=str(self.screen.xauthority), user="famille", uid=0, gid=0, home=""
        )
        self.process = self.screen.run(
            "env", "X11VNC_AVOID_WINDOWS=never", *arguments(seat, self.path, control=control)
        )
        wait_until(lambda: listens(self.path), "x11vnc listens", 60, poll=0.05)

    def stop(self) -> None:
        """It is gone, and its socket."""
        if self.process is not None:
            self.process.kill()  # it may take its time over SIGTERM
            self.process.wait(10)
            remove_segments({self.process.pid})
            self.process = None
        self.path.unlink(missing_ok=True)


@dataclass
class Home:
    """A linked machine at a family's home, and the page of the person who helps."""

    id: int
    family: Family
    page: Page
    url: str

    def ask(self) -> str:
        """By the form on the machine's page; the session's name."""
        visit(self.page, f"{self.url}/machines/{self.id}?tab=assist")
        self.page.fill("#f-why", WHY)
        self.page.click("#screen-ask-go")
        self.page.wait_for_url(re.compile("/assist/[0-9a-f]{32}"))
        body = self.family.hears("assist.ask")
        assert (body["why"], body["minutes"], body["organisation"]) == (WHY, 30, "Recyclerie d’essai")
        name: str = body["session"]
        self.family.says(name, "asked")
        self.says("state", "asked")
        return name

    def says(self, what: str, value: str, page: Page | None = None) -> None:
        """Wait for what a page says of itself."""
        node = (page or self.page).locator("#screen")
        expect(node).to_have_attribute(f"data-{what}", value, timeout=PATIENCE_MS)


@pytest.fixture
def home(workshop: Workshop, page: Page, tmp_path: Path) -> Iterator[Home]:
    """A machine without a screen of its own yet."""
    told = workshop.order("resident", tag="R-000900")
    with Family(workshop.url, told["token"]) as family:
        yield Home(id=told["id"], family=family, page=page, url=workshop.url)


@pytest.fixture(params=["fr"])
def shared(request: pytest.FixtureRequest, home: Home) -> Iterator[Shared]:
    """A real screen with a keyboard of this layout, and x11vnc."""
    if why := missing():
        pytest.skip(why)
    with Screen(layout=request.param) as screen:
        found = Shared(screen, screen.folder)
        home.family.screen = found.path
        yield found
        found.stop()


def accept(home: Home, shared: Shared, name: str) -> None:
    """The family accepts: view only."""
    shared.start(control=False)
    home.family.accepts(name)
    home.says("state", "accepted")
    home.says("link", "connected")


def give_control(home: Home, shared: Shared, name: str) -> None:
    """The family gives mouse and keyboard: x11vnc is started anew."""
    home.page.click("#ask-control")
    home.family.hears("assist.ask-control")
    home.family.says(name, "control-asked")
    home.says("control", "asked")
    expect(home.page.locator("#ask-control")).to_be_hidden()
    home.family.offers = False
    shared.stop()
    home.family.cut()
    before = home.family.opened
    shared.start(control=True)
    home.family.offers = True
    home.family.says(name, "control-accepted", control=True)
    home.says("control", "given")
    wait_until(lambda: home.family.opened > before, "the page has come back by itself", 60, poll=0.05)
    home.says("link", "connected")


def click(page: Page, x: int, y: int) -> None:
    """A click at a place of the family's own screen."""
    place = page.evaluate(
        """([x, y]) => {
          const canvas = document.querySelector("#stage canvas"), box = canvas.getBoundingClientRect();
          return [box.left + x * box.width / canvas.width, box.top + y * box.height / canvas.height];
        }""",
        [x, y],
    )
    page.mouse.click(*place)


def type_on_azerty(page: Page, text: str) -> None:
    """As a French keyboard's keys come to the browser."""
    keyboard = page.context.new_cdp_session(page)
    for character in text:
        for event in azerty.events(character):
            keyboard.send("Input.dispatchKeyEvent", event)
        if character > "~":
            page.wait_for_timeout(RARE_MS)


def all_typed(page: Page, screen: Screen) -> None:
    """Every key has reached the family's screen: what is put into their clipboard after them is there.

    The editor is saved by a shortcut, with which keys that still come must not mix.
    """
    expect(page.locator("#type-text")).to_be_enabled(timeout=30_000)
    mark = f"mark {time.monotonic_ns()}"
    page.click("#clipboard summary")
    page.fill("#clipboard-text", mark)
    page.click("#clipboard-send")
    wait_until(lambda: screen.clipboard() == mark, "every key has arrived", 30, poll=0.2)


def test_from_the_question_to_the_end(home: Home, shared: Shared) -> None:
    page = home.page
    editor = Editor(shared.screen)
    name = home.ask()
    expect(page.locator("#stage canvas")).to_be_hidden()  # nothing to see before the yes
    accept(home, shared, name)
    assert page.evaluate("(({width, height}) => [width, height])(document.querySelector('#stage canvas'))") == [
        1280,
        800,
    ]
    expect(page.locator("#time-left")).to_have_text(re.compile(r"\d+:\d\d"))
    expect(page.locator("#clipboard")).to_be_hidden()
    # View only: neither the page nor x11vnc lets anything through.
    click(page, *editor.inside())
    page.keyboard.type("personne")
    give_control(home, shared, name)
    click(page, *editor.inside())
    type_on_azerty(page, "Bonjour")
    all_typed(page, shared.screen)
    editor.wait_for("Bonjour")
    # The family stops it, from its banner.
    shared.stop()
    home.family.ends(name, "family", seconds=60)
    home.says("state", "ended")
    home.says("link", "over")
    expect(page.locator("#stage canvas")).to_have_count(0)
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#cover-reason")).to_be_visible()
    visit(page, f"{home.url}/machines/{home.id}?tab=assist")
    expect(page.locator("#screen-last")).to_have_attribute("data-state", "ended")
    page.click("#screen-past summary")
    expect(page.locator("#screen-past")).to_contain_text(WHY)


# No more than x11vnc finds free keys for on a US keyboard, some twenty.
TEXT = "L’été à 10 €, ça va ? {[@#]} ~|\\^ êôûïë ÉÀ œ 0123456789 %$£*"


@pytest.mark.parametrize("shared", ["fr", "us"], indirect=True)
def test_a_french_keyboard_whatever_the_familys_is(home: Home, shared: Shared) -> None:
    """Accents, dead keys, AltGr: what is printed on the technician's keys arrives, with a US keyboard there too."""
    page = home.page
    editor = Editor(shared.screen)
    name = home.ask()
    accept(home, shared, name)
    give_control(home, shared, name)
    click(page, *editor.inside())
    type_on_azerty(page, TEXT)
    all_typed(page, shared.screen)
    editor.wait_for(TEXT)
    editor.clear()
    page.click("#clipboard summary")
    page.fill("#clipboard-text", TEXT)
    page.click("#type-text")
    all_typed(page, shared.screen)
    editor.wait_for(TEXT)


def test_the_special_keys_and_both_clipboards(home: Home, shared: Shared) -> None:
    page = home.page
    editor = Editor(shared.screen)
    name = home.ask()
    accept(home, shared, name)
    give_control(home, shared, name)
    page.click("#clipboard summary")
    page.fill("#clipboard-text", "collé à Noël, 5 €")
    page.click("#clipboard-send")
    wait_until(
        lambda: shared.screen.clipboard() == "collé à Noël, 5 €", "it is in the family's clipboard", 20, poll=0.2
    )
    shared.screen.put_in_clipboard("copié là-bas à l’été")
    expect(page.locator("#clipboard-text")).to_have_value("copié là-bas à l’été", timeout=30_000)
    click(page, *editor.inside())
    titles = shared.screen.titles()
    page.click("#keys summary")
    page.click("#keys [data-keys='Alt_L F4']")
    wait_until(lambda: len(shared.screen.titles()) < len(titles), "Alt+F4 closed the editor", 60, poll=0.2)


def test_full_screen_and_real_size(home: Home, shared: Shared) -> None:
    page = home.page
    accept(home, shared, home.ask())
    # Functions: an expression would be read anew at each look, and the page's policy takes no text for a script.
    width = "() => document.querySelector('#stage canvas').getBoundingClientRect().width"
    page.set_viewport_size({"width": 900, "height": 700})
    page.wait_for_function(f"{width} <= 900")
    page.click("#fit")
    page.wait_for_function(f"{width} === 1280")
    expect(page.locator("#fit")).to_have_attribute("aria-pressed", "false")
    page.click("#fullscreen")
    page.wait_for_function("() => document.fullscreenElement?.id === 'screen'")


def test_the_picture_stays_in_its_place_whatever_the_bar_tells(home: Home, shared: Shared) -> None:
    page = home.page
    accept(home, shared, home.ask())
    expect(page.locator("#speed")).not_to_be_empty()
    for width in (390, 800, 1024, 1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        tops = {
            page.evaluate(TELL, [left, speed])
            for left in ("", "reste 9:07", "reste 119:59")
            for speed in ("", "1 ko/s · 9 ms", "99999 ko/s · 1999 ms · ligne lente")
        }
        assert len(tops) == 1, f"{width} px wide: the picture begins at {sorted(tops)} px"


def test_the_same_screen_in_two_pages(home: Home, shared: Shared) -> None:
    page = home.page
    accept(home, shared, home.ask())
    other = page.context.new_page()
    visit(other, page.url)
    home.says("link", "elsewhere", other)
    home.says("link", "connected")
    other.click("#here")
    home.says("link", "connected", other)
    home.says("link", "elsewhere")
    expect(page.locator("#here")).to_be_visible()


def test_the_network_breaks_and_comes_back(home: Home, shared: Shared) -> None:
    page = home.page
    accept(home, shared, home.ask())
    home.family.unlink()
    expect(page.locator("#screen")).not_to_have_attribute("data-link", "connected")
    expect(page.locator("#cover")).to_be_visible()
    home.family.link()
    home.says("link", "connected")


def test_the_page_says_that_it_waits_until_the_first_picture_is_drawn(home: Home, tmp_path: Path) -> None:
    """Over a slow line the picture comes long after the screen has answered."""
    home.family.screen = tmp_path / "slow.sock"
    slow = SlowScreen(home.family.screen)
    try:
        home.family.accepts(home.ask())
        home.says("link", "connected")
        home.says("picture", "coming")
        expect(home.page.locator("#cover")).to_be_visible()
        expect(home.page.locator("#cover-what")).to_have_text("En attente de l’image…")
        slow.draw.set()
        home.says("picture", "drawn")
        expect(home.page.locator("#cover")).to_be_hidden()
    finally:
        slow.close()


ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("refused", {}),
    ("unanswered", {}),
    ("impossible", {"code": "wayland", "detail": "session 2 is of type wayland"}),
    ("impossible", {"code": "nobody"}),
]


@pytest.mark.parametrize(("state", "more"), ANSWERS)
def test_no_picture_says_why_and_what_next(home: Home, state: str, more: dict[str, Any]) -> None:
    name = home.ask()
    home.family.says(name, state, **more)
    home.says("state", state)
    home.says("link", "over")
    for part in ("#cover-what", "#cover-next"):
        expect(home.page.locator(part)).not_to_be_empty()
    if state == "impossible":
        expect(home.page.locator("#cover-reason")).not_to_be_empty()
    if more.get("detail"):
        home.page.click("#cover-detail summary")
        expect(home.page.locator("#detail")).to_have_text(more["detail"])
    assert home.family.opened == 0


def test_another_technician_sees_words_only(home: Home, shared: Shared, browser: Browser, workshop: Workshop) -> None:
    accept(home, shared, home.ask())
    context = make_context(browser)
    other = context.new_page()
    sign_in(other, workshop, "claire")
    visit(other, home.page.url)
    expect(other.locator("#words")).not_to_be_empty()
    expect(other.locator("#stage canvas")).to_have_count(0)
    expect(other.locator("#ask-control")).to_have_count(0)
    other.click("#stop")
    assert home.family.hears("assist.stop")
    context.close()


def test_without_script_it_can_be_read_and_stopped(home: Home, browser: Browser, workshop: Workshop) -> None:
    name = home.ask()
    context = make_context(browser, java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, workshop)
    visit(plain, f"{workshop.url}/assist/{name}")
    expect(plain.locator("#cover-what")).not_to_be_empty()
    plain.click("#stop")
    assert home.family.hears("assist.stop") == {"session": name}
    context.close()


PACE = """async (plan) => {
  const { Pace } = await import("/static/js/screen-pace.js");
  const applied = [];
  const pace = new Pace((quality, compression) => applied.push([quality, compression]));
  let clock = 0;
  pace.now = () => clock;
  pace.asks();
  for (const [wait, took, bytes] of plan) {
    clock += wait;
    pace.received(bytes / 2);
    clock += took;
    pace.received(bytes / 2);
    pace.asks();
  }
  return { applied, figures: pace.figures(), level: pace.level };
}"""


def test_the_quality_follows_the_line(page: Page) -> None:
    """[ms until the first bytes, ms until the last, bytes] of each update."""
    slow: dict[str, Any] = page.evaluate(PACE, [[80, 2000, 60_000]] * 8)
    assert [quality for quality, _ in slow["applied"]] == [5, 3, 1]
    assert slow["figures"]["slow"]
    assert slow["figures"]["delay"] == 80
    quick: dict[str, Any] = page.evaluate(PACE, [[5, 20, 60_000]] * 20)
    assert [quality for quality, _ in quick["applied"]] == [9]
    small: dict[str, Any] = page.evaluate(PACE, [[80, 2000, 500]] * 20)
    assert small["applied"] == []  # a cursor that blinks says nothing about the line


# noVNC's own Websock, which writes each message into one buffer and sends what stands in it, on a socket of the test.
ONE_BUFFER = """async (took) => {
  const { Pace } = await import("/static/js/screen-pace.js");
  const { default: Websock } = await import("/static/vendor/novnc/core/websock.js");
  const heard = [];
  const socket = { send(data) { heard.push([...data]); }, close() {}, addEventListener() {}, readyState: "open" };
  for (const name of ["binaryType", "onerror", "onmessage", "onopen", "protocol"]) socket[name] = "";
  const novnc = new Websock();
  const say = (bytes) => { novnc.sQpushBytes(new Uint8Array(bytes)); novnc.flush(); };
  const pace = new Pace(() => { say(new Array(104).fill(2)); say(new Array(104).fill(2)); });
  let clock = 0;
  pace.now = () => clock;
  pace.follow(socket);
  novnc.attach(socket);
  for (let update = 0; update < 20; update += 1) {
    say([3, 1, 0, 0, 0, 0, 5, 0, 3, 32]);
    await Promise.resolve();
    pace.received(60000);
    clock += took;
    pace.received(1);
  }
  return heard;
}"""


def test_a_new_quality_does_not_cut_off_what_is_being_sent(page: Page) -> None:
    heard: list[list[int]] = page.evaluate(ONE_BUFFER, 20)
    requests = [message for message in heard if len(message) == 10]
    assert len(requests) == 20
    assert {tuple(message) for message in requests} == {(3, 1, 0, 0, 0, 0, 5, 0, 3, 32)}
    qualities = [message for message in heard if len(message) == 104]
    assert len(qualities) == 2, "the quality has not changed, or came in pieces"
    assert {value for message in qualities for value in message} == {2}
    assert len(heard) == 22


TELL = """([left, speed]) => {
  document.querySelector("#time-left").textContent = left;
  document.querySelector("#speed").textContent = speed;
  return document.querySelector("#stage").getBoundingClientRect().top;
}"""


# noVNC fits the picture to a window of another size in the frames that follow: until nothing has moved for ten of them.
SETTLED = """async () => {
  const boxes = () => [...document.querySelectorAll("#stage, #stage *")];
  const ok = (b) => b.scrollWidth <= b.clientWidth && b.scrollHeight <= b.clientHeight;
  const fits = () => boxes().filter((b) => b.tagName === "DIV").every(ok);
  const places = () => JSON.stringify(boxes().map((b) => b.getBoundingClientRect()));
  let before = "";
  for (let frame = 0, still = 0; frame < 1200; frame += 1) {
    await new Promise(requestAnimationFrame);
    still = fits() && places() === before ? still + 1 : 0;
    before = places();
    if (still >= 10) return "";
  }
  return boxes().map((b) => `${b.tagName} ${b.scrollWidth}x${b.scrollHeight} in ${b.clientWidth}x${b.clientHeight}`)
    .join(", ") || "nothing there";
}"""


def fine(page: Page, name: str) -> None:
    """Nothing serious for axe, nothing wider than the window; a picture for whoever wants one."""
    assert page.evaluate(SETTLED) == "", "the picture does not come to rest in its place"
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical", "moderate")]
    assert not found, [(v["id"], v["nodes"][0]["html"][:300]) for v in found]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def test_looks(home: Home, shared: Shared) -> None:
    page = home.page

    def look(name: str, open_first: Callable[[], None] = lambda: None) -> None:
        for width, scheme in ((390, "dark"), (1440, "light"), (1440, "dark")):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            open_first()
            fine(page, f"screen-{name}-{width}-{scheme}")

    visit(page, f"{home.url}/machines/{home.id}?tab=assist")
    page.locator("#screen-box").scroll_into_view_if_needed()
    look("ask", lambda: page.locator("#screen-box").scroll_into_view_if_needed())
    name = home.ask()
    look("asked")
    Editor(shared.screen)
    accept(home, shared, name)
    time.sleep(0.5)  # the picture's last pieces, for the eye only
    look("view")
    give_control(home, shared, name)
    page.click("#clipboard summary")
    look("control")
    shared.stop()
    home.family.ends(name, "link", seconds=600)
    home.says("link", "over")
    look("over")
    visit(page, f"{home.url}/machines/{home.id}?tab=assist")
    page.click("#screen-past summary")
    look("past", lambda: page.locator("#screen-box").scroll_into_view_if_needed())
