"""What was asked for and answered, on disk: one folder a session under ``<state_dir>/hands-on``, one file a test.

Written whole and to the disk before the next question is shown: a process that is killed, or a plug that is pulled
on an installed PC, costs the question that was on the screen. On the live image the state is in memory, and what the
agent has sent is what stays.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from agent.clock import now_text
from agent.files import read_json, write_json
from agent.protocol_tests import HandsOnRequest, HardwareTestResult

FOLDER = "hands-on"
REQUEST, ENDED, SENT = "request.json", "ended.json", "sent.json"


class Answers:
    """The folder of one session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def request(self) -> HandsOnRequest | None:
        """What was asked for; None when there is no (whole) request."""
        raw = read_json(self.folder / REQUEST) or {}
        tests = raw.get("tests")
        if not raw.get("session") or not isinstance(tests, list):
            return None
        return HandsOnRequest(
            session=str(raw["session"]),
            tests=[str(name) for name in tests],
            language="en" if raw.get("language") == "en" else "fr",
        )

    def speak(self, language: str) -> None:
        """The person at the PC prefers another language."""
        request = self.request()
        if request is not None:
            raw = read_json(self.folder / REQUEST) or {}
            write_json(self.folder / REQUEST, {**raw, "language": language}, mode=0o600, durable=True)

    def numbers(self) -> list[int]:
        """Of the saved answers, oldest first."""
        return sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdigit())

    def results(self, number: int) -> list[HardwareTestResult]:
        """What one saved answer says; nothing for a file that can't be read."""
        raw = read_json(self.folder / f"{number:06d}.json") or {}
        found = raw.get("results")
        return found if isinstance(found, list) else []

    def newest(self) -> dict[str, list[HardwareTestResult]]:
        """By test, what was answered last."""
        found: dict[str, list[HardwareTestResult]] = {}
        for number in self.numbers():
            results = self.results(number)
            if results:
                found[results[0]["name"]] = results
        return found

    def save(self, results: Sequence[HardwareTestResult]) -> None:
        """Keep what a person answered to one test. On the disk when this returns."""
        number = max(self.numbers(), default=0) + 1
        write_json(self.folder / f"{number:06d}.json", {"results": list(results)}, mode=0o600, durable=True)

    @property
    def ended(self) -> bool:
        """Nothing more will be answered in this session."""
        return (self.folder / ENDED).exists()

    def end(self) -> None:
        """The person has seen the last one, or another session took its place."""
        if not self.ended:
            write_json(self.folder / ENDED, {"at": now_text()}, mode=0o600, durable=True)


def sessions(state_dir: Path) -> list[Answers]:
    """All sessions that have a request, the oldest first."""
    found = [Answers(path.parent) for path in (state_dir / FOLDER).glob(f"*/{REQUEST}")]
    return sorted(found, key=lambda one: str((read_json(one.folder / REQUEST) or {}).get("asked_at", "")))


def open_session(state_dir: Path, request: HandsOnRequest) -> tuple[Answers, bool]:
    """The session's folder, and whether it is new. Sessions before a new one are over."""
    answers = Answers(state_dir / FOLDER / folder_name(request["session"]))
    if answers.request() is not None:
        return answers, False
    for other in sessions(state_dir):
        other.end()
    write_json(answers.folder / REQUEST, {**request, "asked_at": now_text()}, mode=0o600, durable=True)
    return answers, True


def current_session(state_dir: Path, *, language: str = "fr") -> Answers:
    """The session to go on with; a new one, of everything, where none is under way (started at the PC)."""
    under_way = [one for one in sessions(state_dir) if not one.ended and one.request() is not None]
    if under_way:
        return under_way[-1]
    session = f"pc-{uuid.uuid4().hex}"
    wanted = HandsOnRequest(session=session, tests=[], language="en" if language == "en" else "fr")
    return open_session(state_dir, wanted)[0]


def folder_name(session: str) -> str:
    """A session's folder; what could be a path of its own is hashed."""
    safe = re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", session)
    return session if safe else hashlib.sha256(session.encode()).hexdigest()
