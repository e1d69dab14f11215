"""Changes of the knowledge that wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "proposals",
        sa.Column("proposal_id", sa.String(16), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_visitor_id", "proposals", ["visitor_id"])
    op.create_index("ix_proposals_state_changed_at", "proposals", ["state", "changed_at"])


def downgrade() -> None:
    """Forget the proposals; what was approved stands in the folder."""
    op.drop_table("proposals")
