"""What waits for a second person: changes of what was delivered, and who opened an invitation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of requests; who has opened an invitation before has had its role since."""
    op.add_column("invitations", sa.Column("decided_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE invitations SET decided_at = expires_at WHERE used_by IS NOT NULL")
    op.create_table(
        "requests",
        sa.Column("request_id", sa.String(16), nullable=False),
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.Column("replaces", sa.Text, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("asked_by", sa.BigInteger, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrences.occurrence_id"],
            name="fk_requests_occurrence_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", name="pk_requests"),
    )
    op.create_index("ix_requests_occurrence_id", "requests", ["occurrence_id"])


def downgrade() -> None:
    """Forget the requests, and take candidates for what they were before: organisers by the link alone."""
    op.drop_table("requests")
    with op.batch_alter_table("invitations") as table:
        table.drop_column("decided_at")
