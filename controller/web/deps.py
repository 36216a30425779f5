"""Who is asking, what they may do, and what a route may use."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from controller.access.people import find_session, find_token, require
from controller.access.roles import Right
from controller.access.tables import User, WebSession
from controller.core import Core
from controller.database import utcnow
from controller.errors import Forbidden, Unauthenticated
from controller.i18n import N_, set_language
from controller.workflows.control import Control

COOKIE = "recyclerie_session"
LANGUAGE_COOKIE = "recyclerie_language"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TOUCH_SECONDS = 60


def get_core(request: Request) -> Core:
    """The controller's core."""
    core = request.app.state.core
    if not isinstance(core, Core):
        raise TypeError("the application was made without a core")
    return core


def get_control(request: Request) -> Control:
    """The controller of runs."""
    control = request.app.state.control
    if not isinstance(control, Control):
        raise TypeError("the application was made without its engine")
    return control


def choose_language(request: Request, user: User | None) -> None:
    """The person's language, else the cookie's, else what the browser prefers, else the workshop's."""
    chosen = user.language if user else request.cookies.get(LANGUAGE_COOKIE)
    if chosen is None:
        preferred = request.headers.get("accept-language", "").lower()
        chosen = "en" if preferred.startswith("en") else get_core(request).settings.default_language
    set_language(chosen)


def _look_up(core: Core, bearer: str | None, cookie: str | None) -> tuple[User | None, WebSession | None]:
    with core.database.read() as session:
        if bearer is not None:
            return find_token(session, bearer), None
        if not cookie:
            return None, None
        found = find_session(session, cookie, dt.timedelta(hours=core.settings.session_hours))
        if found is None:
            return None, None
    if (utcnow() - found.used_at).total_seconds() > TOUCH_SECONDS:
        with core.database.write() as session:
            row = session.get(WebSession, found.secret_hash)
            if row is not None:
                row.used_at = utcnow()
    return found.user, found


async def maybe_user(request: Request) -> User | None:
    """Who is signed in, or None. A changed request of a browser must carry its session's CSRF token."""
    header = request.headers.get("authorization", "")
    bearer = header[7:] if header.lower().startswith("bearer ") else None
    user, row = await run_in_threadpool(_look_up, get_core(request), bearer, request.cookies.get(COOKIE))
    choose_language(request, user)
    request.state.user, request.state.session = user, row
    if row is not None and request.method not in SAFE_METHODS:
        await check_csrf(request, row)
    return user


async def check_csrf(request: Request, row: WebSession) -> None:
    """Raise Forbidden unless the form field ``csrf`` or the header X-CSRF-Token is the session's."""
    given = request.headers.get("x-csrf-token", "")
    if not given and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        given = str((await request.form()).get("csrf", ""))
    if not secrets.compare_digest(given.encode(), row.csrf.encode()):
        raise Forbidden(N_("This form is too old or came from another site."), N_("Reload the page and try again."))


async def current_user(user: Annotated[User | None, Depends(maybe_user)]) -> User:
    """Who is signed in.

    Raises:
        Unauthenticated: nobody.
    """
    if user is None:
        raise Unauthenticated(N_("You are not signed in."), N_("Sign in, then try again."))
    return user


def need(right: Right) -> Callable[[User], User]:
    """A dependency that lets only people with ``right`` pass, and gives the person."""

    def check(user: Annotated[User, Depends(current_user)]) -> User:
        require(user, right)
        return user

    return check


CoreDep = Annotated[Core, Depends(get_core)]
ControlDep = Annotated[Control, Depends(get_control)]
Viewer = Annotated[User, Depends(need(Right.VIEW))]
Receiver = Annotated[User, Depends(need(Right.INTAKE))]
Authoriser = Annotated[User, Depends(need(Right.AUTHORISE))]
Preauthoriser = Annotated[User, Depends(need(Right.PREAUTHORISE))]
PolicyMaker = Annotated[User, Depends(need(Right.POLICY))]
SecondPerson = Annotated[User, Depends(need(Right.RECHECK))]
Operator = Annotated[User, Depends(need(Right.OPERATE))]
Maintainer = Annotated[User, Depends(need(Right.MAINTAIN))]
Assistant = Annotated[User, Depends(need(Right.ASSIST))]
LedgerReader = Annotated[User, Depends(need(Right.LEDGER))]
Administrator = Annotated[User, Depends(need(Right.USERS))]


def client_address(request: Request) -> str:
    """The address that a request came from."""
    return request.client.host if request.client else "unknown"
