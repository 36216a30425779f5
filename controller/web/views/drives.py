"""The drives of a machine, their health as reported, and what became of each erase."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from controller.erasure.certificates.words import TECHNIQUE_NAMES
from controller.erasure.levels import OVERWRITE
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.grading.drives import with_tests
from controller.hardware_tests.latest import latest_tests
from controller.hardware_tests.tables import HardwareTest
from controller.health.verdict import Level, Verdict, verdict_of
from controller.i18n import N_
from controller.machines.tables import Drive, Machine
from controller.web.formats import number
from controller.web.views.people import Actors
from controller.web.views.words import Words, counted, words

MEDIA = {"hdd": N_("hard disk"), "ssd": N_("SSD"), "nvme": N_("NVMe SSD"), "mmc": N_("eMMC"), "usb": N_("USB")}


def medium(facts: dict[str, Any]) -> str:
    """What a drive is, as a message id."""
    transport = facts.get("transport")
    if transport in ("nvme", "mmc", "usb"):
        return MEDIA[transport]
    return MEDIA["hdd" if facts.get("rotational") else "ssd"]


@dataclass(frozen=True, kw_only=True)
class ErasureView:
    """One erase of a drive."""

    outcome: str  # erased, not_erased, unknown
    under_way: bool
    level: str  # clear, purge, ""
    reason: Words
    started_at: dt.datetime
    ended_at: dt.datetime | None
    machine_id: int  # where it was erased
    machine: str
    authorised_by: str
    steps: tuple[Words, ...]  # what was done, in words
    evidence: str  # JSON for the fold, "" when there is none


@dataclass(frozen=True, kw_only=True)
class DriveView:
    """One drive, in the machine now or before."""

    id: int
    serial: str
    wwn: str
    model: str
    size_bytes: int
    medium: str  # message id
    path: str
    here: bool  # in the machine now
    health: tuple[Words, ...]  # figures
    verdict: Verdict
    erasures: tuple[ErasureView, ...]

    @property
    def judged(self) -> tuple[str, str, str]:
        """The verdict's tone, icon and word (message id)."""
        return VERDICTS.get(self.verdict.level, VERDICTS[Level.UNKNOWN])


VERDICTS: dict[Level, tuple[str, str, str]] = {
    Level.GOOD: ("good", "circle-check", N_("good")),
    Level.WORN: ("waiting", "triangle-alert", N_("worn")),
    Level.FAILING: ("alert", "circle-x", N_("failing")),
    Level.UNKNOWN: ("quiet", "circle-question-mark", N_("health not known")),
}


def drives(session: Session, machine_id: int, actors: Actors) -> tuple[DriveView, ...]:
    """The drives in the machine, then those that were erased in it and left; three queries."""
    erased_here = select(Erasure.drive_id).where(Erasure.machine_id == machine_id)
    found = (
        session.execute(select(Drive).where(or_(Drive.machine_id == machine_id, Drive.id.in_(erased_here))))
        .scalars()
        .all()
    )
    by_drive = _erasures(session, [d.id for d in found], actors)
    ordered = sorted(found, key=lambda d: (d.machine_id != machine_id, d.path, d.id))
    tests = latest_tests(session, machine_id)
    return tuple(_drive(d, machine_id, tuple(by_drive.get(d.id, ())), tests) for d in ordered)


def drive_view(session: Session, drive: Drive, actors: Actors) -> DriveView:
    """One drive by itself, with its erases in every machine."""
    tests = latest_tests(session, drive.machine_id) if drive.machine_id else ()
    erasures = _erasures(session, [drive.id], actors).get(drive.id, ())
    return _drive(drive, drive.machine_id or 0, tuple(erasures), tests)


def _drive(
    drive: Drive, machine_id: int, erasures: tuple[ErasureView, ...], tests: Sequence[HardwareTest]
) -> DriveView:
    smart = drive.facts.get("smart")
    smart = smart if isinstance(smart, dict) else {}
    mine = [t for t in tests if t.subsystem == "drive" and drive.serial and t.target == drive.serial]
    return DriveView(
        id=drive.id,
        serial=drive.serial,
        wwn=drive.wwn,
        model=drive.model,
        size_bytes=drive.size_bytes,
        medium=medium(drive.facts),
        path=drive.path,
        here=drive.machine_id == machine_id,
        health=smart_figures(smart),
        verdict=with_tests(verdict_of(smart, drive.facts), mine),
        erasures=erasures,
    )


def _erasures(session: Session, drive_ids: Sequence[int], actors: Actors) -> dict[int, list[ErasureView]]:
    rows = session.execute(
        select(Erasure, EraseAuthorisation.authorised_by, Machine.tag)
        .join(EraseAuthorisation, EraseAuthorisation.id == Erasure.authorisation_id)
        .join(Machine, Machine.id == Erasure.machine_id)
        .where(Erasure.drive_id.in_(drive_ids))
        .order_by(Erasure.id.desc())
    )
    found: dict[int, list[ErasureView]] = {}
    for erasure, authorised_by, tag in rows:
        found.setdefault(erasure.drive_id, []).append(
            ErasureView(
                outcome=erasure.outcome,
                under_way=erasure.ended_at is None,
                level=erasure.level,
                reason=Words(id=erasure.reason, params=erasure.reason_params or {}),
                started_at=erasure.started_at,
                ended_at=erasure.ended_at,
                machine_id=erasure.machine_id,
                machine=tag or f"machine-{erasure.machine_id}",
                authorised_by=actors.name(authorised_by),
                steps=(
                    *evidence_words(erasure.evidence or {}),
                    *(Words(id=note["message"], params=note["params"]) for note in erasure.notes),
                ),
                evidence=json.dumps(erasure.evidence, indent=2, ensure_ascii=False) if erasure.evidence else "",
            )
        )
    return found


def evidence_words(evidence: dict[str, Any]) -> tuple[Words, ...]:
    """What was done to a drive, from its evidence; parts that are missing are left out."""
    said: list[Words] = [*_attempts(evidence.get("attempts"))]
    writer, reader = evidence.get("writer"), evidence.get("validator")
    if isinstance(writer, dict):
        said.append(
            words(
                N_("{n} bytes overwritten with zeros by {tool}"),
                n=_figures(writer.get("bytes_written")),
                tool=_tool(writer),
            )
        )
    if isinstance(reader, dict):
        said.append(
            words(N_("{n} bytes read back by {tool}"), n=_figures(reader.get("bytes_read")), tool=_tool(reader))
        )
        bad = sum(len(reader.get(what) or []) for what in ("nonzero", "canaries_found", "unchanged"))
        said.append(
            counted("old data found in {n} place", "old data found in {n} places", bad)
            if bad
            else words(N_("no trace of the old data found"))
        )
    errors = sum(len(part.get("errors") or []) for part in (writer, reader) if isinstance(part, dict))
    if errors:
        said.append(counted("the drive returned {n} error", "the drive returned {n} errors", errors))
    return tuple(said)


_ENDS = {
    "completed": N_("{technique}: done"),
    "refused": N_("{technique}: refused"),
    "failed": N_("{technique}: failed"),
    "stalled": N_("{technique}: no end came"),
    "lost": N_("{technique}: the drive was lost"),
    "stopped": N_("{technique}: stopped"),
}


def _attempts(attempts: Any) -> Iterator[Words]:
    """What the drive was asked to do itself, and how each ended; an overwrite is told by its bytes."""
    for attempt in attempts if isinstance(attempts, list) else []:
        found = attempt if isinstance(attempt, dict) else {}
        name, end = str(found.get("technique")), _ENDS.get(str(found.get("outcome")))
        if name in TECHNIQUE_NAMES and end and name != OVERWRITE:
            yield words(end, technique=TECHNIQUE_NAMES[name])


def smart_figures(smart: dict[str, Any]) -> tuple[Words, ...]:
    """Figures that the drive gives of itself; what they mean is the verdict's."""
    said: list[Words] = []
    if isinstance(smart.get("power_on_hours"), int):
        said.append(words(N_("hours of use: {n}"), n=_figures(smart["power_on_hours"])))
    if isinstance(smart.get("percentage_used"), int):
        said.append(words(N_("{n} % of its writes used up"), n=smart["percentage_used"]))
    if isinstance(smart.get("temperature_celsius"), int):
        said.append(words(N_("{n} °C"), n=smart["temperature_celsius"]))
    return tuple(said)


def smart_words(smart: dict[str, Any]) -> tuple[tuple[Words, ...], bool]:
    """What the drive says of its own health, and whether that is worrying. No verdict: figures only."""
    if not smart.get("available"):
        return (words(N_("it says nothing of its health")),), False
    said: list[Words] = []
    worrying = smart.get("passed") is False
    if worrying:
        said.append(words(N_("it says that it is failing")))
    if isinstance(smart.get("power_on_hours"), int):
        said.append(words(N_("hours of use: {n}"), n=_figures(smart["power_on_hours"])))
    if isinstance(smart.get("percentage_used"), int):
        said.append(words(N_("{n} % of its writes used up"), n=smart["percentage_used"]))
    for key, message in (
        ("reallocated_sectors", N_("sectors replaced: {n}")),
        ("pending_sectors", N_("sectors it can't read any more: {n}")),
        ("reported_uncorrectable", N_("errors it could not correct: {n}")),
        ("media_errors", N_("media errors: {n}")),
    ):
        value = smart.get(key)
        if isinstance(value, int) and value > 0:
            said.append(words(message, n=_figures(value)))
            worrying = True
    if isinstance(smart.get("temperature_celsius"), int):
        said.append(words(N_("{n} °C"), n=smart["temperature_celsius"]))
    return tuple(said), worrying


def _tool(part: dict[str, Any]) -> str:
    return f"{part.get('tool') or '?'} {part.get('version') or ''}".strip()


def _figures(value: object) -> str:
    return number(value) if isinstance(value, int) else "?"
