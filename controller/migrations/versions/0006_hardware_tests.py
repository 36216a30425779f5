"""Results of hardware tests, and the step in the runs that are under way.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hardware_tests",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), sa.ForeignKey("machines.id", ondelete="CASCADE"), nullable=False),
        sa.Column("boot_id", sa.Integer(), sa.ForeignKey("boots.id", ondelete="SET NULL")),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("runs.id", ondelete="SET NULL")),
        sa.Column("source", sa.String(length=120), nullable=False, unique=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("subsystem", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", JsonType, nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("started_at", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_hardware_tests_latest", "hardware_tests", ["machine_id", "name", "target", "id"])
    for statement in (_BEHIND, _STEP, _GENERATION):
        op.execute(statement)


# Runs that may still go on get the new step between inspection and authorisation. Where somebody has authorised the
# erase, or it went further, there is nothing to stop any more.
_OPEN = "SELECT id FROM runs WHERE state NOT IN ('succeeded', 'cancelled')"
_BEHIND = f"UPDATE run_steps SET position = position + 1 WHERE position > 0 AND run_id IN ({_OPEN})"  # noqa: S608
_STEP = f"""
    INSERT INTO run_steps (run_id, name, position, state, attempt, done, total, unit, message, error, error_params,
                           cpu_seconds, peak_rss_bytes)
    SELECT run_id, 'test', 1, CASE WHEN state IN ('pending', 'waiting') THEN 'pending' ELSE 'skipped' END,
           0, 0, 0, '', '', '', '{{}}', 0.0, 0
    FROM run_steps WHERE name = 'authorise' AND run_id IN ({_OPEN})
"""  # noqa: S608
# A workflow under way that is past the new step's place can't follow: the run goes on as a new generation, which
# finds everything that was done, and whose jobs on the machine go on meanwhile.
_GENERATION = """
    UPDATE runs SET generation = generation + 1 WHERE state = 'running' AND id IN
    (SELECT run_id FROM run_steps WHERE name = 'authorise' AND state NOT IN ('pending', 'waiting'))
"""


def downgrade() -> None:
    op.execute("DELETE FROM run_steps WHERE name = 'test'")
    op.drop_index("ix_hardware_tests_latest", "hardware_tests")
    op.drop_table("hardware_tests")
