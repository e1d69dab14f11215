"""/announcements: the list, the calendar, and everything that can be done with what was written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.model import ORGANISER_ROLES, Announcement, AnnouncementId, Occurrence, OccurrenceId
from bot.chat.admission import OrganiserContext, admit, admit_press, use_up
from bot.chat.context import UpdateContext
from bot.chat.organisers import change_request_handlers
from bot.chat.organisers.buttons import ItemButton, ItemVerb, item_key
from bot.chat.organisers.change_request_pages import request_keys, resend_offer
from bot.chat.organisers.draft_changes import say_decision
from bot.chat.organisers.list_pages import (
    calendar_page,
    confirm_page,
    confirmation_rows,
    list_page,
    repeat_lines,
    standing_lines,
)
from bot.chat.organisers.overview_pages import overview_page
from bot.chat.organisers.reports import send_report
from bot.chat.organisers.views import view_of
from bot.chat.text import announcement_texts
from bot.chat.text.keyboards import Rows
from bot.chat.text.rendering import Html, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button

_LIST_LIMIT = 20
"""Announcements in the list, a button each: what two screens of a phone hold (chosen by reasoning)."""
_CALENDAR_LIMIT = 30
"""Firings in the calendar: some 70 characters each, so that the page stays below Telegram's 4,096."""


async def announcements(context: UpdateContext) -> None:
    """Show the list."""
    if await admit(context, ORGANISER_ROLES, "announcements") is not None:
        await context.say(await _list_reply(context))


async def press(update: UpdateContext, button: Button) -> None:
    """A button of the list, or of one announcement."""
    pressed = ItemButton.read(button)
    context = await admit_press(update, ORGANISER_ROLES, f"announcement_{pressed.verb}")
    if context is not None:
        use_up(context, button)
        await HANDLERS[pressed.verb](context, pressed.argument)


async def item_reply(context: OrganiserContext, announcement: Announcement) -> Reply:
    """One announcement with what became of its latest firing."""
    t = context.t
    latest = await context.announcements.lifecycle.latest(announcement.announcement_id)
    view = await view_of(context, announcement)
    if latest is None:
        return overview_page(view, t)
    standing = await context.announcements.outbox.standing(latest.occurrence_id)
    repeat = await context.announcements.change_requests.repeat_of(latest)
    stands = (standing_lines(standing, t), repeat_lines(repeat, t) if repeat else Html())
    page = overview_page(view, t, besides=paragraphs(*stands))
    waiting = request_keys(await context.announcements.change_requests.waiting(announcement.announcement_id), t)
    earlier = await _put_back_row(context, latest) if view.may_approve else ()
    return Reply(page.content, (*confirmation_rows(latest, t), *waiting, *page.rows, *earlier))


async def _put_back_row(context: OrganiserContext, latest: Occurrence) -> Rows:
    """Offers the text that stood before the latest correction."""
    if not await context.announcements.change_requests.earlier_texts(latest.occurrence_id):
        return ()
    return ((item_key(announcement_texts.button_put_back(context.t), ItemVerb.PUT_BACK, latest.announcement_id),),)


async def _list(context: OrganiserContext, _name: str) -> None:
    await context.show(await _list_reply(context))


async def _list_reply(context: UpdateContext) -> Reply:
    recent = await context.announcements.workflow.recent(limit=_LIST_LIMIT)
    return list_page(recent, context.t, unread=await context.announcements.text_drafting.unread(recent))


async def _calendar(context: OrganiserContext, _name: str) -> None:
    firings = await context.announcements.workflow.calendar(now=context.now)
    await context.show(calendar_page(firings[:_CALENDAR_LIMIT], context.t))


async def _item(context: OrganiserContext, name: str) -> None:
    announcement = await context.announcements.workflow.find(AnnouncementId(name))
    if announcement is None:
        await say_decision(context, Decision(outcome=CommandOutcome.NOT_FOUND))
        return
    await context.show(await item_reply(context, announcement))


async def _show_decision(context: OrganiserContext, decision: Decision) -> None:
    if decision.is_done and decision.announcement is not None:
        await context.show(await item_reply(context, decision.announcement))
    else:
        await say_decision(context, decision)


async def _pause(context: OrganiserContext, name: str) -> None:
    decision = await context.announcements.lifecycle.pause(AnnouncementId(name), actor=context.actor, now=context.now)
    await _show_decision(context, decision)


async def _resume(context: OrganiserContext, name: str) -> None:
    decision = await context.announcements.lifecycle.resume(AnnouncementId(name), actor=context.actor, now=context.now)
    await _show_decision(context, decision)


async def _stop(context: OrganiserContext, name: str) -> None:
    await context.show(confirm_page(announcement_texts.stop_question(context.t), ItemVerb.STOPPED, name, context.t))


async def _stopped(context: OrganiserContext, name: str) -> None:
    decision = await context.announcements.lifecycle.stop(AnnouncementId(name), actor=context.actor, now=context.now)
    await _show_decision(context, decision)


async def _withdraw(context: OrganiserContext, name: str) -> None:
    await context.show(
        confirm_page(announcement_texts.withdraw_question(context.t), ItemVerb.WITHDRAWN, name, context.t)
    )


async def _withdrawn(context: OrganiserContext, name: str) -> None:
    decision = await context.announcements.lifecycle.withdraw(
        AnnouncementId(name), actor=context.actor, now=context.now
    )
    await change_request_handlers.say_carried_out(context, decision)


async def _duplicate(context: OrganiserContext, name: str) -> None:
    button = context.press.data if context.press else ""  # the same button twice gives the same draft
    decision = await context.announcements.workflow.duplicate(
        AnnouncementId(name), actor=context.actor, request_key=f"button-{button}", now=context.now
    )
    await say_decision(context, decision)


async def _report(context: OrganiserContext, name: str) -> None:
    """The numbers, a picture of them, and for approvers and owners why copies failed."""
    t, announcements = context.t, context.announcements
    announcement = await announcements.workflow.find(AnnouncementId(name))
    latest = await context.announcements.lifecycle.latest(AnnouncementId(name))
    if announcement is None or latest is None:
        await context.say(said(announcement_texts.nothing_sent_yet(t), t.locale))
        return
    report = await announcements.reports.make(announcement, latest.occurrence_id)
    await send_report(context.app, announcements, context.actor, report, t=t)
    offer = await resend_offer(announcements, context.roles, latest.occurrence_id, now=context.now, t=t)
    if offer is not None:
        await context.say(offer)


async def _send_rest(context: OrganiserContext, name: str) -> None:
    await _confirm(context, name, send=True)


async def _leave_rest(context: OrganiserContext, name: str) -> None:
    await _confirm(context, name, send=False)


async def _confirm(context: OrganiserContext, name: str, *, send: bool) -> None:
    decision = await context.announcements.lifecycle.confirm(
        OccurrenceId(name), send=send, actor=context.actor, now=context.now
    )
    await _show_decision(context, decision)


HANDLERS: dict[ItemVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    ItemVerb.LIST: _list,
    ItemVerb.CALENDAR: _calendar,
    ItemVerb.ITEM: _item,
    ItemVerb.PAUSE: _pause,
    ItemVerb.RESUME: _resume,
    ItemVerb.STOP: _stop,
    ItemVerb.STOPPED: _stopped,
    ItemVerb.WITHDRAW: _withdraw,
    ItemVerb.WITHDRAWN: _withdrawn,
    ItemVerb.DUPLICATE: _duplicate,
    ItemVerb.REPORT: _report,
    ItemVerb.SEND_REST: _send_rest,
    ItemVerb.LEAVE_REST: _leave_rest,
    **change_request_handlers.HANDLERS,
}
