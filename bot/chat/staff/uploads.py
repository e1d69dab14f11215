"""A file that a member of the staff sends: fetched, read, and proposed under a name that they may change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from telegram import Document
from telegram.error import TelegramError

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit, is_own
from bot.chat.context import UpdateContext
from bot.chat.staff.buttons import StaffVerb, subject_of
from bot.chat.staff.handing_in import say_handed_in
from bot.chat.staff.prompts import StaffPrompt, StaffPromptKind, forget_prompt, remember_prompt
from bot.chat.staff.upload_pages import languages_page, topics_page, upload_page
from bot.chat.text import staff_texts
from bot.chat.text.rendering import Html, lines, quoted, said
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.proposals.model import Proposal, ProposalId, ProposalKind, Weight, proposal_id_of
from bot.proposals.ports import ConversionRefusal, ConvertedDocument
from bot.proposals.sent_files import file_of, parts_of, slug_of
from bot.proposals.service import NewProposal
from bot.writing.cleaning import one_line

_log = structlog.get_logger(__name__)

_LABEL_LIMIT = 60
"""Characters of the name that its sender gave it: a line on a phone."""
_TOPIC = "general"
"""Where a file stands that names no topic, as the folder's own reading has it."""


async def is_sent_file(context: UpdateContext) -> bool:
    """Whether a message is a file that this person may propose; everybody else's is never fetched."""
    message = context.message
    if context.app.staff is None or message is None or message.document is None or context.visitor_id is None:
        return False
    if not context.is_private or not is_own(context):
        return False
    return bool(STAFF_ROLES & await context.announcements.organisers.roles(context.visitor_id))


async def receive(update: UpdateContext) -> None:
    """Fetch the file if it may be read, and show what it would become."""
    context = await admit(update, STAFF_ROLES, "upload")
    document = context.message.document if context is not None and context.message is not None else None
    if context is None or document is None:
        return
    label = one_line(document.file_name or "file", limit=_LABEL_LIMIT)
    content = await _fetched(context, document)
    if isinstance(content, str):
        await context.say(said(content, context.locale))
        return
    converted = await context.staff.sent_files.convert(content, label)
    if isinstance(converted, ConversionRefusal):
        await context.say(said(_why_not(context.t, converted), context.locale))
    else:
        await _prepare(context, label, converted)


def _why_not(t: Translator, refusal: ConversionRefusal) -> str:
    if refusal.kind is None:
        return staff_texts.upload_refused(t, refusal.reason)
    return staff_texts.upload_unreadable(t, refusal.kind)


async def _fetched(context: OrganiserContext, document: Document) -> bytes | str:
    """The content, or the sentence that says why it is not fetched."""
    t, most = context.t, context.staff.sent_files.most_bytes(document.file_name or "")
    if most is None:
        return staff_texts.upload_kinds(t, ", ".join(context.staff.sent_files.endings))
    if (document.file_size or 0) > most:
        return staff_texts.upload_too_large(t, most)
    try:
        file = await context.app.bot.get_file(document.file_id)
        if (file.file_size or 0) > most:
            return staff_texts.upload_too_large(t, most)
        return bytes(await file.download_as_bytearray())
    except TelegramError as error:
        _log.warning("sent_file_not_fetched", error=type(error).__name__)
        return staff_texts.upload_not_fetched(t)


async def _prepare(context: OrganiserContext, label: str, converted: ConvertedDocument) -> None:
    request_key = f"update-{context.update.update_id}"
    recognised = await context.staff.proposals.recognised(converted.text)
    slug = slug_of(label, otherwise=f"sent-{proposal_id_of(request_key)}")
    file = file_of(recognised.locale or context.locale, recognised.topic or _TOPIC, slug)
    new = NewProposal(kind=ProposalKind.UPLOAD, label=label, texts={file: converted.text}, is_ready=False)
    decision = await context.staff.proposals.propose(new, actor=context.actor, request_key=request_key, now=context.now)
    if decision.proposal is None:
        await context.say(said(staff_texts.proposal_outcome(context.t, decision.outcome), context.locale))
        return
    remarks = lines(*(quoted(f"• {remark}", Locale.EN) for remark in converted.remarks))
    await _say_page(context, decision.proposal, remarks=remarks)


async def _say_page(context: OrganiserContext, proposal: Proposal, *, remarks: Html | None = None) -> None:
    check = await context.staff.proposals.check(proposal)
    await context.say(upload_page(proposal, check, context.t, remarks=remarks or Html()))


async def _show_page(context: OrganiserContext, argument: str) -> None:
    proposal = await _own(context, subject_of(argument)[0])
    if proposal is not None:
        check = await context.staff.proposals.check(proposal)
        await context.show(upload_page(proposal, check, context.t))


async def _languages(context: OrganiserContext, argument: str) -> None:
    await context.show(languages_page(subject_of(argument)[0], context.t))


async def _language(context: OrganiserContext, argument: str) -> None:
    name, language = subject_of(argument)
    await _aim(context, name, locale=Locale(language))


async def _topics(context: OrganiserContext, argument: str) -> None:
    known = [view.topic for view in context.app.answerer.topics(context.today)]
    await context.show(topics_page(subject_of(argument)[0], sorted({*known, _TOPIC}), context.t))


async def _topic(context: OrganiserContext, argument: str) -> None:
    name, topic = subject_of(argument)
    await _aim(context, name, topic=topic)


async def _name(context: OrganiserContext, argument: str) -> None:
    remember_prompt(context, StaffPrompt(StaffPromptKind.NAME, subject_of(argument)[0]))
    await context.say(context.text(staff_texts.ask_name))


async def answer_name(context: OrganiserContext, prompt: StaffPrompt, text: str) -> None:
    """What the file is to be called."""
    slug = slug_of(text, otherwise="")
    if not slug:
        await context.say(context.text(staff_texts.ask_name))
        return
    forget_prompt(context)
    proposal = await _aimed(context, prompt.proposal_id, slug=slug)
    if proposal is not None:
        await _say_page(context, proposal)


async def _aim(
    context: OrganiserContext, name: ProposalId, *, locale: Locale | None = None, topic: str | None = None
) -> None:
    if await _aimed(context, name, locale=locale, topic=topic) is not None:
        await _show_page(context, name)


async def _aimed(
    context: OrganiserContext,
    name: ProposalId,
    *,
    locale: Locale | None = None,
    topic: str | None = None,
    slug: str | None = None,
) -> Proposal | None:
    """The file under another language, topic or name; None when it was said why not."""
    proposal = await _own(context, name)
    if proposal is None:
        return None
    was_locale, was_topic, was_slug = parts_of(proposal.changes[0].file)
    file = file_of(locale or was_locale, topic or was_topic, slug or was_slug)
    decision = await context.staff.proposals.aim(name, file, actor=context.actor, now=context.now)
    if not decision.is_done:
        await context.say(said(staff_texts.proposal_outcome(context.t, decision.outcome), context.locale))
        return None
    return decision.proposal


async def _own(context: OrganiserContext, name: ProposalId) -> Proposal | None:
    proposal = await context.staff.proposals.prepared(name, actor=context.actor)
    if proposal is None:
        await context.say(context.text(staff_texts.upload_gone))
    return proposal


async def _hand_in(context: OrganiserContext, argument: str) -> None:
    name, weight = subject_of(argument)
    decision = await context.staff.proposals.submit(name, weight=Weight(weight), actor=context.actor, now=context.now)
    await say_handed_in(context, decision)


HANDLERS: dict[StaffVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    StaffVerb.UPLOAD: _show_page,
    StaffVerb.LANGUAGES: _languages,
    StaffVerb.LANGUAGE: _language,
    StaffVerb.TOPICS: _topics,
    StaffVerb.TOPIC: _topic,
    StaffVerb.NAME: _name,
    StaffVerb.HAND_IN: _hand_in,
}
