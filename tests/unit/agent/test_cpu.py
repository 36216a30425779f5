"""The processor out of real lscpu output."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.collectors.cpu import parse_lscpu
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

RECORDINGS = recorded("lscpu/**/*") + recorded("machines/peracotta/*/lscpu.txt")


@needs_recordings
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: str(path.relative_to(HARDWARE)))
def test_every_recorded_processor(path: Path) -> None:
    said = text(path)
    cpu = parse_lscpu(said)
    assert cpu["model"]
    assert cpu["model"] == " ".join(cpu["model"].split())
    assert cpu["vendor"] in ("GenuineIntel", "AuthenticAMD", "CentaurHauls")
    assert cpu["architecture"] in ("x86_64", "i686")
    assert 1 <= cpu["sockets"] <= cpu["cores"] <= cpu["threads"]
    per_core = re.search(r"Thread\(s\) per core: *(\d+)", said)
    assert per_core
    online = re.search(r"^On-line CPU\(s\) list: *(\S+)", said, re.MULTILINE)
    if online and "," not in online.group(1):
        assert cpu["threads"] == cpu["cores"] * int(per_core.group(1))
    assert cpu["max_mhz"] is None or 300 <= cpu["max_mhz"] <= 7000


def test_nothing_gives_nothing() -> None:
    cpu = parse_lscpu("")
    assert (cpu["model"], cpu["cores"], cpu["max_mhz"]) == ("", None, None)
    assert parse_lscpu("Socket(s): -\nCore(s) per socket: many\nCPU max MHz: ,")["cores"] is None
