"""Machines at home: who waits for help, what breaks, whom to call; who calls, and which machine it is."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.roles import RIGHTS, Right, may
from controller.database import utcnow
from controller.health.alerts import acknowledge, close, get_alert
from controller.health.limits import limits_of
from controller.helpdesk.codes import Tries, machines_with, read_code
from controller.helpdesk.finding import matching
from controller.helpdesk.followups import today
from controller.helpdesk.phone import phone_key
from controller.helpdesk.worklist import figures
from controller.machines.registry import machine_by_tag
from controller.machines.tables import Machine
from controller.machines.tags import read_tag
from controller.web.deps import CoreDep, Operator, Viewer
from controller.web.live.revision import revision
from controller.web.page import go, is_htmx, render
from controller.web.routes.helpdesk import tab
from controller.web.views.alerts import machines_at_home, silent_at_home
from controller.web.views.assistance import FILTERS, work_page

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
TAG = re.compile(r"[Rr]-?[0-9]{1,6}")


@router.get("/assistance")
def show_assistance(
    request: Request,
    user: Viewer,
    core: CoreDep,
    q: Annotated[str, Query(max_length=200)] = "",
    show: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    work: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """What waits for somebody, and every machine at home. A code, a whole tag or number leads to its machine."""
    q = q.replace("\0", "").strip()
    seen = revision()
    now = today(core.settings)
    helps = may(user.role, Right.ASSIST)
    part = is_htmx(request)  # the page reads itself again: nobody typed anything
    code = read_code(q) if helps and not part else ""
    if code:
        tries: Tries = request.app.state.code_tries
        tries.check(user.actor)
    with core.database.read() as session:
        found = [] if part else _straight_to(session, q, code)
        if len(found) == 1:
            return RedirectResponse(tab(found[0]), status_code=303)
        silent_before = utcnow() - limits_of(core.settings).silent
        return render(
            request,
            "pages/assistance.html",
            user=user,
            topic="assistance",
            seen=seen,
            q=q,
            code=code,
            twins=len(found),
            filters=FILTERS,
            figures=figures(session, now),
            silent=silent_at_home(session, silent_before),
            work=work_page(session, q if helps else "", show if helps else "alert", work, now, user.actor),
            home=machines_at_home(session, q, page, silent_before),
            rights=frozenset(right.value for right in RIGHTS[user.role]),
        )


def _straight_to(session: Session, q: str, code: str) -> list[int]:
    """The machines that a code stands for at this moment; else the one of a whole tag or telephone number."""
    if code:
        found = [machine.id for machine in machines_with(session, code)]
        if found:
            return found
    if TAG.fullmatch(q):
        machine = machine_by_tag(session, read_tag(q))
        return [machine.id] if machine is not None else []
    if phone_key(q):
        called = list(session.execute(select(Machine.id).where(*matching(q)).limit(2)).scalars())
        return called if len(called) == 1 else []
    return []


@router.post("/alerts/{alert_id}")
def deal_with_alert(
    alert_id: Id,
    user: Operator,
    core: CoreDep,
    do: Annotated[str, Form(max_length=16)] = "",
    note: Annotated[str, Form(max_length=4000)] = "",
    back: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Acknowledge it, or close it with a note."""
    note = note.replace("\0", "")
    with core.database.write() as session:
        alert = get_alert(session, alert_id)
        if do == "close":
            close(session, alert, user.actor, note)
        else:
            acknowledge(session, alert, user.actor, note)
        machine_id = alert.machine_id
    url = f"/machines/{machine_id}?tab=health" if back == "machine" else "/assistance"
    return go(url, "alert-closed" if do == "close" else "alert-acknowledged")
