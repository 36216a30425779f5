"""Updates on a machine's health tab: its agent's own, and Debian's security updates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from controller.i18n import N_
from controller.machines.announce import current_boot
from controller.machines.tables import Machine
from controller.releases.reports import DONE, updates_of
from controller.web.views.words import NOTHING, Words, counted, words

CODES = {
    "install-failed": N_("Debian's dpkg could not install it"),
    "broken": N_("it failed its own test"),
    "not-started": N_("it did not stay up"),
    "not-linked": N_("it ran, but did not reach this controller, which was in reach"),
}
# What came of the agent's last look for a new version (agent/update/updater.py); what isn't here is no news.
LOOKED = {
    "refused": N_("The newest version failed on this machine before: it stays with the one that works."),
    "put-off": N_("A new version waits until nobody works on the machine."),
    "unproven": N_("A new version is installed; it is judged as soon as this controller is in reach."),
    "no-room": N_("A new version could not be downloaded: the disk is full."),
    "failed": N_("A new version could not be installed; it is tried again."),
    "stuck": N_("An update failed and so did the way back: repair the package database from the tab Help at home."),
    "no-package": N_("This machine's agent was not installed as a package, so it does not update itself."),
}


@dataclass(frozen=True, kw_only=True)
class AgentUpdateView:
    """One update of the agent."""

    ok: bool
    text: Words
    detail: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class UpdatesView:
    """The card. Message ids where a name says so."""

    agent_version: str
    looked: str  # message id, "" when all is well
    looked_detail: str
    agent: tuple[AgentUpdateView, ...]
    security: tuple[str, str, Words] | None  # tone, icon, sentence; None where nothing is known
    last_success: dt.datetime | None
    reboot: bool
    at: dt.datetime | None  # when Debian's files were read


def updates_view(session: Session, machine: Machine, latest: dict[str, Any]) -> UpdatesView | None:
    """What is known of a machine's updates; None before it has a system of ours."""
    boot = current_boot(session, machine.id)
    resident = boot is not None and boot.mode == "resident"
    known: dict[str, Any] = latest.get("updates") or {}
    rows = updates_of(session, machine.id)
    if not (resident or known or rows):
        return None
    looked = known.get("agent") or {}
    said = str(boot.announcement.get("agent_version") or "") if boot is not None and resident else ""
    return UpdatesView(
        agent_version=said or next((row.to_version for row in rows if row.outcome == DONE), ""),
        looked=LOOKED.get(str(looked.get("outcome")), ""),
        looked_detail=str(looked.get("detail") or ""),
        agent=tuple(
            AgentUpdateView(
                ok=row.outcome == DONE,
                text=_update_words(row.outcome, row.from_version, row.to_version, row.code),
                detail=row.detail,
                at=row.heard_at,
            )
            for row in rows
        ),
        security=_security(known),
        last_success=_time(known.get("last_success")),
        reboot=bool(known.get("reboot_required")),
        at=_time(known.get("at")),
    )


def _update_words(outcome: str, old: str, new: str, code: str) -> Words:
    if outcome == DONE:
        return words(N_("{old} → {new}"), old=old, new=new)
    return words(N_("{new} failed ({why}); {old} is back"), old=old, new=new, why=CODES.get(code, code))


def _security(known: dict[str, Any]) -> tuple[str, str, Words] | None:
    if not known:
        return None
    if not known.get("unattended"):
        return "waiting", "triangle-alert", words(N_("security updates do not run by themselves on this system"))
    if known.get("last_failed"):
        return "alert", "circle-alert", words(N_("the last run failed"))
    waiting = known.get("pending_security")
    if waiting:
        return "waiting", "triangle-alert", counted("{n} security update waits", "{n} security updates wait", waiting)
    if known.get("last_success") is None:
        return "quiet", "circle-question-mark", words(N_("not run yet"))
    return "good", "circle-check", words(N_("up to date")) if waiting == 0 else NOTHING


def _time(text: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
