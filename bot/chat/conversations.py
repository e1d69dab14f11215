"""Where a message goes that may answer something the bot asked; what is no answer is a question to the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.organisers import ANY_ROLE
from bot.chat.context import Visit
from bot.chat.organisers import announce, approvals, organisers, second_look
from bot.chat.organisers.prompts import Asked, Step
from bot.chat.organisers.rights import admitted
from bot.chat.text import texts
from bot.chat.visitors import news, questions, settings
from bot.chat.visitors import start as visitors_start
from bot.chat.visitors.notices import text_only

Answer = Callable[[Visit, Asked, str], Awaitable[None]]

_ANSWERS: dict[Step, Answer] = {
    Step.LABEL: announce.answer_label,
    Step.TEXT: announce.answer_text,
    Step.MOMENT: announce.answer_moment,
    Step.ONCE: announce.answer_once,
    Step.CRON: announce.answer_cron,
    Step.ZONE: announce.answer_zone,
    Step.LINKS: announce.answer_links,
    Step.BESIDES: announce.answer_besides,
    Step.WITHOUT: announce.answer_without,
    Step.EMERGENCY: announce.answer_emergency,
    Step.COUNT: approvals.answer_count,
    Step.REASON: approvals.answer_reason,
    Step.CORRECTION: second_look.answer_correction,
    Step.CORRECTION_COUNT: second_look.answer_correction_count,
    Step.PUT_BACK_COUNT: second_look.answer_put_back_count,
    Step.RESEND_COUNT: second_look.answer_resend_count,
    Step.AGREEMENT: second_look.answer_agreement,
    Step.LONE_AGREEMENT: second_look.answer_lone_agreement,
}


async def start(visit: Visit) -> None:
    """/start: an invitation makes its opener a candidate for a role, and everything else is for visitors."""
    token = visitors_start.invitation_of(visit)
    if token is None or visit.house.newsroom is None or not await organisers.redeem(visit, token):
        await visitors_start.start(visit)


async def words(visit: Visit) -> None:
    """A text, or a caption with what it belongs to."""
    if not await _is_answer(visit):
        await questions.message(visit)


async def other(visit: Visit) -> None:
    """A picture or a file without words, and whatever else is no text."""
    if not await _is_answer(visit):
        await text_only(visit)


async def cancel(visit: Visit) -> None:
    """Leave what was begun; a draft stays in the list."""
    visitor_id = visit.visitor_id
    if not visit.is_private or visitor_id is None:
        return
    asked = await visit.newsroom.dialogues.find(visitor_id)
    if asked is None or asked.kind == news.POSTPONED:
        await visit.say(visit.text(texts.nothing_to_cancel))
        return
    announce.answered(visit)
    await visit.say(visit.text(texts.cancelled))


async def _is_answer(visit: Visit) -> bool:
    """Whether the message answers what its author was asked last; then it is taken as that."""
    message = visit.message
    if visit.house.newsroom is None or not visit.is_private or visit.visitor_id is None or message is None:
        return False
    asked = await visit.newsroom.dialogues.find(visit.visitor_id)
    if asked is None:
        return False
    text = message.text or message.caption or ""
    if asked.kind == settings.ZONE_ASKED:
        return await settings.answer_zone(visit, asked, text)
    step = Asked.read(asked, now=visit.now)
    if step is None:
        return False
    if await admitted(visit, ANY_ROLE, f"answer_{step.step}"):
        await _ANSWERS[step.step](visit, step, text)
    else:
        announce.answered(visit)
    return True
