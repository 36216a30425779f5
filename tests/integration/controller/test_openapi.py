"""The API against its own description: schemathesis tries what nobody would think of, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps as encode
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from controller.access.roles import Role
from controller.health.reports import store_report
from controller.machines.announce import current_boot
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.settings import Settings
from tests.integration.controller.facts import announcement, inventory
from tests.integration.controller.playing import bearer, core_of, person, serving

pytestmark = [pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore::DeprecationWarning")]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25  # of each operation


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A controller in which there is one of each thing, so that some of the ids that are tried lead somewhere."""
    with serving(settings) as found:
        _, token = person(core_of(found), Role.ADMIN)
        found.headers.update(bearer(token))
        assert found.post("/api/lots", json={"donor_name": "Ville d'Exemple"}).status_code == 201
        fill(found)
        assert found.post("/api/lots/1/labels", json={"count": 3}).status_code == 201
        yield found


def fill(client: TestClient) -> None:
    """Machine 1: accepted, tied, inspected, waiting for its authorisation."""
    assert client.post("/api/agent/announce", json=announcement()).json()["machine_id"] == 1
    assert client.post("/api/machines/1/tie", json={"lot_id": 1}).status_code == 200
    assert client.post("/api/machines/1/accept").status_code == 200
    assert client.post("/api/parts", json={"kind": "webcam", "count": 900, "label": "C270"}).status_code == 200
    with core_of(client).database.write() as session:
        boot, machine = current_boot(session, 1), get_machine(session, 1)
        assert boot is not None
        store_report(session, machine, boot, "inventory", inventory(), "m1")
        machine.state_name = State.INSPECTED.value


def test_what_is_there_is_answered_as_described(client: TestClient) -> None:
    """Each thing once, whole: the models of the answers are checked by the application itself."""
    for path in ("machines/1", "machines/1/erase-preview", "machines/1/ledger", "lots", "runs/1", "inventory",
                 "machines/1/assessment", "parts", "parts/1"):  # fmt: skip
        answer = client.get(f"/api/{path}")
        assert answer.status_code == 200, answer.text
    machine = client.get("/api/machines/1").json()
    assert machine["inventory"]["drives"][0]["serial"] == machine["drives"][0]["serial"]
    assert machine["boot"]["ssh_host_keys"]
    assert machine["run"]["steps"][0]["name"] == "inspect"
    assert client.get("/api/runs/1/steps/inspect/log").json() == {"lines": []}


def test_the_api_keeps_its_word(client: TestClient) -> None:
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    tried: dict[str, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()

        @examples(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_it(case: Any) -> None:
            answer = client.request(**case.as_transport_kwargs(base_url="https://testserver"))
            tried[case.operation.label] = tried.get(case.operation.label, 0) + 1
            case.validate_response(answer, checks=CHECKS)

        try_it()
    assert len(tried) >= 27, tried
    assert sum(tried.values()) > 10 * len(tried), tried
    assert client.get("/api/ledger/verify").json()["ok"]


STRANGE: list[tuple[str, str, Any]] = [
    ("GET", "/api/machines?q=%00", None),
    ("GET", "/api/machines?q=%5C", None),
    ("GET", "/api/machines?q=%25%5F", None),
    ("GET", "/api/machines/99999999999999999999", None),
    ("GET", "/api/ledger?after=99999999999999999999", None),
    ("GET", "/api/ledger?subject=%00", None),
    ("POST", "/api/lots", {"donor_name": "a\0b"}),
    ("POST", "/api/lots", {"donor_name": "\ud800"}),
    ("POST", "/api/lots", {"donor_name": "x", "received_on": "0000-00-00"}),
    ("POST", "/api/lots", {"donor_name": "x", "expected_count": 2**80}),
    ("POST", "/api/machines/1/tie", {"lot_id": 2**31}),
    ("POST", "/api/machines/1/recycle", {"reference": "\0", "weight_kg": 1}),
    ("POST", "/api/machines/1/hold", {"reason": "\0"}),
    ("POST", "/api/token", {"login": "a\0", "password": "x", "name": "x"}),
]


def test_nothing_strange_is_a_fault_of_ours(client: TestClient) -> None:
    """Each of these was, or could be, a 500 on one of the databases."""
    for method, path, json in STRANGE:
        body = encode(json).encode() if json is not None else None
        headers = {"Content-Type": "application/json"} if body else {}
        answer = client.request(method, path, content=body, headers=headers)
        assert answer.status_code < 500, (method, path, json, answer.text)
    assert client.post("/sign-in", data={"login": "a\0b", "password": "a\0b"}).status_code < 500


def test_an_announcement_with_strange_letters(client: TestClient) -> None:
    """NUL and half a pair of UTF-16, as a machine's firmware may print them."""
    said = announcement(7)
    said["chassis"]["product"] = "Pro\0Book \ud83d"
    body = encode(said).encode()
    answer = client.post("/api/agent/announce", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    with core_of(client).database.read() as session:
        assert get_machine(session, answer.json()["machine_id"]).product == "ProBook \ufffd"


def test_a_refused_password_is_not_repeated(client: TestClient) -> None:
    answer = client.post("/api/token", json={"login": "x", "password": "secret" * 100})
    assert answer.status_code == 422
    assert "secret" not in answer.text
