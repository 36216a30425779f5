# /// recyclerie-test
# name = "usb-ports"
# title = "USB ports: each one"
# subsystem = "usb"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 60
# hands = true
# needs = ["path:/sys/bus/usb/devices/usb*"]
# [figures]
# ports = "count"
# working_ports = "count"
# ///
"""USB ports: the person plugs something into each, the kernel says which port it is."""

from __future__ import annotations

from agent.hands_on import canvas as colours
from agent.hands_on.findings import Finding
from agent.hands_on.layout import bottom_rows
from agent.hands_on.person import Person
from agent.hands_on.usb_sockets import Plugged, plugged

LOOK_SECONDS = 0.3
USUAL_PORTS = 3


def hands_on(person: Person) -> list[Finding]:
    """Count, then plug."""
    total = person.number(
        person.say("usb-ports.count"), person.say("usb-ports.count.more"), start=USUAL_PORTS, low=0, high=20
    )
    if total == 0:
        return [Finding("skipped", "This machine has no USB port that can be reached.")]
    # What was there before may be built in where the firmware doesn't say so: only what comes counts.
    there = {one.socket for one in plugged(person.root)}
    found: dict[str, Plugged] = {}
    _draw(person, total, found)
    person.terminal.forget()
    while len(found) < total:
        key = person.key(LOOK_SECONDS)
        now = plugged(person.root)
        for one in now:
            if one.socket not in there:
                found.setdefault(one.socket, one)
        there &= {one.socket for one in now}  # pulled out and plugged in again counts
        if key == person.letter("no"):
            break
        person.leave(key)
        _draw(person, total, found)
    if any(one.socket in found for one in plugged(person.root)):
        person.go_on(person.say("usb-ports.unplug"), small="")
    return [judge(total, found)]


def judge(total: int, found: dict[str, Plugged]) -> Finding:
    """One dead port of several costs comfort; none that works costs the use."""
    speeds = sorted({one.speed_mbps for one in found.values() if one.speed_mbps}, reverse=True)
    figures = {"ports": total, "working_ports": len(found), "speeds_mbps": speeds}
    if len(found) >= total:
        return Finding("pass", "", figures)
    if not found:
        return Finding("fail", "No USB port answers.", figures)
    return Finding("degraded", f"{len(found)} of {total} USB ports answer.", figures)


def _draw(person: Person, total: int, found: dict[str, Plugged]) -> None:
    figure = person.say("usb-ports.figure", found=len(found), total=total)
    page = person.page(person.say("usb-ports.body"), figure=figure, small=person.say("usb-ports.small"))
    canvas, row = person.draw(page)
    shown = list(enumerate(found.values(), start=1))
    for number, one in shown[-max(1, canvas.rows - row - bottom_rows(page)) :]:
        line = person.say(
            "usb-ports.line",
            number=number,
            device=one.device or person.say("usb-ports.device"),
            speed=person.say("usb-ports.speed", mbps=one.speed_mbps)
            if one.speed_mbps
            else person.say("usb-ports.slow"),
        )
        canvas.put(4, row, line, colours.BRIGHT_GREEN)
        row += 1
    person.terminal.show(canvas)
