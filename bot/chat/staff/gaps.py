"""/gaps: what visitors asked in vain, and what staff do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit, admit_press
from bot.chat.context import UpdateContext
from bot.chat.staff.gap_buttons import GapButton, GapVerb
from bot.chat.staff.gap_pages import drafted_note, gap_page, gaps_page
from bot.chat.text import gap_texts
from bot.chat.text.replies import Reply
from bot.chat.visitors.notices import unknown_command
from bot.chat_state.model import Button
from bot.errors import GapError
from bot.gaps.model import GapId
from bot.gaps.service import GapDesk


async def gaps(update: UpdateContext) -> None:
    """List the gaps."""
    context = await admit(update, STAFF_ROLES, "gaps")
    if context is not None and context.app.gaps is None:
        await unknown_command(context)
    elif context is not None:
        await context.say(gaps_page(await _desk(context).worst_first(), context.t))


async def press(update: UpdateContext, button: Button) -> None:
    """A button of the list or of a gap; rights are read when it is pressed."""
    pressed = GapButton.read(button)
    context = await admit_press(update, STAFF_ROLES, f"gaps_{pressed.verb}") if update.app.gaps is not None else None
    if context is None:
        return
    try:
        await HANDLERS[pressed.verb](context, GapId(pressed.argument))
    except GapError:
        await context.show(Reply(context.text(gap_texts.gone)))


async def _list(context: OrganiserContext, _gap_id: GapId) -> None:
    await context.show(gaps_page(await _desk(context).worst_first(), context.t))


async def _show(context: OrganiserContext, gap_id: GapId) -> None:
    await context.show(gap_page(await _desk(context).find(gap_id), context.t))


async def _take(context: OrganiserContext, gap_id: GapId) -> None:
    await _desk(context).assign(gap_id, context.actor, actor=context.actor)
    await _show(context, gap_id)


async def _close(context: OrganiserContext, gap_id: GapId) -> None:
    await _desk(context).close(gap_id, actor=context.actor)
    await _list(context, gap_id)


async def _draft(context: OrganiserContext, gap_id: GapId) -> None:
    """In the languages that asked. A draft that is there is never written over."""
    gap = await _desk(context).find(gap_id)
    try:
        besides = drafted_note(await _desk(context).draft(gap_id), context.t)
    except GapError:
        besides = context.text(gap_texts.drafted_before)
    await context.show(gap_page(gap, context.t, besides=besides))


def _desk(context: OrganiserContext) -> GapDesk:
    assert context.app.gaps is not None
    return context.app.gaps


HANDLERS: dict[GapVerb, Callable[[OrganiserContext, GapId], Awaitable[None]]] = {
    GapVerb.LIST: _list,
    GapVerb.SHOW: _show,
    GapVerb.DRAFT: _draft,
    GapVerb.TAKE: _take,
    GapVerb.CLOSE: _close,
}
