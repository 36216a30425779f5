"""The erase step's end: levels against the plan's minimum, papers, draws, what the install may leave unwritten."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import authorise, drive_history, preview
from controller.erasure.certificates.tables import Certificate
from controller.erasure.claim_parts import reads_zeros
from controller.erasure.policy import change_policy
from controller.erasure.tables import Erasure, Recheck
from controller.machines.drives import drive_key, drives_of
from controller.machines.registry import get_machine
from controller.workflows import transitions
from controller.workflows.jobs import hear_result
from controller.workflows.outcome import Outcome
from controller.workflows.steps import erase
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Job, Run, RunStep
from tests.integration.controller.facts import drive
from tests.integration.controller.test_erase_authorisation import ready, shown
from tests.integration.controller.test_intake import entries
from tests.unit.controller.evidence import BLOCK_ERASED, GOOD, SIZE, ata_facts, attempt, changed, erase_facts

FACTS = erase_facts("ssd", ata=ata_facts())
JOB = "r1-erase-d1-1"


def start(session: Session, machine_id: int) -> None:
    """A run of the machine, at its very beginning."""
    run = Run(machine_id=machine_id, workflow="recondition", profile="mini", state="running", started_by="user:1")
    run.created_at, run.error_params = utcnow(), {}
    session.add(run)
    session.flush()
    for position, info in enumerate(RECONDITION):
        session.add(RunStep(run_id=run.id, name=info.name, position=position, state="pending", error_params={}))


def at_work(core: Core, policy: dict[str, Any] | None = None, lower: bool = False) -> None:
    """Machine 1 with one SSD that offers everything, authorised, its job started."""
    with core.database.write() as session:
        if policy:
            change_policy(session, "main", policy, "user:2")
        machine = ready(session, drive(1, erase=FACTS, size_bytes=SIZE))
        ids = {d.drive.id for d in preview(session, machine).drives} if lower else set()
        authorise(session, machine, shown(session, machine), "user:3", lower=ids)
        start(session, machine.id)
    assert transitions.begin(core, 1, erase.STEP)["kind"] == "go"


def ended(core: Core, good: dict[str, Any], *changes: tuple[str, Any], job: str = JOB) -> Outcome:
    """The job ends with this evidence about machine 1's drive; what the step makes of it."""
    facts = drive(1, size_bytes=SIZE)
    evidence = changed(good, ("drive_before", facts), ("drive_after", facts), *changes)
    body = {"job_id": job, "kind": "erase", "state": "succeeded", "error": "", "result": {"evidence": evidence}}
    with core.database.write() as session:
        hear_result(session, 1, body)
    return transitions.poll(core, 1, erase.STEP)


def erasures(session: Session) -> list[Erasure]:
    return list(session.execute(select(Erasure).order_by(Erasure.id)).scalars())


def test_a_block_erase_is_a_purge_with_its_papers(core: Core) -> None:
    at_work(core)
    assert ended(core, BLOCK_ERASED)["kind"] == "done"
    transitions.finish(core, 1, erase.STEP, {})
    with core.database.read() as session:
        (erasure,) = erasures(session)
        assert (erasure.outcome, erasure.level, erasure.technique) == ("erased", "purge", "ata-sanitize-block")
        assert [note["message"][:9] for note in erasure.notes] == ["Read back"]
        (said,) = entries(session, "drive.claim")
        assert (said["body"]["level"], said["body"]["technique"]) == ("purge", "ata-sanitize-block")
        papers = session.execute(select(Certificate).order_by(Certificate.id)).scalars().all()
        assert [p.paper.value for p in papers] == ["drive", "machine"]
        assert session.execute(select(Recheck.state)).scalar_one() in ("spared", "drawn")


def test_what_could_not_be_erased_gets_a_destruction_sheet(core: Core) -> None:
    at_work(core)
    outcome = ended(core, BLOCK_ERASED, ("validator.canaries_found", [0]))
    assert outcome["kind"] == "failed"
    with core.database.read() as session:
        (paper,) = session.execute(select(Certificate)).scalars()
        assert paper.paper.value == "destruction"
        assert session.execute(select(Recheck)).first() is None


@pytest.mark.parametrize(
    ("restarts", "kind", "papers"),
    [(3, "again", []), (1, "failed", ["destruction"])],
    ids=["it starts over by itself", "once too often"],
)
def test_a_job_that_was_cut_off_has_a_sheet_only_when_nothing_comes_after_it(
    core: Core, monkeypatch: pytest.MonkeyPatch, restarts: int, kind: str, papers: list[str]
) -> None:
    """A power cut is no reason to destroy a drive."""
    at_work(core)
    monkeypatch.setattr("controller.workflows.jobs.MAX_RESTARTS", restarts)
    monkeypatch.setattr(erase, "MAX_RESTARTS", restarts)
    body = {"job_id": JOB, "kind": "erase", "state": "lost", "error": "its process died", "result": {}}
    with core.database.write() as session:
        hear_result(session, 1, body)
    assert transitions.poll(core, 1, erase.STEP)["kind"] == kind
    with core.database.read() as session:
        assert [erasure.outcome for erasure in erasures(session)] == ["unknown"]
        assert [paper.paper.value for paper in session.execute(select(Certificate)).scalars()] == papers


CLEARED = (GOOD, ("erase_facts_before", FACTS), ("erase_facts_after", FACTS))


@pytest.mark.parametrize(
    ("policy", "lower", "kind"),
    [
        (None, False, "done"),
        ({"minimum": {"ssd": "purge"}}, True, "done"),  # ticked
        ({"minimum": {"ssd": "purge"}, "lower_without_asking": True}, False, "done"),
        ({"minimum": {"ssd": "purge"}}, False, "failed"),
    ],
)
def test_clear_where_purge_was_the_minimum(core: Core, policy: dict[str, Any], lower: bool, kind: str) -> None:
    """The claim is clear in any case, and true; whether the drive counts as done is the plan's minimum."""
    at_work(core, policy, lower)
    outcome = ended(core, *CLEARED)
    assert outcome["kind"] == kind
    with core.database.read() as session:
        (erasure,) = erasures(session)
        assert (erasure.outcome, erasure.level) == ("erased", "clear")
    if kind == "failed":
        assert "less deeply" in outcome["error"]
        transitions.fail(core, 1, "erase", outcome)
        with core.database.write() as session:
            get_machine(session, 1).state_name = "erasing"  # released
        transitions.begin(core, 1, erase.STEP)  # tries the drive once more
        assert ended(core, BLOCK_ERASED, job="r1-erase-d1-2")["kind"] == "done"


def test_what_an_erase_taught_is_remembered(core: Core) -> None:
    at_work(core)
    lost = attempt("ata-sanitize-block", outcome="lost", detail="it does not answer")
    outcome = ended(core, BLOCK_ERASED, ("attempts", [lost]), ("technique", ""), ("validator", None))
    assert "lost" in str(outcome["params"])
    with core.database.write() as session:
        assert drive_history(session, 1).given_up == {"ata-sanitize-block"}
        machine = get_machine(session, 1)
        machine.state_name = "inspected"
        plan = preview(session, machine).drives[0].verdict.plan
        assert plan is not None
        assert plan["techniques"][0]["technique"] == "ata-sanitize-crypto"


HIDDEN = {"kind": "hpa", "visible_bytes": SIZE, "native_bytes": SIZE + 8_388_608}


def test_a_drive_that_grew_is_known_as_it_is_now(core: Core) -> None:
    """Its hidden part was uncovered and erased: the authorisation named that size, and the install will find it."""
    whole = HIDDEN["native_bytes"]
    facts = erase_facts("ssd", ata=ata_facts(security=None, sanitize=None, hidden=[HIDDEN]))
    with core.database.write() as session:
        machine = ready(session, drive(1, erase=facts, size_bytes=SIZE))
        (key,) = authorise(session, machine, shown(session, machine), "user:3").drives
        assert (key["size_bytes"], key["native_bytes"], key["plan"]["preparations"]) == (SIZE, whole, ["remove-hpa"])
        assert erase._key(key) == {k: key[k] for k in ("serial", "wwn", "model", "size_bytes", "native_bytes")}
        start(session, machine.id)
    assert transitions.begin(core, 1, erase.STEP)["kind"] == "go"
    grown = (
        ("hidden_found", [HIDDEN]),
        ("size_bytes_native", whole),
        ("writer.bytes_written", whole),
        ("validator.bytes_read", whole),
        ("validator.bytes_expected", whole),
        ("drive_after.size_bytes", whole),
    )
    assert ended(core, GOOD, *grown)["kind"] == "done"
    with core.database.read() as session:
        (found,) = drives_of(session, 1)
        assert (found.size_bytes, drive_key(found.facts)["size_bytes"]) == (whole, whole)


def test_a_job_that_was_cut_off_is_named_to_the_next(core: Core) -> None:
    at_work(core)
    with core.database.write() as session:
        session.get_one(Job, JOB).state = "lost"
    transitions.begin(core, 1, erase.STEP)
    with core.database.read() as session:
        step = session.execute(select(RunStep).where(RunStep.name == "erase")).scalar_one()
        assert erase.lost_before(session, step.id) == {1: JOB}


@pytest.mark.parametrize(
    ("evidence", "zeros"),
    [
        (GOOD, True),
        (BLOCK_ERASED, False),  # it may return anything
        (changed(GOOD, ("validator.mode", "sampled")), False),
        (changed(GOOD, ("validator.completed", False)), False),
        (changed(GOOD, ("validator.nonzero_reads", 1)), False),
        (changed(GOOD, ("validator.nonzero", [{"offset": 0}])), False),
        (changed(GOOD, ("validator", None)), False),
        (changed(BLOCK_ERASED, ("validator.mode", "full")), False),
        (None, False),
        ("text", False),
    ],
)
def test_only_a_drive_that_was_read_as_zeros_has_holes(evidence: Any, zeros: bool) -> None:
    """The install leaves the holes of an image unwritten on such a drive alone."""
    assert reads_zeros(evidence) is zeros
