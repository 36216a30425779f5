"""What the API answers about certificates and drives, field by field."""

from __future__ import annotations

from pydantic import BaseModel, Field

from controller.api.models import Erasure


class Certificate(BaseModel):
    """A certificate of erasure, or a destruction sheet."""

    id: int
    number: str = Field(description="CE-000012: of a drive; CM-: of a computer; FD-: a destruction sheet")
    kind: str = Field(description="drive, machine, destruction or destroyed")
    language: str = Field(description="fr or en")
    machine_id: int = Field(description="where it was erased")
    drive_id: int | None
    erasure_ids: list[int] = Field(description="the erases that it speaks of")
    issued_at: str
    verification_url: str = Field(description="the public page that its QR code leads to")
    sha256: str = Field(description="of the PDF; empty until it is made")
    size_bytes: int


class DriveErasure(Erasure):
    """What became of a drive, and where."""

    machine_id: int


class Destruction(BaseModel):
    """How a drive ended that could not be erased."""

    method: str = Field(description="drilled, crushed, shredded, opened or contractor")
    destroyed_on: str
    person_id: int
    photo: str = Field(description="where the photo is kept")
    recorded_at: str


class DriveHistory(BaseModel):
    """A drive over every machine that it was in."""

    id: int
    model: str
    serial: str
    wwn: str
    size_bytes: int
    transport: str
    rotational: bool | None
    machine_id: int | None = Field(description="where it is now")
    first_seen: str
    last_seen: str
    erasures: list[DriveErasure]
    certificates: list[Certificate]
    destruction: Destruction | None
