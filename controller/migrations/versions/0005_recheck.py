"""A second person's recheck of erased drives: the draws, and the step in the runs that are under way.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rechecks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("drive_id", sa.Integer(), nullable=False),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("job_id", sa.String(length=80), nullable=False),
        sa.Column("validator", JsonType, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_params", JsonType, nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_rechecks_drive_id_drives")),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_rechecks_erasure_id_erasures")),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name=op.f("fk_rechecks_machine_id_machines")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_rechecks_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rechecks")),
        sa.UniqueConstraint("erasure_id", name=op.f("uq_rechecks_erasure_id")),
    )
    for column in ("drive_id", "machine_id", "run_id"):
        op.create_index(op.f(f"ix_rechecks_{column}"), "rechecks", [column], unique=False)
    _add_step()


# Runs that may still go on (a failed one by "Try again") get the new step between erase and install. Where the
# install has begun there is nothing left to read.
_BEHIND = """
    UPDATE run_steps SET position = position + 1
    WHERE position > 2 AND run_id IN (SELECT id FROM runs WHERE state NOT IN ('succeeded', 'cancelled'))
"""
_STEP = """
    INSERT INTO run_steps (run_id, name, position, state, attempt, done, total, unit, message, error, error_params,
                           cpu_seconds, peak_rss_bytes)
    SELECT runs.id, 'recheck', 3, CASE WHEN install.state = 'pending' THEN 'pending' ELSE 'skipped' END,
           0, 0, 0, '', '', '', '{}', 0.0, 0
    FROM runs JOIN run_steps AS install ON install.run_id = runs.id AND install.name = 'install'
    WHERE runs.state NOT IN ('succeeded', 'cancelled')
"""


def _add_step() -> None:
    op.execute(_BEHIND)
    op.execute(_STEP)


def downgrade() -> None:
    op.execute("DELETE FROM run_steps WHERE name = 'recheck'")
    op.drop_table("rechecks")
