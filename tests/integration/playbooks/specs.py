"""Job specs as the controller writes them, for the disks of a rig PC."""

from __future__ import annotations

import json
import time
from typing import Any

from agent.protocol import DriveKey, EraseSpec
from agent.protocol_erase import ErasePlan
from tests.rig import RigDisk, RigPC


def drive_key(disk: RigDisk) -> DriveKey:
    """What an authorisation names of a disk."""
    facts = disk.facts
    return {"serial": facts.serial, "wwn": facts.wwn, "model": facts.model, "size_bytes": disk.size_bytes}


def overwrite_plan() -> ErasePlan:
    """One pass of zeros, all of it read back: what a drive of the rig gets."""
    return {
        "preparations": [],
        "techniques": [
            {"technique": "overwrite-zero", "level": "clear", "expected_seconds": 1.0, "interruptible": True}
        ],
        "writer": "direct",
        "validation": {"mode": "sampled", "share": 0.1, "slices": 1000},
        "overwrite_validation": {"mode": "full", "share": 1.0, "slices": 1},
        "canaries": 0,
        "minimum": "clear",
    }


def erase_spec(pc: RigPC, disk: RigDisk, job_id: str) -> EraseSpec:
    """An authorised erase of one disk."""
    return {
        "job_id": job_id,
        "kind": "erase",
        "authorisation_id": 7,
        "authorised_by": "user:3",
        "chassis": dict(pc.chassis),  # type: ignore[typeddict-item]
        "drive": drive_key(disk),
        "plan": overwrite_plan(),
    }


def wait_result(pc: RigPC, job_id: str, timeout: float = 90) -> dict[str, Any]:
    """The job's result.json, once it is there."""
    path = pc.root / "run/recyclerie/jobs" / job_id
    deadline = time.monotonic() + timeout
    while True:
        text = pc.ssh(f"cat /run/recyclerie/jobs/{job_id}/result.json 2>/dev/null || true")
        if text:
            return dict(json.loads(text))
        if time.monotonic() > deadline:
            raise AssertionError(pc.ssh(f"tail -n 30 /run/recyclerie/jobs/{job_id}/*; true") or f"nothing in {path}")
        time.sleep(0.2)
