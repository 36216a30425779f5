"""The stock of spare parts with its moves, and what was last said of each machine.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _parts()
    _moves()
    op.create_table(
        "machine_grades",
        sa.Column("machine_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("use", sa.String(length=8), nullable=False),
        sa.Column("tested", sa.Boolean(), nullable=False),
        sa.Column("sentence", JsonType, nullable=False),
        sa.Column("lift", JsonType, nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("assessed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name=op.f("fk_machine_grades_machine_id_machines"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("machine_id", name=op.f("pk_machine_grades")),
    )


def _parts() -> None:
    op.create_table(
        "parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("memory_type", sa.String(length=8), nullable=False),
        sa.Column("form_factor", sa.String(length=8), nullable=False),
        sa.Column("interface", sa.String(length=8), nullable=False),
        sa.Column("fits", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("origin_machine_id", sa.Integer(), nullable=True),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_parts_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["origin_machine_id"], ["machines.id"], name=op.f("fk_parts_origin_machine_id_machines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_parts_stock", "parts", ["site", "kind", "count"], unique=False)
    op.create_index(op.f("ix_parts_origin_machine_id"), "parts", ["origin_machine_id"], unique=False)


def _moves() -> None:
    op.create_table(
        "part_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("machine_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("returns_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.Column("moved_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name=op.f("fk_part_moves_machine_id_machines")),
        sa.ForeignKeyConstraint(["part_id"], ["parts.id"], name=op.f("fk_part_moves_part_id_parts")),
        sa.ForeignKeyConstraint(["returns_id"], ["part_moves.id"], name=op.f("fk_part_moves_returns_id_part_moves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_moves")),
        sa.UniqueConstraint("returns_id", name=op.f("uq_part_moves_returns_id")),
    )
    op.create_index(op.f("ix_part_moves_part_id"), "part_moves", ["part_id"], unique=False)
    op.create_index(op.f("ix_part_moves_machine_id"), "part_moves", ["machine_id"], unique=False)


def downgrade() -> None:
    op.drop_table("machine_grades")
    op.drop_table("part_moves")
    op.drop_table("parts")
