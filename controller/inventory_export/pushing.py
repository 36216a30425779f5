"""Inventories to the GLPI server: one by hand, or every new one by itself (``RECYCLERIE_GLPI_PUSH``).

What was sent is written down in ``DATA_DIR/glpi.json``. A file that is lost only means that all is sent once more,
which changes nothing over there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from controller.core import Core
from controller.errors import RecyclerieError
from controller.health.tables import Report
from controller.inventory_export.glpi import glpi_inventory
from controller.inventory_export.glpi_server import GlpiRefused, GlpiServer
from controller.inventory_export.machines import Inspected, inspected
from controller.inventory_export.own import dumped
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from controller.settings import Settings

logger = logging.getLogger(__name__)
AT_ONCE = 25  # machines in one round; the others wait a minute
FIRST_WAIT, LONGEST_WAIT = 60.0, 3600.0  # seconds after a round in which the server took nothing


def inventory_of(found: Inspected, settings: Settings) -> dict[str, Any]:
    """A machine's inventory as this workshop's GLPI gets it."""
    about = found.about
    return glpi_inventory(found.snapshot, machine=about.machine, site=about.site, tag=settings.glpi_tag)


@dataclass
class Sent:
    """What was sent, by machine: ``report``, ``digest``, ``refused`` (why, or ""). Kept in a file."""

    path: Path
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings) -> Sent:
        """What was written; nothing where the file is missing or spoilt."""
        path = settings.data_dir / "glpi.json"
        try:
            found = json.loads(path.read_text())["machines"]
            machines = {key: row for key, row in found.items() if isinstance(row, dict)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            machines = {}
        return cls(path, machines)

    def note(self, found: Inspected, digest: str, refused: str = "") -> None:
        """Write down what became of one."""
        self.machines[str(found.machine_id)] = {"report": found.report_id, "digest": digest, "refused": refused}
        draft = self.path.with_suffix(".tmp")
        draft.write_text(json.dumps({"schema": "recyclerie.glpi-sent/1", "machines": self.machines}))
        draft.replace(self.path)

    def row(self, machine_id: int) -> dict[str, Any]:
        """What became of a machine's last one."""
        return self.machines.get(str(machine_id), {})


def push(core: Core, machines: list[Inspected]) -> list[str]:
    """Send these now, whatever was sent before; returns the names of those taken.

    Raises:
        RecyclerieError: at the first that isn't taken.
    """
    sent, taken = Sent.read(core.settings), []
    with GlpiServer(core.settings) as server:
        for found in machines:
            inventory = inventory_of(found, core.settings)
            server.send(inventory, found.about.machine)
            sent.note(found, _digest(inventory))
            taken.append(found.about.machine)
    return taken


class AutomaticPush:
    """Every new inventory once. A server that takes nothing is left alone for a minute, then two, up to an hour."""

    def __init__(self, core: Core, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` in seconds."""
        self._core, self._clock = core, clock
        self._wait, self._not_before = 0.0, 0.0

    def round(self) -> int:
        """Send what is new; returns how many were taken. Never raises for what GLPI does."""
        if not self._core.settings.glpi_push or self._clock() < self._not_before:
            return 0
        sent = Sent.read(self._core.settings)
        waiting = self._waiting(sent)
        try:
            taken = self._send(waiting, sent) if waiting else 0
        except RecyclerieError as problem:
            self._wait = min(LONGEST_WAIT, self._wait * 2 or FIRST_WAIT)
            self._not_before = self._clock() + self._wait
            logger.warning("%s It is tried again in %.0f minutes.", problem, self._wait / 60)
            return 0
        self._wait = 0.0
        return taken

    def _waiting(self, sent: Sent) -> list[Inspected]:
        """Machines with a newer inventory than the one that was sent. A family's PC reports to nobody but us."""
        newest = (
            select(Machine.id, func.max(Report.id))
            .join(Report, Report.machine_id == Machine.id)
            .where(Report.kind == "inventory", Machine.accepted_at.is_not(None))
            .where(Machine.state_name != State.DELIVERED.value)
            .group_by(Machine.id)
            .order_by(Machine.id)
        )
        with self._core.database.read() as session:
            due = [row for row in session.execute(newest) if sent.row(row[0]).get("report") != row[1]][:AT_ONCE]
            return [inspected(session, session.get_one(Machine, machine_id)) for machine_id, _ in due]

    def _send(self, waiting: list[Inspected], sent: Sent) -> int:
        taken = 0
        with GlpiServer(self._core.settings) as server:
            for found in waiting:
                inventory = inventory_of(found, self._core.settings)
                digest, refused = _digest(inventory), ""
                if sent.row(found.machine_id).get("digest") != digest:  # else nothing has changed
                    try:
                        server.send(inventory, found.about.machine)
                        taken += 1
                    except GlpiRefused as problem:
                        refused = str(problem)
                        logger.warning("%s It is sent again when its inventory changes.", problem)
                sent.note(found, digest, refused)
        return taken


def _digest(inventory: dict[str, Any]) -> str:
    return hashlib.sha256(dumped(inventory)).hexdigest()
