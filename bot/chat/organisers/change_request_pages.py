"""What organisers see of a change of what was delivered that waits for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.announcements.model import Announcement, ChangeRequest, ChangeRequestState, OccurrenceId, Role
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.announcement_context import AnnouncementContext
from bot.chat.organisers.buttons import ItemVerb, item_key
from bot.chat.text import announcement_texts
from bot.chat.text.keyboards import Key, Rows, column
from bot.chat.text.rendering import Html, blockquote, bold, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale, VisitorId


def request_page(
    request: ChangeRequest, announcement: Announcement, t: Translator, *, reader: VisitorId, roles: frozenset[Role]
) -> Reply:
    """All about a request, its texts as they are written (a link shows where it leads), and the decision."""
    sentences = (
        announcement_texts.asked_for_by(t, str(request.asked_by)),
        announcement_texts.copies_concerned(t, request.copies),
    )
    title = bold(said(announcement_texts.request_title(t, request.kind, announcement.label), t.locale))
    is_others = request.asked_by != reader and request.state is ChangeRequestState.OPEN and bool(roles & MAY_APPROVE)
    wanted = said(announcement_texts.request_wanted(t), t.locale) if is_others else Html()
    changes = [_change(request, locale, t) for locale in request.texts]
    content = paragraphs(wanted, lines(title, *(said(line, t.locale) for line in sentences)), *changes)
    return Reply(content, (*_decision_rows(request, t, reader=reader, roles=roles), _look(announcement, t)))


def request_keys(requests: Sequence[ChangeRequest], t: Translator) -> Rows:
    """A button for each that waits."""
    return column(
        [item_key(announcement_texts.button_request(t), ItemVerb.REQUEST, one.request_id) for one in requests]
    )


async def resend_offer(
    announcements: AnnouncementContext,
    roles: frozenset[Role],
    occurrence_id: OccurrenceId,
    *,
    now: datetime,
    t: Translator,
) -> Reply | None:
    """Below a report, for who may ask: one more copy to those in doubt; None when there is nobody, or it was sent."""
    if not MAY_APPROVE & roles:
        return None
    count = await announcements.change_requests.resendable(occurrence_id, now=now)
    if not count:
        return None
    resend = (item_key(announcement_texts.button_resend(t), ItemVerb.RESEND, occurrence_id),)
    return Reply(said(announcement_texts.resend_offer(t, count), t.locale), (resend,))


def _change(request: ChangeRequest, locale: Locale, t: Translator) -> Html:
    now, then = announcement_texts.text_now(t, locale), announcement_texts.text_then(t, locale)
    return lines(
        said(now, t.locale),
        blockquote(quoted(request.replaces.get(locale, "–"), locale)),
        said(then, t.locale),
        blockquote(quoted(request.texts[locale], locale)),
    )


def _decision_rows(request: ChangeRequest, t: Translator, *, reader: VisitorId, roles: frozenset[Role]) -> Rows:
    if request.state is not ChangeRequestState.OPEN or not roles & MAY_APPROVE:
        return ()
    name = request.request_id
    refuse = item_key(announcement_texts.button_refuse(t), ItemVerb.REFUSE, name)
    if request.asked_by != reader:
        return ((item_key(announcement_texts.button_approve(t), ItemVerb.AGREE, name), refuse),)
    alone = (
        [item_key(announcement_texts.button_emergency(t), ItemVerb.AGREE_ALONE, name)] if Role.OWNER in roles else []
    )
    return ((item_key(announcement_texts.button_take_back(t), ItemVerb.REFUSE, name), *alone),)


def _look(announcement: Announcement, t: Translator) -> Sequence[Key]:
    return (item_key(announcement_texts.button_overview(t), ItemVerb.ITEM, announcement.announcement_id),)
