"""Announcements: who agreed to them, who writes them, and what becomes of each copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_subscriptions()
    _make_organisers()
    _make_announcements()
    _make_occurrences()
    _make_deliveries()
    _make_corrections()
    _make_guards()


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "marks",
        "leases",
        "corrected_copies",
        "corrections",
        "deliveries",
        "occurrences",
        "announcement_files",
        "announcements",
        "audit_log",
        "dialogues",
        "invitations",
        "organisers",
        "subscription_topics",
        "subscriptions",
    ):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _make_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        _moment("agreed_at", nullable=True),
        _moment("asked_at", nullable=True),
        sa.Column("locale", sa.String(16)),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_until", sa.Time),
        sa.PrimaryKeyConstraint("seq", name="pk_subscriptions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriptions_chat_id", "subscriptions", ["chat_id"], unique=True)
    op.create_table(
        "subscription_topics",
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["subscriptions.chat_id"], name="fk_subscription_topics_chat_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "topic", name="pk_subscription_topics"),
    )


def _make_organisers() -> None:
    op.create_table(
        "organisers",
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("granted_by", sa.BigInteger),
        _moment("granted_at"),
        sa.PrimaryKeyConstraint("visitor_id", "role", name="pk_organisers"),
    )
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        _moment("expires_at"),
        sa.Column("used_by", sa.BigInteger),
        sa.PrimaryKeyConstraint("token_hash", name="pk_invitations"),
    )
    op.create_table(
        "dialogues",
        sa.Column("visitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("visitor_id", name="pk_dialogues"),
    )
    op.create_table(
        "audit_log",
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _moment("at"),
        sa.Column("actor", sa.BigInteger),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])


def _make_announcements() -> None:
    op.create_table(
        "announcements",
        sa.Column("announcement_id", sa.String(16), nullable=False),
        sa.Column("request_key", sa.String(128), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("next_due_at", nullable=True),
        _moment("created_at"),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("announcement_id", name="pk_announcements"),
    )
    op.create_index("ix_announcements_created_at", "announcements", ["created_at"])
    op.create_index("ix_announcements_request_key", "announcements", ["request_key"], unique=True)
    op.create_index("ix_announcements_stage_next_due_at", "announcements", ["stage", "next_due_at"])
    op.create_table(
        "announcement_files",
        sa.Column("announcement_id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("file_id", sa.String(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.announcement_id"],
            name="fk_announcement_files_announcement_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", name="pk_announcement_files"),
    )


def _make_occurrences() -> None:
    op.create_table(
        "occurrences",
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("announcement_id", sa.String(16), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        _moment("due_at"),
        _moment("valid_until", nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        _moment("created_at"),
        sa.Column("snapshot", sa.BigInteger, nullable=False),
        sa.Column("planned_through", sa.BigInteger),
        sa.Column("audience", sa.Integer, nullable=False),
        _moment("finished_at", nullable=True),
        sa.Column("pause_reason", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcements.announcement_id"], name="fk_occurrences_announcement_id"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", name="pk_occurrences"),
    )
    op.create_index("ix_occurrences_announcement_id_slot", "occurrences", ["announcement_id", "slot"], unique=True)
    op.create_index("ix_occurrences_state", "occurrences", ["state"])


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        _moment("not_before"),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("may_repeat", sa.Boolean, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        _moment("changed_at"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrences.occurrence_id"], name="fk_deliveries_occurrence_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "chat_id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_chat_id", "deliveries", ["chat_id"])
    op.create_index("ix_deliveries_occurrence_id_locale_state", "deliveries", ["occurrence_id", "locale", "state"])
    op.create_index(
        "ix_deliveries_occurrence_id_state_not_before", "deliveries", ["occurrence_id", "state", "not_before"]
    )


def _make_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(64), nullable=False),
        sa.Column("occurrence_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.Column("asked_by", sa.BigInteger, nullable=False),
        _moment("asked_at"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrences.occurrence_id"], name="fk_corrections_occurrence_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
    )
    op.create_table(
        "corrected_copies",
        sa.Column("correction_id", sa.String(64), nullable=False),
        sa.Column("chat_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["corrections.correction_id"],
            name="fk_corrected_copies_correction_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("correction_id", "chat_id", name="pk_corrected_copies"),
    )
    op.create_index("ix_corrected_copies_state_correction_id", "corrected_copies", ["state", "correction_id"])


def _make_guards() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
