"""How the API says that something went wrong."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from controller.errors import RecyclerieError
from controller.i18n import translate


def api_error(_: Request, error: Exception) -> JSONResponse:
    """What happened and what to do next, in the caller's language."""
    if not isinstance(error, RecyclerieError):
        raise error
    hint = translate(error.hint, **error.params) if error.hint else ""
    body = {"error": translate(error.message, **error.params), "hint": hint}
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(body, status_code=error.status, headers=headers)
