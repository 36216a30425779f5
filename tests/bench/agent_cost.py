"""What the agent costs a PC: memory, CPU when nothing happens, and how soon the first report is in.

Runs the live system in the fast rig (``systemd-nspawn``, so at this machine's own speed) against a real controller.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.results import save
from tests.lab.paths import BIN
from tests.lab.processes import Process, stopping
from tests.lab.technician import Technician, wait_answering
from tests.lab.waiting import wait_until
from tests.lab.workshop import LOGIN, settings, sign_in_person
from tests.rig.network import Bench
from tests.rig.pc import RigPC
from tests.rig.site import Site

PORT, BOOT_PORT = 18443, 18080


@contextlib.contextmanager
def controller(address: str, data: Path) -> Iterator[Technician]:
    """A controller on the rig's network, and somebody signed in."""
    environment = settings(data, address, "mini") | {
        "RECYCLERIE_HOST": address,
        "RECYCLERIE_PORT": str(PORT),
        "RECYCLERIE_BOOT_PORT": str(BOOT_PORT),
    }
    password = sign_in_person(environment, data)
    process = Process("the controller", [BIN / "recyclerie", "serve"], data / "controller.log")
    with stopping(process):
        process.start(environment)
        ca, url = data / "keys" / "ca.crt", f"https://{address}:{PORT}"
        wait_answering(process, url, ca)
        technician = Technician(url, ca, LOGIN, password)
        yield technician


def reports(data: Path) -> list[tuple[str, dt.datetime]]:
    """Kind and time of each report that the controller has stored."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'recyclerie.sqlite'}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT kind, received_at FROM reports ORDER BY id").fetchall()
    return [(kind, dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)) for kind, at in rows]


def unit(pc: RigPC, name: str) -> str:
    """One property of the agent's unit."""
    return pc.ssh("systemctl", "show", "--value", "-p", name, "recyclerie-agent.service").strip()


def cpu_seconds(pc: RigPC) -> float:
    """CPU seconds of the agent and what it has run, so far (user and system, from its process)."""
    fields = pc.ssh("cat", f"/proc/{unit(pc, 'MainPID')}/stat").rsplit(")", 1)[1].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / 100  # utime, stime, cutime, cstime in 1/100 s


def first_report(pc: RigPC, data: Path) -> float:
    """Seconds from the start of the agent to its first report in the controller's database."""
    pc.ssh("systemctl", "stop", "recyclerie-agent")
    started = dt.datetime.now(dt.UTC)
    pc.ssh("systemctl", "start", "recyclerie-agent")

    def received() -> dt.datetime | None:
        return next((at for _, at in reports(data) if at > started), None)

    first = wait_until(received, "the agent's first report", 60, poll=0.05)
    time.sleep(3)  # what else it reports at its start must not be taken for the next one's
    return (first - started).total_seconds()


def measure(idle_seconds: float) -> dict[str, Any]:
    """The figures, on a PC that does nothing but wait."""
    with tempfile.TemporaryDirectory(prefix="rcy-bench-") as folder, Bench() as bench:
        data = Path(folder)
        with controller(bench.address, data) as technician:
            ca = (data / "keys" / "ca.crt").read_text()
            key = (data / "keys" / "ssh_ed25519.pub").read_text().strip()
            site = Site(controller_url=technician.url, ca_pem=ca, authorized_keys=(key,))
            with RigPC(bench, [bench.disk(64 << 20)], site=site) as pc:
                pc.power_on()
                pc.wait_ssh()
                found = wait_until(lambda: technician.find(pc.chassis["system_serial"]), "the announcement", 60)
                technician.accept(int(found["id"]))
                inspected = lambda: technician.machine(int(found["id"]))["state"] == "inspected"  # noqa: E731
                wait_until(inspected, "the end of the inspection", 120)
                times = [first_report(pc, data) for _ in range(5)]
                time.sleep(10)  # the inventory's own work must be over
                cpu, began = cpu_seconds(pc), time.monotonic()
                time.sleep(idle_seconds)
                used, lasted = cpu_seconds(pc) - cpu, time.monotonic() - began
                memory = pc.ssh("cat", f"/proc/{unit(pc, 'MainPID')}/smaps_rollup")
    return {
        "first_report_seconds": {"median": sorted(times)[2], "all": [round(value, 2) for value in times]},
        "idle_cpu_percent": round(100 * used / lasted, 3),
        "idle_measured_seconds": round(lasted),
        **{f"{name.lower()}_bytes": kilobytes(memory, name) for name in ("Rss", "Pss")},
    }


def kilobytes(smaps: str, name: str) -> int:
    """A line of smaps_rollup, in bytes."""
    match = re.search(rf"^{name}:\s+(\d+) kB", smaps, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def main() -> None:
    """Measure, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=float, default=120, help="seconds to watch the idle agent")
    figures = measure(parser.parse_args().idle)
    print(figures)
    print(save("agent", "make bench-agent", figures))


if __name__ == "__main__":
    main()
