"""How the API says that something went wrong."""

from __future__ import annotations

import logging

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from agent import protocol
from controller.errors import RecyclerieError
from controller.i18n import N_, translate
from controller.texts import storable

logger = logging.getLogger(__name__)


def api_error(request: Request, error: Exception) -> JSONResponse:
    """What happened and what to do next, in the caller's language; what an agent keeps in its journal is English."""
    if not isinstance(error, RecyclerieError):
        raise error
    if request.url.path == protocol.ANNOUNCE_PATH:
        body = {"error": error.message.format(**error.params), "hint": error.hint.format(**error.params)}
    else:
        hint = translate(error.hint, **error.params) if error.hint else ""
        body = {"error": translate(error.message, **error.params), "hint": hint}
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(error.status)
    return JSONResponse(body, status_code=error.status, headers=headers)


def data_error(request: Request, error: Exception) -> JSONResponse:
    """The database can't hold what was sent: a NUL character, a text that is too long."""
    logger.warning("%s %s: %s", request.method, request.url.path, error)
    return api_error(
        request,
        RecyclerieError(
            N_("What was sent can't be stored."), N_("Look for strange characters or very long texts in it.")
        ),
    )


def invalid(_: Request, error: Exception) -> JSONResponse:
    """What of a request isn't as described. What was sent is not repeated: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [{name: storable(fault[name]) for name in ("type", "loc", "msg")} for fault in error.errors()]
    return JSONResponse({"detail": faults}, status_code=422)
