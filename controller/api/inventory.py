"""What the Ansible inventory plugin reads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from controller.api import models
from controller.api.common import errors
from controller.machines.tables import Boot
from controller.web.deps import CoreDep, Operator

router = APIRouter(prefix="/api", tags=["inventory"])


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
                    "site": boot.machine.site,
                }
                for boot in newest.values()
            ]
        }
