"""How a run of an agent is measured, wherever it is."""

from __future__ import annotations

import statistics
from typing import Any

OURS = ("recyclerie-agent", "inspect", "--json")

# Runs a command, its output to a file; prints seconds, CPU seconds and the largest resident set of its processes.
MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
with open(sys.argv[1], "wb") as out:
    status = subprocess.run(sys.argv[2:], stdout=out, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"status": status, "seconds": round(time.monotonic() - began, 3), "peak_bytes": used.ru_maxrss * 1024,
                  "cpu_seconds": round(used.ru_utime + used.ru_stime, 3)}))
"""


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of several runs, and all their seconds."""
    return {
        "seconds": statistics.median(run["seconds"] for run in runs),
        "cpu_seconds": statistics.median(run["cpu_seconds"] for run in runs),
        "peak_bytes": int(statistics.median(run["peak_bytes"] for run in runs)),
        "all": [run["seconds"] for run in runs],
    }
