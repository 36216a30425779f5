"""How every error of the API reads."""

from __future__ import annotations

from pydantic import BaseModel


class ErrorBody(BaseModel):
    """What happened, and what to do next, in the caller's language."""

    error: str
    hint: str = ""
