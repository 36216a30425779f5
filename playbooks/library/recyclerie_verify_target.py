#!/usr/bin/python
"""Ansible module: refuses to go on unless this is the machine, and these are the drives, that a person authorised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.agent import AGENT, AgentProblem, read_inventory
from ansible.module_utils.recyclerie.jobs import JobProblem, job_state
from ansible.module_utils.recyclerie.target import chassis_problems, drive_problems, with_plan

DOCUMENTATION = r"""
module: recyclerie_verify_target
short_description: Compare this machine with what was authorised
description:
  - Reads the machine's inventory and compares chassis and drives with the authorisation. Fails naming each
    difference, serial number by serial number, before anything was started. Changes nothing.
  - Refuses boot media, drives in use, write-protected drives, and built-in drives that nobody authorised.
options:
  chassis:
    description: The chassis as authorised; one for each job, all must be the same.
    type: list
    elements: dict
    required: true
  drives:
    description:
      - The drives as authorised (serial, wwn, model, size_bytes), one for each job; empty for a job that is about no
        drive, which only O(kinds) without a write may be.
    type: list
    elements: dict
    required: true
  job_ids:
    description: The jobs' ids, in the drives' order. A drive whose job began before is not compared again.
    type: list
    elements: str
    required: true
  kinds:
    description: The jobs' kinds, in the drives' order. Empty, every job is about a drive.
    type: list
    elements: str
    default: []
  plans:
    description:
      - The erase plans, in the drives' order; empty for other jobs. A plan that removes a hidden area allows the
        drive's native size (native_bytes of O(drives)), one that takes holders down allows LVM, md and dm devices.
    type: list
    elements: dict
    default: []
  every_drive:
    description: Whether a built-in drive that is not among O(drives) is a reason to stop.
    type: bool
    default: true
  jobs_dir:
    description: Folder of the jobs on the machine.
    type: path
    default: /run/recyclerie/jobs
  agent:
    description: Path of the agent's command.
    type: path
    default: /usr/bin/recyclerie-agent
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Compare chassis and drives with what was authorised
  recyclerie_verify_target:
    chassis: "{{ erase_jobs | map(attribute='chassis') | list }}"
    drives: "{{ erase_jobs | map(attribute='drive') | list }}"
    job_ids: "{{ erase_jobs | map(attribute='job_id') | list }}"
    plans: "{{ erase_jobs | map(attribute='plan') | list }}"
"""

RETURN = r"""
problems:
  description: Each difference in words, with the next step.
  returned: always
  type: list
"""


DRIVELESS = ("test",)  # kinds of jobs that are about the machine, not about a drive: they write to none


def find_problems(parameters: dict[str, Any]) -> list[str]:
    """What speaks against starting the jobs. Raises AgentProblem or JobProblem when that can't be told."""
    chassis, drives, job_ids = parameters["chassis"], parameters["drives"], parameters["job_ids"]
    if not drives or not len(chassis) == len(drives) == len(job_ids):
        return ["No job, or jobs without chassis and drive, were given: authorise the erase and start the step again."]
    plans = parameters["plans"] or [{}] * len(drives)
    if len(plans) != len(drives):
        return ["The jobs and their plans don't belong together: authorise the erase and start the step again."]
    kinds = parameters.get("kinds") or [""] * len(drives)
    if len(kinds) != len(drives) or any(
        not drive and kind not in DRIVELESS for drive, kind in zip(drives, kinds, strict=True)
    ):
        return ["A job that is about a drive names none: this is a fault of the controller."]
    drives = [with_plan(drive, plan) for drive, plan in zip(drives, plans, strict=True)]
    if any(one != chassis[0] for one in chassis[1:]):
        return ["The jobs name different machines: authorise the erase and start the step again."]
    begun = [bool(job_state(Path(parameters["jobs_dir"]) / job_id)) for job_id in job_ids]
    if all(begun):
        return []
    inventory = read_inventory(parameters["agent"])
    named = [(drive, known) for drive, known, kind in zip(drives, begun, kinds, strict=True) if kind not in DRIVELESS]
    started = [drive for drive, known in named if known]
    expected = [drive for drive, known in named if not known]
    problems = chassis_problems(inventory.get("chassis") or {}, chassis[0])
    return problems + drive_problems(inventory.get("drives") or [], expected, started, parameters["every_drive"])


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "chassis": {"type": "list", "elements": "dict", "required": True},
            "drives": {"type": "list", "elements": "dict", "required": True},
            "job_ids": {"type": "list", "elements": "str", "required": True},
            "kinds": {"type": "list", "elements": "str", "default": []},
            "plans": {"type": "list", "elements": "dict", "default": []},
            "every_drive": {"type": "bool", "default": True},
            "jobs_dir": {"type": "path", "default": "/run/recyclerie/jobs"},
            "agent": {"type": "path", "default": AGENT},
        },
        supports_check_mode=True,
    )
    try:
        problems = find_problems(module.params)
    except (AgentProblem, JobProblem) as problem:
        module.fail_json(msg=f"Nothing was started: {problem}", problems=[str(problem)])
    if problems:
        module.fail_json(msg=f"Nothing was started. {' '.join(problems)}", problems=problems)
    module.exit_json(changed=False, problems=[])


if __name__ == "__main__":
    main()
