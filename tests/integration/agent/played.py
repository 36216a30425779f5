"""A played PC for the agent: settings with a rig, and job folders run by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
CHASSIS_FIELDS = (
    "system_uuid system_serial board_serial chassis_serial manufacturer product version sku asset_tag chassis_type"
).split()


def chassis(**facts: str) -> dict[str, str]:
    """A chassis of which only some fields are known."""
    return dict.fromkeys(CHASSIS_FIELDS, "") | {"system_serial": "PF0ABCDE", "product": "Played PC"} | facts


def erase_plan(*techniques: str, **more: Any) -> dict[str, Any]:
    """An ErasePlan: these techniques in this order (zeros where none is named), everything read back."""
    full = {"mode": "full", "share": 1.0, "slices": 1}
    plan = {
        "preparations": [],
        "techniques": [
            {"technique": name, "level": "clear", "expected_seconds": 1.0, "interruptible": True}
            for name in techniques or ("overwrite-zero",)
        ],
        "writer": "direct", "validation": full, "overwrite_validation": full, "canaries": 0, "minimum": "clear",
    }  # fmt: skip
    return plan | more


class PlayedPC:
    """Settings of one agent in a folder of its own; its drives are the ones a test gives it."""

    def __init__(self, folder: Path, *, url: str = "https://127.0.0.1:9", ca_file: Path | None = None) -> None:
        self.folder = folder
        self.jobs_dir = folder / "jobs"
        self.state_dir = folder / "state"
        self.settings_path = folder / "agent.json"
        self.drives: dict[str, dict[str, Any]] = {}
        self.chassis = chassis()
        self.timing: dict[str, float] = {"gather": 0.0, "settle": 3.0}  # see agent.jobs.erase_techniques.bench
        self.rig: dict[str, Any] = {}
        self.extra_environment: dict[str, str] = {}
        self.settings: dict[str, Any] = {
            "mode": "live",
            "controller_url": url,
            "ca_file": str(ca_file or folder / "ca.crt"),
            "token_file": str(folder / "token"),
            "state_dir": str(self.state_dir),
            "jobs_dir": str(self.jobs_dir),
            "image_version": "test",
        }
        self.write()

    def plug(self, path: str, **facts: Any) -> dict[str, Any]:
        """Plug a drive in; returns the key an authorisation would hold, without its size."""
        known = {
            "serial": "S1TEST", "wwn": "0x5000c500a1b2c3d4", "model": "TEST DISK 1",
            "rotational": False, "transport": "sata",
        }  # fmt: skip
        self.drives[path] = known | facts
        self.write()
        drive = self.drives[path]
        return {"serial": drive["serial"], "wwn": drive["wwn"], "model": drive["model"]}

    def write(self) -> None:
        """Write the settings again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rig = {
            "chassis": self.chassis, "drives": self.drives, "nics": [{"name": "eth0", "mac": "52:54:00:00:00:01"}],
            "timing": self.timing, **self.rig,
        }  # fmt: skip
        self.settings_path.write_text(json.dumps(self.settings | {"rig": rig}))

    def job(self, job_id: str, **spec: Any) -> Path:
        """A job's folder with its spec."""
        folder = self.jobs_dir / job_id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.json").write_text(json.dumps({"job_id": job_id, "chassis": self.chassis} | spec))
        return folder

    def erase_job(self, key: dict[str, Any], job_id: str = "r1-erase-d1", **more: Any) -> Path:
        """An erase of one drive."""
        spec: dict[str, Any] = {
            "kind": "erase",
            "authorisation_id": 7,
            "authorised_by": "u-1",
            "drive": key,
            "plan": erase_plan(),
        }
        return self.job(job_id, **(spec | more))

    def command(self, *arguments: str) -> list[str]:
        """The agent's command with these settings."""
        return [sys.executable, "-m", "agent", "--config", str(self.settings_path), *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        """Where the command finds the code."""
        return dict(os.environ, PYTHONPATH=str(ROOT)) | self.extra_environment | more

    def run_job(self, folder: Path, timeout: float = 120) -> dict[str, Any]:
        """Run a job with the real command; its result."""
        done = subprocess.run(
            self.command("job", str(folder)),
            capture_output=True, text=True, timeout=timeout, env=self.environment(), check=False,
        )  # fmt: skip
        result = folder / "result.json"
        assert result.exists(), done.stdout + done.stderr
        return dict(json.loads(result.read_text()))
