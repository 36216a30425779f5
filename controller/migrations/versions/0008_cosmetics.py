"""Looks at machines, their photos, and what people waived of the tests.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _machine() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("zones", JsonType, nullable=False),
        sa.Column("cleaned", JsonType, nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("looked_by", sa.String(length=32), nullable=False),
        _machine(),
    )
    op.create_index("ix_looks_machine_id", "looks", ["machine_id"])
    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("look_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("thumb_sha256", sa.String(length=64), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=False),
        _machine(),
        sa.ForeignKeyConstraint(["look_id"], ["looks.id"], ondelete="CASCADE"),
    )
    for column in ("machine_id", "look_id", "sha256", "thumb_sha256"):
        op.create_index(f"ix_photos_{column}", "photos", [column])
    op.create_table(
        "gate_waivers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=160), nullable=False),
        sa.Column("was", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("waived_at", UtcDateTime(), nullable=False),
        sa.Column("waived_by", sa.String(length=32), nullable=False),
        _machine(),
        sa.UniqueConstraint("machine_id", "item"),
    )


def downgrade() -> None:
    op.drop_table("gate_waivers")
    op.drop_table("photos")
    op.drop_table("looks")
