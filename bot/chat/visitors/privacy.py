"""/privacy, /mydata and /deleteme: what is kept, a copy of it, and its end."""

from __future__ import annotations

import math
from datetime import timedelta

from bot.chat.context import UpdateContext
from bot.chat.text import texts
from bot.chat.text.privacy_pages import delete_question, privacy_page
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat.visitors.personal_file import personal_file
from bot.chat.wire.sender import SendResult
from bot.chat_state.model import Button


async def privacy(context: UpdateContext) -> None:
    """Show what is kept and what for."""
    rules = context.app.rules
    page = privacy_page(
        context.t,
        kept=rules.retention,
        contact=rules.contact,
        model_host=rules.model_host,
        search_host=rules.search_host,
        has_relay=context.app.relay is not None,
        has_wishes=context.app.gaps is not None,
    )
    await context.say(page)


async def my_data(context: UpdateContext) -> None:
    """Send all rows as a JSON file, to the person alone and once an hour."""
    app, visitor_id = context.app, context.visitor_id
    if not context.is_private or visitor_id is None:
        await context.say(context.text(texts.private_chat_only))
        return
    wait = app.exports.wait(visitor_id, context.now)
    if wait:
        minutes = math.ceil(wait / timedelta(minutes=1))
        await context.say(said(texts.mydata_again(context.t, minutes), context.locale))
        return
    file = await personal_file(app.visitors.export(visitor_id))
    delivery = await app.sender.document(
        context.chat_id, file.content, filename=file.filename, caption=context.text(texts.mydata_caption)
    )
    if delivery in (SendResult.SENT, SendResult.IN_DOUBT):
        app.exports.may(visitor_id, context.now)


async def delete_me(context: UpdateContext) -> None:
    """Ask before deleting."""
    if not context.is_private:
        await context.say(context.text(texts.private_chat_only))
        return
    await context.say(delete_question(context.t))


async def delete_confirmed(context: UpdateContext, button: Button) -> None:
    """The confirmation was pressed: forget the visitor; the words are still in their language."""
    visitor_id, now, token = context.visitor_id, context.now, button.token
    if visitor_id is None:
        return
    await context.show(Reply(said(texts.deleteme_done(context.t), context.locale)))
    context.effects.clear()  # nothing that this press would have stored is to outlive the deletion
    context.later(lambda: context.app.buttons.use(token, now=now))
    context.later(lambda: context.app.visitors.forget(visitor_id, now=now))


async def cancelled(context: UpdateContext, button: Button) -> None:
    """The other button was pressed."""
    token, now = button.token, context.now
    context.later(lambda: context.app.buttons.use(token, now=now))
    await context.show(Reply(context.text(texts.deleteme_cancelled)))
