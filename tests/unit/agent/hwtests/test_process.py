"""The runner's processes: real ones that hang, crash, fork, babble and fall silent."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.process import Ended, judge_end, run_program
from tests.unit.agent.hwtests.programs import SAYS, program


def run(folder: Path, body: str, limit: float = 30, **options: Any) -> Ended:
    """A program of this body, run to its end."""
    return run_program(program(folder, "thing", body, **options), {"options": {"a": 1}}, limit)


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie of another parent counts as ended)."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def wait_until_gone(pid: int) -> None:
    """Wait for a process to end; the test's own time limit ends the waiting."""
    while not gone(pid):
        time.sleep(0.02)


def test_a_pass_with_its_figures(tmp_path: Path) -> None:
    ended = run(tmp_path, SAYS, figures={"n": "things"})
    assert (ended.outcome, ended.reason, ended.figures) == ("pass", "", {"n": 1})


def test_the_program_gets_its_request(tmp_path: Path) -> None:
    body = """
        import json, sys
        from agent.hwtests.script import Outcome, run_script
        run_script(lambda request: Outcome("degraded", "because", {"got": request.options, "t": request.target}))
    """
    ended = run_program(program(tmp_path, "thing", body), {"options": {"a": 1}, "target": {"x": 2}}, 30)
    assert (ended.outcome, ended.reason) == ("degraded", "because")
    assert ended.figures == {"got": {"a": 1}, "t": {"x": 2}}


def test_a_missing_figure_makes_no_pass(tmp_path: Path) -> None:
    ended = run(tmp_path, SAYS, figures={"n": "things", "m": "other things"})
    assert (ended.outcome, ended.reason) == ("fail", "The test did not tell m.")


def test_the_time_limit_kills_the_whole_group(tmp_path: Path) -> None:
    body = f"""
        import os, subprocess, sys, time
        child = subprocess.Popen(["sleep", "1000"])
        grandchild = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 1000 & wait"])
        open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{child.pid}} {{grandchild.pid}}")
        print('{{"figures": {{"so_far": 7}}}}', flush=True)
        time.sleep(1000)
    """
    ended = run(tmp_path, body, limit=1.5)
    assert ended.outcome == "timed_out"
    assert ended.reason == "No answer within 2 s: the test was stopped."
    assert ended.figures == {"so_far": 7}
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 3
    for pid in pids:
        wait_until_gone(pid)


def test_a_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    body = f"""
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
        time.sleep(1000)
    """
    assert run(tmp_path, body, limit=1).outcome == "timed_out"
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_program_can_tidy_up_before_it_is_killed(tmp_path: Path) -> None:
    body = f"""
        import time
        from agent.hwtests.script import Outcome, Stopped, run_script
        def test(request):
            try:
                time.sleep(1000)
            except Stopped:
                open({str(tmp_path / "tidied")!r}, "w").close()
                raise
        run_script(test)
    """
    assert run(tmp_path, body, limit=1.5).outcome == "timed_out"
    assert (tmp_path / "tidied").exists()


def test_what_a_program_leaves_behind_is_killed_too(tmp_path: Path) -> None:
    """It answers and ends, while its child holds the pipe."""
    body = f"""
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        {SAYS}
    """
    started = time.monotonic()
    assert run(tmp_path, body, limit=500).outcome == "pass"
    assert time.monotonic() - started < 400
    wait_until_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('a broken sensor')", "exit status 1 and without an outcome: ValueError: a broken sensor"),
        ("import sys; sys.exit(3)", "exit status 3 and without an outcome."),
        ("", "ended without an outcome."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "died of SIGSEGV"),
        ("this is no Python", "SyntaxError"),
        ("print('hello\\nworld')", "without an outcome: world"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\x00' * 5000)", "without an outcome"),
        ("print('[' * 100000)", "without an outcome"),
        ("print('x' * 3_000_000)", "without an outcome: a line without end"),
        ('print(\'{"outcome": "wonderful"}\')', 'without an outcome: {"outcome": "wonderful"}'),
        ("import json; print(json.dumps({'figures': 5, 'progress': 'x'}))", "without an outcome"),
        ("import os; os.close(1); os.close(0)", "ended without an outcome"),
        ("from agent.hwtests.script import run_script; run_script(lambda request: None)", "AttributeError"),
    ],
)
def test_a_crash_or_garbage_is_a_failure_in_words(tmp_path: Path, body: str, said: str) -> None:
    ended = run(tmp_path, body)
    assert ended.outcome == "fail"
    assert said in ended.reason


def test_the_last_outcome_counts_even_without_a_line_end(tmp_path: Path) -> None:
    body = """
        import sys
        print('{"outcome": "pass"}')
        print('noise')
        sys.stdout.write('{"outcome": "fail", "reason": "after all"}')
    """
    ended = run(tmp_path, body)
    assert (ended.outcome, ended.reason) == ("fail", "after all")


def test_a_program_that_closes_its_output_and_goes_on_is_ended(tmp_path: Path) -> None:
    assert run(tmp_path, "import os, time; os.close(1); time.sleep(1000)", limit=1).outcome == "timed_out"


def test_progress_is_heard_and_kept_within_its_bounds(tmp_path: Path) -> None:
    heard: list[float] = []
    body = "for share in (0.25, 7, -1): print('{\"progress\": %s}' % share)\n" + SAYS
    run_program(program(tmp_path, "thing", body), {}, 30, on_progress=heard.append)
    assert heard == [0.25, 1.0, 0.0]


def test_a_test_that_is_stopped_has_no_outcome_of_its_own(tmp_path: Path) -> None:
    header = program(tmp_path, "thing", "import time; print('{\"progress\": 0.5}', flush=True); time.sleep(1000)")
    heard: list[float] = []
    ended = run_program(header, {}, 600, on_progress=heard.append, stopping=lambda: bool(heard))
    assert ended.stopped


def test_what_travels_is_plain(tmp_path: Path) -> None:
    """Halves of surrogates, zero characters, NaN and bottomless lists would stop the job's result on its way."""
    body = """
        import json
        deep = []
        for _ in range(300):
            deep = [deep]
        figures = {"serial": "AB\\udc80\\0C", "rate": float("nan"), "most": float("inf"), "n": 1.5, "deep": deep}
        print(json.dumps({"outcome": "pass", "reason": "\\ud83d", "figures": figures}))
    """
    ended = run(tmp_path, body)
    deep = ended.figures.pop("deep")
    assert ended.figures == {"serial": "AB?C", "rate": None, "most": None, "n": 1.5}
    assert ended.reason == "?"
    assert json.dumps(deep).count("[") < 20


def test_progress_that_no_float_holds_is_no_exception(tmp_path: Path) -> None:
    heard: list[float] = []
    body = "print('{\"progress\": 1' + '0' * 400 + '}'); print('{\"progress\": NaN}')\n" + SAYS
    assert run_program(program(tmp_path, "thing", body), {}, 30, on_progress=heard.append).outcome == "pass"
    assert heard == [1.0]


def test_modules_of_the_same_name_as_a_program_stay_pythons_own(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('the wrong module')")
    assert run(tmp_path, "import random, secrets\n" + SAYS).outcome == "pass"


def test_a_python_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    ended = run(tmp_path, SAYS)
    assert (ended.outcome, ended.reason) == ("fail", "The test could not be started: No such file or directory.")


@pytest.mark.parametrize(
    ("status", "said"),
    [(None, "hangs in the kernel"), (-9, "died of SIGKILL"), (-200, "exit status -200"), (0, "without an outcome")],
)
def test_how_a_process_ended_without_an_answer(status: int | None, said: str) -> None:
    ended = judge_end(None, {"n": 1}, status, "")
    assert ended.outcome == "fail"
    assert said in ended.reason
    assert ended.figures == {"n": 1}


def test_an_answer_counts_however_the_process_ends() -> None:
    answer = {"outcome": "pass", "reason": None, "figures": {"b": 2}}
    ended = judge_end(answer, {"a": 1, "b": 1}, -9, "words")
    assert (ended.outcome, ended.reason, ended.figures) == ("pass", "", {"a": 1, "b": 2})
