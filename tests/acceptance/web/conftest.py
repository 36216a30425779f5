"""A controller over TLS and a browser, for the tests of the dashboard."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

from controller.web import catalogues
from controller.web.vendor import VENDOR_DIR
from tests.acceptance.web.scene import PASSWORDS

CHROMIUM = "/usr/bin/chromium"
# As root in a closed network: no sandbox, and nothing that looks up hosts by itself.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)  # its own five seconds are short for a slow, shared core


@dataclass
class Workshop:
    """The controller under test."""

    url: str
    ids: dict[str, int]
    process: subprocess.Popen[str]

    def order(self, do: str, **what: Any) -> Any:
        """Let something happen in the controller, as an agent or another person would do it; what came of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["ok"], answer
        return answer["told"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, once."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed: apt-get install chromium")
    if not (VENDOR_DIR / "icons.svg").exists():
        pytest.skip("front-end files are missing: npm ci && python -m controller.web.vendor")
    catalogues.compile_all()
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield running
    running.close()


@contextmanager
def serving(folder: Path) -> Iterator[Workshop]:
    """A controller with a fresh scene in ``folder``, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.web.server", str(folder / "data"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                pytest.fail(f"the controller did not start:\n{(folder / 'server.log').read_text()[-4000:]}")
            yield Workshop(url=f"https://127.0.0.1:{port}", ids=json.loads(line), process=process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A controller of the test's own: it may change what it likes."""
    with serving(tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A controller that the tests which only look share."""
    with serving(tmp_path_factory.mktemp("shown")) as found:
        yield found


def visit(page: Page, url: str) -> None:
    """Open ``url``. Chromium gives up when a network interface comes or goes meanwhile: then once more."""
    for _ in range(8):
        try:
            page.goto(url)
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in str(error):
                raise
            page.wait_for_timeout(300)
        else:
            return
    raise AssertionError(f"{url} could not be opened: the network changed each time")


def expect_said(page: Page, words: str) -> None:
    """Wait until the page tells what was just done. The address is no sign of it: page.js takes `said` out at once."""
    expect(page.locator("#notice")).to_contain_text(words)


def make_context(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh profile that trusts the test's certificate."""
    options.setdefault("viewport", {"width": 1440, "height": 900})
    context = browser.new_context(ignore_https_errors=True, locale="fr-FR", **options)
    context.set_default_timeout(WAIT_MS)
    return context


def sign_in(page: Page, workshop: Workshop, login: str = "karim") -> None:
    """Sign in by the form."""
    visit(page, f"{workshop.url}/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORDS[login])
    page.click("button.main-action")
    page.wait_for_url(f"{workshop.url}/")


@pytest.fixture
def page(browser: Browser, workshop: Workshop) -> Iterator[Page]:
    """A technician's browser, signed in, on the board. Fails on any error of a script."""
    context = make_context(browser)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(opened, workshop)
    yield opened
    context.close()
    assert not faults, faults
