"""The erase policy: who may change it, what it changes, what is kept of it; and a person's tick."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from controller.access.roles import Role
from controller.core import Core
from controller.erasure.authorise import authorise, authorise_from_lot, preauthorise_lot, preview
from controller.erasure.policy import change_policy, changes, current_policy
from controller.erasure.policy_values import DEFAULT
from controller.errors import Conflict, RecyclerieError
from controller.settings import Settings
from tests.integration.controller.facts import drive
from tests.integration.controller.playing import bearer, core_of, person, serving
from tests.integration.controller.test_erase_authorisation import ready, shown
from tests.integration.controller.test_intake import entries
from tests.unit.controller.evidence import ata_facts, erase_facts

PURGE = {"minimum": {"ssd": "purge"}}
BARE = erase_facts("ssd")
WHOLE = erase_facts("ssd", ata=ata_facts())


def test_the_default_until_somebody_changes_it(core: Core) -> None:
    with core.database.write() as session:
        assert current_policy(session, "main") == DEFAULT
        assert changes(session, "main") == []
        change_policy(session, "main", DEFAULT.as_dict(), "user:2")  # nothing new: nothing written
        assert changes(session, "main") == []
        assert entries(session, "erase.policy") == []


def test_a_change_holds_and_is_kept(core: Core) -> None:
    with core.database.write() as session:
        change_policy(session, "main", {**DEFAULT.as_dict(), **PURGE}, "user:2")
        change_policy(session, "main", {**DEFAULT.as_dict(), "canaries": 8}, "user:3")
    with core.database.read() as session:
        assert current_policy(session, "main").canaries == 8
        assert current_policy(session, "main").minimum["ssd"] == "clear"
        assert current_policy(session, "gardanne") == DEFAULT  # another site's is its own
        rows = changes(session, "main")
        assert [(r.changed_by, r.body["canaries"], r.body["minimum"]["ssd"]) for r in rows] == [
            ("user:3", 8, "clear"),
            ("user:2", 64, "purge"),
        ]
        said = entries(session, "erase.policy")
        assert [(e["actor"], e["subject"], e["body"]["minimum"]["ssd"]) for e in said] == [
            ("user:2", "site:main", "purge"),
            ("user:3", "site:main", "clear"),
        ]


@pytest.mark.parametrize("wrong", [{"canaries": 1}, {"writer": "dd"}, {"recheck_share": 2}, {"minimum": {"ssd": "x"}}])
def test_a_value_out_of_bounds_changes_nothing(core: Core, wrong: dict[str, Any]) -> None:
    with core.database.write() as session, pytest.raises(RecyclerieError, match="was not changed"):
        change_policy(session, "main", {**DEFAULT.as_dict(), **wrong}, "user:2")
    with core.database.read() as session:
        assert current_policy(session, "main") == DEFAULT


# -- what it changes for an authorisation -------------------------------------------------------------
def test_a_drive_below_the_minimum_needs_a_tick(core: Core) -> None:
    with core.database.write() as session:
        change_policy(session, "main", PURGE, "user:2")
        machine = ready(session, drive(1, erase=BARE))
        seen = preview(session, machine)
        assert (seen.ok, seen.drives[0].verdict.question) == (True, "needed")
        with pytest.raises(Conflict, match="can't be erased as deeply"):
            authorise(session, machine, shown(session, machine), "user:3")
        (key,) = authorise(
            session, machine, shown(session, machine), "user:3", lower={seen.drives[0].drive.id, 4711}
        ).drives
        assert (key["lower"], key["plan"]["minimum"]) == (True, "clear")
        (entry,) = entries(session, "erase.authorised")
        assert entry["body"]["drives"][0]["lower"] is True  # who accepted less stays in the ledger
        assert entry["actor"] == "user:3"


def test_a_preauthorised_lot_never_accepts_less(core: Core) -> None:
    with core.database.write() as session:
        change_policy(session, "main", PURGE, "user:2")
        machine = ready(session, drive(1, erase=BARE))
        assert machine.lot is not None
        preauthorise_lot(session, machine.lot, "user:9")
        assert authorise_from_lot(session, machine) is None
        change_policy(session, "main", {**PURGE, "lower_without_asking": True}, "user:2")
        found = authorise_from_lot(session, machine)
        assert found is not None
        assert found.drives[0]["lower"] is False  # nobody ticked anything: the policy allows it


@pytest.mark.parametrize(("ticked", "techniques"), [(False, 3), (True, 5)])
def test_a_tick_lets_weaker_techniques_in(core: Core, ticked: bool, techniques: int) -> None:
    with core.database.write() as session:
        change_policy(session, "main", PURGE, "user:2")
        machine = ready(session, drive(1, erase=WHOLE))
        ids = {d.drive.id for d in preview(session, machine).drives} if ticked else set()
        (key,) = authorise(session, machine, shown(session, machine), "user:3", lower=ids).drives
        assert (len(key["plan"]["techniques"]), key["lower"]) == (techniques, ticked)


def test_a_tick_that_nobody_asked_for_changes_nothing(core: Core) -> None:
    with core.database.write() as session:
        machine = ready(session, drive(1, erase=WHOLE))
        ids = {d.drive.id for d in preview(session, machine).drives}
        (key,) = authorise(session, machine, shown(session, machine), "user:3", lower=ids).drives
        assert key["lower"] is False


# -- over the API -------------------------------------------------------------------------------------
@pytest.fixture
def client(settings: Settings) -> Any:
    with serving(settings) as found:
        yield found


def _as(client: TestClient, role: Role) -> dict[str, str]:
    return bearer(person(core_of(client), role)[1])


def test_the_policy_over_the_api(client: TestClient) -> None:
    technician, coordinator = _as(client, Role.TECHNICIAN), _as(client, Role.COORDINATOR)
    now = client.get("/api/erase-policy", headers=technician).json()
    assert now == DEFAULT.as_dict()
    changed = {**now, "minimum": {"ssd": "purge"}, "recheck_share": 0.1}
    assert client.put("/api/erase-policy", headers=technician, json=changed).status_code == 403
    answer = client.put("/api/erase-policy", headers=coordinator, json=changed)
    assert (answer.status_code, answer.json()["minimum"]["ssd"], answer.json()["recheck_share"]) == (200, "purge", 0.1)
    again = client.put("/api/erase-policy", headers=coordinator, json=answer.json())  # what it gives, it takes
    assert again.json() == answer.json()
    (row,) = client.get("/api/erase-policy/changes", headers=technician).json()
    assert row["policy"] == answer.json()
    shallow = {"mode": "sampled", "share": 0.2, "slices": 5}
    beyond: list[dict[str, Any]] = [{"canaries": 1}, {"validation_firmware": shallow}]
    unknown: list[dict[str, Any]] = [{"canary": 3}, {"writer": "dd"}, {"validation_firmware": {"mode": "none"}}]
    for wrong in beyond:
        refused = client.put("/api/erase-policy", headers=coordinator, json=wrong)
        assert refused.status_code == 400, refused.text
    for wrong in unknown:
        assert client.put("/api/erase-policy", headers=coordinator, json=wrong).status_code == 422
