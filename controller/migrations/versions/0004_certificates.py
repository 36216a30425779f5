"""Certificates of erasure and destruction sheets.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controller.database import JsonType, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drive_destructions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("drive_id", sa.Integer(), nullable=False),
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("destroyed_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("photo", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_drive_destructions_drive_id_drives")),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasures.id"], name=op.f("fk_drive_destructions_erasure_id_erasures")
        ),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machines.id"], name=op.f("fk_drive_destructions_machine_id_machines")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_drive_destructions_person_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drive_destructions")),
        sa.UniqueConstraint("drive_id", name=op.f("uq_drive_destructions_drive_id")),
    )
    op.create_index(op.f("ix_drive_destructions_machine_id"), "drive_destructions", ["machine_id"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("drive_id", sa.Integer(), nullable=True),
        sa.Column("erasure_id", sa.Integer(), nullable=True),
        sa.Column("erasure_ids", JsonType, nullable=False),
        sa.Column("destruction_id", sa.Integer(), nullable=True),
        sa.Column("machine_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("entry_seq", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["destruction_id"],
            ["drive_destructions.id"],
            name=op.f("fk_certificates_destruction_id_drive_destructions"),
        ),
        sa.ForeignKeyConstraint(["drive_id"], ["drives.id"], name=op.f("fk_certificates_drive_id_drives")),
        sa.ForeignKeyConstraint(["erasure_id"], ["erasures.id"], name=op.f("fk_certificates_erasure_id_erasures")),
        sa.ForeignKeyConstraint(["machine_id"], ["machines.id"], name=op.f("fk_certificates_machine_id_machines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("token", name=op.f("uq_certificates_token")),
    )
    for column in ("drive_id", "erasure_id", "destruction_id", "machine_id"):
        op.create_index(op.f(f"ix_certificates_{column}"), "certificates", [column], unique=False)


def downgrade() -> None:
    op.drop_table("certificates")
    op.drop_table("drive_destructions")
