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
    func,
    or_,
)
from sqlalchemy.sql import ColumnElement

from bot.adapters.database.columns import AnyText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PERSON_COLUMNS = frozenset({"visitor_id", "chat_id", "lane"})
"""Columns that may hold a person's Telegram id (a private chat has the id of its visitor).

Export, deletion and retention find what they must cover by these names.
"""

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
    Index(None, "state", "update_id"),
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
    Index(None, "chat_id", "visitor_id", "asked_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", String(64), ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True),
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("opinion", String(16), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("visitor_hash", String(64), primary_key=True),  # HMAC-SHA256 under the secret `tombstones`
    Column("forgotten_at", UtcDateTime, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("identity", String(255), primary_key=True),
    Column("text_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
)

manifest_generations = Table(
    "manifest_generations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("embedding_identity", String(255), nullable=False),
    Column("documents", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("means", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, server_default=func.current_timestamp()),
    Column("published_at", UtcDateTime),
    sqlite_autoincrement=True,  # a number names a folder: it is never given twice
)

manifest_documents = Table(
    "manifest_documents",
    metadata,
    Column("generation", ForeignKey("manifest_generations.number", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("path", AnyText, primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("body", AnyText, nullable=False),  # JSON
)


def tables_about_people() -> list[Table]:
    """Every table with a column that may hold a person's id, children before their parents."""
    return [table for table in reversed(metadata.sorted_tables) if _person_columns(table)]


def concerns(table: Table, person_id: int) -> ColumnElement[bool]:
    """Whether a row of one of those tables is about the person."""
    return or_(*(column == person_id for column in _person_columns(table)))


def _person_columns(table: Table) -> list[Column[int]]:
    return [column for column in table.columns if column.name in PERSON_COLUMNS]
