"""Calls for help, codes, contacts and follow-up appointments.

Revision: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _machine() -> sa.ForeignKey:
    return sa.ForeignKey("machines.id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "help_requests",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), _machine(), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("phone_key", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("machine", JsonType, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("told", sa.String(length=8), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("assigned_to", sa.String(length=32), nullable=False),
        sa.Column("solved_at", UtcDateTime(), nullable=True),
        sa.Column("forgotten_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("machine_id", "request", name="uq_help_requests_request"),
    )
    for column in ("machine_id", "phone_key", "state"):
        op.create_index(f"ix_help_requests_{column}", "help_requests", [column])
    op.create_table(
        "help_notes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("request_id", sa.Integer(), sa.ForeignKey("help_requests.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("ix_help_notes_request_id", "help_notes", ["request_id"])
    op.create_table(
        "help_codes",
        sa.Column("machine_id", sa.Integer(), _machine(), primary_key=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    for column in ("code_hash", "expires_at"):
        op.create_index(f"ix_help_codes_{column}", "help_codes", [column])
    op.create_table(
        "home_contacts",
        sa.Column("machine_id", sa.Integer(), _machine(), primary_key=True),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("phone_key", sa.String(length=20), nullable=False),
        sa.Column("household", sa.String(length=32), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=32), nullable=False),
    )
    op.create_index("ix_home_contacts_phone_key", "home_contacts", ["phone_key"])
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("machine_id", sa.Integer(), _machine(), nullable=False),
        sa.Column("handover", sa.String(length=32), nullable=False),
        sa.Column("handed_over_on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("answers", JsonType, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("machine_id", "handover", "number", name="uq_follow_ups_place"),
    )
    op.create_index("ix_follow_ups_due", "follow_ups", ["state", "due_on"])
    op.create_table(
        "follow_up_calls",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("follow_up_id", sa.Integer(), sa.ForeignKey("follow_ups.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("again_on", sa.Date(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
    )
    op.create_index("ix_follow_up_calls_follow_up_id", "follow_up_calls", ["follow_up_id"])


def downgrade() -> None:
    for table in ("follow_up_calls", "follow_ups", "home_contacts", "help_codes", "help_notes", "help_requests"):
        op.drop_table(table)
