"""A job's folder: spec.json, progress.json, result.json, log. The only thing runner and watcher share."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from agent.errors import AgentError
from agent.files import read_json, write_json

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")


class JobFolder:
    """One job. Everything is replaced atomically, so a reader never sees half a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.job_id = path.name

    @property
    def log_path(self) -> Path:
        return self.path / "log"

    @property
    def progress_path(self) -> Path:
        return self.path / "progress.json"

    @property
    def result_path(self) -> Path:
        return self.path / "result.json"

    @property
    def unit(self) -> str:
        """The systemd unit that runs this job."""
        return f"recyclerie-job-{self.job_id}.service"

    def spec(self) -> dict[str, Any]:
        """What is to be done. Raises AgentError when the folder holds no usable spec."""
        spec = read_json(self.path / "spec.json")
        if spec is None:
            raise AgentError(f"The job folder {self.path} has no readable spec.json.", hint="Start the step again.")
        if spec.get("job_id") != self.job_id or not valid_job_id(self.job_id):
            raise AgentError(
                f"The spec in {self.path} is of job {spec.get('job_id')!r}, not {self.job_id!r}.",
                hint="Start the step again.",
            )
        return spec

    def has_spec(self) -> bool:
        return (self.path / "spec.json").is_file()

    def result(self) -> dict[str, Any] | None:
        return read_json(self.result_path)

    def progress(self) -> dict[str, Any] | None:
        return read_json(self.progress_path)

    def write_progress(self, progress: dict[str, Any]) -> None:
        write_json(self.progress_path, progress)

    def write_result(self, result: dict[str, Any]) -> bool:
        """Record the end of the job, once: False when it already has one (the first one counts)."""
        temporary = self.path / f".result.{os.getpid()}"
        write_json(temporary, result, mode=0o600, durable=True)
        try:
            os.link(temporary, self.result_path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True


def valid_job_id(job_id: str) -> bool:
    """Whether a text can name a job: it becomes a folder's and a unit's name."""
    return _JOB_ID.fullmatch(job_id) is not None


def job_folders(jobs_dir: Path) -> list[JobFolder]:
    """The jobs of this machine, oldest name first."""
    try:
        names = sorted(entry.name for entry in os.scandir(jobs_dir) if entry.is_dir())
    except OSError:
        return []
    return [JobFolder(jobs_dir / name) for name in names if valid_job_id(name)]
