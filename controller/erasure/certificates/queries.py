"""Find papers: of a machine, of a drive, by number, by token."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from controller.erasure.certificates.tables import PREFIX, Certificate, Paper
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.registry import machine_by_tag
from controller.machines.tables import Drive


def of_machine(session: Session, machine_id: int) -> list[Certificate]:
    """Papers of the computer and of the drives that were erased in it, newest first."""
    query = select(Certificate).where(Certificate.machine_id == machine_id).order_by(Certificate.id.desc())
    return list(session.execute(query).scalars())


def of_drive(session: Session, drive_id: int) -> list[Certificate]:
    """Papers that speak of the drive, wherever it was erased, newest first."""
    machines = select(Certificate.machine_id).where(Certificate.drive_id == drive_id)
    query = (
        select(Certificate)
        .where(or_(Certificate.drive_id == drive_id, Certificate.machine_id.in_(machines)))
        .order_by(Certificate.id.desc())
    )
    rows = list(session.execute(query).scalars())
    own = {i for row in rows if row.drive_id == drive_id for i in row.erasure_ids}
    return [row for row in rows if row.drive_id == drive_id or own & set(row.erasure_ids)]


def by_token(session: Session, token: str) -> Certificate | None:
    """The paper whose QR code holds ``token``."""
    return session.execute(select(Certificate).where(Certificate.token == token)).scalar_one_or_none()


def by_name(session: Session, name: str) -> list[Certificate]:
    """The paper with this number, or every paper of the machine with this tag.

    Raises:
        NotFound: there is none.
    """
    wanted = name.strip().upper()
    prefix, _, digits = wanted.partition("-")
    found: list[Certificate] = []
    if prefix in PREFIX.values() and digits.isdigit():
        row = session.get(Certificate, int(digits))
        found = [row] if row is not None and row.number == wanted else []
    else:
        machine = machine_by_tag(session, wanted)
        found = of_machine(session, machine.id) if machine else []
    if not found:
        raise NotFound(
            N_("There is no paper {name}."), N_("Give a paper's number (CE-000012) or a machine's tag."), name=name
        )
    return found


def sheet_of(session: Session, serial: str) -> Certificate | None:
    """The newest destruction sheet of the drive with this serial number."""
    kinds = (Paper.DESTRUCTION.value, Paper.DESTROYED.value)
    return session.execute(
        select(Certificate)
        .join(Drive, Drive.id == Certificate.drive_id)
        .where(Drive.serial == serial.strip(), Certificate.kind.in_(kinds))
        .order_by(Certificate.id.desc())
        .limit(1)
    ).scalar_one_or_none()
