"""nwipe: its call, and what its own log says, recorded from nwipe 0.38."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.jobs.erase_nwipe import judge_log, nwipe_command
from tests.unit.agent.recordings import HARDWARE, needs_recordings, text


def writer() -> dict[str, Any]:
    return {"bytes_written": 0, "bytes_expected": 4294967296, "errors": [], "completed": False, "stopped": ""}


def test_the_device_is_always_named() -> None:
    command = nwipe_command("/dev/sdb", Path("/j/nwipe"), Path("/j/nwipe.log"))
    assert command[-1] == "/dev/sdb"
    assert [part for part in command if part.startswith("/dev")] == ["/dev/sdb"]
    for option in ("--autonuke", "--nogui", "--nowait", "--noblank", "--verify=last"):
        assert option in command
    for bad in ("", "sdb", "--all"):
        with pytest.raises(ValueError, match="not a device"):
            nwipe_command(bad, Path("/j"), Path("/l"))


@needs_recordings
def test_a_recorded_success() -> None:
    judged = judge_log(writer(), text(HARDWARE / "erase-tools/qemu-nwipe-throughput.txt"), "/dev/vda")
    assert judged["completed"]
    assert judged["errors"] == []
    assert judged["bytes_written"] == 4294967296
    assert judged["version"] == "0.38"


@needs_recordings
def test_another_drives_success_is_not_ours() -> None:
    judged = judge_log(writer(), text(HARDWARE / "erase-tools/qemu-nwipe-throughput.txt"), "/dev/vdb")
    assert not judged["completed"]
    assert judged["bytes_written"] == 0
    assert judged["stopped"]


@needs_recordings
@pytest.mark.parametrize("column", [0, 1, 2])
def test_errors_in_the_summary_count(column: int) -> None:
    said = text(HARDWARE / "erase-tools/qemu-nwipe-throughput.txt")
    cells = ["           0", "                    0", "                    0"]
    row = "       vda |" + " |".join(cells)
    assert row in said
    cells[column] = cells[column][:-1] + "3"
    judged = judge_log(writer(), said.replace(row, "       vda |" + " |".join(cells)), "/dev/vda")
    assert len(judged["errors"]) == 1
    failed = judge_log(writer(), said.replace("| Erased |", "| FAILED |"), "/dev/vda")
    assert not failed["completed"]
