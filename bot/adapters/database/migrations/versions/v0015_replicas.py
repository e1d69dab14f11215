"""Which replicas live, and which of them handles an update."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.adapters.database.columns import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column; a program that does not know it stores updates that nobody handles yet."""
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("alive_until", UtcDateTime, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("replies", sa.Integer, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("paused_until", UtcDateTime),
    )
    op.create_index("ix_replicas_alive_until", "replicas", ["alive_until"])
    op.add_column("inbox", sa.Column("holder", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget both."""
    op.drop_column("inbox", "holder")
    op.drop_table("replicas")
