"""Papers that were issued, and drives that were destroyed by hand."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from controller.database import Base


class Paper(StrEnum):
    """The kinds of papers. Only the first two are certificates."""

    DRIVE = "drive"  # one drive was erased
    MACHINE = "machine"  # every drive of a computer was erased
    DESTRUCTION = "destruction"  # one drive could not be erased: boxes for its physical destruction
    DESTROYED = "destroyed"  # the same, filled in once a person recorded the destruction


# Chosen for the prefix of a number that people read on paper and say on the phone.
PREFIX = {Paper.DRIVE: "CE", Paper.MACHINE: "CM", Paper.DESTRUCTION: "FD", Paper.DESTROYED: "FD"}


class Certificate(Base):
    """One issued paper. Its PDF is made once, after the transaction, and kept; ``sha256`` is empty until then."""

    __tablename__ = "certificates"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(12))  # Paper
    language: Mapped[str] = mapped_column(String(2))
    drive_id: Mapped[int | None] = mapped_column(ForeignKey("drives.id"), index=True)  # None: a computer's
    erasure_id: Mapped[int | None] = mapped_column(ForeignKey("erasures.id"), index=True)  # None: a computer's
    erasure_ids: Mapped[list[int]] = mapped_column(default=list)  # what it speaks of, one or several
    destruction_id: Mapped[int | None] = mapped_column(ForeignKey("drive_destructions.id"), index=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)  # where it was erased
    token: Mapped[str] = mapped_column(String(43), unique=True)  # of the public page; never in the ledger
    entry_seq: Mapped[int] = mapped_column(BigInteger)  # ledger: certificate.issued, signed by a checkpoint
    issued_at: Mapped[dt.datetime]
    issued_by: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64), default="")  # of the PDF's bytes, hex
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    signed_at: Mapped[dt.datetime | None]

    @property
    def paper(self) -> Paper:
        """What it is."""
        return Paper(self.kind)

    @property
    def number(self) -> str:
        """What is printed on it: ``CE-000123``."""
        return f"{PREFIX[self.paper]}-{self.id:06d}"

    @property
    def file_name(self) -> str:
        """What a browser saves it as."""
        return f"{self.number}-{self.language}.pdf"


class Destruction(Base):
    """A drive was destroyed by hand, as a person recorded it."""

    __tablename__ = "drive_destructions"

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(32))
    drive_id: Mapped[int] = mapped_column(ForeignKey("drives.id"), unique=True)
    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasures.id"))  # the erase that failed
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id"), index=True)
    method: Mapped[str] = mapped_column(String(16))  # controller.erasure.certificates.destroy.METHODS
    destroyed_on: Mapped[dt.date]
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    photo: Mapped[str] = mapped_column(String(200), default="")  # where the photo is: a file's name, an album
    recorded_at: Mapped[dt.datetime]
    recorded_by: Mapped[str] = mapped_column(String(32))
