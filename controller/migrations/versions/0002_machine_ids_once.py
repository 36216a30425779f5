"""A machine's id is never given to another one, and the ledger refuses REPLACE on SQLite too.

SQLite gives the highest id again once its row is deleted. A machine's row is deleted when it is merged, or when
its label goes to the machine that was plugged in; the next one then had the same name in the ledger.
``INSERT OR REPLACE`` deletes the old row without asking the triggers that refuse DELETE.

Revision: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEDGER_TABLES = ("ledger_entries", "ledger_checkpoints")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL's sequences never go back, and ON CONFLICT DO UPDATE meets the trigger of UPDATE
    with op.batch_alter_table("machines", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
        pass
    # Ids that were given out and deleted since are in the ledger, which forgets nothing.
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) "
        "SELECT 'machines', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'machines')"
    )
    op.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(CAST(substr(subject, 9) AS INTEGER)), 0) "
        "FROM ledger_entries WHERE subject LIKE 'machine:%')) WHERE name = 'machines'"
    )
    for table in LEDGER_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - two names of ours
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE seq = NEW.seq) "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("ids are never given twice: restore a backup instead")
