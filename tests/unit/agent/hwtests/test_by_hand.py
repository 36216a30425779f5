"""``recyclerie-agent test``, and JSON that holds half a surrogate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent import cli
from agent.errors import AgentError
from agent.hwtests.by_hand import listing_in_words, parse_options, results_in_words, run_by_hand
from agent.hwtests.catalogue import all_tests
from agent.protocol_tests import HardwareTestResult

ROOT = Path(__file__).resolve().parents[4]


def agent(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    """The real command."""
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONIOENCODING": encoding},
    )


def test_the_list_names_every_test() -> None:
    listed = json.loads(agent("test", "--list", "--json").stdout)
    assert [one["name"] for one in listed] == [header.name for header in all_tests()]
    words = listing_in_words(listed)
    assert "drive-surface" in words
    assert "Processor under load" in words


def test_memory_and_processor_for_real() -> None:
    """The two that any host can run, with tiny options."""
    done = agent(
        "test", "memory", "cpu", "--json", "-o", "memory_seconds=1", "-o", "memory_mib=8", "-o", "cpu_seconds=0.2"
    )
    results = {one["name"]: one for one in json.loads(done.stdout)["results"]}
    assert done.returncode == 0, done.stderr
    assert results["memory"]["outcome"] == "pass", results
    assert results["memory"]["figures"]["tested_bytes"] == 8 * 2**20
    assert results["memory"]["figures"]["passes"] >= 1
    assert results["cpu"]["figures"]["wrong_results"] == 0
    assert results["cpu"]["outcome"] in ("pass", "degraded")


def test_what_this_host_lacks_is_skipped_in_words() -> None:
    names = ["battery", "camera", "clock", "fans", "graphics", "network", "sound", "wifi"]
    done = agent("test", *names, "--json", "-o", "fans_seconds=1", "-o", "battery_seconds=1")
    results = json.loads(done.stdout)["results"]
    assert {one["name"] for one in results} == set(names)
    assert b"Traceback" not in done.stderr
    for one in results:
        assert one["outcome"] != "pass" or not one["reason"]
        assert one["outcome"] == "pass" or one["reason"]
        assert "without an outcome" not in one["reason"], one


def test_a_wrong_name_or_option_is_said() -> None:
    done = agent("test", "teapot")
    assert (done.returncode, b"no test called teapot" in done.stderr) == (1, True)
    with pytest.raises(AgentError, match="has the option surface"):
        run_by_hand(["memory"], {"surface": "full"}, None)
    with pytest.raises(AgentError, match="needs hands"):
        run_by_hand([header.name for header in all_tests() if header.hands][:1] or ["x"], {}, None)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["a=1", "b=full", "c=false", "d="], {"a": 1, "b": "full", "c": False, "d": ""}),
        (["url=https://x:1/?a=b"], {"url": "https://x:1/?a=b"}),
    ],
)
def test_options(pairs: list[str], said: dict[str, object]) -> None:
    assert parse_options(pairs) == said


@pytest.mark.parametrize("pair", ["a", "=1"])
def test_a_wrong_pair_is_said(pair: str) -> None:
    with pytest.raises(AgentError, match="name=value"):
        parse_options([pair])


def test_results_in_words() -> None:
    result = HardwareTestResult(
        name="drive-surface", subsystem="drive", target="S1", outcome="timed_out", reason="Too slow.",
        figures={"n": 1, "profile": [1, 2]}, started_at="", seconds=1, automatic=True,
    )  # fmt: skip
    assert results_in_words([result]).splitlines() == ["TIMED OUT  drive-surface S1  Too slow.", "           n 1"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_with_half_a_surrogate_is_printed_with_escapes(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"serial": "AB\udc80\ud83d", "model": "é€"}
    out = tmp_path / "out"
    with out.open("w", encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        cli._print_json(value)
        monkeypatch.undo()
    assert json.loads(out.read_text(encoding=encoding)) == value


def test_plain_json_keeps_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    cli._print_json({"a": "é"})
    assert capsys.readouterr().out == '{"a": "é"}\n'
