"""Drafts of announcements' texts that nobody has read yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "announcement_drafts",
        sa.Column("announcement_id", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("made_from", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.announcement_id"],
            name="fk_announcement_drafts_announcement_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "locale", name="pk_announcement_drafts"),
    )
    op.create_index("ix_announcement_drafts_state", "announcement_drafts", ["state"])


def downgrade() -> None:
    """Throw the drafts away: they can be made again."""
    op.drop_table("announcement_drafts")
