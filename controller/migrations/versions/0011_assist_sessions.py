"""Sessions on a family's screen.

Revision: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assist_sessions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session", sa.String(32), nullable=False, unique=True),
        sa.Column("machine_id", sa.Integer(), sa.ForeignKey("machines.id", ondelete="CASCADE"), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("answer_seconds", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("control", sa.String(16), nullable=False),
        sa.Column("control_code", sa.String(24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("heard_at", UtcDateTime()),
        sa.Column("accepted_at", UtcDateTime()),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("seconds", sa.Integer(), nullable=False),
    )
    op.create_index("ix_assist_sessions_machine", "assist_sessions", ["machine_id", "id"])
    op.create_index("ix_assist_sessions_state", "assist_sessions", ["state"])


def downgrade() -> None:
    op.drop_table("assist_sessions")
