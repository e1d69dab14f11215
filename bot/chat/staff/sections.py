"""/knowledge: how every section stands, the ones that need a person first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.announcements.model import STAFF_ROLES
from bot.chat.admission import OrganiserContext, admit
from bot.chat.context import UpdateContext
from bot.chat.staff.buttons import StaffVerb, subject_of
from bot.chat.staff.section_pages import SectionsView, section_page, sections_page
from bot.chat.text import knowledge_texts
from bot.chat.text.replies import Reply


async def knowledge(update: UpdateContext) -> None:
    """List the sections."""
    context = await admit(update, STAFF_ROLES, "knowledge")
    if context is not None:
        await context.say(sections_page(await _view(context), 0, context.t))


async def _turn(context: OrganiserContext, argument: str) -> None:
    await context.show(sections_page(await _view(context), int(argument), context.t))


async def _show(context: OrganiserContext, argument: str) -> None:
    page, key = subject_of(argument)
    view = await _view(context)
    section = view.find(key)
    if section is None:
        await context.show(Reply(context.text(knowledge_texts.gone)))
    else:
        await context.show(section_page(view, section, int(page), context.t))


async def _view(context: OrganiserContext) -> SectionsView:
    return SectionsView(
        sections=await context.staff.sections(context.now),
        today=context.today,
        remind_days=context.app.rules.remind_days,
    )


HANDLERS: Mapping[StaffVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    StaffVerb.SECTIONS: _turn,
    StaffVerb.SECTION: _show,
}
