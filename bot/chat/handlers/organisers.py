"""/organisers: who has which role, invitations by single-use links, and the end of a role."""

from __future__ import annotations

from telegram.error import TelegramError

from bot.announcements.model import Role
from bot.announcements.organisers import ANY_ROLE, RoleChange
from bot.chat import announcement_texts as desk_texts
from bot.chat.deeplinks import invitation_payload
from bot.chat.desk_pages import invite_page, organisers_page, remove_page
from bot.chat.menu import publish_commands_for
from bot.chat.outreach import translator_of
from bot.chat.rendering import said
from bot.chat.replies import Reply
from bot.chat.rights import admitted, is_own, may_press
from bot.chat.visit import Visit
from bot.inbox.model import Button
from bot.vocabulary import VisitorId


async def organisers(visit: Visit) -> None:
    """Show everybody with a role."""
    if await admitted(visit, ANY_ROLE, "organisers"):
        await visit.say(await _page(visit))


async def press(visit: Visit, button: Button) -> None:
    """A button of the list; rights are read when it is pressed."""
    verb, _blank, argument = button.argument.partition(" ")
    if not await may_press(visit, ANY_ROLE, f"organisers_{verb}"):
        return
    if button.single_use:
        visit.later(lambda: visit.house.buttons.use(button.token, now=visit.now))
    if verb == "invite":
        await visit.show(invite_page(visit.t))
    elif verb == "link":
        await _invite(visit, Role(argument))
    elif verb == "remove":
        number, role = argument.split(" ")
        await visit.show(remove_page(VisitorId(int(number)), Role(role), visit.t))
    elif verb == "removed":
        number, role = argument.split(" ")
        await _remove(visit, VisitorId(int(number)), Role(role))
    else:
        await visit.show(await _page(visit))


async def redeem(visit: Visit, token: str) -> bool:
    """A single-use link was opened: give its role; False, and no word about it, when it is worth nothing."""
    if visit.visitor_id is None or not visit.is_private or not is_own(visit):
        return False
    welcome = await visit.newsroom.organisers.redeem(token, visitor_id=visit.visitor_id, now=visit.now)
    if welcome.change is not RoleChange.DONE or welcome.role is None:
        return False
    t = visit.t
    await visit.say(said(desk_texts.role_given(t, desk_texts.role(t, welcome.role)), t.locale))
    await _publish(visit, visit.visitor_id)
    return True


async def leave(visit: Visit, person: VisitorId) -> bool:
    """Lay down the roles of a person who wants to be forgotten; False when an owner would no longer remain."""
    if visit.house.newsroom is None:
        return True
    change = await visit.newsroom.organisers.leave(person, now=visit.now)
    if change is RoleChange.DONE:
        await _publish(visit, person)
    return change is not RoleChange.LAST_OWNER


async def _page(visit: Visit) -> Reply:
    assert visit.visitor_id is not None  # who is nobody is not admitted
    newsroom = visit.newsroom
    is_owner = Role.OWNER in await newsroom.organisers.roles(visit.visitor_id)
    return organisers_page(await newsroom.organisers.all(), visit.t, reader=visit.visitor_id, is_owner=is_owner)


async def _invite(visit: Visit, role: Role) -> None:
    assert visit.visitor_id is not None  # as above
    t = visit.t
    token = await visit.newsroom.organisers.invite(role, actor=visit.visitor_id, now=visit.now)
    if token is None:
        await _say_change(visit, RoleChange.NOT_ALLOWED)
        return
    link = f"https://t.me/{visit.house.bot.username}?start={invitation_payload(token)}"
    await visit.say(said(desk_texts.invitation(t, desk_texts.role(t, role), link), t.locale))


async def _remove(visit: Visit, person: VisitorId, role: Role) -> None:
    assert visit.visitor_id is not None  # as above
    change = await visit.newsroom.organisers.revoke(person, role, actor=visit.visitor_id, now=visit.now)
    if change is RoleChange.DONE:
        await _publish(visit, person)
        await visit.show(await _page(visit))
    else:
        await _say_change(visit, change)


async def _say_change(visit: Visit, change: RoleChange) -> None:
    t = visit.t
    sentence = {
        RoleChange.NOT_ALLOWED: desk_texts.not_allowed(t),
        RoleChange.LAST_OWNER: desk_texts.last_owner(t),
        RoleChange.NOT_THERE: desk_texts.role_not_there(t),
    }[change]
    await visit.say(said(sentence, t.locale))


async def _publish(visit: Visit, person: VisitorId) -> None:
    """Show the organisers' commands to whoever has a role, and to nobody else."""
    has_role = bool(await visit.newsroom.organisers.roles(person))
    t = await translator_of(visit.house, person)
    try:
        await publish_commands_for(visit.house.bot, person, t, has_role=has_role)
    except TelegramError:
        return  # a convenience: the commands work without being listed
