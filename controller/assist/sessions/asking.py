"""What a person does: ask a family for their screen, ask for mouse and keyboard too, stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from agent.protocol_assist import (
    ASSIST_ASK,
    ASSIST_ASK_CONTROL,
    ASSIST_STOP,
    AssistAsk,
    AssistAskControl,
    AssistStop,
)
from controller.access.people import require
from controller.access.roles import Right
from controller.access.tables import User
from controller.assist.agent_link import not_linked
from controller.assist.sessions.rules import NOT_LINKED, OPEN, SILENT, overdue
from controller.assist.sessions.store import (
    add_session,
    end_unheard,
    find_session,
    is_open,
    open_session_of,
    situation,
)
from controller.assist.sessions.tables import AssistSession
from controller.bus import publish_after_commit
from controller.database import Database, utcnow
from controller.errors import Conflict, Forbidden, RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.machines.tables import Boot

ANSWER_SECONDS = 90  # how long a question stays on the family's screen; the agent allows 30 to 180
MINUTES = (5, 60)  # what the agent allows
WHO_LENGTH, ORGANISATION_LENGTH, WHY_LENGTH = 80, 120, 300


class Links(Protocol):
    """Whoever can say something to a machine that is connected."""

    async def send(self, boot_id: int, kind: str, body: dict[str, Any]) -> bool:
        """False when the boot has no link just now."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What asking needs: where sessions are kept, how machines are reached, and in whose name."""

    database: Database
    links: Links
    linked: Callable[[int], bool]  # whether a machine is linked to this process right now
    organisation: str  # shown to the family beside the person's name

    async def ask(self, machine_id: int, user: User, why: str, minutes: int) -> AssistSession:
        """Have the family asked whether ``user`` may see their screen. Their answer comes later.

        Raises:
            RecyclerieError: the reason is missing or too long, or the time isn't one that can be asked for.
            Conflict: the machine isn't connected, or somebody is asking already.
        """
        why = " ".join(why.split())
        if not why or len(why) > WHY_LENGTH:
            raise RecyclerieError(
                N_("Write why you ask, in at most {n} characters."),
                N_("The family reads it on their screen before they answer."),
                n=WHY_LENGTH,
            )
        if not MINUTES[0] <= minutes <= MINUTES[1]:
            raise RecyclerieError(
                N_("A session lasts {least} to {most} minutes."), "", least=MINUTES[0], most=MINUTES[1]
            )
        row, boot_id = await run_in_threadpool(self._record, machine_id, user, why, minutes)
        asked: AssistAsk = {
            "session": row.session,
            "who": user.display_name.strip()[:WHO_LENGTH] or user.login,
            "organisation": self.organisation.strip()[:ORGANISATION_LENGTH],
            "why": why,
            "minutes": minutes,
            "answer_seconds": row.answer_seconds,
        }
        if not await self.links.send(boot_id, ASSIST_ASK, dict(asked)):
            raise await run_in_threadpool(self._unsent, row.session)
        return row

    def _record(self, machine_id: int, user: User, why: str, minutes: int) -> tuple[AssistSession, int]:
        with self.database.write() as session:
            machine = get_machine(session, machine_id)
            boot = resident_boot(session, machine_id)
            other = open_session_of(session, machine_id)
            if other is not None and overdue(situation(other), other.asked_at, other.answer_seconds, utcnow()):
                end_unheard(session, other, SILENT)
                other = None
            if other is not None:
                mine = other.who == user.actor
                raise Conflict(
                    N_("{machine}: you are asking already, or your session is on.")
                    if mine
                    else N_("{machine}: somebody else is asking already, or their session is on."),
                    N_("Open that session, or end it first.")
                    if mine
                    else N_("One person at a time. Wait until that session is over."),
                    machine=machine.name,
                )
            if boot is None or not self.linked(machine_id):
                raise not_linked(machine.name)
            row = add_session(session, machine, who=user.actor, why=why, minutes=minutes, answer_seconds=ANSWER_SECONDS)
            return row, boot.id

    def _unsent(self, name: str) -> Conflict:
        with self.database.write() as session:
            row = find_session(session, name)
            if is_open(row):
                end_unheard(session, row, NOT_LINKED)
            return not_linked(get_machine(session, row.machine_id).name)

    async def ask_control(self, name: str, user: User) -> AssistSession:
        """Have the family asked whether ``user`` may also use mouse and keyboard.

        Raises:
            Forbidden: somebody else asked for this session.
            Conflict: it isn't on, control was asked for already, or the machine isn't connected.
        """
        row, boot_id = await run_in_threadpool(self._check_control, name, user)
        asked: AssistAskControl = {"session": row.session, "answer_seconds": row.answer_seconds}
        if not await self.links.send(boot_id, ASSIST_ASK_CONTROL, dict(asked)):
            raise not_linked(await run_in_threadpool(self._name, row.machine_id))
        await run_in_threadpool(self._control_asked, name, user)
        return row

    def _check_control(self, name: str, user: User) -> tuple[AssistSession, int]:
        with self.database.read() as session:
            row = own_session(session, name, user)
            machine = get_machine(session, row.machine_id)
            if row.state != "accepted":
                raise Conflict(
                    N_("This session is not on."), N_("The family must accept it first, or it is over: ask again.")
                )
            if row.control in ("asked", "given"):
                raise Conflict(N_("Mouse and keyboard were asked for already."), N_("Wait for the family's answer."))
            boot = resident_boot(session, row.machine_id)
            if boot is None or not self.linked(row.machine_id):
                raise not_linked(machine.name)
            return row, boot.id

    def _control_asked(self, name: str, user: User) -> None:
        with self.database.write() as session:
            row = find_session(session, name)
            machine = get_machine(session, row.machine_id)
            body = {"session": row.session, "answer": "asked", "code": ""}
            append(session, Kind.ASSIST_CONTROL, machine.subject, body, actor=user.actor, site=machine.site)
            publish_after_commit(session, machine.subject)

    async def stop(self, name: str, user: User) -> AssistSession:
        """End a session, or take the question away: whoever may assist may do that, also for somebody else.

        Ends well where it is over already. A machine that is out of reach ends by itself within a minute.

        Raises:
            Forbidden: ``user`` may not assist.
        """
        require(user, Right.ASSIST)
        row, boot_id = await run_in_threadpool(self._of, name)
        if boot_id is not None and row.state in OPEN:
            await say_stop(self.links, boot_id, row.session)
        return row

    def _of(self, name: str) -> tuple[AssistSession, int | None]:
        with self.database.read() as session:
            row = find_session(session, name)
            boot = resident_boot(session, row.machine_id)
            return row, boot.id if boot is not None else None

    def _name(self, machine_id: int) -> str:
        with self.database.read() as session:
            return get_machine(session, machine_id).name


def own_session(session: Session, name: str, user: User) -> AssistSession:
    """The session of this name, for the person who asked.

    Raises:
        Forbidden: that was somebody else, or they may not assist any more.
    """
    require(user, Right.ASSIST)
    row = find_session(session, name)
    if row.who != user.actor:
        raise Forbidden(
            N_("The family accepted somebody else, not you."),
            N_("Ask for your own session, once this one is over."),
        )
    return row


async def say_stop(links: Links, boot_id: int, name: str) -> None:
    """Tell the agent to end a session. It hears that as often as it is said."""
    body: AssistStop = {"session": name}
    await links.send(boot_id, ASSIST_STOP, dict(body))


def resident_boot(session: Session, machine_id: int) -> Boot | None:
    """The installed system that runs on the machine, as far as is known."""
    boot = current_boot(session, machine_id)
    return boot if boot is not None and boot.mode == "resident" and boot.status == "accepted" else None
