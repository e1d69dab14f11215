"""/privacy, /mydata and /deleteme: what is kept, a copy of it, and its end."""

from __future__ import annotations

import math
from datetime import timedelta

from bot.chat.context import Visit
from bot.chat.text import texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply, delete_question, privacy_page
from bot.chat.visitors.personal_file import personal_file
from bot.chat.wire.sender import Delivery
from bot.chat_state.model import Button


async def privacy(visit: Visit) -> None:
    """Show what is kept and what for."""
    house = visit.house
    page = privacy_page(
        visit.t,
        kept=house.retention,
        contact=house.contact,
        model_host=house.model_host,
        search_host=house.search_host,
    )
    await visit.say(page)


async def my_data(visit: Visit) -> None:
    """Send all rows as a JSON file, to the person alone and once an hour."""
    house, visitor_id = visit.house, visit.visitor_id
    if not visit.is_private or visitor_id is None:
        await visit.say(visit.text(texts.private_chat_only))
        return
    wait = house.exports.wait(visitor_id, visit.now)
    if wait:
        minutes = math.ceil(wait / timedelta(minutes=1))
        await visit.say(said(texts.mydata_again(visit.t, minutes), visit.locale))
        return
    file = await personal_file(house.visitors.export(visitor_id))
    delivery = await house.sender.document(
        visit.chat_id, file.content, filename=file.filename, caption=visit.text(texts.mydata_caption)
    )
    if delivery in (Delivery.SENT, Delivery.IN_DOUBT):
        house.exports.may(visitor_id, visit.now)


async def delete_me(visit: Visit) -> None:
    """Ask before deleting."""
    if not visit.is_private:
        await visit.say(visit.text(texts.private_chat_only))
        return
    await visit.say(delete_question(visit.t))


async def delete_confirmed(visit: Visit, button: Button) -> None:
    """The confirmation was pressed: forget the visitor; the words are still in their language."""
    visitor_id, now, token = visit.visitor_id, visit.now, button.token
    if visitor_id is None:
        return
    await visit.show(Reply(said(texts.deleteme_done(visit.t), visit.locale)))
    visit.effects.clear()  # nothing that this press would have stored is to outlive the deletion
    visit.later(lambda: visit.house.buttons.use(token, now=now))
    visit.later(lambda: visit.house.visitors.forget(visitor_id, now=now))


async def cancelled(visit: Visit, button: Button) -> None:
    """The other button was pressed."""
    token, now = button.token, visit.now
    visit.later(lambda: visit.house.buttons.use(token, now=now))
    await visit.show(Reply(visit.text(texts.deleteme_cancelled)))
