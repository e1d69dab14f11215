"""Composing: when a draft goes out."""

from __future__ import annotations

from bot.announcements.drafting import DraftChange, read_repeating, read_wall_time, send_once, send_repeatedly, set_zone
from bot.announcements.model import Announcement
from bot.announcements.schedule import ScheduleError
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.draft_changes import change_draft, drawn
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt, remember
from bot.chat.organisers.time_pages import event_zones_page, time_page
from bot.chat.text import announcement_texts, texts
from bot.chat.text.rendering import said
from bot.i18n.zones import city, find_zone


async def ask_once(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask for a date and time."""
    where = city(announcement.schedule.zone, context.locale)
    question = said(announcement_texts.ask_once(context.t, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.ONCE, announcement.announcement_id), question)


async def ask_cron(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Ask for the five fields."""
    where = city(announcement.schedule.zone, context.locale)
    question = said(announcement_texts.ask_cron(context.t, where), context.locale)
    await ask(context, PendingPrompt(PromptKind.CRON, announcement.announcement_id), question)


async def ask_zone(context: OrganiserContext, announcement: Announcement, _argument: str) -> None:
    """Offer zones; a city may be typed instead."""
    remember(context, PendingPrompt(PromptKind.ZONE, announcement.announcement_id))
    await context.show(event_zones_page(announcement, context.t, now=context.now))


async def answer_once(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The date and time at which it goes out."""
    wall = read_wall_time(text)
    if wall is None:
        await context.say(said(announcement_texts.bad_moment(context.t), context.locale))
        return
    await _schedule(context, prompt, send_once(wall))


async def answer_cron(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The five fields of a recurring one, and its last day."""
    try:
        cron, until = read_repeating(text)
    except ScheduleError as error:
        await context.say(said(announcement_texts.cannot_read(context.t, str(error)), context.locale))
        return
    await _schedule(context, prompt, send_repeatedly(cron, until))


async def answer_zone(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The event's time zone, by a city's name."""
    zone = find_zone(text)
    if zone is None:
        await context.say(said(texts.zone_unknown(context.t), context.locale))
        return
    await _schedule(context, prompt, set_zone(zone))


async def _schedule(context: OrganiserContext, prompt: PendingPrompt, change: DraftChange) -> None:
    close_prompt(context)
    await change_draft(context, prompt.subject, change, page=drawn(time_page), is_new=True)
