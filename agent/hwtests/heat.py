"""The processor's temperature, clock and slowing down, from sysfs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.collectors.sensors import collect_sensors
from agent.files import read_int

# Sensors in or at the processor, the best first. The firmware's thermal zone is the last resort: it may be the case's.
CHIPS = ("coretemp", "k10temp", "zenpower", "k8temp", "fam15h_power", "via_cputemp", "cpu_thermal", "x86_pkg_temp")
LAST_CHIPS = ("acpitz", "thinkpad", "dell_smm", "hp", "asus")


@dataclass(frozen=True)
class Heat:
    """The hottest of the processor's sensors, and where it slows down; °C, None where unknown."""

    celsius: float | None
    limit: float | None


def read_heat(root: Path = Path("/")) -> Heat:
    """The processor now."""
    readings = [sensor for sensor in collect_sensors(root) if sensor["kind"] == "temperature"]
    for chips in (CHIPS, LAST_CHIPS):
        own = [sensor for sensor in readings if sensor["chip"] in chips]
        if own:
            # coretemp's critical temperature is TjMax, where Intel processors slow down (Documentation/hwmon/coretemp).
            limits = [s["critical"] for s in own if s["chip"] == "coretemp" and s["critical"]]
            return Heat(max(sensor["value"] for sensor in own), min(limits, default=None))
    return Heat(None, None)


@dataclass(frozen=True)
class Throttling:
    """How often and how long the processor slowed down because of heat since the start of the system."""

    events: int
    seconds: float
    counted: bool


def read_throttling(root: Path = Path("/")) -> Throttling:
    """The counters of Intel's processors (Documentation/ABI/testing/sysfs-devices-system-cpu, thermal_throttle)."""
    folders = list((root / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle"))

    def highest(name: str) -> int:
        return max((read_int(folder / name) or 0 for folder in folders), default=0)

    # Each core has its own count; a package's is the same on all of them: the highest is what one of them had.
    events = max(highest("core_throttle_count"), highest("package_throttle_count"))
    milliseconds = max(highest("core_throttle_total_time_ms"), highest("package_throttle_total_time_ms"))
    return Throttling(events, milliseconds / 1000, bool(folders))


def mean_mhz(root: Path = Path("/")) -> float | None:
    """The cores' clock now, on average."""
    paths = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq")
    found = [khz / 1000 for path in paths if (khz := read_int(path))]
    return round(sum(found) / len(found), 1) if found else None


def base_mhz(root: Path = Path("/")) -> float | None:
    """The clock that the processor is sold for, where its driver says it (intel_pstate, acpi_cppc)."""
    cpu = root / "sys/devices/system/cpu/cpu0"
    khz = read_int(cpu / "cpufreq/base_frequency")
    if khz:
        return khz / 1000
    mhz = read_int(cpu / "acpi_cppc/nominal_freq")
    return float(mhz) if mhz else None
