"""The ledger on both databases: written in line, never changed, and any change by force is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from controller.database import Database
from controller.ledger.append import append
from controller.ledger.chain import content_hash, entry_content, read_content
from controller.ledger.checkpoint import make_checkpoint
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry
from controller.ledger.verify import Verification, verify

KEY = Ed25519PrivateKey.generate()
TABLES = ("ledger_entries", "ledger_checkpoints")


def add(session: Session, number: int) -> None:
    append(session, Kind.MACHINE_SEALED, f"machine:{number}", {"run": number}, actor="controller")


@pytest.fixture
def chain(database: Database) -> Database:
    """Ten entries; the fifth and the tenth are signed."""
    for number in range(1, 11):
        with database.write() as session:
            add(session, number)
            if number % 5 == 0:
                make_checkpoint(session, KEY)
    return database


def check(database: Database) -> Verification:
    with database.read() as session:
        return verify(session, KEY.public_key())


def test_it_holds(chain: Database) -> None:
    found = check(chain)
    assert found.ok
    assert (found.entries, found.checkpoints, found.signed_up_to) == (10, 2, 10)


def test_an_empty_ledger_holds(database: Database) -> None:
    assert check(database).ok


def test_writers_at_once_make_one_chain(database: Database) -> None:
    """Eight threads, each with its own transactions: no number twice, none left out."""

    def work(worker: int) -> None:
        for number in range(10):
            with database.write() as session:
                add(session, worker * 100 + number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with database.write() as session:
        make_checkpoint(session, KEY)
    found = check(database)
    assert found.ok, found.faults
    assert found.entries == 80


def test_a_fact_that_is_rolled_back_leaves_no_entry(database: Database) -> None:
    def fact_that_fails(session: Session) -> None:
        add(session, 1)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        fact_that_fails(session)
    assert check(database).entries == 0


def test_nothing_new_needs_no_checkpoint(chain: Database) -> None:
    with chain.write() as session:
        assert make_checkpoint(session, KEY) is None


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET content = 'x' WHERE seq = 5",
        "UPDATE {table} SET seq = 99 WHERE seq = 5",
        "UPDATE {table} SET at = at",
        "DELETE FROM {table} WHERE seq = 5",
        "DELETE FROM {table}",
        "REPLACE",
        "TRUNCATE TABLE {table}",
    ],
)
def test_the_database_refuses_change(chain: Database, table: str, statement: str) -> None:
    """``INSERT OR REPLACE`` on SQLite deletes without firing DELETE triggers: it has one of its own."""
    sqlite = chain.engine.dialect.name == "sqlite"
    if statement == "REPLACE":
        copy = f"INTO {table} SELECT * FROM {table} WHERE seq = 5"  # noqa: S608
        upsert = f"INSERT {copy} ON CONFLICT (seq) DO UPDATE SET content = 'x'"
        statement = f"INSERT OR REPLACE {copy}" if sqlite else upsert
    elif statement.startswith("TRUNCATE") and sqlite:
        return  # SQLite has no such statement
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), chain.write() as session:
        session.execute(sa.text(statement.format(table=table)))
    assert check(chain).ok


def force(database: Database, change: Callable[[Session], object]) -> None:
    """Do what somebody with the database's own password can: take the triggers away first."""
    with database.write() as session:
        for table in TABLES:
            if database.engine.dialect.name == "sqlite":
                for name in ("update", "delete", "replace"):
                    session.execute(sa.text(f"DROP TRIGGER {table}_no_{name}"))
            else:
                session.execute(sa.text(f"DROP TRIGGER {table}_no_change ON {table}"))
        change(session)


def _rewrite(session: Session, seq: int, *, last: int, **changes: object) -> None:
    """The careful forger: change one entry and make every later one fit again."""
    previous = None
    for number in range(seq, last + 1):
        entry = session.get_one(LedgerEntry, number)
        fields = read_content(entry.content)
        if number == seq:
            fields.update(changes)
        else:
            fields["previous"] = previous
        fields["at"] = dt.datetime.fromisoformat(fields["at"])
        entry.content = entry_content(**fields)
        entry.hash = previous = content_hash(entry.content)
    session.flush()


def _forge_checkpoint(session: Session) -> None:
    _rewrite(session, 7, last=10, body={"run": 4711})
    session.delete(session.get_one(LedgerCheckpoint, 10))
    session.flush()
    make_checkpoint(session, Ed25519PrivateKey.generate())


def _sql(statement: str) -> Callable[[Session], object]:
    return lambda session: session.execute(sa.text(statement))


TAMPERING: dict[str, tuple[Callable[[Session], object], str]] = {
    "content": (
        _sql("UPDATE ledger_entries SET content = replace(content, '3', '4') WHERE seq = 3"),
        "entry 3: its content does not match its hash",
    ),
    "content and its hash": (
        lambda session: _rewrite(session, 3, last=3, body={"run": 4}),
        "entry 4: it does not follow",
    ),
    "content and every later hash": (
        lambda session: _rewrite(session, 3, last=10, body={"run": 4}),
        "checkpoint at entry 5: the entry it signed is missing or was changed",
    ),
    "a hash": (_sql("UPDATE ledger_entries SET hash = 'ffff' WHERE seq = 8"), "entry 8: its content"),
    "a column": (
        _sql("UPDATE ledger_entries SET subject = 'machine:99' WHERE seq = 2"),
        "entry 2: its column subject says 'machine:99'",
    ),
    "the kind's column": (
        _sql("UPDATE ledger_entries SET kind = 'lot.created' WHERE seq = 2"),
        "entry 2: its column kind",
    ),
    "the time's column": (
        _sql("UPDATE ledger_entries SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2"),
        "entry 2: its column at",
    ),
    "an entry removed": (_sql("DELETE FROM ledger_entries WHERE seq = 4"), "entry 4 is missing"),
    "the first entry removed": (_sql("DELETE FROM ledger_entries WHERE seq = 1"), "entry 1 is missing"),
    "the last entries removed": (
        _sql("DELETE FROM ledger_entries WHERE seq > 8"),
        "checkpoint at entry 10: the entry it signed is missing",
    ),
    "checkpoints removed": (_sql("DELETE FROM ledger_checkpoints"), "no signed checkpoint is left"),
    "a checkpoint's signature": (
        _sql("UPDATE ledger_checkpoints SET signature = 'AAAA' WHERE seq = 5"),
        "checkpoint at entry 5: its signature is wrong",
    ),
    "a checkpoint's signature that is no base64": (
        _sql("UPDATE ledger_checkpoints SET signature = 'é' WHERE seq = 5"),
        "checkpoint at entry 5: its signature is wrong",
    ),
    "a checkpoint moved to another entry": (
        _sql("UPDATE ledger_checkpoints SET seq = 6 WHERE seq = 5"),
        "checkpoint at entry 6: it was signed for entry 5",
    ),
    "a checkpoint's time": (
        _sql("UPDATE ledger_checkpoints SET at = '2020-01-01 00:00:00.000000' WHERE seq = 5"),
        "checkpoint at entry 5: its column at",
    ),
    "a checkpoint by another key": (_forge_checkpoint, "checkpoint at entry 10: signed by another key"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_change_by_force_is_found(chain: Database, name: str) -> None:
    change, fault = TAMPERING[name]
    force(chain, change)
    found = check(chain)
    assert not found.ok
    assert any(fault in text for text in found.faults), found.faults


def test_reordering_done_fully_is_found(chain: Database) -> None:
    """Two entries that really exchange their numbers."""

    def exchange(session: Session) -> None:
        for before, after in ((2, 99), (3, 2), (99, 3)):
            session.execute(sa.text(f"UPDATE ledger_entries SET seq = {after} WHERE seq = {before}"))  # noqa: S608

    force(chain, exchange)
    assert any("entry 2: its column seq says 2" in text for text in check(chain).faults)


def test_taking_the_triggers_away_alone_changes_nothing(chain: Database) -> None:
    """Negative control of the cases above: it is the change that is found, not the missing trigger."""
    force(chain, lambda _: None)
    assert check(chain).ok


def test_another_controllers_key_trusts_nothing(chain: Database) -> None:
    with chain.read() as session:
        found = verify(session, Ed25519PrivateKey.generate().public_key())
    assert len(found.faults) == 2
