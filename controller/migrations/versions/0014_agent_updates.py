"""Updates of agents at home.

Revision: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_updates",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), sa.ForeignKey("machines.id", ondelete="CASCADE"), nullable=False),
        sa.Column("attempt", sa.String(length=80), nullable=False, unique=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("from_version", sa.String(length=64), nullable=False),
        sa.Column("to_version", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_agent_updates_machine_id", "agent_updates", ["machine_id"])
    op.create_index("ix_agent_updates_version", "agent_updates", ["to_version", "outcome"])


def downgrade() -> None:
    op.drop_table("agent_updates")
