"""/announcements: the list, the calendar, and everything that can be done with what was written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import Decision, Verdict
from bot.announcements.model import Announcement, AnnouncementId, Occurrence, OccurrenceId
from bot.announcements.organisers import ANY_ROLE
from bot.chat.context import Visit
from bot.chat.organisers import second_look
from bot.chat.organisers.announce import say_decision, view_of
from bot.chat.organisers.desk_pages import (
    calendar_page,
    confirm_page,
    item_key,
    list_page,
    overview_page,
    repeat_lines,
    standing_lines,
    word_rows,
)
from bot.chat.organisers.reports import send_report
from bot.chat.organisers.request_pages import request_keys, resend_offer
from bot.chat.organisers.rights import admitted, may_press
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.keyboards import Rows
from bot.chat.text.rendering import Html, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.ids import VisitorId

_LIST_LIMIT = 20
_CALENDAR_LIMIT = 30


async def announcements(visit: Visit) -> None:
    """Show the list."""
    if await admitted(visit, ANY_ROLE, "announcements"):
        await visit.say(list_page(await visit.newsroom.desk.recent(limit=_LIST_LIMIT), visit.t))


async def press(visit: Visit, button: Button) -> None:
    """A button of the list, or of one announcement."""
    verb, _blank, name = button.argument.partition(" ")
    if not await may_press(visit, ANY_ROLE, f"announcement_{verb}"):
        return
    if button.single_use:
        visit.later(lambda: visit.house.buttons.use(button.token, now=visit.now))
    await _VERBS[verb](visit, name)


async def item_reply(visit: Visit, announcement: Announcement) -> Reply:
    """One announcement with what became of its latest firing."""
    t = visit.t
    latest = await visit.newsroom.steering.latest(announcement.announcement_id)
    view = await view_of(visit, announcement)
    if latest is None:
        return overview_page(view, t)
    standing = await visit.newsroom.steering.progress(latest.occurrence_id)
    repeat = await visit.newsroom.second_look.repeat_of(latest)
    stands = (standing_lines(standing, t) if standing else Html(), repeat_lines(repeat, t) if repeat else Html())
    page = overview_page(view, t, besides=paragraphs(*stands))
    waiting = request_keys(await visit.newsroom.second_look.waiting(announcement.announcement_id), t)
    earlier = await _put_back_row(visit, latest) if view.may_approve else ()
    return Reply(page.content, (*word_rows(latest, t), *waiting, *page.rows, *earlier))


async def _put_back_row(visit: Visit, latest: Occurrence) -> Rows:
    """Offers the text that stood before the latest correction."""
    if not await visit.newsroom.second_look.earlier_texts(latest.occurrence_id):
        return ()
    return ((item_key(desk_texts.button_put_back(visit.t), f"put_back {latest.announcement_id}"),),)


async def _list(visit: Visit, _name: str) -> None:
    await visit.show(list_page(await visit.newsroom.desk.recent(limit=_LIST_LIMIT), visit.t))


async def _calendar(visit: Visit, _name: str) -> None:
    firings = await visit.newsroom.desk.calendar(now=visit.now)
    await visit.show(calendar_page(firings[:_CALENDAR_LIMIT], visit.t))


async def _item(visit: Visit, name: str) -> None:
    announcement = await visit.newsroom.desk.find(AnnouncementId(name))
    if announcement is None:
        await say_decision(visit, Decision(verdict=Verdict.NOT_FOUND))
        return
    await visit.show(await item_reply(visit, announcement))


async def _show_decision(visit: Visit, decision: Decision) -> None:
    if decision.is_done and decision.announcement is not None:
        await visit.show(await item_reply(visit, decision.announcement))
    else:
        await say_decision(visit, decision)


async def _pause(visit: Visit, name: str) -> None:
    decision = await visit.newsroom.steering.pause(AnnouncementId(name), actor=_person(visit), now=visit.now)
    await _show_decision(visit, decision)


async def _resume(visit: Visit, name: str) -> None:
    decision = await visit.newsroom.steering.resume(AnnouncementId(name), actor=_person(visit), now=visit.now)
    await _show_decision(visit, decision)


async def _stop(visit: Visit, name: str) -> None:
    await visit.show(confirm_page(desk_texts.stop_question(visit.t), "stopped", name, visit.t))


async def _stopped(visit: Visit, name: str) -> None:
    decision = await visit.newsroom.steering.stop(AnnouncementId(name), actor=_person(visit), now=visit.now)
    await _show_decision(visit, decision)


async def _withdraw(visit: Visit, name: str) -> None:
    await visit.show(confirm_page(desk_texts.withdraw_question(visit.t), "withdrawn", name, visit.t))


async def _withdrawn(visit: Visit, name: str) -> None:
    decision = await visit.newsroom.steering.withdraw(AnnouncementId(name), actor=_person(visit), now=visit.now)
    await second_look.say_carried_out(visit, decision)


async def _duplicate(visit: Visit, name: str) -> None:
    button = visit.press.data if visit.press else ""  # the same button twice gives the same draft
    decision = await visit.newsroom.desk.duplicate(
        AnnouncementId(name), actor=_person(visit), request_key=f"button-{button}", now=visit.now
    )
    await say_decision(visit, decision)


async def _report(visit: Visit, name: str) -> None:
    """The numbers, a picture of them, and for approvers and owners why copies failed."""
    t, newsroom = visit.t, visit.newsroom
    announcement = await newsroom.desk.find(AnnouncementId(name))
    latest = await visit.newsroom.steering.latest(AnnouncementId(name))
    if announcement is None or latest is None:
        await visit.say(said(desk_texts.nothing_sent_yet(t), t.locale))
        return
    await send_report(visit.house, newsroom, _person(visit), announcement, of=latest.occurrence_id, t=t)
    offer = await resend_offer(newsroom, _person(visit), latest.occurrence_id, now=visit.now, t=t)
    if offer is not None:
        await visit.say(offer)


async def _send_rest(visit: Visit, name: str) -> None:
    await _give_word(visit, name, send=True)


async def _leave_rest(visit: Visit, name: str) -> None:
    await _give_word(visit, name, send=False)


async def _give_word(visit: Visit, name: str, *, send: bool) -> None:
    decision = await visit.newsroom.steering.give_word(
        OccurrenceId(name), send=send, actor=_person(visit), now=visit.now
    )
    await _show_decision(visit, decision)


_VERBS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    "list": _list,
    "calendar": _calendar,
    "item": _item,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "stopped": _stopped,
    "withdraw": _withdraw,
    "withdrawn": _withdrawn,
    "duplicate": _duplicate,
    "report": _report,
    "send_rest": _send_rest,
    "leave_rest": _leave_rest,
    **second_look.VERBS,
}


def _person(visit: Visit) -> VisitorId:
    assert visit.visitor_id is not None  # who is nobody may not press
    return visit.visitor_id
