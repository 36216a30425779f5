"""Maintenance actions and their logs.

Revision: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "maintenance_actions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), sa.ForeignKey("machines.id"), nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("params", JsonType, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Boolean()),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("bundle_bytes", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_maintenance_actions_machine", "maintenance_actions", ["machine_id", "id"])
    op.create_index("ix_maintenance_actions_state", "maintenance_actions", ["state"])
    op.create_index("ix_maintenance_actions_batch", "maintenance_actions", ["batch"])
    op.create_table(
        "maintenance_logs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "action_id", sa.Integer(), sa.ForeignKey("maintenance_actions.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_maintenance_logs_order", "maintenance_logs", ["action_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_maintenance_logs_order", "maintenance_logs")
    op.drop_table("maintenance_logs")
    op.drop_index("ix_maintenance_actions_batch", "maintenance_actions")
    op.drop_index("ix_maintenance_actions_state", "maintenance_actions")
    op.drop_index("ix_maintenance_actions_machine", "maintenance_actions")
    op.drop_table("maintenance_actions")
