"""The whole schema. A change here needs a revision in `migrations/`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Time,
    or_,
)
from sqlalchemy.sql import ColumnElement

from bot.adapters.database import knowledge_tables, relay_tables  # noqa: F401 - else the schema would not be whole
from bot.adapters.database.columns import AnyText, UtcDateTime
from bot.adapters.database.metadata import metadata

PERSON_COLUMNS = frozenset({"visitor_id", "chat_id", "lane"})
"""Columns that may hold a person's Telegram id (a private chat has the id of its visitor).

Export, deletion and retention find what they must cover by these names."""

visitors = Table(
    "visitors",
    metadata,
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("chosen", String(16)),
    Column("app_locale", String(16)),
    Column("is_reachable", Boolean, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", BigInteger, nullable=False, index=True),  # 0 once handled
    Column("payload", AnyText, nullable=False),  # empty once handled
    Column("received_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("handled_at", UtcDateTime),
    Column("holder", String(64), nullable=False, server_default=""),  # the replica that handles it; empty: none yet
    Index(None, "state", "update_id"),
)

replicas = Table(
    "replicas",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("alive_until", UtcDateTime, nullable=False, index=True),  # by the database's clock
    Column("places", Integer, nullable=False),  # of the messages that may go in a second
    *(Column(name, Integer, nullable=False) for name in ("replies", "copies")),  # that it would send in a second
    Column("paused_until", UtcDateTime),  # Telegram wants nothing from anybody before
)

buttons = Table(
    "buttons",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("chat_id", BigInteger, nullable=False, index=True),
    Column("visitor_id", BigInteger, index=True),
    Column("action", String(32), nullable=False),
    Column("argument", AnyText, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("single_use", Boolean, nullable=False),
    Column("used_at", UtcDateTime),
)

turns = Table(
    "turns",
    metadata,
    Column("turn_id", String(64), primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("visitor_id", BigInteger, nullable=False, index=True),
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("question", AnyText, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("score", Float, nullable=False),
    Column("keys", AnyText, nullable=False),  # a JSON list of section keys
    Column("took_ms", Float, nullable=False),
    Column("composed", Boolean),  # empty in rows from before there was a language model
    Column("generation", Integer),
    Column("lost_by", String(32)),  # empty where it was answered
    Column("nearest", AnyText),  # a section key
    Column("nearest_in", String(64)),  # its languages, with blanks between them
    Column("offered", AnyText),  # a JSON list of section keys
    Column("tapped", AnyText),  # the one of them that was chosen; an empty text: none was meant
    Index(None, "chat_id", "visitor_id", "asked_at"),
    Index(None, "lost_by", "asked_at"),
)

shown_sections = Table(
    "shown_sections",
    metadata,
    # Shown with a turn though its answer cites it not: chosen among what was offered, or in place of an answer.
    Column("turn_id", String(64), ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True),
    Column("section", AnyText, primary_key=True),
    Column("visitor_id", BigInteger, nullable=False, index=True),
    Column("shown_at", UtcDateTime, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", String(64), ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True),
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("opinion", String(16), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("gap_id", String(16), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("answered_by", AnyText),  # a section key
    Column("drafted", Boolean, nullable=False),
    Column("asked_again", Integer, nullable=False),  # the last generation its questions were asked of
    Column("changed_at", UtcDateTime, nullable=False),
)

gap_questions = Table(
    "gap_questions",
    metadata,
    # With the turn goes all that is kept of it here: by its term, or by its visitor's wish.
    Column("turn_id", String(64), ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True),
    Column("gap_id", ForeignKey("gaps.gap_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("identity", String(255), nullable=False),  # of the embedding
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
    Column("near", AnyText, nullable=False),  # JSON: section key → coverage
    Column("crowd", Float, nullable=False),
)

gap_assignees = Table(
    "gap_assignees",
    metadata,
    Column("gap_id", ForeignKey("gaps.gap_id", ondelete="CASCADE"), primary_key=True),
    Column("visitor_id", BigInteger, nullable=False, index=True),
)

gap_watches = Table(
    "gap_watches",
    metadata,
    Column("turn_id", String(64), ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True),
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("wished_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("asked_again", Integer, nullable=False),  # the last generation the question was asked of
    Column("changed_at", UtcDateTime, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # grows with each agreement
    Column("chat_id", BigInteger, nullable=False, unique=True, index=True),
    Column("agreed_at", UtcDateTime),
    Column("asked_at", UtcDateTime),
    Column("locale", String(16)),
    Column("zone", String(64), nullable=False),
    Column("country", String(2), nullable=False),
    Column("quiet_from", Time),
    Column("quiet_until", Time),
    Column("stopped_at", UtcDateTime),
    sqlite_autoincrement=True,
)

subscription_topics = Table(
    "subscription_topics",
    metadata,
    Column("chat_id", ForeignKey("subscriptions.chat_id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(16), primary_key=True),
)

organisers = Table(
    "organisers",
    metadata,
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("role", String(16), primary_key=True),
    Column("granted_by", BigInteger),
    Column("granted_at", UtcDateTime, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("created_by", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", BigInteger),
    Column("decided_at", UtcDateTime),
)

dialogues = Table(
    "dialogues",
    metadata,
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("state", AnyText, nullable=False),  # JSON
    Column("changed_at", UtcDateTime, nullable=False),
)

announcements = Table(
    "announcements",
    metadata,
    Column("announcement_id", String(16), primary_key=True),
    Column("request_key", String(128), nullable=False, unique=True, index=True),
    Column("stage", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("next_due_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("body", AnyText, nullable=False),  # JSON of the whole announcement but the attachment
    Index(None, "stage", "next_due_at"),
)

announcement_files = Table(
    "announcement_files",
    metadata,
    Column("announcement_id", ForeignKey("announcements.announcement_id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("filename", AnyText, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("file_id", String(255), nullable=False),
)

announcement_recipients = Table(
    "announcement_recipients",
    metadata,
    Column("announcement_id", ForeignKey("announcements.announcement_id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("locale", String(16), nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
)

announcement_drafts = Table(
    "announcement_drafts",
    metadata,
    Column("announcement_id", ForeignKey("announcements.announcement_id", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("text", AnyText, nullable=False),
    Column("labels", AnyText, nullable=False),  # JSON: label in the source language → label
    Column("made_from", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("occurrence_id", String(64), primary_key=True),
    Column("announcement_id", ForeignKey("announcements.announcement_id"), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("snapshot", BigInteger, nullable=False),
    Column("planned_through", BigInteger),
    Column("audience", Integer, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("pause_reason", String(64), nullable=False),
    Index(None, "announcement_id", "slot", unique=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("occurrence_id", ForeignKey("occurrences.occurrence_id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("locale", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),  # the first not_before; empty where an older version planned it
    Column("attempt", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("may_repeat", Boolean, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "occurrence_id", "state", "not_before"),
    Index(None, "occurrence_id", "locale", "state"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", String(64), primary_key=True),
    Column("occurrence_id", ForeignKey("occurrences.occurrence_id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("texts", AnyText, nullable=False),  # JSON: locale → text
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

corrected_copies = Table(
    "corrected_copies",
    metadata,
    Column("correction_id", ForeignKey("corrections.correction_id", ondelete="CASCADE"), primary_key=True),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Index(None, "state", "correction_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", String(16), primary_key=True),
    Column("occurrence_id", ForeignKey("occurrences.occurrence_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("texts", AnyText, nullable=False),  # JSON: locale → text
    Column("replaces", AnyText, nullable=False),  # JSON: locale → text
    Column("copies", Integer, nullable=False),
    Column("asked_by", BigInteger, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", BigInteger),
    Column("decided_at", UtcDateTime),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(128), nullable=False),  # empty once released
    Column("expires_at", UtcDateTime, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", BigInteger),  # an organiser: who acted stays on record; no person column
    Column("action", String(64), nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("detail", AnyText, nullable=False),
    sqlite_autoincrement=True,
)

model_use = Table(
    "model_use",
    metadata,
    Column("scope", String(16), primary_key=True),  # "all", or a day of UTC
    Column("tokens", Integer, nullable=False),  # with what is reserved
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
)

model_use_by_visitor = Table(
    "model_use_by_visitor",
    metadata,
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("tokens", Integer, nullable=False),
)


def whole_schema() -> MetaData:
    """Every table that there is, those of the knowledge too."""
    return metadata


def tables_about_people() -> list[Table]:
    """Every table with a column that may hold a person's id, children before their parents."""
    return [table for table in reversed(metadata.sorted_tables) if person_columns(table)]


def concerns(table: Table, person_id: int) -> ColumnElement[bool]:
    """Whether a row of one of those tables is about the person."""
    return or_(*(column == person_id for column in person_columns(table)))


def person_columns(table: Table) -> list[Column[int]]:
    """The columns of a table that may hold a person's id."""
    return [column for column in table.columns if column.name in PERSON_COLUMNS]
