"""«Ask a person»: a visitor says yes, what they write goes to the staff, and they can end it at any time."""

from __future__ import annotations

from datetime import timedelta

from bot.chat.context import UpdateContext
from bot.chat.text import relay_texts, texts
from bot.chat.text.keyboards import Rows
from bot.chat.text.relay_pages import RelayButton, RelayVerb, end_rows, offer_page, opened_page
from bot.chat.text.rendering import divided
from bot.chat.text.replies import Reply
from bot.chat.wire.sender import SendResult
from bot.chat_state.model import Button
from bot.ids import ChatId
from bot.relay.model import MOST_WRITTEN, Relay, RelayId
from bot.relay.service import RelayDesk

_IN_ONE_GO = timedelta(minutes=2)
"""What follows so soon is confirmed by a sign alone: who writes in several messages knows where they go. Chosen."""
_CONFIRMED = "👌"
"""One of the signs that Telegram lets bots put under messages."""


async def offer(context: UpdateContext, button: Button) -> None:
    """Say what would happen; nothing goes to anybody yet."""
    desk, visitor_id, turn_id = context.app.relay, context.visitor_id, button.argument
    if desk is None or visitor_id is None or not context.is_private:
        return
    turn = await context.app.turns.answered(context.chat_id, visitor_id, turn_id=turn_id)
    if turn is None:
        await context.say(context.text(texts.button_expired))
        return
    await context.say(offer_page(turn, desk.rules.hours, context.t, now=context.now))


async def press(context: UpdateContext, button: Button) -> None:
    """A button of a conversation, in the visitor's chat."""
    desk, pressed = context.app.relay, RelayButton.read(button)
    if desk is None or context.visitor_id is None:
        return
    if button.single_use:
        context.later(lambda: context.app.buttons.use(button.token, now=context.now))
    if pressed.verb is RelayVerb.YES:
        await _pass_on(context, desk, pressed.argument)
    elif pressed.verb is RelayVerb.KEEP:
        await context.show(Reply(context.text(texts.cancelled)))
    elif pressed.verb is RelayVerb.END:
        relay = await desk.find(RelayId(pressed.argument))
        await _end(context, desk, relay if relay is not None and relay.is_open else None)


async def end(context: UpdateContext) -> None:
    """/end: the same as the button."""
    desk, visitor_id = context.app.relay, context.visitor_id
    if desk is not None and visitor_id is not None and context.is_private:
        await _end(context, desk, await desk.open_of(visitor_id))


async def is_carried(context: UpdateContext) -> bool:
    """Whether a message goes to the staff, because its writer has a conversation with them that is open."""
    desk, visitor_id, message = context.app.relay, context.visitor_id, context.message
    if desk is None or visitor_id is None or message is None or not context.is_private:
        return False
    relay = await desk.open_of(visitor_id)
    if relay is None:
        return False
    parts = divided(message.text or "", limit=MOST_WRITTEN)
    if not parts:
        await context.say(Reply(context.text(relay_texts.only_text), _way_out(context, relay)))
        return True
    is_in_one_go = context.now - relay.said_at < _IN_ONE_GO
    if not is_in_one_go or not await _is_marked(context, message.message_id):
        await context.say(Reply(context.text(relay_texts.on_its_way), _way_out(context, relay)))
    context.later(lambda: desk.write(relay, parts, now=context.now))
    return True


async def _pass_on(context: UpdateContext, desk: RelayDesk, turn_id: str) -> None:
    """The visitor's yes: the question goes into the conversation that is open, or into a new one."""
    visitor_id = context.actor
    turn = await context.app.turns.answered(ChatId(visitor_id), visitor_id, turn_id=turn_id)
    if turn is None:
        await context.show(Reply(context.text(texts.button_expired)))
        return
    relay = await desk.open_of(visitor_id) or desk.new(visitor_id, context.chosen or turn.locale, now=context.now)
    t = context.translator(relay.locale)
    page = opened_page(desk.rules.hours, t, now=context.now)
    await context.show(Reply(page, end_rows(relay.relay_id, t)))
    question = divided(turn.question, limit=MOST_WRITTEN)
    context.later(lambda: desk.ask(relay, question, turn_id=turn_id, now=context.now))


async def _end(context: UpdateContext, desk: RelayDesk, relay: Relay | None) -> None:
    if relay is None or relay.visitor_id != context.visitor_id:
        await context.say(context.text(texts.nothing_to_cancel))
        return
    await context.say(context.text(relay_texts.ended))
    context.later(lambda: desk.end(relay, now=context.now))


async def _is_marked(context: UpdateContext, message_id: int) -> bool:
    """Whether the message has a sign now; in the few chats that take none, words stand for it."""
    return await context.app.sender.react(context.chat_id, message_id, _CONFIRMED) is SendResult.SENT


def _way_out(context: UpdateContext, relay: Relay) -> Rows:
    return end_rows(relay.relay_id, context.t)
