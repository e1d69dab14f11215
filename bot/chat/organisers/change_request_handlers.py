"""Changes of what was delivered: asked for with the number of copies, and decided by a second person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.actions import CommandOutcome, Decision
from bot.announcements.change_requests import Signed
from bot.announcements.drafting import read_count
from bot.announcements.model import AnnouncementId, ChangeRequest, ChangeRequestKind, Occurrence, OccurrenceId
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.buttons import ItemVerb, item_key
from bot.chat.organisers.change_request_pages import request_page
from bot.chat.organisers.composing_texts import formatted
from bot.chat.organisers.draft_changes import say_decision
from bot.chat.organisers.list_pages import correction_lines
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, ask, close_prompt
from bot.chat.text import announcement_texts, texts
from bot.chat.text.keyboards import grid
from bot.chat.text.rendering import lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale


async def correct(context: OrganiserContext, name: str) -> None:
    """Ask in which language the delivered text is to be another."""
    announcement = await context.announcements.workflow.find(AnnouncementId(name))
    latest = await _ended_occurrence(context, name)
    if announcement is None or latest is None:
        return
    keys = [
        item_key(locale.endonym, ItemVerb.CORRECT_IN, f"{latest.occurrence_id} {locale}")
        for locale in Locale
        if announcement.content.texts.get(locale)
    ]
    back = (item_key(texts.button_back(context.t), ItemVerb.ITEM, name),)
    await context.show(
        Reply(said(announcement_texts.correct_question(context.t), context.locale), (*grid(keys, columns=3), back))
    )


async def correct_in(context: OrganiserContext, name: str) -> None:
    """Ask for the new text in that language."""
    occurrence_id, code = name.split(" ")
    prompt = PendingPrompt(PromptKind.CORRECTION, occurrence_id, code)
    await ask(context, prompt, said(announcement_texts.ask_correction(context.t, Locale(code)), context.locale))


async def answer_correction(context: OrganiserContext, prompt: PendingPrompt, _text: str) -> None:
    """The text that is to take the place of the delivered one."""
    words, locale = formatted(context), Locale(prompt.argument)
    if not words.strip():
        await context.say(said(announcement_texts.ask_correction(context.t, locale), context.locale))
        return
    if problems := await context.announcements.change_requests.check(OccurrenceId(prompt.subject), {locale: words}):
        close_prompt(context)
        await say_decision(context, Decision(outcome=CommandOutcome.HAS_PROBLEMS, problems=problems))
        return
    await _ask_copies(
        context,
        PendingPrompt(PromptKind.CORRECTION_COUNT, prompt.subject, f"{locale} {words}"),
        ChangeRequestKind.CORRECT,
    )


async def answer_correction_count(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of copies that would be changed: then a second person is prompt."""
    code, _blank, words = prompt.argument.partition(" ")
    signed = await _signed(context, text)
    decision = await context.announcements.change_requests.correct(
        OccurrenceId(prompt.subject), {Locale(code): words}, signed=signed
    )
    await _say_requested(context, decision)


async def put_back(context: OrganiserContext, name: str) -> None:
    """Ask for the number of copies before what the latest correction replaced is to come back."""
    latest = await _ended_occurrence(context, name)
    if latest is not None:
        await _ask_copies(
            context, PendingPrompt(PromptKind.PUT_BACK_COUNT, latest.occurrence_id), ChangeRequestKind.PUT_BACK
        )


async def answer_put_back_count(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of copies that would be changed: then a second person is prompt."""
    signed = await _signed(context, text)
    await _say_requested(
        context, await context.announcements.change_requests.put_back(OccurrenceId(prompt.subject), signed=signed)
    )


async def resend(context: OrganiserContext, name: str) -> None:
    """Ask for the number of copies in doubt before one more is sent to each."""
    await _ask_copies(context, PendingPrompt(PromptKind.RESEND_COUNT, name), ChangeRequestKind.RESEND)


async def answer_resend_count(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of copies in doubt: then a second person is prompt."""
    signed = await _signed(context, text)
    await _say_requested(
        context, await context.announcements.change_requests.resend(OccurrenceId(prompt.subject), signed=signed)
    )


async def show_request(context: OrganiserContext, name: str) -> None:
    """All about a request."""
    request = await context.announcements.change_requests.find(name)
    page = request and await _page(context, request)
    if not page:
        await say_decision(context, Decision(outcome=CommandOutcome.NOT_FOUND))
        return
    await context.show(page)


async def agree(context: OrganiserContext, name: str) -> None:
    """A second person wants it to happen: they are asked for the number of copies."""
    await _ask_agreement(context, name, PromptKind.AGREEMENT, announcement_texts.ask_agreement)


async def agree_alone(context: OrganiserContext, name: str) -> None:
    """An owner wants their own request to happen at once: they are asked for the number of copies."""
    await _ask_agreement(context, name, PromptKind.LONE_AGREEMENT, announcement_texts.ask_lone_agreement)


async def answer_agreement(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of copies, typed by a second person."""
    signed = await _signed(context, text)
    await say_carried_out(context, await context.announcements.change_requests.agree(prompt.subject, signed=signed))


async def answer_lone_agreement(context: OrganiserContext, prompt: PendingPrompt, text: str) -> None:
    """The number of copies, typed by an owner who asked for it."""
    signed = await _signed(context, text)
    await say_carried_out(
        context, await context.announcements.change_requests.agree_in_emergency(prompt.subject, signed=signed)
    )


async def refuse(context: OrganiserContext, name: str) -> None:
    """It is not to happen."""
    decision = await context.announcements.change_requests.refuse(name, actor=context.actor, now=context.now)
    if decision.is_done:
        await context.show(Reply(said(announcement_texts.request_refused(context.t), context.locale)))
    else:
        await say_decision(context, decision)


async def say_carried_out(context: OrganiserContext, decision: Decision) -> None:
    """How far what was decided has come."""
    if not decision.is_done or not decision.correction_ids:
        await say_decision(context, decision)
        return
    await context.say(await _corrections_reply(context, decision.correction_ids))


async def corrections(context: OrganiserContext, name: str) -> None:
    """How far corrections have come by now."""
    await context.show(await _corrections_reply(context, tuple(name.split(" "))))


async def _ended_occurrence(context: OrganiserContext, name: str) -> Occurrence | None:
    """The latest firing once it has ended, else it is said why not: copies that follow would not be changed."""
    latest = await context.announcements.lifecycle.latest(AnnouncementId(name))
    if latest is not None and latest.state.has_ended:
        return latest
    sentence = announcement_texts.nothing_sent_yet if latest is None else announcement_texts.still_going_out
    await context.say(said(sentence(context.t), context.locale))
    return None


async def _ask_copies(context: OrganiserContext, prompt: PendingPrompt, kind: ChangeRequestKind) -> None:
    copies = await context.announcements.change_requests.copies(OccurrenceId(prompt.subject), kind)
    await ask(context, prompt, said(announcement_texts.ask_copies(context.t, copies), context.locale))


async def _ask_agreement(
    context: OrganiserContext, name: str, step: PromptKind, sentence: Callable[[Translator, int], str]
) -> None:
    request = await context.announcements.change_requests.find(name)
    if request is None:
        await say_decision(context, Decision(outcome=CommandOutcome.NOT_FOUND))
        return
    await ask(context, PendingPrompt(step, name), said(sentence(context.t, request.copies), context.locale))


async def _signed(context: OrganiserContext, text: str) -> Signed:
    """Who answers now, with the number that they typed; what is no number is none."""
    close_prompt(context)
    typed = read_count(text)
    return Signed(actor=context.actor, now=context.now, copies=-1 if typed is None else typed)


async def _say_requested(context: OrganiserContext, decision: Decision) -> None:
    if not decision.is_done or decision.request is None:
        await say_decision(context, decision)
        return
    announcement = decision.announcement
    page = announcement and request_page(
        decision.request, announcement, context.t, reader=context.actor, roles=context.roles
    )
    others = {one.visitor_id for one in await context.announcements.organisers.all() if one.role in MAY_APPROVE}
    sentence = announcement_texts.request_made if others - {context.visitor_id} else announcement_texts.nobody_approves
    news = said(sentence(context.t), context.locale)
    await context.say(Reply(paragraphs(news, page.content), page.rows) if page else news)


async def _page(context: OrganiserContext, request: ChangeRequest) -> Reply | None:
    announcements = context.announcements
    occurrence = await announcements.outbox.find(request.occurrence_id)
    announcement = occurrence and await announcements.workflow.find(occurrence.announcement_id)
    if not announcement:
        return None
    return request_page(request, announcement, context.t, reader=context.actor, roles=context.roles)


async def _corrections_reply(context: OrganiserContext, correction_ids: tuple[str, ...]) -> Reply:
    found = [await context.announcements.corrections.find(correction_id) for correction_id in correction_ids[-3:]]
    progress = lines(*(correction_lines(one, context.t) for one in found if one is not None))
    again = item_key(announcement_texts.button_report(context.t), ItemVerb.CORRECTIONS, " ".join(correction_ids[-3:]))
    return Reply(progress, ((again,),))


HANDLERS: dict[ItemVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    ItemVerb.CORRECT: correct,
    ItemVerb.CORRECT_IN: correct_in,
    ItemVerb.CORRECTIONS: corrections,
    ItemVerb.PUT_BACK: put_back,
    ItemVerb.RESEND: resend,
    ItemVerb.REQUEST: show_request,
    ItemVerb.AGREE: agree,
    ItemVerb.AGREE_ALONE: agree_alone,
    ItemVerb.REFUSE: refuse,
}
