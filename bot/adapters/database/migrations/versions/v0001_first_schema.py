"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    _make_visitors()
    _make_inbox()
    _make_buttons()
    _make_turns()
    _make_tombstones_and_secrets()
    _make_manifest()


def downgrade() -> None:
    """Drop all tables."""
    for table in (
        "manifest_documents",
        "manifest_generations",
        "embeddings",
        "secrets",
        "tombstones",
        "feedback",
        "turns",
        "buttons",
        "inbox",
        "visitors",
    ):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _make_visitors() -> None:
    op.create_table(
        "visitors",
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        _moment("first_seen_at"),
        _moment("last_seen_at"),
        sa.Column("chosen", sa.String(16)),
        sa.Column("app_locale", sa.String(16)),
        sa.Column("is_reachable", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", name="pk_visitors"),
    )


def _make_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("lane", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        _moment("received_at"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        _moment("handled_at", nullable=True),
        sa.PrimaryKeyConstraint("update_id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_lane", "inbox", ["lane"])
    op.create_index("ix_inbox_state_update_id", "inbox", ["state", "update_id"])


def _make_buttons() -> None:
    op.create_table(
        "buttons",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("visitor_id", sa.BigInteger),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("argument", sa.Text, nullable=False),
        _moment("expires_at"),
        sa.Column("single_use", sa.Boolean, nullable=False),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("token", name="pk_buttons"),
    )
    for column in ("chat_id", "visitor_id", "expires_at"):
        op.create_index(f"ix_buttons_{column}", "buttons", [column])


def _make_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("visitor_id", sa.BigInteger, nullable=False),
        _moment("asked_at"),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("took_ms", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="pk_turns"),
    )
    op.create_index("ix_turns_visitor_id", "turns", ["visitor_id"])
    op.create_index("ix_turns_asked_at", "turns", ["asked_at"])
    op.create_index("ix_turns_chat_id_visitor_id_asked_at", "turns", ["chat_id", "visitor_id", "asked_at"])
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("opinion", sa.String(16), nullable=False),
        _moment("given_at"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name="fk_feedback_turn_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("turn_id", "visitor_id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_visitor_id", "feedback", ["visitor_id"])


def _make_tombstones_and_secrets() -> None:
    op.create_table(
        "tombstones",
        sa.Column("visitor_hash", sa.String(64), nullable=False),
        _moment("forgotten_at"),
        sa.PrimaryKeyConstraint("visitor_hash", name="pk_tombstones"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )


def _make_manifest() -> None:
    op.create_table(
        "embeddings",
        sa.Column("identity", sa.String(255), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("identity", "text_hash", name="pk_embeddings"),
    )
    op.create_table(
        "manifest_generations",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("embedding_identity", sa.String(255), nullable=False),
        sa.Column("documents", sa.Integer, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("means", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.current_timestamp(), nullable=False),
        _moment("published_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_manifest_generations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_manifest_generations_state", "manifest_generations", ["state"])
    op.create_table(
        "manifest_documents",
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["manifest_generations.number"],
            name="fk_manifest_documents_generation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation", "locale", "path", name="pk_manifest_documents"),
    )
