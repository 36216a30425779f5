# /// recyclerie-test
# name = "camera-seen"
# title = "Camera: what it sees"
# subsystem = "camera"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 20
# hands = true
# needs = ["path:/sys/class/video4linux/video*"]
# ///
"""Camera: one picture in shades of text; the person says whether it is one. It is kept nowhere."""

from __future__ import annotations

import os
from typing import Any

from agent.hands_on import canvas as colours
from agent.hands_on.findings import Finding, skipped
from agent.hands_on.layout import Answer, bottom_rows
from agent.hands_on.person import Again, Person, Skipped
from agent.hands_on.shades import draw_shades, luma_of_yuyv, shades
from agent.hwtests.machine import KINDS, Machine
from agent.hwtests.programs.camera import NoPicture, picture
from agent.hwtests.script import Request


class _Quiet(Request):
    """The picture's progress has no place on this screen."""

    def progress(self, share: float, message: str = "") -> None:
        """Not said."""


def hands_on(person: Person) -> list[Finding]:
    """Each camera of the machine."""
    cameras = KINDS["cameras"](Machine(root=person.root))
    if not cameras:
        return [Finding("skipped", "This machine has no camera that a driver has taken.")]
    person.go_on(person.say("camera-seen.body"), label=person.say("go"))
    found = []
    for camera in cameras:
        try:
            found.append(_look(person, camera.key, camera.facts))
        except Skipped as passed:
            found.append(skipped(passed.reason, camera.key))
    return found


def judge(target: str, *, seen: bool) -> Finding:
    """What the person said of the picture."""
    if seen:
        return Finding("pass", "", {}, target)
    return Finding("fail", "The camera's picture shows nothing that a person recognises.", {}, target)


def _look(person: Person, path: str, facts: dict[str, Any]) -> Finding:
    while True:
        person.show(person.page(str(facts["name"]), figure=person.say("camera-seen.taking"), small=""))
        try:
            form, rows = _take(person, path, facts)
        except (NoPicture, OSError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else problem
            return Finding("fail", f"The camera gives no picture: {why}.", {}, path)
        if form != "YUYV":
            return Finding("skipped", f"The camera sends {form} only, which can't be shown here.", {}, path)
        try:
            return judge(path, seen=_ask(person, rows))
        except Again:
            continue


def _take(person: Person, path: str, facts: dict[str, Any]) -> tuple[str, list[bytes]]:
    fd = os.open(person.root / path.lstrip("/"), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _, width, height, form, data = picture(fd, _Quiet(target=facts, options={}, controller={}))
    finally:
        os.close(fd)
    return form, luma_of_yuyv(data, width, height) if form == "YUYV" else []


def _ask(person: Person, rows: list[bytes]) -> bool:
    answers = (
        Answer(person.say("yes.letter"), person.say("camera-seen.seen"), person.say("yes.also")),
        Answer(person.say("no.letter"), person.say("no"), person.say("no.also"), colours.RED),
    )
    page = person.page(title="", answers=answers, small=person.say("camera-seen.small"))
    canvas, row = person.draw(page)
    draw_shades(canvas, row, shades(rows, canvas.columns - 2, canvas.rows - row - bottom_rows(page)))
    person.terminal.show(canvas)
    return person.answer(page, again=True)
