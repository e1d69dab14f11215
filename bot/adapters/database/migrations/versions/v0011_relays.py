"""Conversations between visitors and the staff, and what is carried in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "relays",
        sa.Column("relay_id", sa.String(16), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("relay_id", name="pk_relays"),
    )
    op.create_index("ix_relays_visitor_id", "relays", ["visitor_id"])
    op.create_index("ix_relays_state", "relays", ["state"])
    op.create_table(
        "relayed_messages",
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relay_id", sa.String(16), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("translation", sa.Text, nullable=False),
        sa.Column("written_in", sa.String(16)),
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("about", sa.BigInteger),
        sa.Column("reply_to", sa.BigInteger),
        sa.Column("phrase", sa.String(32)),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relays.relay_id"], name="fk_relayed_messages_relay_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry", name="pk_relayed_messages"),
        sqlite_autoincrement=True,
    )
    for column in ("relay_id", "visitor_id", "state"):
        op.create_index(f"ix_relayed_messages_{column}", "relayed_messages", [column])


def downgrade() -> None:
    """Forget the conversations."""
    op.drop_table("relayed_messages")
    op.drop_table("relays")
