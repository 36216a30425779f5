"""What the API's routes share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

# Ids are 63-bit in the database: a larger one names nothing.
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ErrorBody(BaseModel):
    """Every error of the API: what happened, and what to do next, in the caller's language."""

    error: str
    hint: str = ""


class Body(BaseModel):
    """A request body: unknown fields are an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of a route that people use (400, 401 and 403 are always among them)."""
    return {status: {"model": ErrorBody} for status in sorted({400, 401, 403, *statuses})}
