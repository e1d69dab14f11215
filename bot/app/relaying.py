"""Where people answer: the desk that the chat works with, and the courier that carries what was written."""

from __future__ import annotations

import secrets
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.adapters.database.connection import Database
from bot.adapters.database.relay_store import SqlRelayStore
from bot.adapters.database.turn_store import SqlTurnStore
from bot.adapters.knowledge.gap_drafts import GapDraftFiles
from bot.adapters.system.clock import utc_now
from bot.app.core import Core
from bot.ids import ChatId
from bot.relay.courier import CourierParts, RelayCourier
from bot.relay.hours import StaffHours
from bot.relay.interpreting import ModelInterpreter
from bot.relay.model import RelayRules
from bot.relay.ports import Post
from bot.relay.service import RelayDesk
from bot.settings import Settings

_ID_BYTES = 4
"""Eight hexadecimal digits: enough for a million conversations without two alike, and short in a hashtag."""


def relay_desk_of(database: Database, settings: Settings) -> RelayDesk | None:
    """What visitors and staff want of conversations; None where no group is set."""
    if not settings.relay.group:
        return None
    return RelayDesk(
        _rules(settings),
        SqlRelayStore(database),
        SqlTurnStore(database),
        GapDraftFiles(settings.knowledge.folder),
        new_id=lambda: secrets.token_hex(_ID_BYTES),
    )


def relay_courier_of(core: Core, post: Post) -> RelayCourier | None:
    """What goes on by itself; `post` writes to both sides. None where no group is set."""
    if not core.settings.relay.group:
        return None
    writer, interpreter = core.writer, None
    if writer is not None:
        call_s = core.settings.model.timeout_s
        interpreter = ModelInterpreter(writer.model, writer.ledger, core.identifier, call_s=call_s, now=utc_now)
    parts = CourierParts(
        store=SqlRelayStore(core.database),
        post=post,
        identifier=core.identifier,
        interpreter=interpreter,
        transaction=core.database.transaction,
    )
    return RelayCourier(_rules(core.settings), parts)


def _rules(settings: Settings) -> RelayRules:
    chosen = settings.relay
    return RelayRules(
        group=ChatId(chosen.group),
        locale=chosen.language,
        hours=StaffHours.read(chosen.hours, ZoneInfo(chosen.zone)),
        waits=timedelta(hours=chosen.wait_hours),
    )
