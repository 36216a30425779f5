"""``recyclerie-agent run``: announce until accepted, keep the link, report, watch jobs and drives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import VERSION
from agent.clock import now_text, set_clock_from
from agent.config import Config
from agent.errors import AgentError
from agent.files import read_text, write_json, write_text
from agent.hands_on.outgoing import LOOK_SECONDS, RARELY_SECONDS, Outgoing
from agent.hotplug import quiet, with_changes
from agent.identity import announcement, ssh_host_keys
from agent.jobs.watcher import Watcher
from agent.link.announce import AnnounceError, announce
from agent.link.backoff import Backoff
from agent.link.connection import Connection, LinkLost, TokenRefused
from agent.link.outbox import Outbox
from agent.link.proxy import Route, ways
from agent.link.spool import Spool
from agent.link.tls import client_context
from agent.protocol import DRIVE_EVENT, GOODBYE, HEALTH, INVENTORY, REPORT_NOW, WELCOME, AnnounceAnswer
from agent.protocol_assist import HELP_STATE
from agent.protocol_tests import HANDS_ON_OPEN
from agent.reports import collect_report
from agent.update.outgoing import send_reports

if TYPE_CHECKING:
    from agent.assist.guard import Guard
    from agent.help.desk import HelpDesk
    from agent.monitor import DeviceMonitor
    from agent.services.base import Door, Service

log = logging.getLogger("agent")

HOST_KEY_SECONDS = 30.0  # how long after the start the announcement waits for this system's SSH host key
# At home: counters of drives change slowly, and each question may keep a disk from falling asleep.
DRIVES_SECONDS = 3600.0
STABLE_SECONDS = 30.0  # a link that lasted so long was a good one: the next wait is short again
SPREAD_SECONDS = 15.0  # at home: over how long machines come back, until their controller says otherwise


class Agent:
    """The running agent. Its parts meet in the outbox only."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.started = time.monotonic()
        self.outbox = Outbox(Spool(config.state_dir / "spool"))
        self.watcher = Watcher(config.jobs_dir, self.outbox)
        seconds = LOOK_SECONDS if config.mode == "live" else RARELY_SECONDS
        self.outgoing = Outgoing(config.state_dir, self.outbox, look_seconds=seconds)
        # In the workshop a technician waits for it; at home a thousand agents share one controller.
        self.backoff = Backoff(longest=15.0) if config.mode == "live" else Backoff(3.0, 120.0, SPREAD_SECONDS)
        self.route = Route(ways(config.proxy, config.controller_url, os.environ))
        self.machine: dict[str, Any] = {"machine_id": None, "tag": None}
        self._reporting: dict[str, asyncio.Task[None]] = {}
        self._last_inventory: dict[str, Any] = {}
        self._drives_asked = float("-inf")  # when a health sample last had the drives in it
        self._changed = asyncio.Event()  # something was plugged in or out
        self._owed = False  # an inventory was not kept, for lack of room
        self._again: set[str] = set()  # reports asked for while they were being collected
        self._desk: HelpDesk | None = None  # of the family's calls for help
        self._linked = False
        self._guard: Guard | None = None  # of the family's screen, once it is needed

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        if self.config.mode == "resident" and (self.config.state_dir / "assist" / "session.json").exists():
            self.guard()  # a session was cut off: what it left goes, and its end is told
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, stop.set)
        parts: list[Coroutine[Any, Any, None]] = [self.keep_link(), self.watcher.watch(), self.keep_reporting()]
        parts.append(self.outgoing.watch())
        if self.config.mode == "resident":
            parts.append(self.keep_desk())
        if self.config.mode == "live" and self.config.rig is None:
            parts += [self.watch_devices(), self.tell_changes()]
        tasks = [asyncio.create_task(part) for part in parts]
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        if self._guard is not None:
            await self._guard.close()  # before anything else ends: nobody sees a screen without an agent
        for task in (*tasks, stopped, *self._reporting.values()):
            task.cancel()
        await asyncio.gather(*tasks, stopped, *self._reporting.values(), return_exceptions=True)
        for task in done - {stopped}:
            task.result()  # a part that ended is a fault: systemd starts the agent again

    # -- the link ------------------------------------------------------------------------------------

    async def keep_link(self) -> None:
        """Announce, link, and again, for ever."""
        while True:
            token = await self._become_accepted()
            await self._stay_linked(token)

    async def _become_accepted(self) -> str:
        while True:
            try:
                answer = await self._announce_once()
            except AgentError as problem:
                answered = isinstance(problem, AnnounceError) and problem.answered
                if not answered:
                    self.route.failed()
                hint = problem.retry_seconds if isinstance(problem, AnnounceError) else None
                delay = self.backoff.next_delay(min(hint, 3600.0) if hint else None)
                self._tell("unreachable", str(problem))
                await asyncio.sleep(delay)
                continue
            self.backoff.reset()
            self.machine = {"machine_id": answer.get("machine_id"), "tag": answer.get("tag")}
            token = answer.get("token") or self._kept_token()
            if answer["status"] == "accepted" and token:
                if answer.get("token"):
                    write_text(self.config.token_file, token + "\n", mode=0o600, durable=True)
                self._tell("accepted", answer["message"])
                return token
            self._tell(answer["status"], answer["message"])
            await asyncio.sleep(answer["retry_seconds"] * random.uniform(0.8, 1.2))  # noqa: S311

    async def _announce_once(self) -> AnnounceAnswer:
        context = client_context(self.config.ca_file)
        await self._wait_for_host_keys()
        body = await asyncio.to_thread(announcement, self.config)
        # Only the installed system has a token from the start; a live one is given one at each boot.
        token = self._kept_token() if self.config.mode == "resident" else ""
        answer = await asyncio.to_thread(
            announce, self.config.controller_url, context, body, token=token, proxy=self.route.proxy
        )
        if self.config.rig is None and answer["server_time"]:
            done = set_clock_from(answer["server_time"])
            if done:
                log.warning("%s", done)
        return answer

    async def _wait_for_host_keys(self) -> None:
        """At a live boot the keys are made meanwhile; without them the controller could pin nothing."""
        until = self.started + HOST_KEY_SECONDS
        while self.config.rig is None and not ssh_host_keys() and time.monotonic() < until:
            await asyncio.sleep(0.2)

    async def _stay_linked(self, token: str) -> None:
        while True:
            context = client_context(self.config.ca_file)
            seconds = self.config.heartbeat_seconds
            connection = Connection(self.outbox, self._on_message, self._heartbeat, seconds, self._services)
            began = time.monotonic()
            try:
                await connection.run(self.config.controller_url, token, context, self.route.proxy)
            except TokenRefused as problem:
                self._lost()
                self._tell("refused", str(problem))
                await asyncio.sleep(self.backoff.next_delay(problem.retry_seconds))
                return
            except LinkLost as problem:
                self._lost()
                if not connection.welcomed:
                    self.route.failed()
                elif time.monotonic() - began > STABLE_SECONDS:
                    self.backoff.reset()
                    if self.config.mode == "resident":  # in the workshop somebody waits for it
                        self.backoff.spread = connection.spread_seconds or self.backoff.spread
                delay = self.backoff.next_delay(problem.retry_seconds)
                self._tell("unreachable", str(problem))
                await asyncio.sleep(delay)

    def _services(self) -> dict[str, Service]:
        """What the controller may open a stream to. Loaded when it first does."""
        from agent.services.listed import listed

        async def open_screen() -> Door:
            return await self.guard().open_screen()

        return listed(self.config, open_screen)

    def guard(self) -> Guard:
        """Who watches over the family's screen. Loaded when somebody first asks for it."""
        if self._guard is None:
            from agent.assist.guard import Guard

            self._guard = Guard(self.config, self.outbox.keep)
        return self._guard

    async def keep_desk(self) -> None:
        """Take the family's calls for help."""
        from agent.help.desk import HelpDesk

        self._desk = HelpDesk(self.config, self.outbox, lambda: self._linked)
        await self._desk.serve()

    def _lost(self) -> None:
        if self._guard is not None:
            self._guard.link(False)

    async def _on_message(self, kind: str, body: dict[str, Any]) -> None:
        if kind == WELCOME:
            self.machine = {"machine_id": body.get("machine_id"), "tag": body.get("tag")}
            self._tell("linked", "")
            if self._guard is not None:
                self._guard.link(True)
            if self._owed:
                self._owed = False
                self.report("inventory", after=60.0)
        elif kind == GOODBYE and body.get("revoked") is True and self.config.mode == "resident":
            from agent.services.maintenance_keys import remove_maintenance_keys

            remove_maintenance_keys(self.config)
            if self._guard is not None:
                self._guard.revoked()
        elif kind == REPORT_NOW and body.get("what") in ("inventory", "health"):
            self._drives_asked = float("-inf")
            self.report(str(body["what"]))
        elif kind.startswith("assist.") and self.config.mode == "resident":
            self.guard().hear(kind, body)
        elif kind == HELP_STATE and self._desk is not None:
            self._desk.hear(body)
        elif kind == HANDS_ON_OPEN:
            from agent.hands_on.opening import open_on_screen

            await open_on_screen(self.config.state_dir, body)

    def _heartbeat(self) -> dict[str, Any]:
        if self.config.mode == "resident":
            send_reports(self.config.state_dir, self.outbox)
        return {
            "uptime_seconds": round(time.clock_gettime(time.CLOCK_BOOTTIME)),
            "load": [round(value, 2) for value in os.getloadavg()],
            "jobs": self.watcher.running(),
            "spooled": len(self.outbox.spool),
            "spool_full": self.outbox.spool.full,
            "agent_version": VERSION,
        }

    def _kept_token(self) -> str:
        return read_text(self.config.token_file)

    # -- reports -------------------------------------------------------------------------------------

    async def keep_reporting(self) -> None:
        """The inventory at once, then a health sample, and health again and again."""
        self.report("inventory")
        # One after the other: the first report counts, and at its start a PC has better things to do than both.
        await asyncio.wait({self._reporting["inventory"]})
        while True:
            self.report("health")
            # Not all machines of a workshop at the same moment.
            await asyncio.sleep(self.config.health_seconds * random.uniform(0.9, 1.1))  # noqa: S311

    def report(self, what: str, *, after: float = 0.0) -> None:
        """Start collecting a report; one that is being collected already is collected again afterwards."""
        task = self._reporting.get(what)
        if task is None or task.done():
            self._reporting[what] = asyncio.create_task(self._report(what, after))
        else:
            self._again.add(what)

    async def _report(self, what: str, after: float) -> None:
        while True:
            await asyncio.sleep(after)
            self._again.discard(what)  # what is asked for from here on may come too late for this look
            await self._collect(what)
            if what not in self._again:
                return
            after = 2.0

    async def _collect(self, what: str) -> None:
        try:
            body = await collect_report(what, self.config, *self._options(what))
        except (AgentError, OSError) as problem:
            log.error("%s", problem)
            return
        if what == "inventory":
            self._last_inventory = body
            if self.outbox.spool.full:
                self._owed = True  # it can be taken again, better than anything that is in there already
                return
        self.outbox.keep(INVENTORY if what == "inventory" else HEALTH, body)
        log.info("%s taken %.1f s after the start", what, time.monotonic() - self.started)

    def _options(self, what: str) -> tuple[str, ...]:
        """At home drives are asked with every fourth sample or so, not with each."""
        if what != "health":
            return ()
        now = time.monotonic()
        if self.config.mode == "resident" and now - self._drives_asked < DRIVES_SECONDS * 0.95:
            return ("--without-drives",)
        self._drives_asked = now
        return ()

    async def watch_devices(self, monitor: DeviceMonitor | None = None) -> None:
        """Drives and screens that come and go while the live image runs."""
        from agent.monitor import DeviceMonitor

        try:
            monitor = monitor or DeviceMonitor()
        except Exception as problem:  # libudev missing: the machine still works, without hot-plug
            log.warning("drives and screens that come and go can't be watched: %s", problem)
            await asyncio.Event().wait()
            return
        async for event in monitor.events():
            if event.what == "drive":
                self.outbox.keep(DRIVE_EVENT, event.body)
            self._changed.set()

    async def tell_changes(self) -> None:
        """After each change the inventory with it, from a quick look; then a whole one."""
        while True:
            await quiet(self._changed)
            await self._tell_quickly()
            self.report("inventory", after=2.0)

    async def _tell_quickly(self) -> None:
        if not self._last_inventory:
            return  # the first whole inventory is under way
        try:
            look = await collect_report("inventory", self.config, "--quick")
        except (AgentError, OSError) as problem:
            log.error("%s", problem)
            return
        inventory = with_changes(self._last_inventory, look)
        if inventory is not None:
            self._last_inventory = inventory
            self.outbox.keep(INVENTORY, inventory)

    # -- the state, for the console of the machine ---------------------------------------------------

    def _tell(self, state: str, message: str) -> None:
        self._linked = state == "linked"
        if message:
            log.info("%s: %s", state, message)
        status = {
            "state": state,
            "message": message,
            "since": now_text(),
            "controller_url": self.config.controller_url,
            "mode": self.config.mode,
            "agent_version": VERSION,
            "pid": os.getpid(),
            **self.machine,
        }
        with contextlib.suppress(OSError):
            write_json(self.config.state_dir / "status.json", status)


def run_agent(config: Config) -> None:
    """Run until told to stop."""
    Path(config.state_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(Agent(config).run())
