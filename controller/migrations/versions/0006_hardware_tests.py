"""Results of hardware tests.

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


def downgrade() -> None:
    op.drop_index("ix_hardware_tests_latest", "hardware_tests")
    op.drop_table("hardware_tests")
