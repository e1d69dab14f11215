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

from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import help_reply
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


async def excuse(visit: Visit, treatment: Treatment) -> None:
    """Say why there is no answer; a group is not bothered with it."""
    sentence = _SENTENCES.get(treatment)
    if sentence is not None and visit.is_private:
        await visit.say(visit.text(sentence))


async def apologise(visit: Visit) -> None:
    """Say that something went wrong."""
    if visit.press is not None:
        await visit.house.sender.acknowledge(visit.press.id, texts.apology(visit.t))
    elif visit.message is not None and visit.is_private:
        await visit.say(visit.text(texts.apology))


async def still_reading(visit: Visit) -> None:
    """Say that nothing is read yet, and how far it has come."""
    if visit.chat is not None:
        await visit.say(said(texts.still_reading(visit.t, visit.house.reading_in() or 0.0), visit.locale))


async def text_only(visit: Visit) -> None:
    """A voice message, picture, sticker…: ask for words, at most once a minute."""
    if visit.is_private and visit.house.text_only_notices.may(visit.chat_id, visit.now):
        await visit.say(visit.text(_NOT_READ.get(_kind(visit), texts.text_only)))


def _kind(visit: Visit) -> type:
    """What came in place of words. A picture comes in several sizes."""
    attachment = visit.message.effective_attachment if visit.message else None
    return PhotoSize if isinstance(attachment, tuple) else type(attachment)


async def help_page(visit: Visit) -> None:
    """Show what can be asked, and the commands."""
    await visit.say(help_reply(visit.t))


async def unknown_command(visit: Visit) -> None:
    """A command that there is not."""
    if visit.is_private:
        await visit.say(help_reply(visit.t, opening=texts.unknown_command))
