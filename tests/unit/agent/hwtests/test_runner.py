"""Scheduling: parallel together, exclusive alone, lanes in sequence, what is missing skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.header import Header, Runs
from agent.hwtests.machine import Machine, Target
from agent.hwtests.plan import NOT_BEGUN, Planned, UnderWay, plan_tests, time_left
from agent.hwtests.runner import TestRun
from agent.protocol_tests import HardwareTestResult, Subsystem
from tests.unit.agent.hwtests.programs import SAYS, program

# Says it is there, waits for the others of its group, then passes: it can only end when all run at once.
MEETS = """
    import json, os, sys, time
    request = json.load(sys.stdin)
    me = request["target"].get("me", {name!r})
    open(os.path.join({folder!r}, me), "w").close()
    while len(os.listdir({folder!r})) < {count}:
        time.sleep(0.02)
    print(json.dumps({{"outcome": "pass"}}))
"""
# Fails when another one is at work.
ALONE = """
    import json, os, time
    if os.listdir({folder!r}):
        print(json.dumps({{"outcome": "fail", "reason": str(os.listdir({folder!r}))}}))
    else:
        path = os.path.join({folder!r}, {name!r})
        open(path, "w").close()
        time.sleep(0.3)
        os.unlink(path)
        print(json.dumps({{"outcome": "pass"}}))
"""


def run(planned: list[Planned], **more: Any) -> list[HardwareTestResult]:
    """Run to the end; the results."""
    going = TestRun(planned, Machine(), {}, **more)
    going.run()
    return going.results()


def once(header: Header, key: str = "", **facts: Any) -> Planned:
    return Planned(header, Target(key, facts))


def meeting(folder: Path, name: str, count: int, **header: Any) -> Header:
    place = folder / "meeting"
    place.mkdir(exist_ok=True)
    return program(folder, name, MEETS.format(folder=str(place), name=name, count=count), **header)


def test_parallel_tests_run_together_and_one_on_several_drives(tmp_path: Path) -> None:
    drives = meeting(tmp_path, "drive", 4, subsystem="drive")
    planned = [
        *(once(drives, key, me=key) for key in ("d1", "d2", "d3")),
        once(meeting(tmp_path, "other", 4, subsystem="clock")),
    ]
    assert [(r["name"], r["target"], r["outcome"]) for r in run(planned)] == [
        ("drive", "d1", "pass"),
        ("drive", "d2", "pass"),
        ("drive", "d3", "pass"),
        ("other", "", "pass"),
    ]


def test_exclusive_tests_run_alone_and_so_do_two_tests_of_one_drive(tmp_path: Path) -> None:
    folder = tmp_path / "at-work"
    folder.mkdir()

    def alone(name: str, **header: Any) -> Header:
        return program(tmp_path, name, ALONE.format(folder=str(folder), name=name), **header)

    planned = [
        once(alone("first", runs="exclusive")),
        once(alone("drive-a", subsystem="drive"), "d1"),
        once(alone("drive-b", subsystem="drive"), "d1"),
        once(alone("second", runs="exclusive")),
    ]
    assert [(r["outcome"], r["reason"]) for r in run(planned)] == [("pass", "")] * 4


def test_a_result_has_everything_that_the_controller_wants(tmp_path: Path) -> None:
    header = program(tmp_path, "thing", SAYS, subsystem="clock")
    result = run([once(header, "T1")])[0]
    assert set(result) == set(HardwareTestResult.__annotations__)
    assert (result["name"], result["subsystem"], result["target"]) == ("thing", "clock", "T1")
    assert result["automatic"] is True
    assert result["seconds"] > 0
    assert json.dumps(result)


def test_what_is_missing_is_skipped_with_what_is_missing(tmp_path: Path) -> None:
    needs = ["tool:no-such-tool|nor-this", "path:/no/such*", "module:no_such_module", "controller", "magic"]
    headers = [
        program(tmp_path, "needy", SAYS, needs=needs),
        program(tmp_path, "lonely", SAYS, targets="batteries"),
        program(tmp_path, "strange", SAYS, targets="teapots"),
        program(tmp_path, "content", SAYS, needs=["tool:sh", "path:/proc/self/stat*", "module:json"]),
    ]
    machine = Machine(root=tmp_path)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/status").touch()
    results = {result["name"]: result for result in run(plan_tests(headers, machine))}
    assert results["needy"]["outcome"] == "skipped"
    assert results["needy"]["reason"] == (
        "Missing here: the program no-such-tool or nor-this, /no/such*, the Python module no_such_module, "
        "settings that name a controller, the unknown need 'magic'."
    )
    assert results["lonely"]["reason"] == "This machine has no battery."
    assert results["strange"]["outcome"] == "skipped"
    assert results["content"]["outcome"] == "pass"


def test_the_medium_that_we_run_from_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def drives(*_: Any, **__: Any) -> list[dict[str, Any]]:
        return [
            {"path": "/dev/sda", "serial": "STICK", "boot_medium": True},
            {"path": "/dev/sdb", "serial": "", "boot_medium": False},
        ]

    monkeypatch.setattr("agent.hwtests.machine.collect_drives", drives)
    planned = plan_tests([program(tmp_path, "reader", SAYS, targets="drives")], Machine())
    assert [(one.target.key, one.skip) for one in planned] == [
        ("STICK", "/dev/sda is what this system runs from."),
        ("/dev/sdb", ""),
    ]


def test_a_list_that_can_not_be_made_is_a_problem_not_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def drives(*_: Any, **__: Any) -> list[dict[str, Any]]:
        raise OSError("the bus is on fire")

    monkeypatch.setattr("agent.hwtests.machine.collect_drives", drives)
    machine = Machine()
    assert machine.targets("drives") == []
    assert "the bus is on fire" in machine.problems[0]


def test_results_of_before_are_not_made_again(tmp_path: Path) -> None:
    header = program(tmp_path, "counts", f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n" + SAYS)
    planned = [once(header, "a"), once(header, "b")]
    first = run(planned[:1])
    going = TestRun(planned, Machine(), {}, done=[*first, {**first[0], "target": "unplugged"}])
    going.run()
    assert [result["target"] for result in going.results()] == ["a", "b"]
    assert (tmp_path / "runs").read_text() == "xx"


def test_who_is_stopped_leaves_no_result_and_begins_no_other(tmp_path: Path) -> None:
    sleeper = program(tmp_path, "sleeper", f"open({str(tmp_path / 'up')!r}, 'w').close()\nimport time; time.sleep(900)")
    later = program(tmp_path, "later", SAYS, runs="exclusive")
    done = program(tmp_path, "skipped-one", SAYS, targets="batteries")
    planned = [once(sleeper), once(later), Planned(done, Target("", {}), "none here")]
    results = run(planned, stopping=(tmp_path / "up").exists)
    assert [result["name"] for result in results] == ["skipped-one"]


def test_who_shows_the_progress_can_not_stop_the_tests(tmp_path: Path) -> None:
    def broken() -> None:
        raise OSError("no space left")

    assert run([once(program(tmp_path, "thing", SAYS))], on_change=broken)[0]["outcome"] == "pass"


def header_of(name: str, runs: Runs, seconds: float, subsystem: Subsystem = "usb") -> Header:
    return Header(
        name=name,
        title=name,
        subsystem=subsystem,
        runs=runs,
        limit_seconds=999,
        usual_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("running", "seconds"),
    [
        ({}, 10 + 60 + 20),  # the longest lane, then the exclusive ones
        ({("self", "d1"): UnderWay(0.5, 20)}, 20 + 10 + 20),  # half of it took 20 s: 20 more
        ({("self", "d1"): UnderWay(0.01, 15)}, 45 + 10 + 20),  # too early to tell: what is usual
        ({("self", "d1"): UnderWay(0.0, 500)}, 30 + 20),  # over its time
    ],
)
def test_time_left(running: dict[tuple[str, str], UnderWay], seconds: float) -> None:
    planned = [
        once(header_of("self", "parallel", 60, "drive"), "d1"),
        once(header_of("read", "parallel", 10, "drive"), "d1"),
        once(header_of("self", "parallel", 30, "drive"), "d2"),
        once(header_of("memory", "exclusive", 20)),
        Planned(header_of("absent", "exclusive", 5000), Target("", {}), "none"),
    ]
    assert time_left(planned, running, {}) == pytest.approx(seconds)
    assert NOT_BEGUN.left(7) == 7
