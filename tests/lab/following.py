"""Following a machine until its run ends, one change at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.lab.errors import LabTimeout
from tests.lab.technician import Technician

ENDS = {"ready", "held"}


@dataclass(frozen=True)
class Sight:
    """What a person sees of a machine at one moment."""

    state: str
    steps: tuple[dict[str, Any], ...]
    view: dict[str, Any]

    @property
    def jobs(self) -> tuple[dict[str, Any], ...]:
        """The run's long work on the machine."""
        return tuple((self.view["run"] or {"jobs": ()})["jobs"])

    def step(self, name: str) -> dict[str, Any]:
        """One step of the run; empty before there is a run."""
        return next((step for step in self.steps if step["name"] == name), {})

    @property
    def current(self) -> dict[str, Any]:
        """The step that is running, waiting or failed; empty between two."""
        return next((step for step in self.steps if step["state"] in ("running", "waiting", "failed")), {})


def sight(technician: Technician, machine_id: int) -> Sight:
    """What is to be seen of a machine now."""
    view = technician.machine(machine_id)
    run = view["run"] or {"steps": ()}
    return Sight(view["state"], tuple(run["steps"]), view)


def follow(
    technician: Technician,
    machine_id: int,
    timeout: float,
    *,
    must_run: Callable[[], None] = lambda: None,
    poll: float = 1.0,
) -> Iterator[Sight]:
    """Yields what is to be seen, every ``poll`` seconds, up to and with the end of the run (ready or held).

    :param must_run: raises when the PC or the controller is gone, so that nobody waits for the dead
    :raises LabTimeout: naming the step that did not end
    """
    deadline = time.monotonic() + timeout
    while True:
        must_run()
        now = sight(technician, machine_id)
        yield now
        if now.state in ENDS:
            return
        if time.monotonic() > deadline:
            step = now.current
            raise LabTimeout(
                f"machine {machine_id} is still {now.state} after {timeout:.0f} s "
                f"(step {step.get('name', 'none')} {step.get('state', '')} {step.get('error', '')})",
                "read the step's log on the machine's page, and its console",
            )
        time.sleep(poll)
