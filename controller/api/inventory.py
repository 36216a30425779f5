"""Inventories: what a machine is, in the forms that others read, and what the Ansible inventory plugin reads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from controller.api import models
from controller.api.common import Id, errors
from controller.assist.reach import through_link
from controller.inventory_export.forms import Form, export
from controller.inventory_export.machines import inspected
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.web.deps import CoreDep, Operator, Viewer

router = APIRouter(prefix="/api", tags=["inventory"])
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}, "text/csv": {"schema": {"type": "string"}}},
        "description": "the file",
    }
}


@router.get("/inventory", responses=errors(), response_model=models.Inventory)
def inventory(core: CoreDep, _: Operator) -> dict[str, Any]:
    """The machines that are switched on and accepted, with their address and pinned SSH host keys."""
    query = select(Boot).where(Boot.status == "accepted").order_by(Boot.id)
    with core.database.read() as session:
        newest = {boot.machine_id: boot for boot in session.execute(query).scalars()}
        return {
            "machines": [
                {
                    "machine_id": boot.machine_id,
                    "name": boot.machine.name,
                    "ansible_host": boot.address,
                    "host_keys": boot.ssh_host_keys,
                    "state": boot.machine.state_name,
                    "profile": boot.machine.profile
                    or (boot.machine.lot.profile if boot.machine.lot else core.settings.default_profile),
                    "lot": boot.machine.lot.code if boot.machine.lot else None,
                    "mode": boot.mode,
                    "reach": "link" if through_link(boot.machine, boot) else "address",
                    "linked": boot.linked,
                    "site": boot.machine.site,
                }
                for boot in newest.values()
            ]
        }


@router.get("/machines/{machine_id}/inventory", responses={**errors(404), **FILE}, response_class=Response)
def machine_inventory(machine_id: Id, core: CoreDep, _: Viewer, format: Form = "json") -> Response:
    """A machine's newest inventory as a file: ours, GLPI's, or a line of a table in the caller's language."""
    with core.database.read() as session:
        found = inspected(session, get_machine(session, machine_id))
    file = export(found.snapshot, format, found.about, glpi_tag=core.settings.glpi_tag)
    name = f'attachment; filename="{file.name}"'
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": name})
