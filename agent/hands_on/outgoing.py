"""From the saved answers to the controller: each one once into the agent's spool, which sends it until acknowledged."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from agent.files import read_json, write_json
from agent.glance import Glance
from agent.hands_on.answers import FOLDER, SENT, Answers, sessions
from agent.link.outbox import Outbox
from agent.protocol_tests import HANDS_ON_RESULTS, HandsOnResults

log = logging.getLogger("agent.hands_on")

LOOK_SECONDS = 0.5  # on the live image an answer is only safe once it is away
RARELY_SECONDS = 5.0  # at home, where nobody waits for it


class Outgoing:
    """Looks at the sessions again and again."""

    def __init__(self, state_dir: Path, outbox: Outbox, *, look_seconds: float = LOOK_SECONDS) -> None:
        self.state_dir = state_dir
        self.outbox = outbox
        self.look_seconds = look_seconds
        self._done: set[Path] = set()  # sessions that have nothing more to say
        self._glance = Glance()
        self._again = False  # something could not be read or kept
        self._folder = state_dir / FOLDER

    async def watch(self) -> None:
        """For ever."""
        while True:
            if self._glance.changed(self._folders()) or self._again:
                self.look()
            await asyncio.sleep(self.look_seconds)

    def _folders(self) -> list[Path]:
        """Where something new would be. Mostly there was never a session: one folder, that isn't there."""
        if not self._folder.is_dir():
            return [self._folder]
        return [self._folder, *(path for path in self._folder.iterdir() if path not in self._done)]

    def look(self) -> None:
        """Leave everything new in the outbox."""
        self._again = False
        for answers in sessions(self.state_dir):
            if answers.folder in self._done:
                continue
            try:
                self._look_at(answers)
            except OSError as problem:
                self._again = True
                log.warning("the answers in %s can't be read: %s", answers.folder, problem)

    def _look_at(self, answers: Answers) -> None:
        request = answers.request()
        if request is None:
            return
        session = request["session"]
        ended = answers.ended  # before the answers: nothing is saved after it
        sent = read_json(answers.folder / SENT) or {}
        last = int(sent.get("number", 0))
        for number in answers.numbers():
            if number > last:
                body = HandsOnResults(session=session, ended=False, results=answers.results(number))
                self.outbox.keep(HANDS_ON_RESULTS, dict(body), message_id=f"hands-on:{session}:{number}")
                last = number
                write_json(answers.folder / SENT, {"number": last, "ended": False}, durable=True)
        if ended:
            if not sent.get("ended"):
                body = HandsOnResults(session=session, ended=True, results=[])
                self.outbox.keep(HANDS_ON_RESULTS, dict(body), message_id=f"hands-on:{session}:end")
                write_json(answers.folder / SENT, {"number": last, "ended": True}, durable=True)
            self._done.add(answers.folder)
