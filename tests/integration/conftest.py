"""Databases for the tests: SQLite, and PostgreSQL on a throwaway cluster of this machine's own server binaries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.database import Database
from controller.migrate import upgrade
from tests.integration.postgres import Cluster, missing, running_cluster

ONE = "one_database"  # marker: what the test is about does not depend on the database, and it takes long


def pytest_configure(config: pytest.Config) -> None:
    """Our own marker."""
    config.addinivalue_line("markers", f"{ONE}: runs on SQLite only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would be done a second time on PostgreSQL for nothing."""
    twice = [i for i in items if i.get_closest_marker(ONE) and i.get_closest_marker("postgres")]
    if twice:
        config.hook.pytest_deselected(items=twice)
        items[:] = [i for i in items if i not in twice]


BOTH = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server that lives as long as the test session, or a skip that says what to install."""
    why = missing()
    if why:
        pytest.skip(why)
    with running_cluster() as cluster:
        template = Database(cluster.create("migrated"))
        upgrade(template)
        template.close()
        yield cluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without one table, of both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'recyclerie.sqlite'}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.create()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with the newest tables, of both kinds."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "recyclerie.sqlite"
        path.write_bytes(template.read_bytes())
        return f"sqlite:///{path}"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.create(template="migrated")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The controller's database, of both kinds, migrated and empty."""
    found = Database(database_url)
    yield found
    found.close()
