"""`scoda link`: the link that opens the bot with a question, at a topic or at a section, for posters and web pages."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

import typer

from bot.adapters.knowledge.reader import KnowledgeFiles
from bot.app.knowledge_parts import identify_locale
from bot.app.state import needs_sandbox
from bot.chat.text.deeplinks import LONGEST_QUESTION_BYTES, question_payload, section_payload, topic_payload
from bot.errors import ScodaError
from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.model import Document, Readership
from bot.settings import Settings

_USERNAME = re.compile(r"@?([A-Za-z][A-Za-z0-9_]{3,31})")
"""Of a bot: https://core.telegram.org/bots/features#creating-a-new-bot, and the few older ones of four letters."""


def link(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="The question that the link asks.")] = None,
    topic: Annotated[str | None, typer.Option(help="Open this topic instead.", metavar="NAME")] = None,
    section: Annotated[
        str | None,
        typer.Option(help="Open this section instead: logistics/train-figures.md#trains-2025.", metavar="KEY"),
    ] = None,
    bot: Annotated[
        str | None, typer.Option(help="The bot's @name; without it Telegram is asked.", metavar="NAME")
    ] = None,
) -> None:
    """Print the link that opens the bot with a question, at a topic or at a section."""
    if sum(one is not None for one in (question, topic, section)) != 1:
        raise typer.BadParameter("give a question, --topic or --section, one of them")
    settings: Settings = context.obj
    payload = payload_of(settings, question, topic=topic, section=section)
    if bot is None and needs_sandbox(settings):
        typer.echo(
            "There is no token, so this is for the sandbox: write it to the bot there. For a link to a bot of "
            "Telegram's add --bot NAME, or set SCODA_TELEGRAM_TOKEN.",
            err=True,
        )
        typer.echo(f"/start {payload}")
    else:
        name = _checked_name(bot) if bot is not None else asyncio.run(_own_name(settings))
        typer.echo(f"https://t.me/{name}?start={payload}")


def payload_of(
    settings: Settings, question: str | None = None, *, topic: str | None = None, section: str | None = None
) -> str:
    """The part behind `?start=`; questions are taken as they are, topics and sections must be in the files.

    Raises:
        ScodaError: no link can hold it, or it leads nowhere; the message says what to do.
    """
    if question is not None:
        return _question(question)
    documents = _public_documents(settings)
    return _topic(topic, documents) if topic is not None else _section(section or "", documents)


def _question(question: str) -> str:
    asked = " ".join(question.split())
    if not asked:
        raise ScodaError("the question is empty: write what a visitor would ask")
    payload = question_payload(asked)
    if payload is None:
        raise ScodaError(
            f"the question is too long for a link: {len(asked.encode())} bytes, where a link holds "
            f"{LONGEST_QUESTION_BYTES} (45 Latin letters, 22 Cyrillic or Arabic ones, 15 Chinese characters): shorten "
            "it, or link to the section that answers it with --section"
        )
    return payload


def _topic(topic: str, documents: list[Document]) -> str:
    topics = sorted({document.topic for document in documents})
    if topic not in topics:
        raise ScodaError(f"there is no topic {topic!r}; there are: {', '.join(topics) or 'none'}")
    payload = topic_payload(topic)
    if payload is None:
        raise ScodaError(
            f"the topic {topic!r} can't stand in a link, which holds 58 characters A-Z a-z 0-9 _ -: rename its folder, "
            "or link to one of its sections with --section"
        )
    return payload


def _section(name: str, documents: list[Document]) -> str:
    path, _separator, section_id = name.rpartition("#")
    if not path:
        raise ScodaError(
            f"{name!r} is no section: write its file and its id, like logistics/train-figures.md#trains-2025"
        )
    language, _slash, below = path.partition("/")
    key = SectionKey(DocumentPath(below if below and language in set(Locale) else path), section_id)
    ids = list(
        dict.fromkeys(
            one.section_id for document in documents if document.path == key.path for one in document.sections
        )
    )
    if not ids:
        raise ScodaError(f"there is no file {key.path} that visitors may read: look at scoda knowledge check")
    if key.section_id not in ids:
        raise ScodaError(f"{key.path} has no section {key.section_id!r}; it has: {', '.join(ids)}")
    return section_payload(key)


def _public_documents(settings: Settings) -> list[Document]:
    """The documents that visitors can browse: no staff documents, open questions or examples of small talk."""
    reading = asyncio.run(KnowledgeFiles(settings.knowledge.folder, identify=identify_locale()).read())
    return [one for one in reading.documents if one.audience is Readership.PUBLIC and one.answerable and not one.is_pin]


def _checked_name(name: str) -> str:
    found = _USERNAME.fullmatch(name)
    if found is None:
        raise ScodaError(f"{name!r} is no bot's name: it is what stands behind the @, like scoda_bot")
    return found[1]


async def _own_name(settings: Settings) -> str:
    from bot.chat.application import OFFICIAL_SERVER  # noqa: PLC0415 - it brings the whole chat, which no other command needs
    from bot.chat.wire.identity import username_of  # noqa: PLC0415 - as above

    telegram = settings.telegram
    return await username_of(
        telegram.token.get_secret_value(),
        base_url=(telegram.base_url or OFFICIAL_SERVER).rstrip("/"),
        timeout_s=telegram.request_timeout_s,
    )
