"""From power-on to ready in the lab, stage by stage, and what the run costs the controller."""

from __future__ import annotations

import argparse
import os
import shutil
from dataclasses import asdict
from typing import Any

from tests.bench.results import save
from tests.bench.sampling import Sampler
from tests.bench.stages import stages
from tests.lab.acceleration import KVM, acceleration
from tests.lab.cast import bios_pc, secure_pc
from tests.lab.day import Story, Witness, recondition
from tests.lab.errors import LabError
from tests.lab.following import Sight
from tests.lab.paths import LAB, RESULTS
from tests.lab.virtualpc import VirtualPC
from tests.lab.workshop import workshop

MACHINES = {"bios": bios_pc, "secure": secure_pc}


class Labels(Witness):
    """Tells the sampler what the machine is doing."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def seen(self, now: Sight) -> None:
        """Name the moment after the step, and say when its work goes on on the machine alone."""
        step = now.current
        alone = bool(step.get("done")) and step.get("unit") == "bytes"
        self._sampler.label = f"{step.get('name', '')}{' on the machine' if alone else ''}"


def measure(firmware: str, profile: str) -> dict[str, Any]:
    """One run on a fresh controller, measured."""
    data = LAB / "bench-data"
    shutil.rmtree(data, ignore_errors=True)
    part = MACHINES[firmware](LAB / "disks", profile)
    with workshop(data, RESULTS / "bench", profile) as room:
        lot = room.technician.new_lot("Mesures", 1, profile)
        with Sampler(room.controller.pid) as sampler, VirtualPC(part.donated, room.network, RESULTS / "bench") as pc:
            sampler.label = "boot"
            story = recondition(room, part, lot, pc, Labels(sampler))
    if not story.as_expected:
        raise LabError(f"the PC ended {story.end.state}: {story.end.view['held_reason']}", f"read {RESULTS / 'bench'}")
    part.disk.path.unlink()
    return figures(story, sampler, firmware, profile)


def figures(story: Story, sampler: Sampler, firmware: str, profile: str) -> dict[str, Any]:
    """What is kept of one run."""
    found = stages(story.end.view, story.announced_after, story.ended_after)
    steps = story.end.steps
    return {
        "firmware": firmware,
        "profile": profile,
        "accelerator": "kvm" if acceleration() == KVM else "tcg",
        "disk_bytes": story.part.disk.size_bytes,
        "total_seconds": round(story.ended_after, 1),
        "ours_seconds": round(sum(stage.seconds for stage in found if stage.ours), 1),
        "stages": [asdict(stage) | {"seconds": round(stage.seconds, 1)} for stage in found],
        "controller_cpu_seconds": round(sampler.cpu_seconds, 1),
        "controller_peak_pss_bytes": sampler.peak_pss_bytes,
        "ansible_cpu_seconds": {step["name"]: round(step["cpu_seconds"], 1) for step in steps if step["cpu_seconds"]},
        "processes_held_share": {
            name: round(sampler.share_with_children(f"{name} on the machine"), 3) for name in ("erase", "install")
        },
        "install_timings": story.end.step("install")["result"]["timings"],
    }


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firmware", choices=sorted(MACHINES), default="secure")
    firmware = parser.parse_args().firmware
    profile = os.environ.get("RECYCLERIE_LAB_PROFILE", "mini")
    kept = measure(firmware, profile)
    for stage in kept["stages"]:
        print(f"{stage['seconds']:8.1f} s  {'ours' if stage['ours'] else '    '}  {stage['name']}")
    print(f"{kept['total_seconds']:8.1f} s in all, ours {kept['ours_seconds']} s")
    print(save(f"run-{profile}", f"make bench-run PROFILE={profile}", kept))


if __name__ == "__main__":
    main()
