"""What a restored database would send by itself: marked so that nothing goes before somebody has said so.

What is carried within seconds (messages of the relay, news of proposals, updates to be answered) was almost surely
carried since the backup: it is in doubt, and goes no more. What waits for days (wishes to be told, edits of copies)
waits for the word.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.database.forgetting import count
from bot.adapters.database.inbox_store import wiped
from bot.adapters.database.knowledge_tables import proposals
from bot.adapters.database.proposal_store import OWED, TELLING
from bot.adapters.database.relay_tables import relayed_messages
from bot.adapters.database.tables import corrected_copies, gap_watches, inbox, marks
from bot.announcements.model import CorrectionState
from bot.chat_state.model import InboxState
from bot.gaps.model import WatchState
from bot.proposals.model import DECIDED
from bot.relay.model import RelayedState

HELD = "restored"
"""The mark of a database that comes from a backup, until somebody has said that it may send again."""
FREE, UNTIL_DECIDED, UNTIL_SAID = 0, 1, 2
"""Its values: it may send; it may once nothing is left to decide of announcements; it may after a word."""


async def hold(connection: AsyncConnection, *, needs_word: bool, now: datetime) -> Mapping[str, int]:
    """Have nothing of it sent; returns what was found. Without `needs_word` it is free once nothing waits any more.

    What is marked as being sent is taken by the next start for what it would be after a kill: in doubt, never sent
    again, and told to whoever wrote it.
    """
    unanswered = update(inbox).where(inbox.c.state == InboxState.PENDING)
    relayed = update(relayed_messages).where(relayed_messages.c.state == RelayedState.WAITING)
    is_decided = proposals.c.state.in_([state.value for state in DECIDED])
    news = update(proposals).where(proposals.c.news == OWED, is_decided)
    found = {
        "unanswered": await count(connection, unanswered.values(wiped(now) | {"state": InboxState.FAILED})),
        "relayed": await count(connection, relayed.values(state=RelayedState.SENDING)),
        "news": await count(connection, news.values(news=TELLING)),
        "wishes": await _number(connection, gap_watches, gap_watches.c.state == WatchState.WAITING),
        "edits": await _number(connection, corrected_copies, corrected_copies.c.state == CorrectionState.PLANNED),
    }
    waits = needs_word or found["wishes"] > 0 or found["edits"] > 0
    await _mark(connection, UNTIL_SAID if waits else UNTIL_DECIDED)
    return found


async def _number(connection: AsyncConnection, table: Table, which: ColumnElement[bool]) -> int:
    return await connection.scalar(select(func.count()).select_from(table).where(which)) or 0


async def _mark(connection: AsyncConnection, value: int) -> None:
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(marks)
    noting = insert.values(name=HELD, value=value)
    await connection.execute(noting.on_conflict_do_update(index_elements=[marks.c.name], set_={"value": value}))
