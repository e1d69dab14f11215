"""Tombstones and their key stand in files beside the database; strangers are no longer named in the audit log."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop what a restored backup made worthless, and the ids of those whom organisers' commands were denied."""
    op.drop_table("tombstones")
    op.drop_table("secrets")
    op.execute(
        "UPDATE audit_log SET actor = NULL, subject = '' WHERE action LIKE '%_denied' "
        "AND actor NOT IN (SELECT visitor_id FROM organisers)"
    )


def downgrade() -> None:
    """Make the tables anew, with another key: who was forgotten before is not known in them."""
    op.create_table(
        "tombstones",
        sa.Column("visitor_hash", sa.String(64), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor_hash", name="pk_tombstones"),
    )
    table = op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.bulk_insert(table, [{"name": "tombstones", "value": secrets.token_bytes(32)}])
