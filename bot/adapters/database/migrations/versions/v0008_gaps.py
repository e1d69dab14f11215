"""Where questions were lost, the gaps they make, and who wishes to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; of turns of before nobody knows where they were lost."""
    op.add_column("turns", sa.Column("lost_by", sa.String(32)))
    for name in ("nearest", "offered", "tapped"):
        op.add_column("turns", sa.Column(name, sa.Text))
    op.add_column("turns", sa.Column("nearest_in", sa.String(64)))
    op.create_index("ix_turns_lost_by_asked_at", "turns", ["lost_by", "asked_at"])
    op.create_table(
        "gaps",
        sa.Column("gap_id", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answered_by", sa.Text),
        sa.Column("drafted", sa.Boolean, nullable=False),
        sa.Column("asked_again", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gap_id", name="pk_gaps"),
    )
    op.create_index("ix_gaps_state", "gaps", ["state"])
    _make_questions()
    _make_people()


def _make_questions() -> None:
    op.create_table(
        "gap_questions",
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("gap_id", sa.String(16), nullable=False),
        sa.Column("identity", sa.String(255), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("near", sa.Text, nullable=False),
        sa.Column("crowd", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name="fk_gap_questions_turn_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.gap_id"], name="fk_gap_questions_gap_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", name="pk_gap_questions"),
    )
    op.create_index("ix_gap_questions_gap_id", "gap_questions", ["gap_id"])


def _make_people() -> None:
    op.create_table(
        "gap_assignees",
        sa.Column("gap_id", sa.String(16), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["gap_id"], ["gaps.gap_id"], name="fk_gap_assignees_gap_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gap_id", name="pk_gap_assignees"),
    )
    op.create_index("ix_gap_assignees_visitor_id", "gap_assignees", ["visitor_id"])
    op.create_table(
        "gap_watches",
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_again", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name="fk_gap_watches_turn_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "visitor_id", name="pk_gap_watches"),
    )
    op.create_index("ix_gap_watches_visitor_id", "gap_watches", ["visitor_id"])
    op.create_index("ix_gap_watches_state", "gap_watches", ["state"])


def downgrade() -> None:
    """Forget the gaps, and where questions were lost."""
    for table in ("gap_watches", "gap_assignees", "gap_questions", "gaps"):
        op.drop_table(table)
    op.drop_index("ix_turns_lost_by_asked_at", "turns")
    with op.batch_alter_table("turns") as turns:
        for name in ("lost_by", "nearest", "nearest_in", "offered", "tapped"):
            turns.drop_column(name)
