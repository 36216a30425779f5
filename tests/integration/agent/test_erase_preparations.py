"""What is done to a drive before it is erased, played by tool doubles over real loop devices."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agent.loops import LoopDisk, can_use_loops
from tests.integration.agent.played import erase_plan
from tests.tooldouble.drive import opened
from tests.tooldouble.workbench import Workbench

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")

MIB = 2**20
SIZE = 16 * MIB
SAMPLED = {"mode": "sampled", "share": 0.25, "slices": 100}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.raw", SIZE) as disk:
        disk.put(5 * MIB, b"a donor's letter")
        yield disk


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def erase(bench: Workbench, key: dict[str, Any], *techniques: str, job: str = "r1-erase-d1-1", **more: Any) -> Any:
    plan = erase_plan(*techniques, validation=SAMPLED, canaries=6, **more)
    return bench.pc.run_job(bench.pc.erase_job(key, job, plan=plan))


def prepared(result: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(p["name"], p["ok"]) for p in result["result"]["evidence"]["preparations"]]


FROZEN: dict[str, Any] = {"security": {"frozen": True}, "sanitize_kinds": []}


def test_a_frozen_drive_is_thawed_by_a_suspend(bench: Workbench, disk: LoopDisk) -> None:
    result = erase(bench, bench.plug(disk, "ata", **FROZEN), "ata-security-erase", preparations=["thaw"])
    assert prepared(result) == [("thaw", True)]
    record = result["result"]["evidence"]["preparations"][0]
    slept = [c["argv"] for c in record["commands"] if c["tool"].endswith("rtcwake")]
    assert [argv[1:] for argv in slept] == [["-m", "mem", "-s", "0"]]
    assert result["result"]["outcome"] == "erased"
    assert result["result"]["evidence"]["technique"] == "ata-security-erase"


def test_a_frozen_sanitize_is_thawed_too(bench: Workbench, disk: LoopDisk) -> None:
    key = bench.plug(disk, "ata", sanitize={"frozen": True})
    result = erase(bench, key, "ata-sanitize-block", preparations=["thaw"])
    assert prepared(result) == [("thaw", True)]
    assert result["result"]["outcome"] == "erased"


@pytest.mark.parametrize(
    ("fault", "said"), [("unavailable", "the machine can't sleep"), ("useless", "is still frozen")]
)
def test_a_drive_that_stays_frozen_is_put_to_the_technician(
    bench: Workbench, disk: LoopDisk, fault: str, said: str
) -> None:
    key = bench.plug(disk, "ata", **FROZEN, faults={"suspend": fault})
    result = erase(bench, key, "ata-security-erase", "overwrite-zero", preparations=["thaw"])
    assert prepared(result) == [("thaw", False)]
    detail = result["result"]["evidence"]["preparations"][0]["detail"]
    assert said in detail
    assert "unplug and replug" in detail
    first, second = result["result"]["evidence"]["attempts"]
    assert (first["outcome"], second["outcome"]) == ("refused", "completed")
    assert result["result"]["evidence"]["technique"] == "overwrite-zero"


def test_a_played_pc_never_sleeps_by_itself(bench: Workbench, disk: LoopDisk) -> None:
    bench.pc.rig = {}
    result = erase(
        bench, bench.plug(disk, "ata", **FROZEN), "ata-security-erase", "overwrite-zero", preparations=["thaw"]
    )
    assert "a played PC does not sleep" in result["result"]["evidence"]["preparations"][0]["detail"]


def test_the_machine_sleeps_only_while_no_drive_is_at_work(bench: Workbench, disk: LoopDisk, tmp_path: Path) -> None:
    """Two drives at once, one of them frozen: the other one's job waits until the machine has slept."""
    with LoopDisk(tmp_path / "other.raw", SIZE) as other:
        frozen = bench.plug(disk, "ata", **FROZEN)
        free = bench.plug(other, "ata", serial="S2TEST", seconds=1.5)
        jobs = [
            bench.pc.erase_job(free, "r1-erase-d2-1", plan=erase_plan("ata-sanitize-block", canaries=6)),
            bench.pc.erase_job(
                frozen, "r1-erase-d1-1", plan=erase_plan("ata-security-erase", canaries=6, preparations=["thaw"])
            ),
        ]
        running = [subprocess.Popen(bench.pc.command("job", str(j)), env=bench.pc.environment()) for j in jobs]
        for process in running:
            process.wait(60)
        results = [json.loads((job / "result.json").read_text()) for job in jobs]
        assert [r["result"]["outcome"] for r in results] == ["erased", "erased"]
        calls = bench.state(other)["calls"]
        slept = [index for index, call in enumerate(calls) if call[0] == "slept"]
        began = [index for index, call in enumerate(calls) if "--sanitize-block-erase" in call]
        assert slept
        assert max(slept) < min(began)


def test_a_drive_left_locked_by_a_power_cut_is_unlocked_and_erased(bench: Workbench, disk: LoopDisk) -> None:
    """Security erase, the machine killed in the middle of it, and the next plug-in."""
    key = bench.plug(disk, "ata", sanitize_kinds=[], seconds=60)
    folder = bench.pc.erase_job(key, "r1-erase-d1-1", plan=erase_plan("ata-security-erase", canaries=6))
    process = subprocess.Popen(bench.pc.command("job", str(folder)), env=bench.pc.environment())
    until = time.monotonic() + 30
    while not bench.calls(disk, "--security-erase"):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (folder / "result.json").exists()
    bench.power_cut(disk)
    assert bench.state(disk)["security"]["locked"]
    with opened(bench.file(disk)) as drive:
        drive.state["seconds"] = 0.2
    # The plan is the old one: at its inspection the drive was not locked.
    result = erase(bench, key, "ata-security-erase", job="r1-erase-d1-2")
    evidence = result["result"]["evidence"]
    assert prepared(result) == [("unlock", True)]
    assert "locked with our temporary password" in evidence["preparations"][0]["detail"]
    assert evidence["resumed_from"] == "r1-erase-d1-1"
    told = " ".join(one["what"] for one in evidence["interruptions"])
    assert "r1-erase-d1-1 on this drive was cut off" in told
    assert "locked by a password" in told
    assert result["result"]["outcome"] == "erased"
    assert not bench.state(disk)["security"]["enabled"]


def test_a_foreign_password_is_told_and_nothing_is_written(bench: Workbench, disk: LoopDisk) -> None:
    key = bench.plug(disk, "ata", security={"enabled": True, "locked": True}, password="the donor's")
    result = erase(bench, key, "ata-security-erase", "overwrite-zero", preparations=["unlock"])
    assert prepared(result) == [("unlock", False)]
    assert "not ours" in result["error"]
    assert result["result"]["outcome"] == "not_erased"
    assert result["result"]["evidence"]["attempts"] == []
    assert b"letter" in disk.file.read_bytes()
    assert len(bench.calls(disk, "--security-unlock")) == 1  # five wrong ones, and the drive takes none


@pytest.mark.parametrize("frozen", [False, True])
def test_a_drive_that_the_firmware_opened_is_overwritten(bench: Workbench, disk: LoopDisk, frozen: bool) -> None:
    security = {"enabled": True, "frozen": frozen}
    key = bench.plug(disk, "ata", security=security, password="the donor's")
    result = erase(bench, key, "ata-security-erase", "overwrite-zero")
    assert prepared(result) == [("unlock", True)]
    assert [a["outcome"] for a in result["result"]["evidence"]["attempts"]] == ["refused", "completed"]
    assert result["result"]["outcome"] == "erased"
    assert bench.state(disk)["password"] == "the donor's"


def test_a_sanitize_goes_on_after_a_power_cut_and_is_not_claimed(bench: Workbench, disk: LoopDisk) -> None:
    under_way = {"state": "in progress", "kind": "block", "began": time.time()}
    state: dict[str, Any] = {"sanitize": under_way, "seconds": 6.0}
    result = erase(bench, bench.plug(disk, "ata", **state), "ata-sanitize-crypto")
    evidence = result["result"]["evidence"]
    assert "begun before this job" in evidence["interruptions"][0]["what"]
    assert [(a["technique"], a["outcome"]) for a in evidence["attempts"]] == [("ata-sanitize-crypto", "completed")]
    assert result["result"]["outcome"] == "erased"


def test_a_sanitize_from_before_that_never_ends(bench: Workbench, disk: LoopDisk) -> None:
    state: dict[str, Any] = {"sanitize": {"state": "in progress", "kind": "block"}, "faults": {"sanitize": "stall"}}
    result = erase(bench, bench.plug(disk, "nvme", **state), "nvme-sanitize-block", "overwrite-zero")
    assert [a["outcome"] for a in result["result"]["evidence"]["attempts"]] == ["stalled"]
    assert result["result"]["outcome"] == "unknown"


HIDDEN = 4 * MIB


@pytest.fixture
def clipped(tmp_path: Path) -> Iterator[LoopDisk]:
    """A drive of which the system sees 16 MiB, and that has 20."""
    with LoopDisk(tmp_path / "clipped.raw", SIZE) as disk:
        yield disk


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("hpa", {"native": (SIZE + HIDDEN) // 512, "real": (SIZE + HIDDEN) // 512}),
        ("ama", {"native": (SIZE + HIDDEN) // 512, "real": (SIZE + HIDDEN) // 512, "ama": True}),
        ("dco", {"real": (SIZE + HIDDEN) // 512}),
    ],
)
def test_what_is_hidden_is_uncovered_and_erased(
    bench: Workbench, clipped: LoopDisk, kind: str, state: dict[str, Any]
) -> None:
    key = bench.plug(clipped, "ata", **state) | {"native_bytes": SIZE + HIDDEN}
    result = erase(bench, key, preparations=[f"remove-{kind}"])
    evidence = result["result"]["evidence"]
    assert (prepared(result), result["error"]) == ([(f"remove-{kind}", True)], "")
    assert evidence["hidden_found"] == [{"kind": kind, "visible_bytes": SIZE, "native_bytes": SIZE + HIDDEN}]
    assert evidence["hidden_left"] == []
    assert evidence["drive_before"]["size_bytes"] == SIZE
    assert evidence["drive_after"]["size_bytes"] == evidence["size_bytes_reported"] == SIZE + HIDDEN
    assert evidence["writer"]["bytes_written"] == evidence["validator"]["bytes_read"] == SIZE + HIDDEN
    assert evidence["size_bytes_native"] == SIZE + HIDDEN
    assert result["result"]["outcome"] == "erased"


def test_both_an_hpa_and_a_dco(bench: Workbench, clipped: LoopDisk) -> None:
    native, real = (SIZE + HIDDEN) // 512, (SIZE + 2 * HIDDEN) // 512
    key = bench.plug(clipped, "ata", native=native, real=real) | {"native_bytes": SIZE + 2 * HIDDEN}
    result = erase(bench, key, preparations=["remove-hpa", "remove-dco"])
    assert prepared(result) == [("remove-hpa", True), ("remove-dco", True)]
    assert result["result"]["evidence"]["writer"]["bytes_written"] == SIZE + 2 * HIDDEN
    assert result["result"]["outcome"] == "erased"


def test_cut_off_after_the_growth_it_goes_on_only_with_the_recorded_size(bench: Workbench, clipped: LoopDisk) -> None:
    sectors = (SIZE + HIDDEN) // 512
    key = bench.plug(clipped, "ata", native=sectors, real=sectors)
    with opened(bench.file(clipped)) as drive:
        drive.grow(sectors)  # what the job before the power cut did
    refused = erase(bench, key, preparations=["remove-hpa"])
    assert "size in bytes" in refused["error"]
    without_removal = erase(bench, key | {"native_bytes": SIZE + HIDDEN}, job="r1-erase-d1-2")
    assert "size in bytes" in without_removal["error"]
    assert without_removal["result"]["evidence"]["attempts"] == []
    key |= {"native_bytes": SIZE + HIDDEN}
    result = erase(bench, key, preparations=["remove-hpa"], job="r1-erase-d1-3")
    assert result["result"]["outcome"] == "erased"
    found = result["result"]["evidence"]["hidden_found"]
    assert found == [{"kind": "hpa", "visible_bytes": SIZE, "native_bytes": SIZE + HIDDEN}]


@pytest.mark.parametrize(
    ("state", "preparation", "said"),
    [
        ({"faults": {"max-sectors": "refuse"}, "native": 40000, "real": 40000}, "remove-hpa", "exit status 5"),
        ({"faults": {"max-sectors": "noop"}, "native": 40000, "real": 40000}, "remove-hpa", "does not yet"),
        ({"faults": {"dco": "frozen"}, "real": 40000}, "remove-dco", "does not tell its factory size"),
        ({"native": 50000, "real": 50000}, "remove-hpa", "inspect it again"),
    ],
)
def test_what_stays_hidden_is_no_erase(
    bench: Workbench, clipped: LoopDisk, state: dict[str, Any], preparation: str, said: str
) -> None:
    key = bench.plug(clipped, "ata", **state) | {"native_bytes": 40000 * 512}
    result = erase(bench, key, preparations=[preparation])
    assert prepared(result) == [(preparation, False)]
    assert said in result["error"]
    assert result["result"]["outcome"] == "not_erased"
    assert result["result"]["evidence"]["attempts"] == []
