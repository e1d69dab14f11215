"""Remembers which bot the state belongs to, and keeps another one from using it.

Roles, consents, buttons and what was planned hold for one bot and its people: whoever was made an owner while trying
the sandbox out must not be one of the bot that visitors write to. The mark is made when the bot first connects.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import structlog
from sqlalchemy import exists, or_, select

from bot.adapters.database.connection import Database
from bot.adapters.database.marks import read_marks, write_marks
from bot.adapters.database.tables import organisers, visitors
from bot.errors import ForeignStateError

_log = structlog.get_logger(__name__)

OFFICIAL, SANDBOX = 0, 1
"""Telegram's own server, and the sandbox that `scoda run` brings along."""
_BOT, _SERVER = "bot", "bot_server"
_EARLY_PERSONAS = (5_000_001, 5_000_013)
"""Who lived in the sandbox while states bore no mark: the thirteen that everybody met first."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A bot on a Bot API server."""

    bot_id: int
    server: int

    def __str__(self) -> str:
        match self.server:
            case 0:
                return f"bot {self.bot_id} of Telegram"
            case 1:
                return f"bot {self.bot_id} of the sandbox"
            case _:
                return f"bot {self.bot_id} of the server {self.server:x}"


def server_number(address: str) -> int:
    """How a Bot API server of one's own is kept: marks are numbers."""
    return int.from_bytes(hashlib.sha256(address.rstrip("/").lower().encode()).digest()[:7], "big") + SANDBOX + 1


class StateOwner:
    """The mark in one database. With `adopts` the state is taken over, whosever it was."""

    def __init__(self, database: Database, *, adopts: bool = False) -> None:
        self._database = database
        self._adopts = adopts

    async def require(self, owner: Owner) -> None:
        """Make sure that the state is this bot's, or nobody's; nothing is written.

        Raises:
            ForeignStateError: it belongs to another bot; the message says whose it is and what to do.
        """
        if self._adopts:
            return
        known = await self.known()
        if known is None and owner.server == OFFICIAL and await self._holds_personas():
            raise ForeignStateError(
                f"the state in {self._database.name} was used with the sandbox before states were bound to a bot, and "
                f"roles and consents given there would hold for {owner}: {_way_out('if this bot has used it, too,')}"
            )
        if known not in {None, owner}:
            raise ForeignStateError(
                f"the state in {self._database.name} belongs to {known}, and this is {owner}: roles, consents and "
                f"what is planned would pass from one to the other. {_way_out('to take all of it over on purpose,')}"
            )

    async def settle(self, owner: Owner) -> None:
        """From now on the state is this bot's; twice changes nothing.

        Raises:
            ForeignStateError: as `require`.
        """
        await self.require(owner)
        known = await self.known()
        if known == owner:
            return
        if known is not None:
            _log.warning("state_adopted", from_bot=str(known), by_bot=str(owner))
        await write_marks(self._database, {_BOT: owner.bot_id, _SERVER: owner.server})

    async def known(self) -> Owner | None:
        """Whose it is; None while it is nobody's."""
        found = await read_marks(self._database, _BOT, _SERVER)
        return None if found is None else Owner(*found)

    async def _holds_personas(self) -> bool:
        people = (visitors.c.visitor_id, organisers.c.visitor_id)
        query = select(or_(*(exists(select(one).where(one.between(*_EARLY_PERSONAS))) for one in people)))
        async with self._database.reading() as connection:
            return bool(await connection.scalar(query))


def _way_out(condition: str) -> str:
    return (
        "choose another folder with --data (with PostgreSQL another store.database_url), or, "
        f"{condition} run `scoda run --adopt-state` once and look through /organisers"
    )
