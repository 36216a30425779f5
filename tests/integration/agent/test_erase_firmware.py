"""Drives that erase themselves, played by tool doubles over real loop devices: every technique, every lie.

The doubles really erase (or really don't); the job, the canaries and the validator are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.jobs.erase_techniques import nvme_format
from agent.jobs.erase_techniques.commands import run_tool
from agent.protocol import DriveKey
from controller.erasure.claim import claim
from tests.integration.agent.loops import LoopDisk, can_use_loops
from tests.integration.agent.played import erase_plan
from tests.tooldouble.workbench import Workbench

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")

MIB = 2**20
SIZE = 24 * MIB
SAMPLED = {"mode": "sampled", "share": 0.25, "slices": 100}
EVERY = (
    ("ata", "ata-sanitize-crypto"),
    ("ata", "ata-sanitize-block"),
    ("ata", "ata-sanitize-overwrite"),
    ("ata", "ata-security-erase-enhanced"),
    ("ata", "ata-security-erase"),
    ("nvme", "nvme-sanitize-crypto"),
    ("nvme", "nvme-sanitize-block"),
    ("nvme", "nvme-format-crypto"),
    ("nvme", "nvme-format-user-data"),
    ("scsi", "scsi-sanitize-crypto"),
    ("scsi", "scsi-sanitize-block"),
    ("scsi", "scsi-sanitize-overwrite"),
    ("mmc", "mmc-sanitize"),
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.raw", SIZE) as disk:
        disk.put(0, (b"a donor's letter " * 400)[:4096])
        disk.put(9 * MIB + 17, b"another letter")
        yield disk


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def plan(*techniques: str, **more: Any) -> dict[str, Any]:
    """These techniques, ten canaries, sampled reading."""
    return erase_plan(*techniques, validation=SAMPLED, canaries=10, **more)


def erase(bench: Workbench, key: dict[str, Any], *techniques: str, job: str = "r1-erase-d1-1", **more: Any) -> Any:
    return bench.pc.run_job(bench.pc.erase_job(key, job, plan=plan(*techniques, **more)))


def claimed(result: dict[str, Any], key: dict[str, Any]) -> tuple[str, str]:
    """What the controller makes of the evidence: outcome and level."""
    drive = DriveKey(serial=key["serial"], wwn=key["wwn"], model=key["model"], size_bytes=key["size_bytes"])
    verdict = claim(result["result"]["evidence"], drive)
    return verdict.outcome, verdict.level


def attempts(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(a["technique"], a["outcome"]) for a in result["result"]["evidence"]["attempts"]]


@pytest.mark.parametrize(("bus", "technique"), EVERY)
def test_each_technique_erases_and_is_proven(bench: Workbench, disk: LoopDisk, bus: str, technique: str) -> None:
    key = bench.plug(disk, bus)
    result = erase(bench, key, technique)
    evidence = result["result"]["evidence"]
    assert (result["state"], result["error"]) == ("succeeded", "")
    assert evidence["technique"] == technique
    # Overwriting leaves a solid state drive's spare area, whoever does it; so may a normal security erase.
    clear = technique in ("ata-sanitize-overwrite", "scsi-sanitize-overwrite", "ata-security-erase", "mmc-sanitize")
    assert claimed(result, key) == ("erased", "clear" if clear else "purge")
    attempt = evidence["attempts"][0]
    assert attempt["accepted"]
    assert attempt["in_progress_seen"] == ("-sanitize-" in technique)
    assert evidence["canaries"]["written"]
    assert {0, SIZE - 4096} <= set(evidence["canaries"]["places"])
    validator = evidence["validator"]
    assert (validator["expect"], validator["mode"]) == ("changed", "sampled")
    assert validator["canaries_checked"] == 10
    assert validator["canaries_found"] == validator["unchanged"] == []
    assert evidence["erase_facts_before"][bus] is not None
    for command in attempt["commands"]:
        assert command["exit_status"] == 0, command
        assert command["version"] or command["tool"] == "mmc"
    assert b"letter" not in disk.file.read_bytes()


@pytest.mark.parametrize(("bus", "technique"), EVERY)
def test_a_drive_that_does_nothing_is_caught(bench: Workbench, disk: LoopDisk, bus: str, technique: str) -> None:
    """The negative control: every tool says yes, every log says success, and the data is still there."""
    noop = dict.fromkeys(("sanitize", "security-erase", "format", "erase"), "noop")
    key = bench.plug(disk, bus, faults=noop)
    result = erase(bench, key, technique)
    assert claimed(result, key) == ("not_erased", "")
    evidence = result["result"]["evidence"]
    assert attempts(result) == [(technique, "completed")]
    assert result["result"]["outcome"] == "not_erased"
    assert evidence["validator"]["canaries_found"]
    assert evidence["validator"]["unchanged"]
    assert b"letter" in disk.file.read_bytes()


def test_format_without_ses_is_caught(bench: Workbench, disk: LoopDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the issue: take ``--ses`` out of our own command, and the evidence must say no."""

    def without_ses(records: list[Any], argv: list[str], **more: Any) -> Any:
        return run_tool(records, [word for word in argv if not word.startswith("--ses")], **more)

    monkeypatch.setattr(nvme_format, "run_tool", without_ses)
    result = bench.run_here(bench.pc.erase_job(bench.plug(disk, "nvme"), plan=plan("nvme-format-user-data")))
    assert bench.calls(disk, "nvme", "format")
    assert not any(word.startswith("--ses") for call in bench.calls(disk, "nvme", "format") for word in call)
    assert attempts(result) == [("nvme-format-user-data", "completed")]
    assert result["result"]["outcome"] == "not_erased"
    assert result["result"]["evidence"]["validator"]["canaries_found"]
    monkeypatch.setattr(nvme_format, "run_tool", run_tool)  # and put back, it passes
    again = bench.run_here(bench.pc.erase_job(bench.plug(disk, "nvme"), "r2", plan=plan("nvme-format-user-data")))
    assert again["result"]["outcome"] == "erased"


@pytest.mark.parametrize(
    ("bus", "technique", "faults", "outcome", "said"),
    [
        ("ata", "ata-sanitize-block", {"sanitize": "bad-sense"}, "refused", "bad/missing sense data"),
        ("ata", "ata-sanitize-block", {"sanitize": "refuse"}, "refused", "exit status 5"),
        ("ata", "ata-sanitize-block", {"sanitize": "fail"}, "failed", "says that its erase failed"),
        ("ata", "ata-security-erase", {"security-set-pass": "bad-sense"}, "refused", "bad/missing sense data"),
        ("ata", "ata-security-erase", {"security-erase": "bad-sense"}, "failed", "bad/missing sense data"),
        ("ata", "ata-security-erase", {"security-erase": "fail"}, "failed", "exit status 5"),
        ("ata", "ata-security-erase", {"security-erase": "keeps-password"}, "failed", "password is still set"),
        ("nvme", "nvme-sanitize-block", {"sanitize": "refuse"}, "refused", "Invalid Command Opcode"),
        ("nvme", "nvme-sanitize-block", {"sanitize": "fail"}, "failed", "says that its erase failed"),
        ("nvme", "nvme-format-crypto", {"format": "refuse"}, "refused", "Invalid Format"),
        ("scsi", "scsi-sanitize-block", {"sanitize": "refuse"}, "refused", "Invalid opcode"),
        ("scsi", "scsi-sanitize-block", {"sanitize": "fail"}, "failed", "says that its erase failed"),
        ("mmc", "mmc-sanitize", {"erase": "refuse"}, "refused", "were not erased"),
        ("mmc", "mmc-sanitize", {"sanitize": "refuse"}, "failed", "did not sanitize itself"),
    ],
)
def test_what_the_drive_refuses_falls_back(
    bench: Workbench, disk: LoopDisk, bus: str, technique: str, faults: dict[str, str], outcome: str, said: str
) -> None:
    key = bench.plug(disk, bus, faults=faults)
    result = erase(bench, key, technique, "overwrite-zero")
    assert attempts(result) == [(technique, outcome), ("overwrite-zero", "completed")]
    # Purge was asked for, clear is what it is. An ATA drive can't be told to leave a sanitize that failed.
    stuck = bus == "ata" and outcome == "failed" and "sanitize" in technique
    assert claimed(result, key) == (("unknown", "") if stuck else ("erased", "clear"))
    evidence = result["result"]["evidence"]
    assert said in evidence["attempts"][0]["detail"]
    assert (result["result"]["outcome"], evidence["technique"]) == ("erased", "overwrite-zero")
    assert evidence["validator"]["expect"] == "zeros"
    assert disk.first_nonzero() is None
    assert not bench.state(disk)["security"]["enabled"]  # whatever happened, our password is gone


def test_a_password_that_can_not_be_taken_away_ends_the_job(bench: Workbench, disk: LoopDisk) -> None:
    """The drive would lock at the next power-on: nothing else is tried on it, and nothing is claimed."""
    key = bench.plug(disk, "ata", faults={"security-erase": "fail", "security-disable": "refuse"})
    result = erase(bench, key, "ata-security-erase", "overwrite-zero")
    assert attempts(result) == [("ata-security-erase", "failed")]
    assert "password" in result["result"]["evidence"]["attempts"][0]["log_after"]["password_left"]
    assert claimed(result, key)[0] != "erased"


@pytest.mark.parametrize(
    ("bus", "technique", "state", "said"),
    [
        ("ata", "ata-sanitize-block", {"sanitize_kinds": ["crypto"]}, "does not offer sanitize block"),
        ("ata", "ata-sanitize-block", {"sanitize_kinds": []}, "does not offer sanitize block"),
        ("ata", "ata-sanitize-block", {"sanitize": {"frozen": True}}, "frozen"),
        ("ata", "ata-security-erase", {"security": {"supported": False}}, "no ATA security"),
        ("ata", "ata-security-erase", {"security": {"frozen": True}}, "frozen"),
        ("ata", "ata-security-erase-enhanced", {"security": {"enhanced": False}}, "no enhanced"),
        ("nvme", "nvme-sanitize-crypto", {"sanicap": 0b010}, "does not offer sanitize crypto"),
        ("nvme", "nvme-format-crypto", {"fna": 0}, "does not offer a crypto erase by Format"),
        ("nvme", "nvme-format-user-data", {"oacs": 0}, "does not offer Format"),
        ("scsi", "scsi-sanitize-block", {"sanitize_kinds": ["overwrite"]}, "does not offer sanitize block"),
        ("mmc", "mmc-sanitize", {"ext_csd_sec": 0x15}, "does not offer sanitize"),
    ],
)
def test_what_the_drive_does_not_offer_is_not_sent(
    bench: Workbench, disk: LoopDisk, bus: str, technique: str, state: dict[str, Any], said: str
) -> None:
    """Capability bits are asked again right before: QEMU's NVMe takes a crypto format that it does not offer."""
    result = erase(bench, bench.plug(disk, bus, **state), technique, "overwrite-zero")
    assert attempts(result) == [(technique, "refused"), ("overwrite-zero", "completed")]
    assert said in result["result"]["evidence"]["attempts"][0]["detail"]
    words = [word for call in bench.state(disk)["calls"] for word in call]
    assert not [word for word in words if word.startswith(("--sanact", "--sanitize-block", "--ses", "--security"))]


@pytest.mark.parametrize(("bus", "technique"), [("ata", "ata-sanitize-block"), ("nvme", "nvme-sanitize-block")])
def test_an_old_success_in_the_log_is_not_ours(bench: Workbench, disk: LoopDisk, bus: str, technique: str) -> None:
    """The command is acknowledged, nothing happens, and the log says "succeeded" from long ago."""
    state: dict[str, Any] = {"sanitize": {"succeeded": True, "kind": "block"}, "faults": {"sanitize": "old-success"}}
    result = erase(bench, bench.plug(disk, bus, **state), technique)
    evidence = result["result"]["evidence"]
    assert evidence["attempts"][0]["log_before"] is not None
    assert result["result"]["outcome"] == "not_erased"
    assert evidence["validator"]["canaries_found"]
    assert not evidence["attempts"][0]["in_progress_seen"]


@pytest.mark.parametrize(
    ("bus", "technique"),
    [("ata", "ata-sanitize-block"), ("nvme", "nvme-sanitize-block"), ("scsi", "scsi-sanitize-block")],
)
def test_a_sanitize_stuck_at_nothing_is_stalled(bench: Workbench, disk: LoopDisk, bus: str, technique: str) -> None:
    """Intel's 660p: 0 % for ever. The drive takes nothing else, so no weaker technique is tried on it."""
    key = bench.plug(disk, bus, faults={"sanitize": "stall"})
    result = erase(bench, key, technique, "overwrite-zero")
    assert claimed(result, key) == ("unknown", "")
    assert attempts(result) == [(technique, "stalled")]
    assert result["result"]["outcome"] == "unknown"
    assert "no progress" in result["error"]
    assert result["result"]["evidence"]["validator"] is None


@pytest.mark.parametrize(
    ("bus", "technique", "faults"),
    [
        ("ata", "ata-sanitize-block", {"sanitize": "vanish"}),
        ("nvme", "nvme-sanitize-block", {"sanitize": "vanish"}),
        ("scsi", "scsi-sanitize-block", {"sanitize": "vanish"}),
        ("nvme", "nvme-format-user-data", {"format": "kill"}),
    ],
)
def test_a_drive_that_vanishes_is_lost(
    bench: Workbench, disk: LoopDisk, bus: str, technique: str, faults: dict[str, str]
) -> None:
    key = bench.plug(disk, bus, faults=faults)
    result = erase(bench, key, technique, "overwrite-zero")
    assert claimed(result, key) == ("unknown", "")
    assert attempts(result) == [(technique, "lost")]
    assert result["result"]["outcome"] == "unknown"
    assert "does not answer any more" in result["error"]


def test_every_namespace_is_formatted(bench: Workbench, disk: LoopDisk) -> None:
    result = erase(bench, bench.plug(disk, "nvme", namespaces=[1, 2, 7]), "nvme-format-user-data")
    assert bench.state(disk)["formatted"] == [[1, 1], [2, 1], [7, 1]]
    assert result["result"]["evidence"]["attempts"][0]["log_after"] == {"formatted": [1, 2, 7]}
    assert result["result"]["outcome"] == "erased"


def test_another_drive_on_the_same_controller_is_not_erased_with_it(bench: Workbench, disk: LoopDisk) -> None:
    key = bench.plug(disk, "nvme")
    facts = {
        "media": "nvme",
        "nvme": {
            "controller": disk.path, "format_supported": True, "crypto_format": True, "format_applies_to_all": False,
            "erase_applies_to_all": True, "sanitize_crypto": True, "sanitize_block": True,
            "sanitize_overwrite": False, "sanitize_seconds": None, "sanitize_state": "never",
            "sanitize_progress": None,
            "namespaces": [
                {"nsid": 1, "size_bytes": SIZE, "path": disk.path},
                {"nsid": 2, "size_bytes": SIZE, "path": "/dev/nvme0n2"},
            ],
        },
    }  # fmt: skip
    bench.pc.plug(disk.path, **(bench.pc.drives[disk.path] | {"erase": facts}))
    result = erase(bench, key, "nvme-format-user-data", "overwrite-zero")
    assert attempts(result) == [("nvme-format-user-data", "refused"), ("overwrite-zero", "completed")]
    assert "nvme0n2" in result["result"]["evidence"]["attempts"][0]["detail"]
    assert bench.state(disk)["formatted"] == []
