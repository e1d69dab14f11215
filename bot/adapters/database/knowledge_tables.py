"""The tables of the knowledge: versions of the index, what they are made of, and proposed changes. See `tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
)

from bot.adapters.database.columns import AnyText, UtcDateTime
from bot.adapters.database.metadata import metadata

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
    Column("pending", Integer, nullable=False, server_default="0"),
    Column("cause", AnyText, nullable=False, server_default=""),
    Column("summary", AnyText, nullable=False, server_default=""),
    Column("sections", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,  # a number names a folder: it is never given twice
)

manifest_documents = Table(
    "manifest_documents",
    metadata,
    Column("generation", ForeignKey("manifest_generations.number", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("path", AnyText, primary_key=True),
    Column("content_hash", String(64), nullable=False, index=True),
)

knowledge_documents = Table(
    "knowledge_documents",
    metadata,
    Column("content_hash", String(64), primary_key=True),  # the same document in many generations is stored once
    Column("body", AnyText, nullable=False),  # JSON
)

manifest_files = Table(
    "manifest_files",
    metadata,
    Column("generation", ForeignKey("manifest_generations.number", ondelete="CASCADE"), primary_key=True),
    Column("name", AnyText, primary_key=True),
    Column("digest", String(64), nullable=False, index=True),
)

knowledge_files = Table(
    "knowledge_files",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("name", AnyText, nullable=False),
    Column("packed", LargeBinary, nullable=False),  # as it stood in the folder, by zlib
)

proposals = Table(
    "proposals",
    metadata,
    Column("proposal_id", String(16), primary_key=True),
    Column("visitor_id", BigInteger, nullable=False, index=True),  # who has proposed it; nobody's id once forgotten
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("news", String(16)),  # whether its proposer is to be told what became of it, or is being told
    Column("body", AnyText, nullable=False),  # JSON of all the rest
    Index(None, "state", "changed_at"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("visitor_id", BigInteger, primary_key=True, autoincrement=False),  # who was told
    Column("section", AnyText, primary_key=True),
    Column("ends_on", String(10), primary_key=True, index=True),  # an ISO date
    Column("phase", String(8), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)
