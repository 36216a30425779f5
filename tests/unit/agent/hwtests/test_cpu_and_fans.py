"""The processor under load, its temperature and clock from sysfs, the fans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.hwtests import load
from agent.hwtests.forked import listen
from agent.hwtests.heat import Heat, Throttling, base_mhz, mean_mhz, read_heat, read_throttling
from agent.hwtests.programs import cpu, fans


def lay(root: Path, files: dict[str, str]) -> Path:
    """Files of a played sysfs."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


def test_the_known_results_are_right_on_this_machine() -> None:
    assert load.wrong() == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("hashes", lambda: "00", "hashing"),
        ("unpacks", lambda: False, "compression"),
        ("powers", lambda: 1, "multiplication"),
        ("floats", lambda: 2000999.9, "square roots"),
    ],
)
def test_a_wrong_result_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: Any, said: str) -> None:
    monkeypatch.setattr(load, name, value)
    assert load.wrong() == [said]


def test_each_core_works_and_a_core_that_computes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "hashes", lambda: "00")
    workers = load.burn(0)
    for _ in listen(workers, 0.05):
        pass
    counted = cpu.counted(workers)
    assert counted["threads"] == len(workers) > 0
    assert counted["rounds"] == counted["wrong_results"] == len(workers)
    assert counted["wrong_cpus"] == sorted(worker.said["cpu"] for worker in workers)


CORETEMP = {
    "sys/class/hwmon/hwmon0/name": "coretemp",
    "sys/class/hwmon/hwmon0/temp1_input": "55000",
    "sys/class/hwmon/hwmon0/temp1_crit": "100000",
    "sys/class/hwmon/hwmon0/temp2_input": "61000",
    "sys/class/hwmon/hwmon0/temp2_crit": "100000",
}
ZONE = {"sys/class/hwmon/hwmon1/name": "acpitz", "sys/class/hwmon/hwmon1/temp1_input": "80000"}
RYZEN = {"sys/class/hwmon/hwmon0/name": "k10temp", "sys/class/hwmon/hwmon0/temp1_input": "48500"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, Heat(None, None)),
        (CORETEMP, Heat(61.0, 100.0)),
        (CORETEMP | ZONE, Heat(61.0, 100.0)),  # the firmware's zone is not the processor's own
        (ZONE, Heat(80.0, None)),
        (RYZEN, Heat(48.5, None)),
        ({"sys/class/hwmon/hwmon0/name": "nvme", "sys/class/hwmon/hwmon0/temp1_input": "70000"}, Heat(None, None)),
    ],
)
def test_the_processors_temperature(tmp_path: Path, files: dict[str, str], said: Heat) -> None:
    assert read_heat(lay(tmp_path, files)) == said


def test_throttling_and_clock(tmp_path: Path) -> None:
    assert read_throttling(tmp_path) == Throttling(0, 0.0, counted=False)
    assert (mean_mhz(tmp_path), base_mhz(tmp_path)) == (None, None)
    cpus = "sys/devices/system/cpu"
    lay(
        tmp_path,
        {
            f"{cpus}/cpu0/thermal_throttle/core_throttle_count": "4",
            f"{cpus}/cpu0/thermal_throttle/core_throttle_total_time_ms": "1500",
            f"{cpus}/cpu0/thermal_throttle/package_throttle_count": "6",
            f"{cpus}/cpu1/thermal_throttle/core_throttle_count": "2",
            f"{cpus}/cpu0/cpufreq/scaling_cur_freq": "2000000",
            f"{cpus}/cpu1/cpufreq/scaling_cur_freq": "1000000",
            f"{cpus}/cpu0/acpi_cppc/nominal_freq": "2600",
        },
    )
    assert read_throttling(tmp_path) == Throttling(6, 1.5, counted=True)
    assert (mean_mhz(tmp_path), base_mhz(tmp_path)) == (1500.0, 2600.0)
    lay(tmp_path, {f"{cpus}/cpu0/cpufreq/base_frequency": "2400000"})
    assert base_mhz(tmp_path) == 2400.0


CPU: dict[str, Any] = {
    "threads": 4, "rounds": 100, "wrong_results": 0, "wrong_cpus": [], "idle_celsius": 45.0, "load_celsius": 80.0,
    "limit_celsius": 100.0, "throttle_events": 0, "throttled_seconds": 0.0, "load_mhz": 2600, "base_mhz": 2400.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "lost", "outcome", "words"),
    [
        ({}, 0, "pass", ""),
        ({"load_celsius": None, "limit_celsius": None, "load_mhz": None, "throttle_events": None}, 0, "pass", ""),
        ({"wrong_results": 2, "wrong_cpus": [1, 3]}, 0, "fail", "2 times wrong, on core 1, 3"),
        ({}, 1, "fail", "1 of 4 cores broke off"),
        ({"throttled_seconds": 12.0, "throttle_events": 80}, 0, "degraded", "slowed down because of heat at 80 °C"),
        ({"throttled_seconds": 0.2, "throttle_events": 1}, 0, "pass", ""),
        ({"throttled_seconds": 0.0, "throttle_events": 30}, 0, "degraded", "slowed down"),  # an old kernel: no time
        ({"load_celsius": 95.0}, 0, "pass", ""),
        ({"load_celsius": 96.0}, 0, "degraded", "reached 96 °C, its limit is 100 °C"),
        ({"load_celsius": 91.0, "limit_celsius": None}, 0, "degraded", "its limit is 95 °C"),
        ({"load_mhz": 1200}, 0, "degraded", "1200 MHz under load, it is sold for 2400 MHz"),
        ({"load_mhz": 2200}, 0, "pass", ""),
    ],
)
def test_what_the_processors_figures_mean(figures: dict[str, Any], lost: int, outcome: str, words: str) -> None:
    judged = cpu.judge(CPU | figures, kinds=["hashing"], lost=lost)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason


@pytest.mark.parametrize(("count", "most"), [(0, 60), (1, 60), (60, 60), (61, 60), (1000, 60)])
def test_a_profile_is_thinned_and_keeps_its_end(count: int, most: int) -> None:
    thinned = cpu.thinned([float(n) for n in range(count)], most)
    assert len(thinned) <= most
    assert not count or thinned[-1] == count - 1
    assert thinned == sorted(thinned)


@pytest.mark.parametrize(
    ("idle", "loaded", "celsius", "outcome", "words"),
    [
        ({"chip fan1": 1200}, {"chip fan1": 2400}, 70.0, "pass", ""),
        ({"a": 0, "b": 0}, {"a": 0, "b": 900}, 70.0, "pass", ""),  # the other socket is empty
        ({"a": 0}, {"a": 0}, 88.0, "fail", "No fan turns, and the processor is at 88 °C"),
        ({"a": 0}, {"a": 0}, 55.0, "degraded", "No fan turned under load at 55 °C"),
        ({"a": 0}, {"a": 0}, None, "degraded", "No fan turned under load:"),
    ],
)
def test_what_fans_say(
    idle: dict[str, int], loaded: dict[str, int], celsius: float | None, outcome: str, words: str
) -> None:
    judged = fans.judge(idle, loaded, celsius)
    assert judged.outcome == outcome
    assert words in judged.reason
    assert judged.figures["fan_rpm"] == max(loaded.values())
