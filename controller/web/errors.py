"""Errors as a person reads them: what happened, to what, what to do next; a page, or in place."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from controller.access.tables import User
from controller.errors import NotFound, RecyclerieError, Unauthenticated
from controller.i18n import N_
from controller.web.deps import SAFE_METHODS, choose_language, maybe_user
from controller.web.page import is_htmx, render

logger = logging.getLogger(__name__)
Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, and not a program."""
    path = request.url.path
    if path.startswith(("/api", "/boot", "/metrics", "/static", "/events")):
        return False
    return is_htmx(request) or "text/html" in request.headers.get("accept", "")


async def error_answer(request: Request, error: RecyclerieError, detail: str = "") -> Response:
    """The error as a whole page, or as a notice on the page that asked with script."""
    user = await _who(request)
    return await run_in_threadpool(_answer, request, user, error, detail)


async def _who(request: Request) -> User | None:
    """Who is signed in; a page that doesn't exist has not asked yet."""
    if not hasattr(request.state, "user") and request.method in SAFE_METHODS:
        try:
            return await maybe_user(request)
        except (RecyclerieError, SQLAlchemyError):
            return None
    user: User | None = getattr(request.state, "user", None)
    return user


def _answer(request: Request, user: User | None, error: RecyclerieError, detail: str) -> Response:
    if isinstance(error, Unauthenticated):
        return _sign_in(request)
    choose_language(request, user)
    if is_htmx(request):
        answer = render(request, "parts/error.html", user=user, status=error.status, error=error, detail=detail)
        answer.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML show:top", "HX-Reselect": ".notice"})
        answer.headers["HX-Push-Url"] = "false"
        return answer
    return render(request, "pages/error.html", user=user, status=error.status, error=error, detail=detail)


def _sign_in(request: Request) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    url = "/sign-in" + (f"?next={quote(here)}" if request.method == "GET" and here != "/" else "")
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(url, status_code=303)


def _not_found(_error: Exception) -> RecyclerieError:
    return NotFound(N_("There is no such page."), N_("Go back to the workshop, or scan a label."))


def _from_http(error: HTTPException) -> RecyclerieError:
    if error.status_code == 404:
        return _not_found(error)
    found = RecyclerieError(N_("The page could not be shown."), N_("Go back and try again."))
    found.status = error.status_code
    return found


def _from_validation(_error: RequestValidationError) -> RecyclerieError:
    found = RecyclerieError(N_("The form could not be read."), N_("Check what you typed, then try again."))
    found.status = 422
    return found


def register_errors(app: FastAPI) -> None:
    """Pages for browsers; programs keep the handler that was there before."""

    def add(kind: type[Exception], convert: Callable[[Any], RecyclerieError], detail: Callable[[Any], str]) -> None:
        before: Handler | None = app.exception_handlers.get(kind)

        async def handle(request: Request, error: Any) -> Response:
            if before is not None and not wants_page(request):
                answer = before(request, error)
                return await answer if isinstance(answer, Awaitable) else answer
            if not wants_page(request):
                return Response(str(error), status_code=getattr(error, "status", getattr(error, "status_code", 400)))
            return await error_answer(request, convert(error), detail(error))

        app.add_exception_handler(kind, handle)

    add(RecyclerieError, lambda error: error, lambda _: "")
    add(HTTPException, _from_http, lambda _: "")
    add(RequestValidationError, _from_validation, lambda error: str(error.errors()))
    before: Handler | None = app.exception_handlers.get(Exception)

    async def crash(request: Request, error: Exception) -> Response:
        if not wants_page(request):
            if before is not None:
                answer = before(request, error)
                return await answer if isinstance(answer, Awaitable) else answer
            return Response("internal error", status_code=500)
        return await error_answer(request, *_unexpected(request, error))

    app.add_exception_handler(Exception, crash)


def _unexpected(request: Request, error: Exception) -> tuple[RecyclerieError, str]:
    number = uuid.uuid4().hex[:8]
    logger.error("error %s at %s %s", number, request.method, request.url.path, exc_info=error)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{last[0].filename}:{last[0].lineno}" if last else ""
    found = RecyclerieError(
        N_("Something went wrong in the controller, nothing was changed."),
        N_("Try again. If it happens again, copy the technical detail and send it to whoever looks after Recyclerie."),
    )
    found.status = 500
    return found, f"{number} {request.method} {request.url.path}\n{type(error).__name__}: {error}\n{where}"
