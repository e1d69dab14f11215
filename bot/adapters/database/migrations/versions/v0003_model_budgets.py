"""What the language model has cost, and which answers it worded from which knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; turns of before have neither of the new values."""
    op.add_column("turns", sa.Column("composed", sa.Boolean))
    op.add_column("turns", sa.Column("generation", sa.Integer))
    op.create_table(
        "model_use",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_model_use"),
    )
    op.create_table(
        "model_use_by_visitor",
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", "day", name="pk_model_use_by_visitor"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("model_use_by_visitor")
    op.drop_table("model_use")
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("generation")
        turns.drop_column("composed")
