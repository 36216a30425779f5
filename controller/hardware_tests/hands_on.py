"""The tests that need hands: asked for from the dashboard, answered at the PC's own screen."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from agent.protocol_tests import HANDS_ON_OPEN, HandsOnRequest
from controller.database import Database
from controller.errors import Conflict
from controller.hardware_tests.keeping import keep
from controller.hardware_tests.results import read_results
from controller.hardware_tests.tables import HardwareTest
from controller.i18n import N_
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine
from controller.texts import storable_text

MAX_SESSION = 48  # characters; the agent's own are shorter


class Links(Protocol):
    """Whoever can say something to a machine that is connected."""

    async def send(self, boot_id: int, kind: str, body: dict[str, Any]) -> bool:
        """False when the boot has no link just now."""


async def open_hands_on(
    database: Database, links: Links, machine_id: int, tests: Sequence[str], language: Literal["fr", "en"]
) -> str:
    """Show the tests that need hands on the machine's own screen; an empty list means all that it has parts for.

    Returns the session under which its answers will come.

    Raises:
        Conflict: the machine doesn't run the live system, or isn't connected just now.
    """
    name, boot = await run_in_threadpool(_whom, database, machine_id)
    request: HandsOnRequest = {"session": secrets.token_hex(8), "tests": list(tests), "language": language}
    if boot is None or not await links.send(boot.id, HANDS_ON_OPEN, dict(request)):
        raise Conflict(
            N_("{machine} is not connected: nothing can be shown on its screen."),
            N_("Start it from the network or the USB stick and wait until it is connected, then press again."),
            machine=name,
        )
    return request["session"]


def _whom(database: Database, machine_id: int) -> tuple[str, Boot | None]:
    with database.read() as session:
        machine = get_machine(session, machine_id)
        boot = current_boot(session, machine_id)
        live = boot is not None and boot.mode == "live" and boot.status == "accepted"
        return machine.name, boot if live else None


def hear_hands_on(session: Session, machine: Machine, boot_id: int, body: dict[str, Any]) -> list[HardwareTest]:
    """Keep what a person answered at the PC: each answer once, however often the message comes. Returns the new ones.

    Whoever sits at the PC is not signed in: in the ledger it is the machine that says it.
    """
    name = storable_text(str(body.get("session") or "pc"))[:MAX_SESSION]
    results = read_results(body.get("results"))
    for result in results:
        result["automatic"] = False
    # A session's name is the agent's: that of another boot, or of another machine, must not hide this one's.
    origin = f"hands-on:{name}:{boot_id}"
    return keep(session, machine, results, origin=origin, boot_id=boot_id, about={"session": name})
