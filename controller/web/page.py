"""Answer with a page: the language and theme of the person, what the frame needs, and safe headers."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment

from controller.access.roles import ROLE_NAMES
from controller.access.tables import User, WebSession
from controller.database import utcnow
from controller.i18n import N_
from controller.web.deps import choose_language
from controller.web.live.revision import revision
from controller.web.navigation import navigation

THEME_COOKIE = "recyclerie_theme"
THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600

# Pages load nothing from elsewhere, run no inline script and can't be framed.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}

# What a page says once after something was done (?said=…).
SAID: dict[str, str] = {
    "accepted": N_("The machine is accepted: it is being inspected."),
    "refused": N_("The machine was turned away."),
    "merged": N_("It is the same machine: they are one now."),
    "tied": N_("The machine is tied to its lot."),
    "held": N_("The machine is on hold."),
    "released": N_("The machine is released."),
    "retried": N_("The step is tried again."),
    "carried-on": N_("It goes on although its tests stopped it: that is in the ledger, with your name."),
    "testing": N_("It is being tested again."),
    "hands-on": N_("Look at the machine's screen: its tests are there."),
    "cancelled": N_("The run is being cancelled."),
    "started": N_("A new run starts from the beginning."),
    "authorised": N_("The erase is authorised: it starts now."),
    "recheck": N_("The drives are being read again."),
    "recycled": N_("The machine left for the WEEE channel."),
    "parts": N_("The machine is recorded as taken apart."),
    "bench": N_("Its place is noted."),
    "lot": N_("The lot is created. Next: print its labels."),
    "preauthorised": N_("Every machine of this lot will be erased once it is inspected."),
    "user": N_("The person can sign in now."),
    "role": N_("The role is changed."),
    "password": N_("The password is changed."),
    "destroyed": N_("The destruction is recorded, the completed sheet is issued."),
    "active": N_("The change is recorded."),
    "look": N_("The cosmetic check is recorded."),
    "photos": N_("The photos are kept."),
    "photo-gone": N_("The photo is deleted."),
    "waived": N_("It is let pass; your reason is shown with it."),
    "restored": N_("It is asked for again."),
    "part-added": N_("The parts are in stock."),
    "part-taken": N_("The part is taken: put it in, then inspect the machine again."),
    "part-back": N_("It is back in stock."),
    "part-counted": N_("The count is corrected."),
    "part-discarded": N_("It is out of the stock."),
    "alert-acknowledged": N_("It is noted that somebody is at it."),
    "screen-stop": N_("The session ends, or the question is taken away."),
    "alert-closed": N_("The alert is closed."),
    "maintenance": N_("It is asked for: what happens is shown below."),
    "maintenance-later": N_("It is noted: the machine does it once it is connected."),
    "maintenance-all": N_("Every machine at home is asked, a few at a time."),
    "maintenance-cancelled": N_("It is taken back."),
    "revoked": N_("This machine’s rights are ended."),
    "help-taken": N_("You have it from now on; the family's PC says so."),
    "help-solved": N_("It is solved; the family's PC says so."),
    "help-noted": N_("It is noted."),
    "called": N_("The call is noted."),
    "contact": N_("Whom to call is noted."),
    "forgotten": N_("What named the household is deleted."),
    "handed-over": N_("It is handed over: the appointments are made."),
    "handed-over-lacking": N_("It is handed over, and the appointments are made. What was not tried is in the ledger."),
    "came-back": N_("It came back: its rights are over, its household is forgotten."),
    "release": N_("It is noted; machines follow when they next look for updates."),
    "policy": N_("Drives are erased this way from now on."),
}


def is_htmx(request: Request) -> bool:
    """Whether the page asked for a part of itself."""
    return request.headers.get("hx-request") == "true"


def csrf_of(request: Request) -> str:
    """The token that forms of this session carry."""
    row: WebSession | None = getattr(request.state, "session", None)
    return row.csrf if row else ""


def render(
    request: Request,
    template: str,
    *,
    user: User | None = None,
    status: int = 200,
    topic: str = "",
    **context: Any,
) -> HTMLResponse:
    """One page. ``topic`` is what it listens to for live updates."""
    environment: Environment = request.app.state.templates
    choose_language(request, user)
    theme = request.cookies.get(THEME_COOKIE, "auto")
    text = environment.get_template(template).render(
        user=user,
        csrf=csrf_of(request),
        role_name=ROLE_NAMES[user.role] if user else "",
        theme=theme if theme in THEMES else "auto",
        topic=topic,
        revision=context.pop("seen", None) or revision(),
        path=request.url.path,
        here=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        nav=navigation(user) if user else (),
        said=SAID.get(request.query_params.get("said", ""), ""),
        wall="wall" in request.query_params,
        now=utcnow(),
        **context,
    )
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def go(url: str, said: str = "") -> Response:
    """Done: on to ``url``, which says so once. 303, so that a reload doesn't post again."""
    if said:
        url += ("&" if "?" in url else "?") + f"said={said}"
    return RedirectResponse(url, status_code=303)
