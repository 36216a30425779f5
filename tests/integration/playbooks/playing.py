"""Plays a playbook on a rig PC through ansible-runner, over SSH with the host key pinned, as the controller does."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from tests.rig import RigPC
from tests.rig.site import REPOSITORY

PLAYBOOKS = REPOSITORY / "playbooks"


@dataclass(kw_only=True)
class Played:
    """What a play came to."""

    status: str
    data: dict[str, Any] = field(default_factory=dict)  # what it set as ``recyclerie``
    error: str = ""  # the last failed task's own words
    changed: int = 0
    everything: str = ""  # every event and file the run left, to look for what must not be there


def play(pc: RigPC, playbook: str, variables: dict[str, Any] | None = None, profile: str = "mini") -> Played:
    """Runs one playbook to its end."""
    private = Path(tempfile.mkdtemp(prefix="rcy-play-"))
    try:
        _prepare(private, pc, variables or {}, profile)
        result = Played(status="")
        events: list[dict[str, Any]] = []
        run = ansible_runner.run(
            private_data_dir=str(private),
            project_dir=str(PLAYBOOKS),
            playbook=playbook,
            quiet=True,
            verbosity=3,
            event_handler=events.append,
            envvars={
                "ANSIBLE_ROLES_PATH": str(PLAYBOOKS / "roles"),
                "ANSIBLE_NOCOLOR": "1",
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # ansible-playbook is beside python
            },
        )
        result.status = str(run.status)
        for event in events:
            data = event.get("event_data") or {}
            if event["event"] == "playbook_on_stats":
                result.data = (data.get("artifact_data") or {}).get("recyclerie") or {}
                result.changed = sum((data.get("changed") or {}).values())
            elif event["event"] in ("runner_on_failed", "runner_on_unreachable"):
                result.error = str((data.get("res") or {}).get("msg") or result.error)
        artifacts = [path.read_text(errors="replace") for path in (private / "artifacts").rglob("*") if path.is_file()]
        result.everything = json.dumps(events) + "\n".join(artifacts)
        if not events or not result.status:
            result.error = result.everything
        return result
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _prepare(private: Path, pc: RigPC, variables: dict[str, Any], profile: str) -> None:
    for name in ("env", "inventory"):
        (private / name).mkdir()
    known = private / "known_hosts"
    known.write_text(f"{pc.address} {pc.host_key()}\n")
    options = ["-F none", f"-o UserKnownHostsFile={known}", "-o StrictHostKeyChecking=yes", "-o IdentitiesOnly=yes"]
    host = {
        "ansible_host": pc.address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(pc.bench.key),
        "ansible_ssh_args": " ".join([*options, "-o ControlMaster=auto", "-o ControlPersist=10s"]),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_pipelining": True,
    }
    inventory = {"all": {"children": {f"profile_{profile}": {"hosts": {pc.name: host}}}}}
    (private / "inventory" / "hosts.json").write_text(json.dumps(inventory))
    (private / "inventory" / "group_vars").symlink_to(REPOSITORY / "inventory" / "group_vars")
    (private / "env" / "extravars").write_text(json.dumps(variables))
