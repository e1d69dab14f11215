"""The group of the staff: a reply to what a visitor wrote goes to the visitor, and a good one becomes a draft.

The group is the right: whoever is in it may answer. Nobody else's reply counts, wherever it is written.
"""

from __future__ import annotations

from collections.abc import Callable

from telegram import Message

from bot.chat.context import UpdateContext
from bot.chat.staff.gap_pages import drafted_note
from bot.chat.text import gap_texts, relay_texts
from bot.chat.text.relay_pages import RelayButton, RelayVerb, relay_in, told_staff
from bot.chat.text.rendering import divided, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.errors import GapError
from bot.i18n.translator import Translator
from bot.relay.model import MOST_WRITTEN, RelayId, StaffPhrase
from bot.relay.service import RelayDesk


async def is_answer(context: UpdateContext) -> bool:
    """Whether a message in the group is a reply to one of a conversation; then it is carried, or told why not."""
    desk, message = context.app.relay, context.message
    if desk is None or message is None or context.chat_id != desk.rules.group:
        return False
    relay_id = _answered(context, message)
    if relay_id is None:
        return False
    if not _is_of_member(context, message):
        return True
    relay = await desk.find(relay_id)
    parts = divided(message.text or "", limit=MOST_WRITTEN)
    if relay is None or not relay.is_open:
        await _tell(context, desk, relay_id, relay_texts.over)
    elif not parts:
        await _tell(context, desk, relay_id, relay_texts.only_text)
    else:
        reply_to = message.message_id
        context.later(lambda: desk.answer(relay, parts, reply_to=reply_to, now=context.now))
    return True


async def press(context: UpdateContext, button: Button) -> None:
    """A button of the group: a phrase that people have translated, or a draft of an answer."""
    desk, pressed = context.app.relay, RelayButton.read(button)
    if desk is None or context.chat_id != desk.rules.group:
        return
    if pressed.verb is RelayVerb.SAY:
        await _say(context, desk, pressed.argument)
    elif pressed.verb is RelayVerb.DRAFT:
        await _draft(context, desk, int(pressed.argument))


async def _say(context: UpdateContext, desk: RelayDesk, argument: str) -> None:
    relay_id, _blank, name = argument.partition(" ")
    phrase = StaffPhrase(name)
    relay, message = await desk.find(RelayId(relay_id)), None if context.press is None else context.press.message
    if relay is None or not relay.is_open or message is None:
        await _tell(context, desk, RelayId(relay_id), relay_texts.over)
        return
    words = (relay_texts.phrase(context.translator(relay.locale), phrase),)
    reply_to = message.message_id
    context.later(lambda: desk.answer(relay, words, reply_to=reply_to, phrase=phrase, now=context.now))


async def _draft(context: UpdateContext, desk: RelayDesk, entry: int) -> None:
    """What stands in the way is told; a draft that is there is never written over."""
    t = context.translator(desk.rules.locale)
    try:
        note = drafted_note(await desk.draft(entry, now=context.now), t)
    except GapError:
        is_kept = await desk.is_kept(entry)
        note = said((gap_texts.drafted_before if is_kept else gap_texts.gone)(t), t.locale)
    await context.say(Reply(note))


async def _tell(
    context: UpdateContext, desk: RelayDesk, relay_id: RelayId, sentence: Callable[[Translator], str]
) -> None:
    await context.say(told_staff(relay_id, sentence, context.translator(desk.rules.locale)))


def _answered(context: UpdateContext, message: Message) -> RelayId | None:
    """The conversation of the bot's message that this one is a reply to."""
    answered = message.reply_to_message
    is_of_bot = answered is not None and answered.from_user is not None and answered.from_user.id == context.app.bot.id
    return relay_in(answered.text or "") if answered is not None and is_of_bot else None


def _is_of_member(context: UpdateContext, message: Message) -> bool:
    """Written by a person, or by an administrator who speaks as the group; neither by a bot nor by a channel."""
    return context.user is not None or (message.sender_chat is not None and message.sender_chat.id == context.chat_id)
