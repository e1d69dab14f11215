"""/start and /language: the greeting, the choice of a language, and where a deep link leads."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.deeplinks import DeepLink, LinkKind, read_payload, section_mark
from bot.chat.text.replies import Reply, language_picker, welcome_reply
from bot.chat.visitors.news import offer
from bot.chat.visitors.questions import answer_question
from bot.chat.visitors.topics import documents_reply, section_reply
from bot.chat_state.model import Button
from bot.ids import Locale, SectionKey
from bot.visitors.model import Visitor


async def start(visit: Visit) -> None:
    """Greet, or follow a deep link: at first with the choice of a language, which keeps the link.

    An invitation leads nowhere here: whoever could redeem it has been asked before.
    """
    payload = _payload(visit)
    link = read_payload(payload)
    if link is not None and link.kind is LinkKind.INVITATION:
        payload, link = "", None
    if visit.chosen is not None and link is not None:
        await follow(visit, link)
        return
    await visit.say(welcome_reply(visit.t, current=visit.locale, payload=payload if link else ""))
    if visit.chosen is not None:
        await offer(visit)


def invitation_of(visit: Visit) -> str | None:
    """The token of the invitation that the link of /start holds, if it holds one."""
    link = read_payload(_payload(visit))
    return link.argument if link is not None and link.kind is LinkKind.INVITATION else None


async def language(visit: Visit) -> None:
    """Show the languages to choose from."""
    await visit.say(language_picker(visit.t, current=visit.locale))


async def choose(visit: Visit, button: Button) -> None:
    """A language was pressed: keep it, say so in it, then follow the link of /start."""
    code, _separator, payload = button.argument.partition("\n")
    locale, visitor_id, now = Locale(code), visit.visitor_id, visit.now
    if visitor_id is not None:
        visit.later(lambda: visit.house.visitors.choose(visitor_id, locale, now=now))
        visit.visitor = replace(visit.visitor or Visitor(visitor_id, now, now), chosen=locale)
    await visit.show(chosen_reply(visit, locale))
    link = read_payload(payload)
    if link is not None:
        await follow(visit, link)


def chosen_reply(visit: Visit, locale: Locale) -> Reply:
    """What is shown once a language is chosen."""
    return welcome_reply(visit.translator(locale), current=None, payload="", chosen=True)


async def follow(visit: Visit, link: DeepLink) -> None:
    """Go where a deep link leads; a section that is gone is said to be gone."""
    if link.kind is LinkKind.ASK:
        await answer_question(visit, link.argument)
    elif link.kind is LinkKind.TOPIC:
        await visit.say(documents_reply(visit, link.argument))
    else:
        key = _section_of(visit, link.argument)
        await visit.say(section_reply(visit, key) if key else visit.text(texts.no_longer_valid))


def _section_of(visit: Visit, mark: str) -> SectionKey | None:
    answerer = visit.house.answerer
    for view in answerer.topics(visit.locale, visit.today):
        for document in answerer.documents(view.topic, visit.locale, visit.today):
            for section in document.sections:
                if section_mark(section.key) == mark:
                    return section.key
    return None


def _payload(visit: Visit) -> str:
    text = (visit.message.text if visit.message else None) or ""
    return text.partition(" ")[2].strip()
