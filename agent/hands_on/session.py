"""One session at the PC: its tests in order, each answer saved at once, back and forth as the person likes."""

from __future__ import annotations

import importlib.util
import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.clock import now_text
from agent.files import read_json
from agent.hands_on import canvas as colours
from agent.hands_on.answers import Answers
from agent.hands_on.findings import Finding, results_of, skipped
from agent.hands_on.layout import Answer
from agent.hands_on.person import Person, Skipped, WentBack
from agent.hands_on.texts import words
from agent.hwtests.catalogue import PROGRAMS, hands_on_tests
from agent.hwtests.header import Header

log = logging.getLogger("agent.hands_on")

Missing = Callable[[Header], list[str]]  # what a test needs and this machine doesn't have
# The order that asks least of a person: eyes, fingers, ears, then walking around the PC.
ORDER = ("screen", "keyboard", "pointer", "sound-heard", "camera-seen", "usb-ports")


def in_order(headers: Sequence[Header]) -> list[Header]:
    """The tests as they are asked; those that ORDER doesn't know come last."""
    place = {name: number for number, name in enumerate(ORDER)}
    return sorted(headers, key=lambda header: (place.get(header.name, len(ORDER)), header.name))


class Session:
    """Runs one session on one terminal."""

    def __init__(
        self,
        person: Person,
        answers: Answers,
        *,
        missing: Missing,
        state_dir: Path,
        jobs_dir: Path,
        programs: Path = PROGRAMS,
    ) -> None:
        self.person = person
        self.answers = answers
        self.missing = missing
        self.state_dir = state_dir
        self.jobs_dir = jobs_dir
        request = answers.request()
        wanted = set(request["tests"]) if request else set()
        known = in_order(hands_on_tests(programs))
        self.headers = [header for header in known if header.name in wanted or not wanted]
        self._without_parts(asked=wanted)

    def _without_parts(self, asked: set[str]) -> None:
        """What the machine has no parts for is not shown; where it was asked for by name, that is the answer."""
        answered = self.answers.newest()
        for header in list(self.headers):
            lacks = self.missing(header)
            if not lacks:
                continue
            self.headers.remove(header)
            if header.name in asked and header.name not in answered:
                finding = Finding("skipped", f"There is nothing to try on this machine: {', '.join(lacks)} is missing.")
                self.answers.save(results_of(header, [finding], now_text(), 0.0))

    def run(self) -> bool:
        """The whole session; False when the person left before its end."""
        if not self.headers:
            self.person.test = ""
            self.person.go_on(self.person.say("none.body"), label=self.person.say("end.close"), small="")
            self.answers.end()
            return True
        while True:
            if not self._begin():
                return False
            if self._all():
                break
        self._end()
        self.answers.end()
        return True

    def _begin(self) -> bool:
        """The first page: True to begin."""
        person = self.person
        while True:
            person.test, person.where = "", ""
            minutes = math.ceil(sum(header.usual_seconds for header in self.headers) / 60)
            page = person.page(
                person.say("start.body", count=len(self.headers), minutes=minutes),
                title=person.say("start.title"),
                note=person.say("start.running") if self._at_work() else "",
                answers=(
                    Answer(person.say("yes.letter"), person.say("go"), person.say("yes.also")),
                    Answer(person.say("no.letter"), person.say("leave"), person.say("no.also"), colours.RED),
                ),
                small=person.say("start.small"),
            )
            person.show(page)
            person.settle(page)
            key = person.key()
            if key is not None and person.is_yes(key):
                return True
            if key == person.letter("no"):
                return False
            if key in ("e", "f"):
                person.language = "en" if key == "e" else "fr"
                self.answers.speak(person.language)

    def _all(self) -> bool:
        """Every test that has no answer yet; False when the person went back before the first."""
        answered = self.answers.newest()
        place = next((n for n, header in enumerate(self.headers) if header.name not in answered), len(self.headers))
        while place < len(self.headers):
            if not self.one(place):
                if place == 0:
                    return False
                place -= 1
                continue
            place += 1
        return True

    def one(self, place: int) -> bool:
        """One test, saved; False when the person went back."""
        header = self.headers[place]
        person = self.person
        person.test = header.name
        person.where = f"{place + 1} / {len(self.headers)}"
        started_at, began = now_text(), time.monotonic()
        try:
            findings = load(header)(person)
        except WentBack:
            return False
        except Skipped as passed:
            findings = [skipped(passed.reason)]
        except EOFError:
            raise
        except Exception as problem:
            log.exception("the test %s broke", header.name)
            findings = [Finding("skipped", f"The test itself broke: {type(problem).__name__}: {problem}.")]
        self.answers.save(results_of(header, findings, started_at, time.monotonic() - began))
        return True

    def _end(self) -> None:
        """The last page, with what was found; tests can be done again from here."""
        person = self.person
        while True:
            person.test, person.where = "", ""
            linked = (read_json(self.state_dir / "status.json") or {}).get("state") == "linked"
            page = person.page(
                person.say("end.body" if linked else "end.away"),
                *self._summary(),
                title=person.say("end.title"),
                answers=(
                    Answer(person.say("yes.letter"), person.say("end.close"), person.say("yes.also")),
                    Answer(person.say("back.letter"), person.say("end.again"), person.say("back.also"), colours.BLUE),
                ),
                small="",
            )
            person.show(page)
            person.settle(page)
            key = person.key()
            if key is not None and person.is_yes(key):
                return
            if key == person.letter("back"):
                self._again()

    def _summary(self) -> list[str]:
        """One line a test."""
        newest = self.answers.newest()
        lines = []
        for header in self.headers:
            outcomes = {result["outcome"] for result in newest.get(header.name, [])}
            said = ", ".join(self.person.say(f"outcome.{outcome}") for outcome in sorted(outcomes))
            lines.append(f"{self.title(header)} : {said or self.person.say('outcome.skipped')}")
        return ["\n".join(lines)]

    def _again(self) -> None:
        titles = [self.title(header) for header in self.headers]
        try:
            place = self.person.choose(self.person.say("again.title"), titles)
        except WentBack:
            return
        self.one(place)

    def title(self, header: Header) -> str:
        """A test's name in the person's language."""
        key = f"{header.name}.title"
        return self.person.say(key) if key in words(self.person.language) else header.title

    def _at_work(self) -> bool:
        """Whether a job of this boot has no result yet."""
        return any(not (path.parent / "result.json").exists() for path in self.jobs_dir.glob("*/spec.json"))


def load(header: Header) -> Callable[[Person], list[Finding]]:
    """The function ``hands_on`` of a test's program."""
    spec = importlib.util.spec_from_file_location(f"agent.hwtests.programs.{header.program.stem}", header.program)
    if spec is None or spec.loader is None:
        raise ImportError(f"{header.program} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[Person], list[Finding]] = module.hands_on
    return function
