"""What many agents cost one controller process: ``python -m tests.bench.link_agents [--agents 1000]``.

Real sockets, real TLS, the agent's own connection, back-off and heartbeats; only the machines are simulated.
The controller is killed and started again: how long until all are back, and how wide they spread.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench.results import save
from tests.integration.assist.world import World
from tests.lab.waiting import wait_until

SETTLE_SECONDS = 15.0
HEARTBEAT_SECONDS = 10


def add_machines(world: World, count: int) -> list[str]:
    """So many machines at home, with a boot each; their tokens."""
    from controller.access.secrets import hash_secret
    from controller.database import utcnow
    from controller.machines.tables import Boot, Machine, ResidentToken

    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    now = utcnow()
    with world.core.database.write() as session:
        for number, token in enumerate(tokens, start=1):
            session.add(
                Machine(
                    id=number,
                    site="main",
                    tag=f"R-{number:06d}",
                    state_name="delivered",
                    state_since=now,
                    created_at=now,
                    accepted_at=now,
                    held_params={},
                    conflict_with=[],
                )
            )
            session.add(ResidentToken(machine_id=number, token_hash=hash_secret(token), created_at=now))
        session.flush()
        for number in range(1, count + 1):
            session.add(
                Boot(
                    machine_id=number,
                    mode="resident",
                    boot_id=secrets.token_hex(16),
                    secret_hash=secrets.token_hex(32),
                    status="accepted",
                    address="127.0.0.1",
                    announced_at=now,
                    last_heard_at=now,
                )
            )
    return tokens


class Simulated:
    """Agents without machines. Says on standard output, once a second, how many are linked and what they sent."""

    def __init__(self, url: str, ca_file: Path, tokens: list[str]) -> None:
        from agent.link.tls import client_context

        self.url, self.tokens = url, tokens
        self.context = client_context(ca_file)
        self.linked: set[int] = set()
        self.heartbeats = 0
        self.attempts: list[float] = []  # when a connection was tried

    async def run(self) -> None:
        """For ever."""
        agents = [asyncio.create_task(self.agent(number, token)) for number, token in enumerate(self.tokens)]
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            self.attempts = [at for at in self.attempts if at > now - 1]
            said = {"linked": len(self.linked), "heartbeats": self.heartbeats, "tries_per_second": len(self.attempts)}
            print(json.dumps(said), flush=True)
            if any(agent.done() for agent in agents):
                next(agent for agent in agents if agent.done()).result()

    async def agent(self, number: int, token: str) -> None:
        """One: the real connection, back-off and spread, an empty outbox."""
        from agent.link.backoff import Backoff
        from agent.link.connection import Connection, LinkLost
        from agent.link.outbox import Outbox
        from agent.service import SPREAD_SECONDS

        backoff = Backoff(3.0, 120.0, SPREAD_SECONDS)
        await asyncio.sleep(number / 60)  # the first time they are switched on one after the other
        while True:

            def heartbeat() -> dict[str, Any]:
                self.heartbeats += 1
                return {"uptime_seconds": 1, "load": [0, 0, 0], "jobs": [], "spooled": 0, "agent_version": "bench"}

            async def hear(kind: str, _: dict[str, Any]) -> None:
                if kind == "welcome":
                    self.linked.add(number)
                    backoff.reset()

            connection = Connection(Outbox(NoSpool()), hear, heartbeat, HEARTBEAT_SECONDS)  # type: ignore[arg-type]
            self.attempts.append(time.monotonic())
            try:
                await connection.run(self.url, token, self.context)
            except LinkLost as problem:
                self.linked.discard(number)
                backoff.spread = connection.spread_seconds or backoff.spread
                await asyncio.sleep(backoff.next_delay(problem.retry_seconds))


class NoSpool:
    """Nothing is kept."""

    def after(self, _: int) -> tuple[()]:
        """Nothing waits."""
        return ()

    def drop(self, _: str) -> None:
        """Nothing is dropped."""


class Watched:
    """The simulated agents, in a process of their own, and what they said last."""

    def __init__(self, folder: Path, url: str, ca_file: Path, tokens: list[str]) -> None:
        (folder / "tokens.json").write_text(json.dumps(tokens))
        command = [sys.executable, "-m", "tests.bench.link_agents", "--simulate", url, str(ca_file)]
        self.out = (folder / "simulated.jsonl").open("w+")
        self.process = subprocess.Popen([*command, str(folder / "tokens.json")], stdout=self.out)

    def last(self) -> dict[str, Any]:
        """The newest line."""
        lines = [line for line in Path(self.out.name).read_text().splitlines() if line.endswith("}")]
        return dict(json.loads(lines[-1])) if lines else {"linked": 0, "heartbeats": 0, "tries_per_second": 0}


def cost(world: World, seconds: float, watched: Watched) -> dict[str, float]:
    """CPU, memory and heartbeats of the controller over so many seconds."""
    assert world.process is not None
    process = psutil.Process(world.process.pid)
    before, beats, began = process.cpu_times(), watched.last()["heartbeats"], time.monotonic()
    time.sleep(seconds)
    after, took = process.cpu_times(), time.monotonic() - began
    used = after.user + after.system - before.user - before.system
    return {
        "rss_bytes": float(process.memory_info().rss),
        "cpu_share": used / took,
        "heartbeats_per_second": (watched.last()["heartbeats"] - beats) / took,
    }


def measure(count: int) -> dict[str, Any]:
    """The figures for so many agents."""
    os.environ["RECYCLERIE_CONFIG"] = "/nonexistent"
    world = World(Path(tempfile.mkdtemp(prefix="rcy-bench-")))
    world.settings.heartbeat_seconds = HEARTBEAT_SECONDS
    watched = None
    try:
        tokens = add_machines(world, count)
        world.start()
        assert world.process is not None
        empty = psutil.Process(world.process.pid).memory_info().rss
        url = world.core.controller_url
        watched = Watched(world.folder, url, world.core.keys.ca, tokens)
        wait_until(lambda: watched.last()["linked"] == count, "all are linked", 60 + count / 10, poll=0.5)
        time.sleep(SETTLE_SECONDS)
        idle = cost(world, 30, watched)
        world.kill()
        wait_until(lambda: watched.last()["linked"] == 0, "all have noticed", 90, poll=0.2)
        world.start()
        began, cpu, most, half = time.monotonic(), psutil.Process(world.process.pid), 0, None
        while (last := watched.last())["linked"] < count:
            most = max(most, last["tries_per_second"])
            if half is None and last["linked"] >= count / 2:
                half = time.monotonic() - began
            if time.monotonic() - began > 600:
                break
            time.sleep(0.2)
        times = cpu.cpu_times()
        return {
            "agents": count,
            "empty_rss_bytes": empty,
            "per_agent_bytes": (idle["rss_bytes"] - empty) / count,
            **idle,
            "back": {
                "all_after_seconds": time.monotonic() - began,
                "half_after_seconds": half,
                "linked": watched.last()["linked"],
                "most_tries_per_second": most,
                "cpu_seconds": times.user + times.system,
            },
        }
    finally:
        if watched is not None:
            watched.process.kill()
            watched.process.wait()
        world.close()


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, nargs="+", default=[1000])
    parser.add_argument("--simulate", nargs=3)
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    if given.simulate:
        url, ca_file, tokens = given.simulate
        import uvloop  # so many TLS connections in one process would else take a gigabyte

        uvloop.run(Simulated(url, Path(ca_file), json.loads(Path(tokens).read_text())).run())
        return
    figures = {str(count): measure(count) for count in given.agents}
    print(json.dumps(figures, indent=1))
    save("link_agents", "make bench-link", figures)


if __name__ == "__main__":
    main()
