"""Alembic's environment: the URL comes from ``controller.migrate``, never from a file."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from controller.all_tables import METADATA
from controller.database import make_engine


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    _run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("no database URL: run migrations with `recyclerie database upgrade`")
    with make_engine(url).connect() as own:
        _run(own)
        own.commit()
