"""Browsing: topics → documents → sections, in one message whose buttons change."""

from __future__ import annotations

from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.menus import documents_menu, section_page, sections_menu, topics_menu
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.ids import Locale, SectionKey


async def topics(context: UpdateContext) -> None:
    """Show all topics."""
    await context.say(topics_reply(context))


async def show_topics(context: UpdateContext, button: Button) -> None:  # noqa: ARG001 - every press has this form
    """Back to all topics."""
    await context.show(topics_reply(context))


async def show_topic(context: UpdateContext, button: Button) -> None:
    """The documents of a topic."""
    await context.show(documents_reply(context, button.argument))


async def show_document(context: UpdateContext, button: Button) -> None:
    """The sections of a document; one that is gone leads back to its topic."""
    topic, _separator, path = button.argument.partition("\n")
    documents = context.app.answerer.documents(topic, context.locale, context.today)
    document = next((document for document in documents if document.path == path), None)
    await context.show(sections_menu(document, context.t) if document else documents_reply(context, topic))


async def show_section(context: UpdateContext, button: Button) -> None:
    """A whole section."""
    topic, _separator, key = button.argument.partition("\n")
    await context.show(section_reply(context, SectionKey.parse(key), topic=topic))


def topics_reply(context: UpdateContext) -> Reply:
    """All topics with something to read."""
    return topics_menu(context.app.answerer.topics(context.today), context.t)


def documents_reply(context: UpdateContext, topic: str) -> Reply:
    """The documents of a topic."""
    return documents_menu(topic, context.app.answerer.documents(topic, context.locale, context.today), context.t)


def section_reply(context: UpdateContext, key: SectionKey, *, topic: str = "", locale: Locale | None = None) -> Reply:
    """A whole section with a way back, in the visitor's language unless another is asked for."""
    t = context.translator(locale or context.locale)
    section = context.app.answerer.section(key, t.locale, context.today)
    if section is None:
        return Reply(said(texts.no_longer_valid(t), t.locale))
    return section_page(section, t, near=context.near, topic=topic, path=str(key.path))
