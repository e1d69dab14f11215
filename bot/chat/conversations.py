"""Where a message goes that may answer something the bot asked; what is no answer is a question to the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.model import ORGANISER_ROLES
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.organisers import (
    approvals,
    change_request_handlers,
    composing,
    composing_audience,
    composing_texts,
    composing_time,
    roles,
    submitting,
)
from bot.chat.organisers.pending_prompts import PendingPrompt, PromptKind, close_prompt
from bot.chat.staff import desk, relay_answers, uploads
from bot.chat.staff.prompts import StaffPrompt
from bot.chat.text import texts
from bot.chat.visitors import asking_people, news, questions, settings
from bot.chat.visitors import start as visitors_start
from bot.chat.visitors.notices import text_only

AnswerPrompt = Callable[[OrganiserContext, PendingPrompt, str], Awaitable[None]]

_ANSWERS: dict[PromptKind, AnswerPrompt] = {
    PromptKind.LABEL: composing.answer_label,
    PromptKind.TEXT: composing_texts.answer_text,
    PromptKind.MOMENT: composing_texts.answer_moment,
    PromptKind.ONCE: composing_time.answer_once,
    PromptKind.CRON: composing_time.answer_cron,
    PromptKind.ZONE: composing_time.answer_zone,
    PromptKind.LINKS: composing_texts.answer_links,
    PromptKind.BESIDES: composing_audience.answer_besides,
    PromptKind.WITHOUT: composing_audience.answer_without,
    PromptKind.EMERGENCY: submitting.answer_emergency,
    PromptKind.COUNT: approvals.answer_count,
    PromptKind.REASON: approvals.answer_reason,
    PromptKind.CORRECTION: change_request_handlers.answer_correction,
    PromptKind.CORRECTION_COUNT: change_request_handlers.answer_correction_count,
    PromptKind.PUT_BACK_COUNT: change_request_handlers.answer_put_back_count,
    PromptKind.RESEND_COUNT: change_request_handlers.answer_resend_count,
    PromptKind.AGREEMENT: change_request_handlers.answer_agreement,
    PromptKind.LONE_AGREEMENT: change_request_handlers.answer_lone_agreement,
}


async def start(context: UpdateContext) -> None:
    """/start: an invitation makes its opener a candidate for a role, and everything else is for visitors."""
    token = visitors_start.invitation_of(context)
    if token is None or context.app.announcements is None or not await roles.redeem(context, token):
        await visitors_start.start(context)


async def words(context: UpdateContext) -> None:
    """A text, or a caption with what it belongs to."""
    if not await _is_taken(context):
        await questions.message(context)


async def other(context: UpdateContext) -> None:
    """A picture or a file without words, and whatever else is no text."""
    if not await _is_taken(context):
        await text_only(context)


async def cancel(context: UpdateContext) -> None:
    """Leave what was begun; a draft stays in the list."""
    if not context.is_private or context.visitor_id is None:
        return
    dialogue = await context.dialogue()
    if dialogue is None or dialogue.kind == news.POSTPONED:
        if context.app.relay is not None:
            await asking_people.end(context)
        else:
            await context.say(context.text(texts.nothing_to_cancel))
        return
    close_prompt(context)
    await context.say(context.text(texts.cancelled))


async def _is_taken(context: UpdateContext) -> bool:
    """Whether it answers something, is a file for the knowledge, or goes from people to people."""
    if await _is_answer(context) or await _is_proposed(context):
        return True
    return await asking_people.is_carried(context) or await relay_answers.is_answer(context)


async def _is_proposed(context: UpdateContext) -> bool:
    """Whether the message is a file that somebody of the staff proposes for the knowledge."""
    if not await uploads.is_sent_file(context):
        return False
    await uploads.receive(context)
    return True


async def _is_answer(context: UpdateContext) -> bool:
    """Whether the message answers what its author was asked last; then it is taken as that."""
    message = context.message
    if context.app.announcements is None or not context.is_private or context.visitor_id is None or message is None:
        return False
    dialogue = await context.dialogue()
    if dialogue is None:
        return False
    text = message.text or message.caption or ""
    if dialogue.kind == settings.ZONE_ASKED:
        return await settings.answer_zone(context, dialogue, text)
    asked_of_staff = StaffPrompt.read(dialogue, now=context.now)
    if asked_of_staff is not None and context.app.staff is not None:
        await desk.answer(context, asked_of_staff, text)
        return True
    prompt = PendingPrompt.read(dialogue, now=context.now)
    if prompt is None:
        return False
    organiser = await admit(context, ORGANISER_ROLES, f"answer_{prompt.kind}")
    if organiser is None:
        close_prompt(context)
    else:
        await _ANSWERS[prompt.kind](organiser, prompt, text)
    return True
