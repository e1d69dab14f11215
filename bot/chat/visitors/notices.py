"""Short texts in place of an answer."""

from __future__ import annotations

from collections.abc import Callable

from telegram import (
    Animation,
    Audio,
    Contact,
    Document,
    Location,
    PhotoSize,
    Poll,
    Sticker,
    Venue,
    Video,
    VideoNote,
    Voice,
)

from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.menus import help_reply
from bot.chat.text.rendering import said
from bot.chat.wire.triage import Treatment
from bot.i18n.translator import Translator

_SENTENCES = {
    Treatment.TOO_MANY: texts.too_many_questions,
    Treatment.TOO_MANY_TODAY: texts.too_many_today,
    Treatment.BUSY: texts.busy,
    Treatment.LATE: texts.late_apology,
}


_NOT_READ: dict[type, Callable[[Translator], str]] = {
    Voice: texts.voice_not_heard,
    Audio: texts.audio_not_heard,
    PhotoSize: texts.photo_not_seen,
    Video: texts.video_not_seen,
    VideoNote: texts.video_message_not_seen,
    Animation: texts.animation_not_seen,
    Sticker: texts.sticker_not_understood,
    Document: texts.file_not_opened,
    Location: texts.location_not_seen,
    Venue: texts.location_not_seen,
    Contact: texts.contact_not_called,
    Poll: texts.poll_not_answered,
}


async def excuse(context: UpdateContext, treatment: Treatment) -> None:
    """Say why there is no answer; a group is not bothered with it."""
    sentence = _SENTENCES.get(treatment)
    if sentence is not None and context.is_private:
        await context.say(context.text(sentence))


async def apologise(context: UpdateContext) -> None:
    """Say that something went wrong."""
    if context.press is not None:
        await context.app.sender.acknowledge(context.press.id, texts.apology(context.t))
    elif context.message is not None and context.is_private:
        await context.say(context.text(texts.apology))


async def still_reading(context: UpdateContext) -> None:
    """Say that nothing is read yet, and how far it has come."""
    if context.chat is not None:
        await context.say(said(texts.still_reading(context.t, context.app.reading_in() or 0.0), context.locale))


async def text_only(context: UpdateContext) -> None:
    """A voice message, picture, sticker…: ask for words, at most once a minute."""
    if context.is_private and context.app.text_only_notices.may(context.chat_id, context.now):
        await context.say(context.text(_NOT_READ.get(_kind(context), texts.text_only)))


def _kind(context: UpdateContext) -> type:
    """The kind of attachment that came in place of words; a picture comes as a tuple of sizes."""
    attachment = context.message.effective_attachment if context.message else None
    return PhotoSize if isinstance(attachment, tuple) else type(attachment)


async def help_page(context: UpdateContext) -> None:
    """Show what can be asked, and the commands."""
    await context.say(help_reply(context.t))


async def unknown_command(context: UpdateContext) -> None:
    """Say that the bot has no such command, and which it has."""
    if context.is_private:
        await context.say(help_reply(context.t, opening=texts.unknown_command))
