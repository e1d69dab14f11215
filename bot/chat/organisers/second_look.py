"""Changes of what was delivered: asked for with the number of copies, and decided by a second person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import Decision, Verdict
from bot.announcements.model import AnnouncementId, Occurrence, OccurrenceId, Request, RequestKind
from bot.announcements.organisers import MAY_APPROVE
from bot.announcements.second_look import Signed
from bot.chat.context import Visit
from bot.chat.organisers.announce import answered, ask, formatted, read_count, say_decision
from bot.chat.organisers.desk_pages import correction_lines, item_key
from bot.chat.organisers.prompts import Asked, Step
from bot.chat.organisers.request_pages import request_page
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text import texts
from bot.chat.text.keyboards import grid
from bot.chat.text.rendering import lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale, VisitorId


async def correct(visit: Visit, name: str) -> None:
    """Ask in which language the delivered text is to be another."""
    announcement = await visit.newsroom.desk.find(AnnouncementId(name))
    latest = await _ended_occurrence(visit, name)
    if announcement is None or latest is None:
        return
    keys = [
        item_key(locale.endonym, f"correct_in {latest.occurrence_id} {locale}")
        for locale in Locale
        if announcement.content.texts.get(locale)
    ]
    back = (item_key(texts.button_back(visit.t), f"item {name}"),)
    await visit.show(Reply(said(desk_texts.correct_question(visit.t), visit.locale), (*grid(keys, columns=3), back)))


async def correct_in(visit: Visit, name: str) -> None:
    """Ask for the new text in that language."""
    occurrence_id, code = name.split(" ")
    asked = Asked(Step.CORRECTION, occurrence_id, code)
    await ask(visit, asked, said(desk_texts.ask_correction(visit.t, Locale(code)), visit.locale))


async def answer_correction(visit: Visit, asked: Asked, _text: str) -> None:
    """The text that is to take the place of the delivered one."""
    words, locale = formatted(visit), Locale(asked.argument)
    if not words.strip():
        await visit.say(said(desk_texts.ask_correction(visit.t, locale), visit.locale))
        return
    if problems := await visit.newsroom.second_look.check(OccurrenceId(asked.subject), {locale: words}):
        answered(visit)
        await say_decision(visit, Decision(verdict=Verdict.HAS_PROBLEMS, problems=problems))
        return
    await _ask_copies(visit, Asked(Step.CORRECTION_COUNT, asked.subject, f"{locale} {words}"), RequestKind.CORRECT)


async def answer_correction_count(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies that would be changed: then a second person is asked."""
    code, _blank, words = asked.argument.partition(" ")
    signed = await _signed(visit, text)
    decision = await visit.newsroom.second_look.correct(
        OccurrenceId(asked.subject), {Locale(code): words}, signed=signed
    )
    await _say_asked(visit, decision)


async def put_back(visit: Visit, name: str) -> None:
    """Ask for the number of copies before what the latest correction replaced is to come back."""
    latest = await _ended_occurrence(visit, name)
    if latest is not None:
        await _ask_copies(visit, Asked(Step.PUT_BACK_COUNT, latest.occurrence_id), RequestKind.PUT_BACK)


async def answer_put_back_count(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies that would be changed: then a second person is asked."""
    signed = await _signed(visit, text)
    await _say_asked(visit, await visit.newsroom.second_look.put_back(OccurrenceId(asked.subject), signed=signed))


async def resend(visit: Visit, name: str) -> None:
    """Ask for the number of copies in doubt before one more is sent to each."""
    await _ask_copies(visit, Asked(Step.RESEND_COUNT, name), RequestKind.RESEND)


async def answer_resend_count(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies in doubt: then a second person is asked."""
    signed = await _signed(visit, text)
    await _say_asked(visit, await visit.newsroom.second_look.resend(OccurrenceId(asked.subject), signed=signed))


async def show_request(visit: Visit, name: str) -> None:
    """All about a request."""
    request = await visit.newsroom.second_look.find(name)
    page = request and await _page(visit, request)
    if not page:
        await say_decision(visit, Decision(verdict=Verdict.NOT_FOUND))
        return
    await visit.show(page)


async def agree(visit: Visit, name: str) -> None:
    """A second person wants it to happen: they are asked for the number of copies."""
    await _ask_agreement(visit, name, Step.AGREEMENT, desk_texts.ask_agreement)


async def agree_alone(visit: Visit, name: str) -> None:
    """An owner wants their own request to happen at once: they are asked for the number of copies."""
    await _ask_agreement(visit, name, Step.LONE_AGREEMENT, desk_texts.ask_lone_agreement)


async def answer_agreement(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies, typed by a second person."""
    signed = await _signed(visit, text)
    await say_carried_out(visit, await visit.newsroom.second_look.agree(asked.subject, signed=signed))


async def answer_lone_agreement(visit: Visit, asked: Asked, text: str) -> None:
    """The number of copies, typed by an owner who asked for it."""
    signed = await _signed(visit, text)
    await say_carried_out(visit, await visit.newsroom.second_look.agree_in_emergency(asked.subject, signed=signed))


async def refuse(visit: Visit, name: str) -> None:
    """It is not to happen."""
    decision = await visit.newsroom.second_look.refuse(name, actor=_person(visit), now=visit.now)
    if decision.is_done:
        await visit.show(Reply(said(desk_texts.request_refused(visit.t), visit.locale)))
    else:
        await say_decision(visit, decision)


async def say_carried_out(visit: Visit, decision: Decision) -> None:
    """How far what was decided has come."""
    if not decision.is_done or not decision.correction_ids:
        await say_decision(visit, decision)
        return
    await visit.say(await _corrections_reply(visit, decision.correction_ids))


async def corrections(visit: Visit, name: str) -> None:
    """How far corrections have come by now."""
    await visit.show(await _corrections_reply(visit, tuple(name.split(" "))))


async def _ended_occurrence(visit: Visit, name: str) -> Occurrence | None:
    """The latest firing once it has ended, else it is said why not: copies that follow would not be changed."""
    latest = await visit.newsroom.steering.latest(AnnouncementId(name))
    if latest is not None and latest.state.has_ended:
        return latest
    sentence = desk_texts.nothing_sent_yet if latest is None else desk_texts.still_going_out
    await visit.say(said(sentence(visit.t), visit.locale))
    return None


async def _ask_copies(visit: Visit, asked: Asked, kind: RequestKind) -> None:
    copies = await visit.newsroom.second_look.copies(OccurrenceId(asked.subject), kind)
    await ask(visit, asked, said(desk_texts.ask_copies(visit.t, copies), visit.locale))


async def _ask_agreement(visit: Visit, name: str, step: Step, sentence: Callable[[Translator, int], str]) -> None:
    request = await visit.newsroom.second_look.find(name)
    if request is None:
        await say_decision(visit, Decision(verdict=Verdict.NOT_FOUND))
        return
    await ask(visit, Asked(step, name), said(sentence(visit.t, request.copies), visit.locale))


async def _signed(visit: Visit, text: str) -> Signed:
    """Who answers now, with the number that they typed; what is no number is none."""
    answered(visit)
    typed = read_count(text)
    return Signed(actor=_person(visit), now=visit.now, copies=-1 if typed is None else typed)


async def _say_asked(visit: Visit, decision: Decision) -> None:
    if not decision.is_done or decision.request is None:
        await say_decision(visit, decision)
        return
    page = await _page(visit, decision.request)
    others = {one.visitor_id for one in await visit.newsroom.organisers.all() if one.role in MAY_APPROVE}
    sentence = desk_texts.request_made if others - {visit.visitor_id} else desk_texts.nobody_approves
    told = said(sentence(visit.t), visit.locale)
    await visit.say(Reply(paragraphs(told, page.content), page.rows) if page else told)


async def _page(visit: Visit, request: Request) -> Reply | None:
    newsroom, reader = visit.newsroom, _person(visit)
    occurrence = await newsroom.outbox.find(request.occurrence_id)
    announcement = occurrence and await newsroom.desk.find(occurrence.announcement_id)
    if not announcement:
        return None
    roles = await newsroom.organisers.roles(reader)
    return request_page(request, announcement, visit.t, reader=reader, roles=roles)


async def _corrections_reply(visit: Visit, correction_ids: tuple[str, ...]) -> Reply:
    found = [await visit.newsroom.corrections.find(correction_id) for correction_id in correction_ids[-3:]]
    told = lines(*(correction_lines(one, visit.t) for one in found if one is not None))
    again = item_key(desk_texts.button_report(visit.t), f"corrections {' '.join(correction_ids[-3:])}")
    return Reply(told, ((again,),))


VERBS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    "correct": correct,
    "correct_in": correct_in,
    "corrections": corrections,
    "put_back": put_back,
    "resend": resend,
    "request": show_request,
    "agree": agree,
    "agree_alone": agree_alone,
    "refuse": refuse,
}


def _person(visit: Visit) -> VisitorId:
    assert visit.visitor_id is not None  # who is nobody may neither press nor answer
    return visit.visitor_id
