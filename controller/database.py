"""The database: one engine, one declarative base, and transactions that cannot deadlock on SQLite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utcnow() -> dt.datetime:
    """Now, in UTC, aware."""
    return dt.datetime.now(dt.UTC)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant. Stored as naive UTC, always aware in Python; a naive value is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Aware → naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without its zone was given: {value!r}")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Naive UTC → aware."""
        return value.replace(tzinfo=dt.UTC) if value is not None else None


JsonType = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own convention
        dt.datetime: UtcDateTime(),
        dict[str, Any]: JsonType,
        list[Any]: JsonType,
        list[str]: JsonType,
        list[int]: JsonType,
    }


# Any constant: every writing transaction of one PostgreSQL database holds this advisory lock until its end.
WRITE_LOCK = 0x5245435943
LOCK_SECONDS = 30
WRITING = "recyclerie_writing"  # execution option of the connections that write


def driver_url(url: str) -> str:
    """``url`` with our PostgreSQL driver: people write ``postgresql://…``, which SQLAlchemy takes for psycopg2."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return f"postgresql+psycopg://{url.removeprefix(prefix)}"
    return url


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL, where a writing transaction is alone on both.

    "Find, else make" (a machine, a run, the next tag, the next entry of the chain) is then right without any
    thought about what another writer does meanwhile. SQLite: BEGIN IMMEDIATE, since a reader that becomes a
    writer half-way fails with "database is locked" instead of waiting. PostgreSQL: one advisory lock; a
    controller that hangs inside a transaction loses it after a minute.
    """
    if not url.startswith("sqlite"):
        return _postgresql_engine(driver_url(url))
    engine = create_engine(
        url, connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False}, pool_size=20, max_overflow=20
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={LOCK_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = "IMMEDIATE" if connection.get_execution_options().get(WRITING) else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _postgresql_engine(url: str) -> Engine:
    limits = f"-c lock_timeout={LOCK_SECONDS * 1000} -c idle_in_transaction_session_timeout=60000"
    engine = create_engine(
        url, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args={"options": limits, "connect_timeout": 10}
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if connection.get_execution_options().get(WRITING):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    return engine


class Database:
    """The controller's database: ``read()`` and ``write()`` give sessions, nothing else touches the engine."""

    def __init__(self, url: str) -> None:
        """Connect lazily to ``url``."""
        self.url = url
        self.engine = make_engine(url)
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = sessionmaker(self.engine.execution_options(**{WRITING: True}), expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; what is changed in it is lost."""
        with self._reader() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one writing transaction: commits at the end, rolls back on any error."""
        with self._writer() as session, session.begin():
            yield session

    def check(self) -> None:
        """Raise when the database can't be reached."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
