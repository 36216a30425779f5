"""The tests of a machine on real parts: what isn't worth the work stops there, and what a power cut leaves."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runs.workshop import Workshop
from tests.lab.waiting import wait_until
from tests.rig import RigPC
from tests.rig.fixtures import MakePC

pytestmark = [pytest.mark.rig, pytest.mark.timeout(300)]
MIB = 1024**2
PROGRAMS = Path("usr/lib/recyclerie/agent/hwtests/programs")
# The memory of the computer that runs the tests is good: what a bad one makes the program say is said here.
BAD = """

def test(request: Request) -> Outcome:
    total = 2**30
    figures = {"errors": 3, "corrected": 0, "uncorrected": 0, "tested_bytes": total, "total_bytes": total}
    return Outcome("fail", "3 words came back wrong.", figures)


if __name__ == "__main__":
    run_script(test)
"""
SLOW = """

def test(request: Request) -> Outcome:
    import time

    time.sleep(25)
    return Outcome("pass", "", {})


if __name__ == "__main__":
    run_script(test)
"""


def replace_program(pc: RigPC, name: str, code: str) -> None:
    """Another program under the same header, in the running live system."""
    path = pc.root / PROGRAMS / f"{name}.py"
    lines = path.read_text().splitlines(keepends=True)
    header = "".join(lines[: lines.index("# ///\n") + 1])
    path.write_text(f"{header}from agent.hwtests.script import Outcome, Request, run_script\n{code}")


def on_the_bench(shop: Workshop, make_pc: MakePC) -> RigPC:
    """A PC that runs the live system and waits in quarantine."""
    pc = make_pc(disks=[shop.bench.disk(96 * MIB)], site=shop.site())
    pc.power_on()
    shop.wait_machine(pc)
    return pc


def results_of(shop: Workshop, machine: int) -> dict[str, dict[str, Any]]:
    found = shop.technician.get(f"/api/machines/{machine}/tests")
    return {result["name"]: result for result in found}


def test_bad_memory_stops_the_run_until_a_person_carries_on(shop: Workshop, make_pc: MakePC) -> None:
    pc = on_the_bench(shop, make_pc)
    replace_program(pc, "memory", BAD)
    machine = shop.admit(pc, shop.technician.new_lot("Ville d'Exemple", 1, "mini"))
    view = shop.wait_state(machine, "held", timeout=120)
    assert "memory" in view["held_reason"]
    assert "arry on" in view["held_reason"]
    run = view["run"]
    assert {s["name"]: s["state"] for s in run["steps"]}["test"] == "failed"
    assert view["erasures"] == []
    results = results_of(shop, machine)
    assert (results["memory"]["outcome"], results["memory"]["reason"]) == ("fail", "3 words came back wrong.")
    assert len(results) > 3  # the others were done all the same
    shop.kill()  # it stays so
    shop.start()
    assert shop.technician.machine(machine)["state"] == "held"

    shop.technician.post(f"/api/runs/{run['id']}/carry-on")
    shop.wait_step(machine, "authorise", "waiting")
    view = shop.technician.machine(machine)
    assert (view["state"], view["held_reason"]) == ("inspected", "")
    (waived,) = [e for e in shop.technician.get("/api/ledger") if e["kind"] == "tests.waived"]
    assert waived["actor"].startswith("user:")
    assert shop.command("ledger", "verify").endswith("the chain holds\n")


def test_the_plug_pulled_in_the_middle_of_the_tests(shop: Workshop, make_pc: MakePC) -> None:
    """They start over by themselves, and the run goes on."""
    pc = on_the_bench(shop, make_pc)
    replace_program(pc, "memory", SLOW)
    machine = shop.admit(pc, shop.technician.new_lot("Ville d'Exemple", 1, "mini"))

    def testing() -> bool:
        jobs = (shop.technician.machine(machine)["run"] or {}).get("jobs", [])
        return any(job["kind"] == "test" and job["state"] == "running" for job in jobs)

    wait_until(testing, "the tests run", 90, poll=0.2, hint=shop.hint)
    pc.power_off(hard=True)
    pc.power_on()  # a fresh live system: with the program as it was
    shop.wait_step(machine, "authorise", "waiting", timeout=180)
    view = shop.technician.machine(machine)
    assert [(job["id"].rsplit("-", 1)[1], job["state"]) for job in view["run"]["jobs"]] == [
        ("1", "lost"),
        ("2", "succeeded"),
    ]
    assert {s["name"]: s["state"] for s in view["run"]["steps"]}["test"] == "succeeded"
    tested = [e for e in shop.technician.get("/api/ledger") if e["kind"] == "machine.tested"]
    assert [e["body"]["job"] for e in tested] == ["r1-test-all-2"]


def test_the_tests_are_run_again_while_its_authorisation_is_waited_for(shop: Workshop, make_pc: MakePC) -> None:
    pc = on_the_bench(shop, make_pc)
    machine = shop.admit(pc, shop.technician.new_lot("Ville d'Exemple", 1, "mini"))
    shop.wait_step(machine, "authorise", "waiting", timeout=120)
    before = results_of(shop, machine)
    shop.technician.post(f"/api/machines/{machine}/tests/run")
    shop.wait_step(machine, "test", "running")
    shop.wait_step(machine, "authorise", "waiting", timeout=120)
    after = results_of(shop, machine)
    assert set(after) == set(before)
    assert all(after[name]["id"] > before[name]["id"] for name in after)


# What the page on the PC's screen does once a person has answered; the page itself has tests of its own.
ANSWER = """
import shlex
from pathlib import Path
from agent.hands_on.answers import sessions
(answers,) = [one for one in sessions(Path("/run/recyclerie")) if one.request()["session"] == "{session}"]
answers.save([{{"name": "screen", "subsystem": "screen", "target": "", "outcome": "fail", "reason": "Two dead dots.",
    "figures": {{"dead_dots": 2}}, "started_at": "2026-01-01T10:00:00Z", "seconds": 9.0, "automatic": False}}])
answers.end()
"""


def test_asked_from_the_dashboard_answered_at_the_pc(shop: Workshop, make_pc: MakePC) -> None:
    """From the button to the machine's page, through the agent on both ways."""
    pc = on_the_bench(shop, make_pc)
    pc.wait_ssh()
    machine = shop.admit(pc, shop.technician.new_lot("Ville d'Exemple", 1, "mini"))
    wait_until(lambda: shop.technician.machine(machine)["boot"]["linked"], "it is linked", 60, poll=0.2, hint=shop.hint)
    session = shop.technician.post(f"/api/machines/{machine}/tests/hands-on", tests=["screen"], language="en")[
        "session"
    ]

    def asked() -> bool:
        return session in pc.ssh("sh", "-c", "'cat /run/recyclerie/hands-on/*/request.json 2>/dev/null || true'")

    wait_until(asked, "the PC knows what is asked of it", 30, poll=0.5, hint=shop.hint)
    code = ANSWER.format(session=session)
    pc.ssh("sh", "-c", shlex.quote(f"PYTHONPATH=/usr/lib/recyclerie python3 -c {shlex.quote(code)}"))
    wait_until(lambda: "screen" in results_of(shop, machine), "the answer is kept", 30, poll=0.2, hint=shop.hint)
    screen = results_of(shop, machine)["screen"]
    assert (screen["outcome"], screen["reason"], screen["automatic"]) == ("fail", "Two dead dots.", False)
    told = [e for e in shop.technician.get("/api/ledger") if e["body"].get("session") == session]
    assert [(e["kind"], e["actor"], e["body"]["outcomes"]) for e in told] == [
        ("machine.tested", f"machine:{machine}", {"fail": 1})
    ]
