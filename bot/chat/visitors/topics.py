"""Browsing: topics → documents → sections, in one message whose buttons change."""

from __future__ import annotations

from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply, documents_menu, section_page, sections_menu, topics_menu
from bot.chat_state.model import Button
from bot.ids import Locale, SectionKey


async def topics(visit: Visit) -> None:
    """Show all topics."""
    await visit.say(topics_reply(visit))


async def show_topics(visit: Visit, button: Button) -> None:  # noqa: ARG001 - every press has this form
    """Back to all topics."""
    await visit.show(topics_reply(visit))


async def show_topic(visit: Visit, button: Button) -> None:
    """The documents of a topic."""
    await visit.show(documents_reply(visit, button.argument))


async def show_document(visit: Visit, button: Button) -> None:
    """The sections of a document; one that is gone leads back to its topic."""
    topic, _separator, path = button.argument.partition("\n")
    documents = visit.house.answerer.documents(topic, visit.locale, visit.today)
    document = next((document for document in documents if document.path == path), None)
    await visit.show(sections_menu(document, visit.t) if document else documents_reply(visit, topic))


async def show_section(visit: Visit, button: Button) -> None:
    """A whole section."""
    topic, _separator, key = button.argument.partition("\n")
    await visit.show(section_reply(visit, SectionKey.parse(key), topic=topic))


def topics_reply(visit: Visit) -> Reply:
    """All topics with something to read."""
    return topics_menu(visit.house.answerer.topics(visit.locale, visit.today), visit.t)


def documents_reply(visit: Visit, topic: str) -> Reply:
    """The documents of a topic."""
    return documents_menu(topic, visit.house.answerer.documents(topic, visit.locale, visit.today), visit.t)


def section_reply(visit: Visit, key: SectionKey, *, topic: str = "", locale: Locale | None = None) -> Reply:
    """A whole section with a way back, in the visitor's language unless another is asked for."""
    t = visit.translator(locale or visit.locale)
    section = visit.house.answerer.section(key, t.locale, visit.today)
    if section is None:
        return Reply(said(texts.no_longer_valid(t), t.locale))
    return section_page(section, t, topic=topic, path=str(key.path))
