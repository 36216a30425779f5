#!/usr/bin/python
"""Ansible module: starts long work on the machine as systemd units and returns at once."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.agent import AGENT
from ansible.module_utils.recyclerie.jobs import STARTED, JobProblem, check_spec, job_state, start_job

DOCUMENTATION = r"""
module: recyclerie_job
short_description: Start jobs on this machine as systemd units
description:
  - Writes each spec to its folder (mode 0600) and starts C(recyclerie-agent job FOLDER) with C(systemd-run).
  - Idempotent by job id. A job that runs, has ended or was lost is left alone.
  - Specs may hold secrets; set C(no_log) on the task where they do. They are never on a command line.
options:
  jobs:
    description: The specs (EraseSpec, InstallSpec, RecheckSpec).
    type: list
    elements: dict
    required: true
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
- name: Start one unit for each drive
  recyclerie_job:
    jobs: "{{ erase_jobs }}"
"""

RETURN = r"""
states:
  description: State of each job by its id, one of started, running, finished, lost.
  returned: success
  type: dict
started:
  description: The ids of all jobs asked for; each is on the machine now.
  returned: success
  type: list
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "jobs": {"type": "list", "elements": "dict", "required": True},
            "jobs_dir": {"type": "path", "default": "/run/recyclerie/jobs"},
            "agent": {"type": "path", "default": AGENT},
        },
        supports_check_mode=True,
    )
    jobs, jobs_dir = module.params["jobs"], Path(module.params["jobs_dir"])
    states: dict[str, str] = {}
    try:
        ids = [check_spec(spec) for spec in jobs]  # all of them, before the first one starts
        for job_id, spec in zip(ids, jobs, strict=True):
            if module.check_mode:
                states[job_id] = job_state(jobs_dir / job_id) or STARTED
            else:
                states[job_id] = start_job(jobs_dir, spec, module.params["agent"])
    except JobProblem as problem:
        module.fail_json(msg=str(problem), states=states)
    except OSError as error:
        module.fail_json(msg=f"The job's folder can't be written: {error}. Restart the machine.", states=states)
    module.exit_json(changed=STARTED in states.values(), states=states, started=list(states))


if __name__ == "__main__":
    main()
