"""Starts long work as systemd units on this machine, once for each job id, however often it is asked.

A job is a folder (spec.json, later progress.json and result.json, log) and a unit that runs
``recyclerie-agent job FOLDER``. The spec may hold secrets: it reaches the folder as a file of mode 0600 and is on
no command line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")
# What makes a job this job. A token renewed since doesn't make it another; another drive does.
IDENTITY = ("job_id", "kind", "chassis", "drive", "profile", "plan", "expect", "validation")
KINDS = ("erase", "install", "recheck", "test")
STARTED, RUNNING, FINISHED, LOST = "started", "running", "finished", "lost"


class JobProblem(Exception):
    """A job that can't be started; the text says which, why and what to do next. It holds no value of the spec."""


def unit_name(job_id: str) -> str:
    """The unit that runs a job."""
    return f"recyclerie-job-{job_id}.service"


def _unit_is_loaded(job_id: str) -> bool:
    argv = ["systemctl", "show", "--property=ActiveState", "--value", unit_name(job_id)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise JobProblem(f"systemd doesn't answer: {done.stderr.strip()}. Restart the machine and try again.")
    return done.stdout.strip() in ("active", "activating", "deactivating", "reloading")


def job_state(folder: Path) -> str:
    """``running``, ``finished``, ``lost`` (died without a result), or "" for a job that never began.

    A spec without unit, progress or log is what a play leaves that was killed right before it started the unit.
    """
    if (folder / "result.json").exists():
        return FINISHED
    if _unit_is_loaded(folder.name):
        return RUNNING
    if (folder / "result.json").exists():  # it ended between the two questions
        return FINISHED
    log = folder / "log"
    began = (folder / "progress.json").exists() or (log.exists() and log.stat().st_size > 0)
    return LOST if began else ""


def check_spec(spec: Mapping[str, Any]) -> str:
    """The spec's job id. Raises JobProblem when it can't name a folder and a unit."""
    job_id = spec.get("job_id")
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise JobProblem("A job without a usable job_id can't be started: this is a fault of the controller.")
    if spec.get("kind") not in KINDS:
        raise JobProblem(f"Job {job_id} is of no known kind: update the live image and the controller together.")
    return job_id


def write_spec(folder: Path, spec: Mapping[str, Any]) -> None:
    """Writes spec.json, readable by root only, in one step."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    fresh = folder / f".spec.{os.getpid()}"
    with open(fresh, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(spec, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / "spec.json")


def same_job(folder: Path, spec: Mapping[str, Any]) -> bool:
    """Whether the folder's spec is of the same work on the same drive."""
    try:
        known = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True  # nothing usable was written: it is written anew
    return all(known.get(field) == spec.get(field) for field in IDENTITY)


def systemd_run(folder: Path, agent: str) -> None:
    """Starts the unit. It outlives the SSH session and the agent's service."""
    output = folder / "output"  # what it says before it opens its log: a traceback, at worst
    properties = {
        "StandardOutput": f"append:{output}",
        "StandardError": f"append:{output}",
        "OOMScoreAdjust": "-500",
        "KillMode": "mixed",
        "TimeoutStopSec": "20",
        "UMask": "0077",
    }
    argv = ["systemd-run", "--quiet", "--collect", "--no-ask-password", f"--unit={unit_name(folder.name)}"]
    argv += [f"--description=Recyclerie job {folder.name}"]
    argv += [f"--property={name}={value}" for name, value in properties.items()]
    done = subprocess.run([*argv, agent, "job", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0 and "already loaded" not in done.stderr:
        said = done.stderr.strip() or f"systemd-run ended with {done.returncode}"
        raise JobProblem(f"Job {folder.name} could not start: {said}. Restart the machine and try again.")


def start_job(jobs_dir: Path, spec: Mapping[str, Any], agent: str) -> str:
    """Starts one job unless it is there already; returns its state."""
    job_id = check_spec(spec)
    folder = jobs_dir / job_id
    if folder.exists():
        if not same_job(folder, spec):
            raise JobProblem(
                f"A job {job_id} for another drive or machine is on this machine already: start the step again."
            )
        state = job_state(folder)
        if state:
            return state
    write_spec(folder, spec)
    systemd_run(folder, agent)
    return STARTED
