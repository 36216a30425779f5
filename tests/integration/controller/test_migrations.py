"""The tables: from the first migration to the newest with what they hold, and exactly what the models say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.all_tables import METADATA
from controller.database import Database, utcnow
from controller.errors import RecyclerieError
from controller.ledger.append import append
from controller.ledger.checkpoint import make_checkpoint
from controller.ledger.kinds import Kind
from controller.ledger.verify import verify
from controller.machines.tables import Machine
from controller.migrate import upgrade, versions
from controller.workflows.tables import Run, RunStep

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def first(empty_url: str) -> Iterator[Database]:
    """A database as the first release made it, with one row of nearly everything."""
    database = Database(empty_url)
    upgrade(database, "0001")
    _fill(database)
    yield database
    database.close()


def _fill(database: Database) -> None:
    """Rows by SQL, with the columns of revision 0001: the models of today may have others."""
    values = {
        "lots": "1, 'main', 'L-2024-0001', 'Ville d''Exemple', 'public', 'cg3p', NULL, 2, 'mini', '', :at, 'user:1', "
        "NULL, NULL",
        "machines": "7, 'main', 'R-000007', 'plugged', :at, '', '{}', NULL, 1, 'Dell', 'Latitude', 'ABC1234', "
        "'laptop', NULL, '', :at, :at, 'user:1', NULL, '', '[]'",
        "machine_identifiers": "1, 7, 'system_serial', 'dell|ABC1234', 'strong', :at, :at",
        "boots": "1, 7, 'live', 'boot-0001', 'h1', 't1', 'accepted', '10.0.0.7', '[]', '{}', :at, :at, :false",
        "drives": "3, 'wwn:0x1', '0x1', 'S1', 'M1', 1000, 'sata', :false, 7, '/dev/sda', '{}', :at, :at",
    }
    columns = {
        "lots": "id, site, code, donor_name, donor_kind, regime, received_on, expected_count, profile, notes, "
        "created_at, created_by, preauthorised_at, preauthorised_by",
        "machines": "id, site, tag, state, state_since, held_reason, held_params, held_return, lot_id, manufacturer, "
        "product, serial, form, profile, bench, created_at, accepted_at, accepted_by, last_heard_at, "
        "first_password, conflict_with",
        "machine_identifiers": "id, machine_id, kind, value, strength, first_seen, last_seen",
        "boots": "id, machine_id, mode, boot_id, secret_hash, token_hash, status, address, ssh_host_keys, "
        "announcement, announced_at, last_heard_at, linked",
        "drives": "id, identity, wwn, serial, model, size_bytes, transport, rotational, machine_id, path, facts, "
        "first_seen, last_seen",
    }
    at = utcnow().replace(tzinfo=None)
    with database.write() as session:
        for table, row in values.items():
            bound = {name: value for name, value in (("at", at), ("false", False)) if f":{name}" in row}
            session.execute(sa.text(f"INSERT INTO {table} ({columns[table]}) VALUES ({row})"), bound)  # noqa: S608
        for number in (7, 9):  # machine 9 was merged away: only the ledger knows its id
            append(session, Kind.MACHINE_ANNOUNCED, f"machine:{number}", {"candidates": [], "verdict": "new"})
        make_checkpoint(session, KEY)


def _count(database: Database, table: str) -> int:
    with database.read() as session:
        return int(session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_upgrade_keeps_everything(first: Database) -> None:
    tables = ("lots", "machines", "machine_identifiers", "boots", "drives", "ledger_entries", "ledger_checkpoints")
    before = {table: _count(first, table) for table in tables}
    upgrade(first)
    current, newest = versions(first)
    assert current == newest
    assert {table: _count(first, table) for table in tables} == before
    with first.read() as session:
        machine = session.get_one(Machine, 7)
        assert (machine.tag, machine.lot is not None, machine.state.value) == ("R-000007", True, "plugged")
        assert verify(session, KEY.public_key()).ok


def _run(database: Database, state: str, steps: list[tuple[str, str]]) -> None:
    """Run 1 of machine 7, as it was before the newest steps were thought of."""
    at = utcnow().replace(tzinfo=None)
    run = "INSERT INTO runs (id, machine_id, workflow, generation, profile, state, started_by, created_at, error, "
    run += (
        "error_params, cancel_requested) VALUES (1, 7, 'recondition', 1, 'mini', :state, 'user:1', :at, '', '{}', :no)"
    )
    step = "INSERT INTO run_steps (run_id, name, position, state, attempt, done, total, unit, message, error, "
    step += "error_params, cpu_seconds, peak_rss_bytes) VALUES (1, :name, :at, :state, 1, 0, 0, '', '', '', '{}', 0, 0)"
    with database.write() as session:
        session.execute(sa.text(run), {"state": state, "at": at, "no": False})
        for position, (name, said) in enumerate(steps):
            session.execute(sa.text(step), {"name": name, "at": position, "state": said})


def _steps(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.execute(sa.select(RunStep).order_by(RunStep.position)).scalars().all()
        assert [row.position for row in rows] == list(range(len(rows)))
        assert all(row.error_params == {} for row in rows)
        return [(row.name, row.state) for row in rows]


@pytest.mark.parametrize(
    ("state", "install", "recheck"), [("waiting", "pending", "pending"), ("failed", "failed", "skipped")]
)
def test_runs_under_way_get_the_recheck(first: Database, state: str, install: str, recheck: str) -> None:
    """The recheck stands between erase and install; where the install has begun there is nothing left to read."""
    upgrade(first, "0004")
    before = [("inspect", "succeeded"), ("authorise", "succeeded"), ("erase", "succeeded")]
    _run(first, state, [*before, ("install", install)])
    upgrade(first, "0005")
    assert _steps(first) == [*before, ("recheck", recheck), ("install", install)]


@pytest.mark.parametrize(
    ("state", "authorise", "test", "generation"),
    [
        ("running", "pending", "pending", 1),  # it is being inspected: its workflow comes to the tests by itself
        ("waiting", "waiting", "pending", 1),
        ("running", "succeeded", "skipped", 2),  # its workflow can't follow: another one takes over
        ("failed", "succeeded", "skipped", 1),
    ],
)
def test_runs_under_way_get_the_tests(first: Database, state: str, authorise: str, test: str, generation: int) -> None:
    """The tests stand before the authorisation; where somebody gave it there is nothing to stop any more."""
    upgrade(first, "0005")
    after = [("authorise", authorise), ("erase", "pending"), ("recheck", "pending"), ("install", "pending")]
    _run(first, state, [("inspect", "succeeded"), *after])
    upgrade(first)
    assert _steps(first) == [("inspect", "succeeded"), ("test", test), *after]
    with first.read() as session:
        assert session.get_one(Run, 1).generation == generation


def test_runs_that_are_over_stay_as_they_were(first: Database) -> None:
    upgrade(first, "0004")
    steps = [("inspect", "succeeded"), ("authorise", "succeeded"), ("erase", "succeeded"), ("install", "succeeded")]
    _run(first, "succeeded", steps)
    upgrade(first)
    assert _steps(first) == steps


def test_upgrade_again_changes_nothing(first: Database) -> None:
    upgrade(first)
    upgrade(first)
    assert versions(first)[0] == versions(first)[1]


def test_foreign_keys_hold_after_an_upgrade(first: Database) -> None:
    """SQLite: they were off while tables were made anew."""
    upgrade(first)
    with pytest.raises(sa.exc.IntegrityError), first.write() as session:
        session.execute(sa.text("UPDATE machines SET lot_id = 4711 WHERE id = 7"))


def test_upgrade_that_would_lose_rows_is_refused(first: Database) -> None:
    """A row that points to nothing (a database damaged by hand) stops the upgrade, which then changes nothing."""
    if first.engine.dialect.name != "sqlite":
        return  # PostgreSQL never lets go of its foreign keys
    with first.engine.connect() as connection:
        assert connection.connection.dbapi_connection is not None
        raw = connection.connection.dbapi_connection.cursor()
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("UPDATE boots SET machine_id = 4711")
        raw.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(RecyclerieError, match="boots"):
        upgrade(first)
    assert versions(first)[0] == "0001"


def test_an_id_of_the_ledger_is_never_given_again(first: Database) -> None:
    """Negative control: at revision 0001, SQLite gives a deleted machine's id to the next one."""
    upgrade(first)
    with first.write() as session:
        if first.engine.dialect.name == "postgresql":
            session.execute(sa.text("SELECT setval('machines_id_seq', 9)"))
        now = utcnow()
        made = []
        for _ in range(2):
            machine = Machine(site="main", state_name="plugged", state_since=now, created_at=now, held_params={})
            machine.conflict_with = []
            session.add(machine)
            session.flush()
            made.append(machine.id)
            session.delete(machine)
            session.flush()
    assert made == [10, 11]


def test_models_are_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
