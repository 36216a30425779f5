"""A session on a family's screen: how soon there is a picture, how soon a key is seen, and what it costs their PC.

``python -m tests.bench.link_screen``. Everything real: agent, controller, NAT between them, X server, consent window,
banner, x11vnc, Chromium. The key-to-screen delay is measured by a viewer of a few lines (a key goes out, the window on
the screen changes its colour, the changed pixel arrives), over the same TLS WebSocket both ways, in turns:

- direct: x11vnc → websockify (where it is installed; else a bridge of a few lines) → viewer
- link: x11vnc → agent → NAT → controller → viewer, with the same options of x11vnc
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from tests.acceptance.assist import rfb
from tests.acceptance.assist.family import Family
from tests.acceptance.assist.home import BANNER, QUESTION, FamilyPC
from tests.acceptance.assist.office import Technician, office_browser, people
from tests.acceptance.assist.programs import Card
from tests.acceptance.assist.screen import Screen
from tests.acceptance.assist.sharing import controlled
from tests.bench.bridge import bridge
from tests.bench.results import save
from tests.integration.agent.played import ROOT
from tests.integration.assist.internet import internet
from tests.integration.assist.network import CONTROLLER, HomeNetwork
from tests.integration.assist.world import World, free_port
from tests.lab.waiting import wait_until

SPACE = 0x20
PICTURE = """() => {
  const canvas = document.querySelector('#stage canvas');
  if (!canvas || !canvas.width) return false;
  const data = canvas.getContext('2d').getImageData(900, 130, 1, 1).data;
  return data[0] + data[1] + data[2] > 0;
}"""
SETTLE_SECONDS = 0.05  # between two keys, and a random part more: x11vnc's own rhythm must not be met


async def delays(viewer: rfb.Viewer, keys: int) -> list[float]:
    """Seconds from each key to the first pixel of another colour."""
    x, y = Card.points()[0]
    await viewer.ask(x, y, 1, 1, changes_only=False)
    colour = _colour(await viewer.update(), x, y)
    found = []
    for n in range(keys):
        await viewer.ask(x, y, 1, 1, changes_only=True)
        began = time.monotonic()
        await viewer.key(SPACE)
        while True:
            seen = _colour(await asyncio.wait_for(viewer.update(), 20), x, y)
            if seen is not None and seen != colour:
                break
            await viewer.ask(x, y, 1, 1, changes_only=True)
        found.append(time.monotonic() - began)
        colour = seen
        await asyncio.sleep(SETTLE_SECONDS + (n * 37 % 101) / 1000)
    return found


def _colour(rectangles: list[rfb.Rectangle], x: int, y: int) -> rfb.Colour | None:
    return next((pixel for one in rectangles if (pixel := one.pixel(x, y)) is not None), None)


def told(found: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    ordered = sorted(found)
    return {
        "median_ms": 1000 * statistics.median(ordered),
        "p95_ms": 1000 * ordered[round(0.95 * (len(ordered) - 1))],
        "keys": len(ordered),
    }


def first_picture(karim: Technician, pc: FamilyPC, family: Family) -> dict[str, float]:
    """One session: from the click on *ask* to the question, from the click on *accept* to the picture in the page."""
    karim.fill_in(pc.machine_id, "Mesure")
    asked = time.monotonic()
    karim.page.click("#screen-ask-go", no_wait_after=True)
    family.sees(QUESTION)
    shown = time.monotonic()
    family.accept()
    accepted = time.monotonic()
    karim.page.wait_for_function(PICTURE, polling=20)
    seen = time.monotonic()
    karim.page.click("#stop")
    karim.wait_said("state", "ended")
    pc.wait_for_nothing()
    return {
        "ask_to_question_seconds": shown - asked,
        "question_to_accept_seconds": accepted - shown,
        "accept_to_picture_seconds": seen - accepted,
        "ask_to_picture_seconds": seen - asked,
    }


async def through_the_link(net: HomeNetwork, world: World, cookie: str, session: str, keys: int) -> list[float]:
    """A viewer with the technician's cookie."""
    url = world.core.controller_url
    address = f"{url.replace('https', 'wss')}/assist/{session}/screen?page=bench&take=true"
    plug = net.connect(net.office, CONTROLLER, world.settings.port)
    context = ssl.create_default_context(cafile=str(world.core.keys.ca))
    async with rfb.viewer(address, plug, context, Cookie=f"recyclerie_session={cookie}", Origin=url) as viewer:
        return await delays(viewer, keys)


async def directly(net: HomeNetwork, port: int, ca: Path, keys: int) -> list[float]:
    """A viewer at the bridge."""
    plug = net.connect(net.office, CONTROLLER, port)
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False  # the bridge's certificate names loopback
    async with rfb.viewer(f"wss://{CONTROLLER}:{port}/websockify", plug, context) as viewer:
        return await delays(viewer, keys)


@contextmanager
def x11vnc(screen: Screen, pc: FamilyPC) -> Iterator[Path]:
    """A second x11vnc on the same screen, started as the agent started its own."""
    (server,) = pc.servers()
    path = screen.home / "direct.sock"
    argv = [str(path) if part == str(pc.socket) else part for part in server.cmdline()]
    process = screen.run(*argv)
    wait_until(path.exists, "the second x11vnc listens", 20, poll=0.1)
    try:
        yield path
    finally:
        process.terminate()
        process.wait(10)


def cost(pids: list[int], seconds: float) -> dict[str, float]:
    """Memory of processes (shared pages counted once) and their share of a core."""
    processes = [psutil.Process(pid) for pid in pids]

    def used() -> float:
        return float(sum(one.cpu_times().user + one.cpu_times().system for one in processes))

    before, began = used(), time.monotonic()
    time.sleep(seconds)
    return {
        "pss_bytes": sum(one.memory_full_info().pss for one in processes),
        "cpu_percent": 100 * (used() - before) / (time.monotonic() - began),
        "seconds": seconds,
    }


def measure(sessions: int, keys: int, turns: int, seconds: float) -> dict[str, Any]:
    """All of it."""
    os.environ["RECYCLERIE_CONFIG"] = "/nonexistent"
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="rcy-bench-") as made_for, internet() as (net, world), Screen() as screen:
        folder = Path(made_for)
        net.make_office()
        people(world)
        with (
            sync_playwright() as playwright,
            office_browser(playwright, net, folder) as browser,
            FamilyPC(world, net, screen, pause_seconds=0.1, questions_an_hour=1000, tries_an_hour=1000) as pc,
        ):
            family, card = Family(pc, screen), Card(screen)
            time.sleep(10)  # the agent's first reports
            figures["idle"] = cost([pc.home.agent_pid], seconds)
            karim = Technician(browser, world.core.controller_url)
            rounds = [first_picture(karim, pc, family) for _ in range(sessions)]
            figures["picture"] = {
                name: {"median": statistics.median(one[name] for one in rounds), "all": [one[name] for one in rounds]}
                for name in rounds[0]
            }
            session = controlled(karim, pc, family)
            screen.tool("xdotool", "windowactivate", "--sync", str(card.window))
            agent, servers = pc.home.agent_pid, [one.pid for one in (*pc.servers(), *pc.windows(BANNER))]
            figures["in_session"] = {"agent": cost([agent], seconds), "server_and_banner": cost(servers, seconds)}
            karim.page.goto(f"{world.core.controller_url}/")  # the page leaves its place to the viewer
            cookie = next(one["value"] for one in karim.context.cookies() if one["name"] == "recyclerie_session")
            link: list[float] = []
            direct: list[float] = []
            with x11vnc(screen, pc) as path, bridge(folder, path, net.inside(net.net), CONTROLLER, free_port()) as made:
                figures["against"] = made.name
                for _ in range(turns):
                    direct += rfb.run(directly(net, made.port, made.ca, keys))
                    link += rfb.run(through_the_link(net, world, cookie, session, keys))
            figures["key"] = {"direct": told(direct), "link": told(link)}
            figures["key"]["more_ms"] = figures["key"]["link"]["median_ms"] - figures["key"]["direct"]["median_ms"]
            karim.close()
    return figures


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=7)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--dry", action="store_true", help="print, keep nothing")
    given = parser.parse_args()
    os.chdir(ROOT)
    figures = measure(given.sessions, given.keys, given.turns, given.seconds)
    print(json.dumps(figures, indent=1))
    if not given.dry:
        save("link_screen", "make bench-link", figures)


if __name__ == "__main__":
    main()
