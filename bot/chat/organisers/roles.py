"""/organisers: who has which role, invitations by single-use links, and the end of a role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram.error import TelegramError

from bot.announcements.events import InvitationConfirmed, InvitationDecided, InvitationOpened, InvitationRefused
from bot.announcements.model import Role
from bot.announcements.organisers import ANY_ROLE, RoleChange, Welcome
from bot.chat.admission import OrganiserContext, admit, admit_press, is_own, use_up
from bot.chat.context import UpdateContext
from bot.chat.menu import publish_commands_for
from bot.chat.organisers.buttons import RoleButton, RoleVerb
from bot.chat.organisers.invitation_pages import decided_page
from bot.chat.organisers.role_pages import invite_page, organisers_page, remove_page
from bot.chat.outreach import translator_of, write_to
from bot.chat.text import announcement_texts
from bot.chat.text.deeplinks import invitation_payload
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.ids import VisitorId
from bot.writing.cleaning import one_line

_OWNERS = frozenset({Role.OWNER})
_NAME_LIMIT = 64
"""Characters of what a candidate calls themselves; Telegram allows 64 each for first and last name."""


async def organisers(update: UpdateContext) -> None:
    """Show everybody with a role."""
    context = await admit(update, ANY_ROLE, "organisers")
    if context is not None:
        await context.say(await _page(context))


async def press(update: UpdateContext, button: Button) -> None:
    """A button of the list; rights are read when it is pressed."""
    pressed = RoleButton.read(button)
    context = await admit_press(update, ANY_ROLE, f"organisers_{pressed.verb}")
    if context is not None:
        use_up(context, button)
        await HANDLERS[pressed.verb](context, pressed.argument)


async def redeem(context: UpdateContext, token: str) -> bool:
    """A single-use link was opened: its maker is asked; False, and no word about it, when it is worth nothing."""
    if context.visitor_id is None or not context.is_private or not is_own(context):
        return False
    welcome = await context.announcements.organisers.redeem(token, visitor_id=context.visitor_id, now=context.now)
    if welcome.invitation is None:
        return False
    t, name = context.t, one_line(context.user.full_name if context.user else "", limit=_NAME_LIMIT)
    await context.say(
        said(announcement_texts.invitation_opened(t, announcement_texts.role(t, welcome.invitation.role)), t.locale)
    )
    await context.announcements.notifier(_OWNERS, InvitationOpened(invitation=welcome.invitation, candidate_name=name))
    return True


async def leave(context: UpdateContext, person: VisitorId) -> bool:
    """Lay down the roles of a person who wants to be forgotten; False when an owner would no longer remain."""
    if context.app.announcements is None:
        return True
    change = await context.announcements.organisers.leave(person, now=context.now)
    if change is RoleChange.DONE:
        await _publish(context, person)
    return change is not RoleChange.LAST_OWNER


async def _list(context: OrganiserContext, _argument: str) -> None:
    await context.show(await _page(context))


async def _ask_role(context: OrganiserContext, _argument: str) -> None:
    await context.show(invite_page(context.t))


async def _ask_removal(context: OrganiserContext, argument: str) -> None:
    number, role = argument.split(" ")
    await context.show(remove_page(VisitorId(int(number)), Role(role), context.t))


async def _confirm(context: OrganiserContext, invitation_hash: str) -> None:
    """The candidate is whom its maker meant: they have the role, all owners are told."""
    welcome = await context.announcements.organisers.confirm(invitation_hash, actor=context.actor, now=context.now)
    person = await _say_decided(context, InvitationConfirmed, welcome)
    if person is None or welcome.invitation is None:
        return
    t = await translator_of(context.app, person)
    given = said(announcement_texts.role_given(t, announcement_texts.role(t, welcome.invitation.role)), t.locale)
    await write_to(context.app, person, Reply(given), now=context.now)
    await _publish(context, person)


async def _refuse(context: OrganiserContext, invitation_hash: str) -> None:
    """The candidate gets nothing, and no word about it."""
    welcome = await context.announcements.organisers.refuse(invitation_hash, actor=context.actor, now=context.now)
    await _say_decided(context, InvitationRefused, welcome)


async def _say_decided(
    context: OrganiserContext, decided: type[InvitationDecided], welcome: Welcome
) -> VisitorId | None:
    """Tell who decided, and the other owners; the candidate, if it was done."""
    if welcome.invitation is None:
        is_over = welcome.change is RoleChange.NOT_THERE
        sentence = announcement_texts.invitation_over if is_over else announcement_texts.not_allowed
        await context.say(said(sentence(context.t), context.locale))
        return None
    event = decided(invitation=welcome.invitation, actor=context.actor)
    await context.show(decided_page(event, context.t))
    await context.announcements.notifier(_OWNERS, event)
    return welcome.invitation.used_by


async def _page(context: OrganiserContext) -> Reply:
    announcements, reader = context.announcements, context.actor
    everybody = await announcements.organisers.all()
    is_owner = any(one.visitor_id == reader and one.role is Role.OWNER for one in everybody)
    return organisers_page(everybody, context.t, reader=reader, is_owner=is_owner)


async def _invite(context: OrganiserContext, argument: str) -> None:
    t, role = context.t, Role(argument)
    token = await context.announcements.organisers.invite(role, actor=context.actor, now=context.now)
    if token is None:
        await _say_change(context, RoleChange.NOT_ALLOWED)
        return
    link = f"https://t.me/{context.app.bot.username}?start={invitation_payload(token)}"
    await context.say(said(announcement_texts.invitation(t, announcement_texts.role(t, role), link), t.locale))


async def _remove(context: OrganiserContext, argument: str) -> None:
    number, name = argument.split(" ")
    person, role = VisitorId(int(number)), Role(name)
    change = await context.announcements.organisers.revoke(person, role, actor=context.actor, now=context.now)
    if change is RoleChange.DONE:
        await _publish(context, person)
        await context.show(await _page(context))
    else:
        await _say_change(context, change)


async def _say_change(context: OrganiserContext, change: RoleChange) -> None:
    t = context.t
    sentence = {
        RoleChange.NOT_ALLOWED: announcement_texts.not_allowed(t),
        RoleChange.LAST_OWNER: announcement_texts.last_owner(t),
        RoleChange.NOT_THERE: announcement_texts.role_not_there(t),
    }[change]
    await context.say(said(sentence, t.locale))


async def _publish(context: UpdateContext, person: VisitorId) -> None:
    """Show each the commands that fit their roles."""
    roles = await context.announcements.organisers.roles(person)
    t = await translator_of(context.app, person)
    try:
        await publish_commands_for(context.app.bot, person, t, roles=roles)
    except TelegramError:
        return  # a convenience: the commands work without being listed


HANDLERS: dict[RoleVerb, Callable[[OrganiserContext, str], Awaitable[None]]] = {
    RoleVerb.LIST: _list,
    RoleVerb.INVITE: _ask_role,
    RoleVerb.LINK: _invite,
    RoleVerb.CONFIRM: _confirm,
    RoleVerb.REFUSE: _refuse,
    RoleVerb.REMOVE: _ask_removal,
    RoleVerb.REMOVED: _remove,
}
