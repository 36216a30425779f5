"""Bring the database to this version's tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from controller.database import WRITING, Database
from controller.errors import RecyclerieError
from controller.i18n import N_

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Alembic's configuration; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations up to ``to``, in one transaction.

    On SQLite a changed table is made anew and the old one dropped, which with foreign keys on would delete
    every row that points to it: they are off meanwhile, and checked before the commit.

    Raises:
        RecyclerieError: rows would point to nothing afterwards; nothing was changed.
    """
    config = alembic_config()
    engine = database.engine.execution_options(**{WRITING: True})
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if sqlite and raw is not None:
            raw.cursor().execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, to)
                if sqlite:
                    _check_foreign_keys(connection)
        finally:
            if sqlite and raw is not None:
                raw.cursor().execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: Connection) -> None:
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise RecyclerieError(
            N_("The database can't be upgraded: rows of {table} point to {parent} that don't exist."),
            N_("Nothing was changed. Restore the newest backup, or ask for help with this message."),
            table=lost[0],
            parent=lost[2],
        )


def versions(database: Database) -> tuple[str | None, str | None]:
    """The database's revision and the newest one."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head
