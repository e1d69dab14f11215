"""The tables of conversations between visitors and the staff. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from bot.adapters.database.columns import AnyText, UtcDateTime
from bot.adapters.database.metadata import metadata

relays = Table(
    "relays",
    metadata,
    Column("relay_id", String(16), primary_key=True),
    Column("visitor_id", BigInteger, nullable=False, index=True),
    Column("locale", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("said_at", UtcDateTime, nullable=False),
)

relayed_messages = Table(
    "relayed_messages",
    metadata,
    Column("entry", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("relay_id", ForeignKey("relays.relay_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("visitor_id", BigInteger, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("translation", AnyText, nullable=False),
    Column("written_in", String(16)),
    Column("turn_id", String(64), nullable=False),  # no foreign key: a turn goes by a term of its own
    Column("about", BigInteger),  # the entry of another message
    Column("reply_to", BigInteger),  # a message of the group
    Column("phrase", String(32)),
    sqlite_autoincrement=True,
)
