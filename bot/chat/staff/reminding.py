"""Writes to whoever answers for facts that end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.chat.context import AppContext
from bot.chat.outreach import send_to, translator_of
from bot.chat.staff.expiry_pages import reminder_page
from bot.ids import VisitorId
from bot.reminding.model import Reminder


async def tell_of_ends(app: AppContext, person: VisitorId, reminders: Sequence[Reminder], now: datetime) -> bool:
    """Is a `bot.reminding.ports.Tell`, once it has the chat."""
    t = await translator_of(app, person)
    return await send_to(app, person, reminder_page(reminders, t), now=now) is not None
