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
from controller.machines.registry import get_machine
from controller.workflows import transitions
from controller.workflows.jobs import hear_result
from controller.workflows.outcome import Outcome
from controller.workflows.steps import erase
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Run, RunStep
from tests.integration.controller.facts import drive
from tests.integration.controller.test_erase_authorisation import ready, shown
from tests.integration.controller.test_intake import entries
from tests.unit.controller.evidence import BLOCK_ERASED, GOOD, SIZE, ata_facts, attempt, changed, erase_facts

FACTS = erase_facts("ssd", ata=ata_facts())
JOB = "r1-erase-d1-1"


def at_work(core: Core, policy: dict[str, Any] | None = None, lower: bool = False) -> None:
    """Machine 1 with one SSD that offers everything, authorised, its job started."""
    with core.database.write() as session:
        if policy:
            change_policy(session, "main", policy, "user:2")
        machine = ready(session, drive(1, erase=FACTS, size_bytes=SIZE))
        ids = {d.drive.id for d in preview(session, machine).drives} if lower else set()
        authorise(session, machine, shown(session, machine), "user:3", lower=ids)
        run = Run(machine_id=machine.id, workflow="recondition", profile="mini", state="running", started_by="user:1")
        run.created_at, run.error_params = utcnow(), {}
        session.add(run)
        session.flush()
        for position, info in enumerate(RECONDITION):
            session.add(RunStep(run_id=run.id, name=info.name, position=position, state="pending", error_params={}))
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
