"""/announcements: the list, the calendar, and everything that can be done with what was written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import Decision, Verdict
from bot.announcements.model import Announcement, AnnouncementId, DeliveryState, Occurrence, OccurrenceId
from bot.announcements.organisers import ANY_ROLE
from bot.chat import announcement_texts as desk_texts
from bot.chat import texts
from bot.chat.desk_pages import (
    calendar_page,
    confirm_page,
    correction_lines,
    item_key,
    list_page,
    overview_page,
    standing_lines,
    word_rows,
)
from bot.chat.handlers.announce import answered, ask, formatted, read_count, say_decision, view_of
from bot.chat.keyboards import grid
from bot.chat.rendering import Html, lines, said
from bot.chat.replies import Reply
from bot.chat.reports import send_report
from bot.chat.rights import admitted, may_press
from bot.chat.visit import Visit
from bot.chat.walk import Asked, Step
from bot.inbox.model import Button
from bot.vocabulary import Locale, VisitorId

_LIST_LIMIT = 20
_CALENDAR_LIMIT = 30
_OCCURRENCES_LIMIT = 1000


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


async def answer_correction(visit: Visit, asked: Asked, _text: str) -> None:
    """The text that takes the place of the delivered one."""
    words = formatted(visit)
    locale = Locale(asked.argument)
    if not words.strip():
        await visit.say(said(desk_texts.ask_correction(visit.t, locale), visit.locale))
        return
    if await _copies_sent(visit, asked.subject) > visit.newsroom.typed_confirmation_above:
        confirmed = Asked(Step.CORRECTION_COUNT, asked.subject, f"{locale} {words}")
        await ask(visit, confirmed, said(desk_texts.ask_correction_count(visit.t), visit.locale))
        return
    await _replace(visit, asked.subject, locale, words)


async def answer_correction_count(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies that were sent, typed before many of them are changed."""
    answered(visit)
    if read_count(text) != await _copies_sent(visit, asked.subject):
        await visit.say(said(desk_texts.wrong_correction_count(visit.t), visit.locale))
        return
    code, _blank, words = asked.argument.partition(" ")
    await _replace(visit, asked.subject, Locale(code), words)


async def _copies_sent(visit: Visit, occurrence_id: str) -> int:
    standing = await visit.newsroom.steering.progress(OccurrenceId(occurrence_id))
    return standing.counts.get(DeliveryState.SENT, 0) if standing else 0


async def _replace(visit: Visit, occurrence_id: str, locale: Locale, words: str) -> None:
    answered(visit)
    decision = await visit.newsroom.steering.correct(
        OccurrenceId(occurrence_id), {locale: words}, actor=_person(visit), now=visit.now
    )
    await _say_corrections(visit, decision)


async def item_reply(visit: Visit, announcement: Announcement) -> Reply:
    """One announcement with what became of its latest firing."""
    t = visit.t
    latest = await latest_occurrence(visit, announcement.announcement_id)
    view = await view_of(visit, announcement)
    if latest is None:
        return overview_page(view, t)
    standing = await visit.newsroom.steering.progress(latest.occurrence_id)
    page = overview_page(view, t, besides=standing_lines(standing, t) if standing else Html())
    return Reply(page.content, (*word_rows(latest, t), *page.rows))


async def latest_occurrence(visit: Visit, announcement_id: AnnouncementId) -> Occurrence | None:
    """The firing that is or was due last."""
    found = await visit.newsroom.outbox.occurrences(of=announcement_id, limit=_OCCURRENCES_LIMIT)
    return found[-1] if found else None


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
    await _say_corrections(visit, decision)


async def _duplicate(visit: Visit, name: str) -> None:
    button = visit.press.data if visit.press else ""  # the same button twice gives the same draft
    decision = await visit.newsroom.desk.duplicate(
        AnnouncementId(name), actor=_person(visit), request_key=f"button-{button}", now=visit.now
    )
    await say_decision(visit, decision)


async def _correct(visit: Visit, name: str) -> None:
    announcement = await visit.newsroom.desk.find(AnnouncementId(name))
    latest = await latest_occurrence(visit, AnnouncementId(name))
    if announcement is None or latest is None:
        await visit.say(said(desk_texts.nothing_sent_yet(visit.t), visit.locale))
        return
    if not latest.state.has_ended:  # a correction reaches the copies that were sent, not those that follow
        await visit.say(said(desk_texts.still_going_out(visit.t), visit.locale))
        return
    keys = [
        item_key(locale.endonym, f"correct_in {latest.occurrence_id} {locale}")
        for locale in Locale
        if announcement.content.texts.get(locale)
    ]
    back = (item_key(texts.button_back(visit.t), f"item {name}"),)
    await visit.show(Reply(said(desk_texts.correct_question(visit.t), visit.locale), (*grid(keys, columns=3), back)))


async def _correct_in(visit: Visit, name: str) -> None:
    occurrence_id, code = name.split(" ")
    asked = Asked(Step.CORRECTION, occurrence_id, code)
    await ask(visit, asked, said(desk_texts.ask_correction(visit.t, Locale(code)), visit.locale))


async def _say_corrections(visit: Visit, decision: Decision) -> None:
    if not decision.is_done or not decision.correction_ids:
        await say_decision(visit, decision)
        return
    await visit.say(await _corrections_reply(visit, decision.correction_ids))


async def _corrections(visit: Visit, name: str) -> None:
    await visit.show(await _corrections_reply(visit, tuple(name.split(" "))))


async def _corrections_reply(visit: Visit, correction_ids: tuple[str, ...]) -> Reply:
    found = [await visit.newsroom.corrections.find(correction_id) for correction_id in correction_ids[-3:]]
    told = lines(*(correction_lines(one, visit.t) for one in found if one is not None))
    again = item_key(desk_texts.button_report(visit.t), f"corrections {' '.join(correction_ids[-3:])}")
    return Reply(told, ((again,),))


async def _report(visit: Visit, name: str) -> None:
    """The numbers, a picture of them, and every recipient's row as files."""
    t, newsroom = visit.t, visit.newsroom
    announcement = await newsroom.desk.find(AnnouncementId(name))
    latest = await latest_occurrence(visit, AnnouncementId(name))
    if announcement is None or latest is None:
        await visit.say(said(desk_texts.nothing_sent_yet(t), t.locale))
        return
    await send_report(visit.house, newsroom, visit.chat_id, announcement, of=latest.occurrence_id, t=t)


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
    "correct": _correct,
    "correct_in": _correct_in,
    "corrections": _corrections,
    "report": _report,
    "send_rest": _send_rest,
    "leave_rest": _leave_rest,
}


def _person(visit: Visit) -> VisitorId:
    assert visit.visitor_id is not None  # who is nobody may not press
    return visit.visitor_id
