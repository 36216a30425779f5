"""The controller asks for the tests that need hands: the request is kept, and the screen's unit started."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.hands_on.answers import open_session
from agent.hands_on.findings import Finding, results_of
from agent.hwtests.catalogue import hands_on_tests
from agent.protocol_tests import HandsOnRequest
from agent.tools import Ran, run

log = logging.getLogger("agent.hands_on")

UNIT = "recyclerie-hands-on.service"


def request_of(body: dict[str, Any]) -> HandsOnRequest | None:
    """The request in a message's body; None for one that says nothing."""
    session, tests = body.get("session"), body.get("tests", [])
    if not isinstance(session, str) or not session or not isinstance(tests, list):
        return None
    names = [str(name) for name in tests]
    return HandsOnRequest(session=session, tests=names, language="en" if body.get("language") == "en" else "fr")


async def open_on_screen(state_dir: Path, body: dict[str, Any]) -> None:
    """Keep the request and show it. Where that can't be done, the answer to each test says why."""
    request = request_of(body)
    if request is None:
        log.warning("the controller asked for hands-on tests without saying which; left alone")
        return
    answers, fresh = open_session(state_dir, request)
    if answers.ended:
        return  # the same message again
    # A new session takes the screen from the one before; its answers are saved.
    shown: Ran = await asyncio.to_thread(
        run, ["systemctl", "restart" if fresh else "start", "--no-block", UNIT], seconds=20
    )
    if shown.ok:
        return
    log.error("the hands-on tests can't be shown: %s", shown.explain())
    finding = Finding("skipped", f"The tests can't be shown on this PC's screen: {shown.explain()}.")
    wanted = [header for header in hands_on_tests() if header.name in request["tests"] or not request["tests"]]
    for header in wanted:
        answers.save(results_of(header, [finding], now_text(), 0.0))
    answers.end()
