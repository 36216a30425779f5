"""What changed in machines between two inventories.

Revision: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "machine_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), sa.ForeignKey("machines.id", ondelete="CASCADE"), nullable=False),
        sa.Column("report_id", sa.Integer(), sa.ForeignKey("reports.id", ondelete="SET NULL")),
        sa.Column("boot_id", sa.Integer(), sa.ForeignKey("boots.id", ondelete="SET NULL")),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("changes", JsonType, nullable=False),
    )
    op.create_index("ix_machine_changes_machine", "machine_changes", ["machine_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_machine_changes_machine", "machine_changes")
    op.drop_table("machine_changes")
