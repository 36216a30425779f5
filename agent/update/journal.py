"""What is under way, what failed before, and what the controller must be told: small files that survive a power cut."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from agent.clock import now_text
from agent.files import read_json, write_json
from agent.protocol_updates import UPDATE_DONE, UPDATE_ROLLED_BACK, UpdateCode, UpdateReport
from agent.update.places import Places

Phase = Literal["install", "prove", "back"]
REFUSED_KEPT = 50


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """One update from its first change to its end."""

    update: str
    from_version: str
    to_version: str
    phase: Phase
    began_at: str
    began: float  # s since 1970, for how long it took
    starts: int = 0  # how often this phase was begun
    code: UpdateCode = ""  # why it goes back
    detail: str = ""


class Journal:
    """The update that is under way, if any."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def read(self) -> UnderWay | None:
        """None when nothing is under way."""
        raw = read_json(self.places.journal)
        if raw is None:
            return None
        try:
            return UnderWay(**{key: raw[key] for key in UnderWay.__dataclass_fields__ if key in raw})
        except TypeError:
            return None

    def begin(self, from_version: str, to_version: str, now: float) -> UnderWay:
        """Written before the first change."""
        under_way = UnderWay(
            update=uuid.uuid4().hex,
            from_version=from_version,
            to_version=to_version,
            phase="install",
            began_at=now_text(),
            began=now,
        )
        self.write(under_way)
        return under_way

    def write(self, under_way: UnderWay) -> None:
        """On the disk when this returns."""
        write_json(self.places.journal, asdict(under_way), durable=True)

    def phase(self, under_way: UnderWay, phase: Phase, code: UpdateCode = "", detail: str = "") -> UnderWay:
        """The next phase; the reason for going back stays the first one."""
        fresh = replace(under_way, phase=phase, starts=0)
        if code and not under_way.code:
            fresh = replace(fresh, code=code, detail=detail)
        self.write(fresh)
        return fresh

    def end(self) -> None:
        """Nothing is under way any more."""
        self.places.journal.unlink(missing_ok=True)
        shutil.rmtree(self.places.code, ignore_errors=True)
        self.places.new.unlink(missing_ok=True)


class Memory:
    """Versions that failed here, and what came of the last look."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.raw: dict[str, Any] = read_json(places.memory) or {}

    def refuses(self, version: str) -> bool:
        """Whether that version failed before: it is not tried again by itself."""
        return version in (self.raw.get("refused") or {})

    def refuse(self, version: str, code: str) -> None:
        """Never again by itself."""
        refused = dict(self.raw.get("refused") or {})
        refused[version] = {"code": code, "at": now_text()}
        self.raw["refused"] = dict(list(refused.items())[-REFUSED_KEPT:])
        self._write()

    def looked(self, outcome: str, version: str = "", detail: str = "") -> None:
        """What came of this look: goes into the health sample. ``outcome`` is a word of docs/updates.md."""
        self.raw["last"] = {"at": now_text(), "outcome": outcome, "version": version, "detail": detail[-300:]}
        self._write()

    def _write(self) -> None:
        write_json(self.places.memory, self.raw, durable=True)


def leave_report(places: Places, under_way: UnderWay, now: float) -> None:
    """For the agent to send; one file for each attempt, so that a repeated end says the same thing once."""
    body = UpdateReport(
        update=under_way.update,
        from_version=under_way.from_version,
        to_version=under_way.to_version,
        code=under_way.code,
        detail=under_way.detail[-1500:],
        began_at=under_way.began_at,
        ended_at=now_text(),
        seconds=max(0, round(now - under_way.began)),
    )
    kind = UPDATE_ROLLED_BACK if under_way.code else UPDATE_DONE
    write_json(places.outgoing / f"{under_way.update}.json", {"kind": kind, "body": body}, durable=True)
