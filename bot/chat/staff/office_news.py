"""Tells the staff what became of an office file that somebody put into the knowledge folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.announcements.model import STAFF_ROLES
from bot.chat.context import AppContext
from bot.chat.outreach import translator_of, write_to
from bot.chat.text import knowledge_texts, staff_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.i18n.bidi import isolate
from bot.i18n.translator import Translator
from bot.proposals.model import OfficeFileNews


async def tell_of_file(app: AppContext, news: OfficeFileNews, *, now: Callable[[], datetime]) -> None:
    """One message to each, in one try; nobody where there are no roles."""
    if app.announcements is None:
        return
    people = {one.visitor_id for one in await app.announcements.organisers.all() if one.role in STAFF_ROLES}
    for person in sorted(people):
        t = await translator_of(app, person)
        await write_to(app, person, Reply(said(_sentence(news, t), t.locale)), now=now())


def _sentence(news: OfficeFileNews, t: Translator) -> str:
    file = isolate(news.file, t.locale)
    if news.draft:
        return knowledge_texts.file_became_draft(t, file, isolate(news.draft, t.locale))
    reason = staff_texts.upload_unreadable(t, news.kind) if news.kind is not None else isolate(news.reason, t.locale)
    return knowledge_texts.file_refused(t, file, reason)
