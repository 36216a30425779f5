"""The tests' side: a folder of drive models, the doubles on PATH, and the played PC that has these drives."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from agent.config import load_config
from agent.jobs.erase import EraseJob
from agent.jobs.folder import JobFolder
from agent.jobs.progress import Progress
from tests.integration.agent.loops import LoopDisk
from tests.integration.agent.played import ROOT, PlayedPC
from tests.tooldouble.__main__ import FOLDER, VERSIONS
from tests.tooldouble.drive import SECTOR, new_state, opened

NAMES = (*VERSIONS, "mmc")
TRANSPORTS = {"ata": "sata", "nvme": "nvme", "scsi": "scsi", "mmc": "mmc"}
WWN = "0x5000c500a1b2c3d4"


class Workbench:
    """One played PC whose drives answer the doubles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"
        self.folder.mkdir(parents=True)
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in NAMES:
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -m tests.tooldouble {name} "$@"\n')
            program.chmod(0o755)
        self.pc = PlayedPC(folder / "pc")
        self.pc.timing |= {"poll": 0.15, "stall": 0.6, "silence": 0.5, "suspend": 0, "settle": 1.0}
        self.pc.rig = {"rtcwake": str(self.bin / "rtcwake")}
        self.pc.extra_environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            FOLDER: str(self.folder),
        }

    def plug(self, disk: LoopDisk, bus: str, *, serial: str = "S1TEST", **state: Any) -> dict[str, Any]:
        """A drive with a model behind it; returns the key that an authorisation of it would hold."""
        sectors = disk.size // SECTOR
        model = new_state(disk.path, disk.file, bus, sectors, serial=serial, **state)
        self.file(disk).write_text(json.dumps(model))
        key = self.pc.plug(disk.path, serial=serial, wwn=WWN[:-1] + serial[1], transport=TRANSPORTS[bus], erase="tools")
        return key | {"size_bytes": sectors * SECTOR}

    def run_here(self, folder: Path) -> dict[str, Any]:
        """Run an erase job in this very process, so that a test can change its code."""
        config = load_config(self.pc.settings_path)
        job_folder = JobFolder(folder)
        job = EraseJob(job_folder.spec(), config, Progress(job_folder, "erase", ""), lambda: False, folder)
        before = dict(os.environ)
        os.environ.update(self.pc.extra_environment | {"PYTHONPATH": str(ROOT)})
        try:
            job.run()
        finally:
            os.environ.clear()
            os.environ.update(before)
        return {"error": job.error(), "result": dict(job.result())}

    def file(self, disk: LoopDisk) -> Path:
        """Where a drive's model is kept."""
        return self.folder / f"{Path(disk.path).name}.drive.json"

    def state(self, disk: LoopDisk) -> dict[str, Any]:
        """A drive's model as it is now."""
        with opened(self.file(disk)) as drive:
            return drive.state

    def calls(self, disk: LoopDisk, *words: str) -> list[list[str]]:
        """The calls of a drive's tools in which all ``words`` occur."""
        return [call for call in self.state(disk)["calls"] if all(word in call for word in words)]

    def power_cut(self, disk: LoopDisk, *, freezes: bool = False) -> None:
        """Switch the machine off and on."""
        with opened(self.file(disk)) as drive:
            drive.power_cut(freezes=freezes)
