"""The second person, on both databases: drawn once, never the one who erased, void when old data is found."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from controller.access.people import create_user
from controller.access.roles import Role
from controller.access.tables import User
from controller.core import Core
from controller.database import utcnow
from controller.erasure.certificates.status import public_status
from controller.erasure.certificates.tables import Certificate
from controller.erasure.claim import claim as claim_of
from controller.erasure.policy import change_policy, current_policy
from controller.erasure.recheck import ask, draw, rechecks_of, waiting_for_person, why_not
from controller.erasure.recheck_audit import audit
from controller.erasure.recheck_draw import draw_faults
from controller.erasure.tables import Erasure, Recheck
from controller.errors import Conflict
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.drives import drive_key
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.workflows import transitions
from controller.workflows.context import Acting
from controller.workflows.jobs import hear_result
from controller.workflows.late import hold_late
from controller.workflows.outcome import Outcome
from controller.workflows.steplog import LogWriter
from controller.workflows.steps import erase, recheck, seal
from controller.workflows.tables import Job, Run, RunStep
from tests.integration.controller.test_intake import entries
from tests.integration.controller.test_jobs import erasing, evidence, hear, poll, result

__all__ = ["erasing"]


def share(core: Core, value: float) -> None:
    with core.database.write() as session:
        change_policy(session, "main", current_policy(session, "main").as_dict() | {"recheck_share": value}, "user:1")


def user(core: Core, number: int, role: Role = Role.TECHNICIAN) -> User:
    """Person ``number``; user:3 authorised the erase."""
    with core.database.write() as session:
        while True:
            made = create_user(
                session, site="main", login=f"p{utcnow().timestamp()}", display_name="P", role=role,
                password="a password of the tests", language="en",
            )  # fmt: skip
            if made.id >= number:
                return made


@pytest.fixture
def erased(erasing: Core) -> Core:
    """Machine 1 with two erased drives, its run at the recheck, every drive drawn."""
    share(erasing, 1.0)
    finish_erase(erasing)
    assert begin(erasing)["kind"] == "go"
    return erasing


def finish_erase(core: Core) -> None:
    hear(core, result("r1-erase-d1-1", 1))
    hear(core, result("r1-erase-d2-1", 2))
    assert poll(core)["kind"] == "done"
    assert transitions.finish(core, 1, erase.STEP, {})["kind"] == "go"


def begin(core: Core) -> Outcome:
    return transitions.begin(core, 1, recheck.STEP)


def act(core: Core) -> Outcome:
    with core.database.read() as session:
        step = session.execute(select(RunStep).where(RunStep.name == "recheck")).scalar_one()
    logs = LogWriter(core.database)
    return recheck.act(
        Acting(core=core, machine_id=1, run_id=1, step_id=step.id, step="recheck", logs=logs, cancelled=lambda: False)
    )


def rows(core: Core) -> list[Recheck]:
    with core.database.read() as session:
        return list(session.execute(select(Recheck).order_by(Recheck.id)).scalars())


def asked(core: Core, person: User | None = None) -> None:
    """A second person asks, and the step begins again."""
    person = person or user(core, 4)
    with core.database.write() as session:
        ask(session, get_machine(session, 1), 1, person)
    assert begin(core)["kind"] == "go"


def read(core: Core, number: int, *, attempt: int = 1, error: str = "", **changes: Any) -> None:
    """The unit's result for drive ``number`` arrives."""
    found = evidence(number)["validator"] | changes
    body = {"job_id": f"r1-recheck-d{number}-{attempt}", "kind": "recheck", "state": "failed" if error else "succeeded"}
    with core.database.write() as session:
        assert hear_result(session, 1, body | {"error": error, "result": {"validator": found}})


def poll_recheck(core: Core) -> Outcome:
    return transitions.poll(core, 1, recheck.STEP)


def test_nothing_drawn_goes_on_at_once(erasing: Core) -> None:
    share(erasing, 0.0)
    finish_erase(erasing)
    assert begin(erasing)["kind"] == "go"
    assert act(erasing) == {"kind": "done", "data": {"drawn": 0}, "error": "", "params": {}}
    assert {row.state for row in rows(erasing)} == {"spared"}
    with erasing.database.read() as session:
        assert rechecks_of(session, 1) == []
        assert [e["body"]["drawn"] for e in entries(session, "recheck.drawn")] == [False, False]


def test_every_draw_is_in_the_ledger_and_holds(erased: Core) -> None:
    with erased.database.read() as session:
        claims = {e["seq"]: e for e in entries(session, "drive.claim")}
        drawn = entries(session, "recheck.drawn")
        assert [e["subject"] for e in drawn] == ["drive:1", "drive:2"]
        for entry in drawn:
            assert draw_faults(entry["body"], erased.keys.ledger.public_key()) == []
            assert claims[entry["body"]["claim"]["seq"]]["subject"] == entry["subject"]


def test_a_draw_happens_once(erased: Core) -> None:
    before = [row.id for row in rows(erased)]
    assert begin(erased)["kind"] == "go"  # a killed controller begins the step again
    share(erased, 0.0)
    with erased.database.write() as session:
        erasure = session.get_one(Erasure, 1)
        again = draw(session, erasure, current_policy(session, "main"), erased.keys.ledger)
        assert again.state == "drawn"  # another share changes nothing for what was drawn
    assert [row.id for row in rows(erased)] == before


def test_it_waits_for_a_person(erased: Core) -> None:
    assert act(erased)["kind"] == "person"
    assert transitions.pause(erased, 1, recheck.STEP, "person")
    with erased.database.read() as session:
        assert session.get_one(Run, 1).state == "waiting"
        assert len(waiting_for_person(session, 1)) == 2
        assert session.execute(select(Job).where(Job.kind == "recheck")).first() is None


def test_never_the_one_who_authorised(erased: Core) -> None:
    first = user(erased, 3)
    assert first.actor == "user:3"
    for role in (Role.TECHNICIAN, Role.ADMIN):  # no role makes one's own second person
        first.role_name = role.value
        with pytest.raises(Conflict, match="another person"), erased.database.write() as session:
            ask(session, get_machine(session, 1), 1, first)
    assert {row.state for row in rows(erased)} == {"drawn"}


def test_a_second_person_asks_once(erased: Core) -> None:
    second = user(erased, 4)
    asked(erased, second)
    assert [(row.state, row.asked_by) for row in rows(erased)] == [("asked", second.actor)] * 2
    third = user(erased, 5)
    with pytest.raises(Conflict, match="No drive"), erased.database.write() as session:
        ask(session, get_machine(session, 1), 1, third)
    with erased.database.read() as session:
        assert {e["actor"] for e in entries(session, "recheck.asked")} == {second.actor}
        jobs = session.execute(select(Job).where(Job.kind == "recheck").order_by(Job.id)).scalars().all()
        assert [(job.id, job.total) for job in jobs] == [
            ("r1-recheck-d1-1", evidence(1)["validator"]["bytes_expected"]),
            ("r1-recheck-d2-1", evidence(2)["validator"]["bytes_expected"]),
        ]


def test_a_person_who_comes_as_the_run_is_paused(erased: Core) -> None:
    assert act(erased)["kind"] == "person"
    second = user(erased, 4)
    with erased.database.write() as session:
        ask(session, get_machine(session, 1), 1, second)
    assert not transitions.pause(erased, 1, recheck.STEP, "person")  # it goes on by itself


def test_a_machine_on_hold_is_released_first(erased: Core) -> None:
    second = user(erased, 4)
    with erased.database.write() as session:
        machine = get_machine(session, 1)
        machine.state_name = State.HELD.value
        assert "on hold" in why_not(session, machine, waiting_for_person(session, 1), second)


def test_the_order_to_the_machine(erased: Core) -> None:
    asked(erased)
    with erased.database.read() as session:
        one, _ = rechecks_of(session, 1)
        spec = recheck._spec(session, one)
    after = evidence(1)["drive_after"]
    assert spec["drive"] == {key: after[key] for key in ("serial", "wwn", "model", "size_bytes")}
    assert (spec["kind"], spec["job_id"], spec["expect"]) == ("recheck", "r1-recheck-d1-1", "zeros")
    assert spec["validation"]["mode"] == "full"
    assert spec["chassis"]["system_serial"]
    assert (spec["canaries"], spec["samples_before"]) == (None, None)


def test_both_read_again(erased: Core) -> None:
    asked(erased)
    read(erased, 1)
    assert poll_recheck(erased)["kind"] == "wait"
    read(erased, 2)
    assert poll_recheck(erased) == {"kind": "done", "data": {"drawn": 2}, "error": "", "params": {}}
    assert poll_recheck(erased)["kind"] == "done"
    assert transitions.finish(erased, 1, recheck.STEP, {"drawn": 2})["kind"] == "go"
    assert [row.state for row in rows(erased)] == ["passed", "passed"]
    assert [(row.validator or {})["completed"] for row in rows(erased)] == [True, True]
    with erased.database.read() as session:
        assert [e["body"]["outcome"] for e in entries(session, "recheck.done")] == ["passed", "passed"]
        assert {e.outcome for e in session.execute(select(Erasure)).scalars()} == {"erased"}


@pytest.mark.parametrize(
    "changes",
    [
        {"nonzero": [{"offset": 4096}], "nonzero_reads": 1},
        {"errors": [{"offset": 512, "error": "EIO"}], "completed": False},
    ],
)
def test_old_data_voids_the_claim(erased: Core, changes: dict[str, Any]) -> None:
    asked(erased)
    read(erased, 1)
    read(erased, 2, error="it holds data", **changes)
    outcome = poll_recheck(erased)
    assert outcome["kind"] == "failed"
    assert "not erased after all" in outcome["error"]
    transitions.fail(erased, 1, "recheck", outcome)
    with erased.database.read() as session:
        assert get_machine(session, 1).state is State.HELD
        good, bad = session.execute(select(Erasure).order_by(Erasure.id)).scalars().all()
        assert (good.outcome, bad.outcome, bad.level) == ("erased", "not_erased", "")
        claim = entries(session, "drive.claim")[-1]
        assert (claim["subject"], claim["body"]["outcome"]) == ("drive:2", "not_erased")
        assert claim["body"]["recheck"] == rows(erased)[1].id
        assert claim["body"]["job"] == "r1-erase-d2-1"
        # The claim still follows from the evidence; the certificate before doesn't agree with the ledger any more.
        again = claim_of(bad.evidence, drive_key(evidence(2)["drive_after"]))
        assert (again.outcome, again.reason) == ("not_erased", bad.reason)
        papers = {
            (p.erasure_id, p.kind): public_status(session, erased, p)
            for p in session.execute(select(Certificate).where(Certificate.erasure_id.is_not(None))).scalars()
        }
        assert {key: found.ledger_ok for key, found in papers.items()} == {
            (good.id, "drive"): True,
            (bad.id, "drive"): False,
            (bad.id, "destruction"): True,
        }
        assert papers[bad.id, "destruction"].ok
        assert not papers[bad.id, "drive"].drives[0].erased
    assert act(erased)["kind"] == "failed"  # trying again doesn't make it good


def test_a_reading_that_was_none_decides_nothing(erased: Core) -> None:
    asked(erased)
    read(erased, 1)
    body = {"job_id": "r1-recheck-d2-1", "state": "failed", "error": "the drive is not in this machine", "result": {}}
    with erased.database.write() as session:
        hear_result(session, 1, body)
    outcome = poll_recheck(erased)
    assert outcome["kind"] == "failed"
    assert "could not be read again" in outcome["error"]
    assert [row.state for row in rows(erased)] == ["passed", "asked"]
    with erased.database.read() as session:
        assert {e.outcome for e in session.execute(select(Erasure)).scalars()} == {"erased"}
    assert begin(erased)["kind"] == "go"  # try again: only the one that was not read
    read(erased, 2, attempt=2)
    assert poll_recheck(erased)["kind"] == "done"


def test_a_result_that_is_less_than_asked_is_no_pass(erased: Core) -> None:
    asked(erased)
    read(erased, 1)
    read(erased, 2, mode="sampled", share=0.1, slices=1000, places=2002)
    assert poll_recheck(erased)["kind"] == "failed"
    assert [row.state for row in rows(erased)] == ["passed", "asked"]


def test_erasing_again_gets_nobody_out_of_it(erased: Core) -> None:
    """A drive that was drawn and not read is drawn again, whatever the share, in whatever run."""
    share(erased, 0.0)
    with erased.database.write() as session:
        first = session.get_one(Erasure, 1)
        again = Erasure(
            drive_id=1, machine_id=1, run_id=1, authorisation_id=first.authorisation_id, job_id="r1-erase-d1-2",
            plan=first.plan, size_bytes=first.size_bytes, started_at=utcnow(), outcome="erased",
            evidence=first.evidence,
        )  # fmt: skip
        session.add(again)
        session.flush()
        with pytest.raises(Conflict, match="no claim"):
            draw(session, again, current_policy(session, "main"), erased.keys.ledger)
        append(session, Kind.DRIVE_CLAIM, "drive:1", {"job": "r1-erase-d1-2", "outcome": "erased"})
        row = draw(session, again, current_policy(session, "main"), erased.keys.ledger)
        assert (row.state, row.owed) == ("drawn", True)


def test_no_machine_is_sealed_with_a_recheck_left(erased: Core) -> None:
    with erased.database.write() as session:
        tx = transitions.transaction(session, erased, 1, "seal")
        with pytest.raises(Conflict, match="drawn to be read again"):
            seal.complete(tx, {})


def test_waiting_for_a_person_is_not_being_late(erased: Core) -> None:
    with erased.database.write() as session:
        session.get_one(Run, 1).state = "waiting"
        get_machine(session, 1).state_since = utcnow() - dt.timedelta(hours=30)
    hold_late(erased)
    with erased.database.write() as session:
        machine = get_machine(session, 1)
        assert machine.state is State.ERASED
        machine.state_since = utcnow() - dt.timedelta(hours=erased.settings.authorisation_wait_hours + 1)
    hold_late(erased)
    with erased.database.read() as session:
        machine = get_machine(session, 1)
        assert machine.state is State.HELD
        assert "second person" in machine.held_reason


def test_the_ledger_s_verification_reads_the_draws(erased: Core) -> None:
    public = erased.keys.ledger.public_key()

    def faults() -> list[str]:
        with erased.database.read() as session:
            return audit(session, public)

    def write(kind: Kind, subject: str, body: dict[str, Any]) -> int:
        with erased.database.write() as session:
            return append(session, kind, subject, body).seq

    assert faults() == []
    with erased.database.read() as session:
        one, two = entries(session, "recheck.drawn")
    sealed = write(Kind.MACHINE_SEALED, "machine:1", {"run": 1})
    assert faults() == [
        f"entry {sealed}: machine:1 was made ready, but drive:{n} was drawn (entry {e['seq']}) and not read again"
        for n, e in ((1, one), (2, two))
    ]
    bent = write(Kind.RECHECK_DRAWN, "drive:1", one["body"] | {"drawn": False})
    assert [f for f in faults() if f.startswith(f"entry {bent}: ")] == [
        f"entry {bent}: the draw for drive:1 does not hold: it says spared, the signature says the contrary",
        f"entry {bent}: a second draw for the claim of entry {one['body']['claim']['seq']}: "
        f"the first is entry {one['seq']}",
    ]
    claim = write(Kind.DRIVE_CLAIM, "drive:3", {"outcome": "erased", "run": 2, "job": "r2-erase-d3-1"})
    sealed = write(Kind.MACHINE_SEALED, "machine:2", {"run": 2})
    assert faults()[-1] == (
        f"entry {sealed}: machine:2 was made ready, but no lot was drawn for drive:3 (entry {claim})"
    )
