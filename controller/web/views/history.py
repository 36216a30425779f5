"""Ledger entries in words: who did what, to what. The exact entry stays one fold away."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.cosmetics.zones import ORDER, SEVERITIES, cleaning
from controller.erasure.certificates.tables import PREFIX, Paper
from controller.erasure.certificates.words import METHODS, PAPER_NAMES
from controller.grading.gate.waivers import REASONS
from controller.health.rules import KINDS as ALERT_KINDS
from controller.i18n import N_, said
from controller.ledger.chain import read_content
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.lifecycle import STATES, State
from controller.machines.tables import Drive, Lot, Machine
from controller.maintenance.actions import ACTIONS
from controller.web.formats import number, percent
from controller.web.views.gate import item_name
from controller.web.views.machine_changes import ChangeList, change_words
from controller.web.views.maintenance import STATES as ASKED_STATES
from controller.web.views.names import model_name
from controller.web.views.people import Actors
from controller.web.views.runs_now import STEP_LABELS
from controller.web.views.screen_words import ANSWERS, ENDED, why
from controller.web.views.words import Words, counted, words

KIND_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.LEDGER_STARTED: (N_("Ledger opened"), "book-open-check"),
    Kind.LOT_CREATED: (N_("Lot created"), "package-open"),
    Kind.LOT_PREAUTHORISED: (N_("Lot authorised in advance"), "list-checks"),
    Kind.MACHINE_EXPECTED: (N_("Label printed"), "tag"),
    Kind.MACHINE_ANNOUNCED: (N_("First seen"), "plug"),
    Kind.MACHINE_ACCEPTED: (N_("Accepted"), "check"),
    Kind.MACHINE_REFUSED: (N_("Refused"), "ban"),
    Kind.MACHINE_TIED: (N_("Tied to a lot"), "link"),
    Kind.MACHINE_MERGED: (N_("Recognised"), "fingerprint-pattern"),
    Kind.MACHINE_STATE: (N_("State changed"), "arrow-right"),
    Kind.MACHINE_INSPECTED: (N_("Inspected"), "clipboard-check"),
    Kind.MACHINE_CHANGED: (N_("Parts changed"), "wrench"),
    Kind.MACHINE_TESTED: (N_("Tested"), "list-checks"),
    Kind.TESTS_WAIVED: (N_("Carried on anyway"), "arrow-right"),
    Kind.DRIVE_SEEN: (N_("Drive found"), "hard-drive"),
    Kind.DRIVE_GONE: (N_("Drive taken out"), "hard-drive"),
    Kind.ERASE_AUTHORISED: (N_("Erase authorised"), "eraser"),
    Kind.ERASE_REVOKED: (N_("Authorisation withdrawn"), "ban"),
    Kind.ERASE_STARTED: (N_("Erase started"), "eraser"),
    Kind.DRIVE_CLAIM: (N_("Erase judged"), "shield-check"),
    Kind.RECHECK_DRAWN: (N_("Lot drawn for a recheck"), "users"),
    Kind.RECHECK_ASKED: (N_("Recheck asked for"), "users"),
    Kind.RECHECK_DONE: (N_("Read again"), "shield-check"),
    Kind.ERASE_POLICY: (N_("How we erase, changed"), "settings"),
    Kind.CERTIFICATE_ISSUED: (N_("Paper issued"), "file-text"),
    Kind.CERTIFICATE_SIGNED: (N_("Paper signed"), "file-text"),
    Kind.DRIVE_DESTROYED: (N_("Drive destroyed"), "ban"),
    Kind.INSTALL_STARTED: (N_("Install started"), "hard-drive-download"),
    Kind.INSTALL_DONE: (N_("Installed"), "hard-drive-download"),
    Kind.MACHINE_CHECKED: (N_("Checked"), "list-checks"),
    Kind.MACHINE_LOOKED: (N_("Looked at"), "camera"),
    Kind.PHOTO_ADDED: (N_("Photos taken"), "camera"),
    Kind.PHOTO_REMOVED: (N_("Photo taken away"), "camera"),
    Kind.GATE_WAIVED: (N_("Test let pass"), "list-checks"),
    Kind.GATE_RESTORED: (N_("Test asked for again"), "list-checks"),
    Kind.MACHINE_SEALED: (N_("Sealed"), "shield-check"),
    Kind.MACHINE_FITTED: (N_("Part put in"), "wrench"),
    Kind.MACHINE_UNFITTED: (N_("Part not used after all"), "undo-2"),
    Kind.MACHINE_STRIPPED: (N_("Part taken out"), "wrench"),
    Kind.PART_ADDED: (N_("Into the stock of parts"), "plus"),
    Kind.PART_TAKEN: (N_("Taken for a machine"), "wrench"),
    Kind.PART_RETURNED: (N_("Put back"), "undo-2"),
    Kind.PART_COUNTED: (N_("Counted"), "list-checks"),
    Kind.PART_DISCARDED: (N_("Thrown away"), "recycle"),
    Kind.ALERT_OPENED: (N_("Alert opened"), "triangle-alert"),
    Kind.ALERT_CLOSED: (N_("Alert closed"), "circle-check"),
    Kind.HELP_ASKED: (N_("Help asked for"), "life-buoy"),
    Kind.HELP_SOLVED: (N_("Help given"), "circle-check"),
    Kind.HELP_REOPENED: (N_("Call for help opened again"), "undo-2"),
    Kind.FOLLOWUP_PLANNED: (N_("Appointments planned"), "phone"),
    Kind.FOLLOWUP_DONE: (N_("Appointment over"), "phone"),
    Kind.FOLLOWUP_ENDED: (N_("Appointment no longer needed"), "phone"),
    Kind.HOME_FORGOTTEN: (N_("Contact forgotten"), "user"),
    Kind.RUN_STARTED: (N_("Run started"), "play"),
    Kind.RUN_ENDED: (N_("Run ended"), "circle-check"),
    Kind.ASSIST_ASKED: (N_("Screen asked for"), "monitor-up"),
    Kind.ASSIST_ANSWERED: (N_("The family's answer"), "hand"),
    Kind.ASSIST_CONTROL: (N_("Mouse and keyboard"), "mouse-pointer-click"),
    Kind.ASSIST_ENDED: (N_("Session on the screen ended"), "monitor"),
    Kind.AGENT_UPDATED: (N_("Agent updated"), "refresh-cw"),
    Kind.AGENT_ROLLEDBACK: (N_("Update of the agent undone"), "undo-2"),
    Kind.AGENT_RELEASE: (N_("Who gets a version of the agent"), "package"),
    Kind.STREAM_OPENED: (N_("Remote access opened"), "plug"),
    Kind.STREAM_CLOSED: (N_("Remote access ended"), "plug"),
    Kind.MAINTENANCE_STARTED: (N_("Maintenance started"), "wrench"),
    Kind.MAINTENANCE_ENDED: (N_("Maintenance ended"), "wrench"),
    Kind.MACHINE_REVOKED: (N_("Rights ended"), "shield-off"),
}


RELEASE_STAGES = {
    "everybody": N_("for everybody"),
    "trial": N_("{share} of the machines"),
    "stopped": N_("for no further machine"),
}
SERVICES = {"ssh": N_("maintenance"), "screen": N_("the screen")}


@dataclass(frozen=True, kw_only=True)
class Named:
    """Names of what entries are about, each read once."""

    machines: Mapping[int, str]
    drives: Mapping[int, str]
    lots: Mapping[int, str]

    def subject(self, subject: str) -> tuple[str, str]:
        """A subject's name, and the page it has ("" when none)."""
        kind, _, number = subject.partition(":")
        if kind == "site":
            return number, "/settings/erasing"
        if kind == "release":
            return number, "/settings/updates"
        if not number.isdigit():
            return subject, ""
        i = int(number)
        if kind == "machine":
            return self.machines.get(i, f"machine-{i}"), f"/machines/{i}" if i in self.machines else ""
        if kind == "part":
            return f"#{i}", f"/parts/{i}"
        if kind == "lot":
            return self.lots.get(i, subject), f"/lots/{i}" if i in self.lots else ""
        if kind == "drive":
            return self.drives.get(i, subject), f"/drives/{i}" if i in self.drives else ""
        return subject, ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry, as it is read."""

    seq: int
    at: dt.datetime
    kind: str
    title: str  # message id
    icon: str
    detail: Words
    subject: str
    subject_name: str
    subject_url: str
    actor: str
    hash: str
    exact: str  # indented JSON


def entries(session: Session, rows: Sequence[LedgerEntry], actors: Actors) -> tuple[Entry, ...]:
    """``rows`` in words; three queries for the names."""
    read = [(row, read_content(row.content)) for row in rows]
    names = _names(session, read)
    return tuple(_entry(row, content, names, actors) for row, content in read)


def _entry(row: LedgerEntry, content: dict[str, Any], names: Named, actors: Actors) -> Entry:
    title, icon = KIND_NAMES.get(Kind(row.kind), (row.kind, "info")) if row.kind in set(Kind) else (row.kind, "info")
    name, url = names.subject(row.subject)
    body = content.get("body") or {}
    return Entry(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        title=title,
        icon=icon,
        detail=describe(row.kind, body, names),
        subject=row.subject,
        subject_name=name,
        subject_url=url,
        actor=actors.name(content.get("actor")),
        hash=row.hash,
        exact=json.dumps(content, indent=2, ensure_ascii=False),
    )


def describe(kind: str, body: dict[str, Any], names: Named) -> Words:
    """What an entry says, in one line; empty for a kind that its title says all of."""
    writer = _WRITERS.get(kind)
    try:
        return writer(body, names) if writer else words("")
    except (KeyError, TypeError, ValueError, AttributeError):
        return words("")  # an entry of an older version: its exact content is in the fold


def _state(body: dict[str, Any], _names: Named) -> Words:
    before, after = STATES[State(body["from"])].label, STATES[State(body["to"])].label
    if body.get("reference"):
        return words(
            N_("{before} → {after}, slip {reference}, {kg} kg"),
            before=before,
            after=after,
            reference=body["reference"],
            kg=number(body.get("weight_grams", 0) / 1000, 3),
        )
    if body.get("reason"):
        reason = said(body["reason"], **(body.get("params") or {}))
        return words(N_("{before} → {after}: {reason}"), before=before, after=after, reason=reason)
    return words(N_("{before} → {after}"), before=before, after=after)


def _tied(body: dict[str, Any], names: Named) -> Words:
    return words(N_("tag {tag}, lot {lot}"), tag=body["tag"], lot=names.lots.get(body["lot"], body["lot"]))


def _authorised(body: dict[str, Any], names: Named) -> Words:
    serials = ", ".join(str(d.get("serial") or d.get("wwn")) for d in body["drives"])
    if body.get("lot"):
        return words(
            N_("drives {serials}, as the whole lot {lot}"),
            serials=serials,
            lot=names.lots.get(body["lot"], body["lot"]),
        )
    return words(N_("drives {serials}"), serials=serials)


def _claim(body: dict[str, Any], _names: Named) -> Words:
    if body["outcome"] == "erased":
        return words(N_("erased (level: {level})"), level=body.get("level") or "?")
    message = N_("NOT erased: {reason}") if body["outcome"] == "not_erased" else N_("not known: {reason}")
    return words(message, reason=said(body.get("reason") or "?", **(body.get("reason_params") or {})))


def _draw(body: dict[str, Any], _names: Named) -> Words:
    if not body["drawn"]:
        return words(N_("not drawn ({percent} % are)"), percent=f"{100 * body['share']:g}")
    if body["owed"]:
        return words(N_("drawn: its last recheck was not done or not passed"))
    return words(
        N_("drawn ({percent} % are): a second person must have it read again"), percent=f"{100 * body['share']:g}"
    )


def _recheck(body: dict[str, Any], _names: Named) -> Words:
    if body["outcome"] == "passed":
        return words(N_("passed: the erase stands"))
    reason = said(body.get("reason") or "?", **(body.get("reason_params") or {}))
    return words(N_("NOT passed: {reason}"), reason=reason)


def _paper(body: dict[str, Any], _names: Named) -> Words:
    kind = Paper(body["kind"])
    return words(N_("{paper} {number}"), paper=PAPER_NAMES[kind], number=f"{PREFIX[kind]}-{body['certificate']:06d}")


def _checked(body: dict[str, Any], _names: Named) -> Words:
    checks = body["checks"]
    return words(N_("{ok} of {n} checks passed"), ok=sum(1 for c in checks if c["ok"]), n=len(checks))


def _stream_closed(body: dict[str, Any], _names: Named) -> Words:
    service = SERVICES.get(body["service"], body["service"])
    if body["seconds"] is None:
        return words(N_("{service}, cut off when the controller stopped"), service=said(service))
    minutes = max(1, round(body["seconds"] / 60))
    return words(N_("{service}, {minutes} min"), service=said(service), minutes=minutes)


def _answered(body: dict[str, Any], _names: Named) -> Words:
    reason, _ = why(body["answer"], body["code"])
    answer = ANSWERS[body["answer"]]
    return words(N_("{answer}: {reason}"), answer=said(answer), reason=said(reason)) if reason else words(answer)


def _assist_ended(body: dict[str, Any], _names: Named) -> Words:
    reason = ENDED.get(body["code"], "?")
    if body["seconds"] is None:
        return words(reason)
    return words(N_("after {minutes} min: {reason}"), minutes=max(1, round(body["seconds"] / 60)), reason=said(reason))


def _tested(body: dict[str, Any], _names: Named) -> Words:
    outcomes = body["outcomes"]
    bad = int(outcomes.get("fail", 0)) + int(outcomes.get("timed_out", 0))
    return words(
        N_("{ok} of {n} tests passed, {bad} failed"),
        ok=int(outcomes.get("pass", 0)) + int(outcomes.get("degraded", 0)),
        n=sum(outcomes.values()) - int(outcomes.get("skipped", 0)),
        bad=bad,
    )


def _looked(body: dict[str, Any], _names: Named) -> Words:
    worst = max(body["zones"].values(), key=ORDER.index, default="none")
    return words(
        N_("worst of what was seen: {severity}; cleaned: {n} of {all}"),
        severity=SEVERITIES[worst],
        n=len(body["cleaned"]),
        all=len(cleaning(body["form"])),
    )


def _drive(body: dict[str, Any], names: Named) -> Words:
    machine = int(body["machine"])
    return words(N_("in {machine}"), machine=names.machines.get(machine, f"machine-{machine}"))


def _gone(body: dict[str, Any], names: Named) -> Words:
    machine = int(body["machine"])
    return words(N_("no longer in {machine}"), machine=names.machines.get(machine, f"machine-{machine}"))


_RUN_ENDS = {
    "succeeded": N_("everything was done"),
    "failed": N_("stopped at the step “{step}”"),
    "cancelled": N_("cancelled"),
}
_WRITERS: dict[str, Callable[[dict[str, Any], Named], Words]] = {
    Kind.AGENT_UPDATED: lambda b, _: words("{old} → {new}", old=b["from"], new=b["to"]),
    Kind.AGENT_ROLLEDBACK: lambda b, _: words(N_("{new} failed, {old} is back"), old=b["from"], new=b["to"]),
    Kind.AGENT_RELEASE: lambda b, _: words(RELEASE_STAGES[b["stage"]], share=percent(b.get("percent", 0) / 100)),
    Kind.LOT_CREATED: lambda b, _: counted(
        "{code}, {n} machine expected", "{code}, {n} machines expected", b["expected"], code=b["code"]
    ),
    Kind.LOT_PREAUTHORISED: lambda b, _: words(N_("every machine of {code}, once inspected"), code=b["code"]),
    Kind.MACHINE_EXPECTED: _tied,
    Kind.MACHINE_TIED: _tied,
    Kind.MACHINE_STATE: _state,
    Kind.MACHINE_INSPECTED: lambda b, _: counted(
        "{model}, {n} drive", "{model}, {n} drives", len(b["drives"]), model=model_name(b["manufacturer"], b["product"])
    ),
    Kind.MACHINE_CHANGED: lambda b, _: ChangeList(lines=tuple(change_words(change) for change in b["changes"])),
    Kind.MACHINE_TESTED: _tested,
    Kind.TESTS_WAIVED: lambda b, _: words(
        N_("although: {reason}"), reason=said(b["reason"], **(b.get("params") or {}))
    ),
    Kind.DRIVE_SEEN: _drive,
    Kind.DRIVE_GONE: _gone,
    Kind.ERASE_AUTHORISED: _authorised,
    Kind.ERASE_REVOKED: lambda b, _: words(
        {
            "used": N_("the run is over: it opens nothing any more"),
            "replaced": N_("replaced by a newer one"),
            "started over": N_("the machine is gone over again"),
        }.get(b["reason"], b["reason"])
    ),
    Kind.ERASE_STARTED: _drive,
    Kind.DRIVE_CLAIM: _claim,
    Kind.RECHECK_DRAWN: _draw,
    Kind.RECHECK_ASKED: _drive,
    Kind.RECHECK_DONE: _recheck,
    Kind.CERTIFICATE_ISSUED: _paper,
    Kind.CERTIFICATE_SIGNED: lambda b, _: words(N_("file {sha256}…"), sha256=b["sha256"][:16]),
    Kind.DRIVE_DESTROYED: lambda b, _: words(METHODS[b["method"]]),
    Kind.INSTALL_STARTED: lambda b, _: words(N_("profile {profile}"), profile=b["profile"]),
    Kind.INSTALL_DONE: lambda b, _: words(
        N_("profile {profile}, image {version}"), profile=b["profile"], version=b["image_version"]
    ),
    Kind.MACHINE_CHECKED: _checked,
    Kind.MACHINE_LOOKED: _looked,
    Kind.PHOTO_ADDED: lambda b, _: counted("{n} photo", "{n} photos", len(b["sha256"])),
    Kind.GATE_WAIVED: lambda b, _: words(
        N_("{item}: {reason}"), item=item_name(b["item"]), reason=REASONS[b["reason"]]
    ),
    Kind.GATE_RESTORED: lambda b, _: item_name(b["item"]),
    Kind.MACHINE_SEALED: lambda _b, _: words(N_("the workshop has no access to it any more")),
    Kind.ALERT_OPENED: lambda b, _: words(ALERT_KINDS[b["kind"]].label),
    Kind.ALERT_CLOSED: lambda b, _: words(
        N_("{kind}: gone by itself") if b["by_itself"] else N_("{kind}: a person dealt with it"),
        kind=ALERT_KINDS[b["kind"]].label,
    ),
    Kind.RUN_STARTED: lambda b, _: words(N_("profile {profile}"), profile=b["profile"]),
    Kind.MAINTENANCE_STARTED: lambda b, _: words(ACTIONS[b["what"]].label),
    Kind.MAINTENANCE_ENDED: lambda b, _: words(
        N_("{action}: {state}"), action=ACTIONS[b["what"]].label, state=ASKED_STATES[b["state"]][2]
    ),
    Kind.RUN_ENDED: lambda b, _: words(_RUN_ENDS[b["state"]], step=STEP_LABELS.get(b.get("step") or "", "")),
    Kind.ASSIST_ASKED: lambda b, _: words(N_("for {minutes} min"), minutes=b["minutes"]),
    Kind.ASSIST_ANSWERED: _answered,
    Kind.ASSIST_CONTROL: lambda b, _: words(ANSWERS[b["answer"]]),
    Kind.ASSIST_ENDED: _assist_ended,
    Kind.STREAM_OPENED: lambda b, _: words(SERVICES.get(b["service"], "{service}"), service=b["service"]),
    Kind.STREAM_CLOSED: _stream_closed,
}


def _names(session: Session, read: Iterable[tuple[LedgerEntry, dict[str, Any]]]) -> Named:
    machines: set[int] = set()
    drives: set[int] = set()
    lots: set[int] = set()
    for row, content in read:
        kind, _, number = row.subject.partition(":")
        if number.isdigit():
            {"machine": machines, "drive": drives, "lot": lots}.get(kind, set()).add(int(number))
        body = content.get("body") or {}
        for key, ids in (("machine", machines), ("lot", lots)):
            if isinstance(body.get(key), int):
                ids.add(body[key])
    machine_rows = session.execute(select(Machine.id, Machine.tag).where(Machine.id.in_(machines)))
    drive_rows = session.execute(select(Drive.id, Drive.model, Drive.serial).where(Drive.id.in_(drives)))
    lot_rows = session.execute(select(Lot.id, Lot.code).where(Lot.id.in_(lots)))
    return Named(
        machines={r.id: r.tag or f"machine-{r.id}" for r in machine_rows},
        drives={r.id: f"{r.model} {r.serial}".strip() for r in drive_rows},
        lots={r.id: r.code for r in lot_rows},
    )
