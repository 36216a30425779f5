"""The workshop's erase policy, what a person accepted when authorising, and what goes with a claim.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erase_policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("body", JsonType, nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erase_policies")),
    )
    with op.batch_alter_table("erase_policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erase_policies_site"), ["site"], unique=False)
    with op.batch_alter_table("erasures") as table:
        table.add_column(sa.Column("technique", sa.String(length=40), nullable=False, server_default=""))
        table.add_column(sa.Column("notes", JsonType, nullable=False, server_default="[]"))
    # Only the rows that were there needed them: the models give every new one its own.
    with op.batch_alter_table("erasures") as table:
        table.alter_column("technique", server_default=None)
        table.alter_column("notes", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("erasures") as table:
        table.drop_column("notes")
        table.drop_column("technique")
    op.drop_table("erase_policies")
