"""Who was told of the end of which fact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reminders",
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("ends_on", sa.String(10), nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", "section", "ends_on", "phase", name="pk_reminders"),
    )
    op.create_index("ix_reminders_ends_on", "reminders", ["ends_on"])


def downgrade() -> None:
    """Forget whom the bot reminded: they may be reminded again."""
    op.drop_table("reminders")
