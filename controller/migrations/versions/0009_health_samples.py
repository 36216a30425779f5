"""Health of machines at home: thin series, baselines, alerts.

Revision: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _machine() -> sa.ForeignKey:
    return sa.ForeignKey("machines.id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "health_points",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), _machine(), nullable=False),
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=4), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.UniqueConstraint("machine_id", "series", "period", "at", name="uq_health_points_place"),
    )
    op.create_index("ix_health_points_age", "health_points", ["period", "at"])
    op.create_table(
        "home_health",
        sa.Column("machine_id", sa.Integer(), _machine(), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("baseline", JsonType, nullable=False),
        sa.Column("latest", JsonType, nullable=False),
        sa.Column("sampled_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "health_alerts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), _machine(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("params", JsonType, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("gone_since", UtcDateTime(), nullable=True),
        sa.Column("handled_by", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("quiet", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_health_alerts_place", "health_alerts", ["machine_id", "kind", "part"])
    op.create_index("ix_health_alerts_state", "health_alerts", ["state"])


def downgrade() -> None:
    for table in ("health_alerts", "home_health", "health_points"):
        op.drop_table(table)
