"""What the API's routes share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, field_validator

from controller.answers import ErrorBody

# Ids are 31-bit in the database: a larger one names nothing.
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
NO_NUL = r"^[^\x00]*$"


class Body(BaseModel):
    """A request body: unknown fields are an error, not ignored; so is NUL, which PostgreSQL can't store."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a NUL character can't be stored")
        return value


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of a route that people use (400, 401 and 403 are always among them)."""
    return {status: {"model": ErrorBody} for status in sorted({400, 401, 403, *statuses})}
