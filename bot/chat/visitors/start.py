"""/start and /language: the greeting, the choice of a language, and where a deep link leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.deeplinks import DeepLink, LinkKind, read_payload, section_mark
from bot.chat.text.menus import language_picker, welcome_reply
from bot.chat.text.replies import Reply
from bot.chat.visitors.news import ask_for_consent
from bot.chat.visitors.questions import answer_question
from bot.chat.visitors.topics import documents_reply, section_reply
from bot.chat_state.model import Button
from bot.ids import Locale, SectionKey
from bot.visitors.model import Visitor


async def start(context: UpdateContext) -> None:
    """Greet, or follow a deep link: at first with the choice of a language, which keeps the link.

    An invitation leads nowhere here: `invitation_of` has been read before, for those who can redeem it.
    """
    payload = _payload(context)
    link = read_payload(payload)
    if link is not None and link.kind is LinkKind.INVITATION:
        payload, link = "", None
    if context.chosen is not None and link is not None:
        await follow(context, link)
        return
    await context.say(welcome_reply(context.t, current=context.locale, payload=payload if link else ""))
    if context.chosen is not None:
        await ask_for_consent(context)


def invitation_of(context: UpdateContext) -> str | None:
    """The token of the invitation that the link of /start holds, if it holds one."""
    link = read_payload(_payload(context))
    return link.argument if link is not None and link.kind is LinkKind.INVITATION else None


async def language(context: UpdateContext) -> None:
    """Show the languages to choose from."""
    await context.say(language_picker(context.t, current=context.locale))


async def choose(context: UpdateContext, button: Button) -> None:
    """A language was pressed: keep it, say so in it, then follow the link of /start."""
    code, _separator, payload = button.argument.partition("\n")
    locale, visitor_id, now = Locale(code), context.visitor_id, context.now
    if visitor_id is not None:
        context.later(lambda: context.app.visitors.choose(visitor_id, locale, now=now))
        context.visitor = replace(context.visitor or Visitor(visitor_id, now, now), chosen=locale)
    await context.show(chosen_reply(context, locale))
    link = read_payload(payload)
    if link is not None:
        await follow(context, link)


def chosen_reply(context: UpdateContext, locale: Locale) -> Reply:
    """The welcome in the language that was chosen."""
    return welcome_reply(context.translator(locale), current=None, payload="", chosen=True)


async def follow(context: UpdateContext, link: DeepLink) -> None:
    """Go where a deep link leads; a section that is gone is said to be gone."""
    if link.kind is LinkKind.ASK:
        await answer_question(context, link.argument, is_complete=True)
    elif link.kind is LinkKind.TOPIC:
        await context.say(documents_reply(context, link.argument))
    else:
        key = _section_of(context, link.argument)
        await context.say(section_reply(context, key) if key else context.text(texts.no_longer_valid))


def _section_of(context: UpdateContext, mark: str) -> SectionKey | None:
    """The section of all that can be browsed whose key has this mark: a mark can't be turned back into a key."""
    return next((key for key in _browsable(context) if section_mark(key) == mark), None)


def _browsable(context: UpdateContext) -> Iterator[SectionKey]:
    answerer, locale, today = context.app.answerer, context.locale, context.today
    for view in answerer.topics(today):
        for document in answerer.documents(view.topic, locale, today):
            yield from (section.key for section in document.sections)


def _payload(context: UpdateContext) -> str:
    text = (context.message.text if context.message else None) or ""
    return text.partition(" ")[2].strip()
