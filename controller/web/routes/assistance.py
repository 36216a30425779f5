"""Machines at home: how they are, their alerts, and what people do about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response

from controller.access.roles import RIGHTS
from controller.database import utcnow
from controller.health.alerts import acknowledge, close, get_alert
from controller.health.limits import limits_of
from controller.web.deps import CoreDep, Operator, Viewer
from controller.web.page import go, render
from controller.web.views.alerts import machines_at_home, open_alerts

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/assistance")
def show_assistance(
    request: Request,
    user: Viewer,
    core: CoreDep,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Alerts that are open, and every machine at home."""
    q = q.replace("\0", "").strip()
    with core.database.read() as session:
        alerts, count = open_alerts(session, q)
        home = machines_at_home(session, q, page, utcnow() - limits_of(core.settings).silent)
    return render(
        request,
        "pages/assistance.html",
        user=user,
        q=q,
        alerts=alerts,
        count=count,
        home=home,
        rights=frozenset(right.value for right in RIGHTS[user.role]),
    )


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
