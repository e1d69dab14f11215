"""Who is told that a fact was wrong, what was shown below a question, and who wants no more messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, with the choices that are known."""
    op.create_table(
        "announcement_recipients",
        sa.Column("announcement_id", sa.String(16), nullable=False),
        sa.Column("chat_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("announcement_id", "chat_id", name="pk_announcement_recipients"),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.announcement_id"],
            name="fk_announcement_recipients_announcement_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_announcement_recipients_chat_id", "announcement_recipients", ["chat_id"])
    op.create_table(
        "shown_sections",
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "section", name="pk_shown_sections"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name="fk_shown_sections_turn_id", ondelete="CASCADE"),
    )
    op.create_index("ix_shown_sections_visitor_id", "shown_sections", ["visitor_id"])
    op.execute(
        "INSERT INTO shown_sections (turn_id, section, visitor_id, shown_at) "
        "SELECT turn_id, tapped, visitor_id, asked_at FROM turns WHERE tapped IS NOT NULL"
    )
    op.add_column("subscriptions", sa.Column("stopped_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Forget the lists: corrections that were not sent reach nobody."""
    op.drop_column("subscriptions", "stopped_at")
    op.drop_table("shown_sections")
    op.drop_table("announcement_recipients")
