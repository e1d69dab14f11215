"""/organisers: who has which role, invitations by single-use links, and the end of a role."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram.error import TelegramError

from bot.announcements.model import Role
from bot.announcements.organisers import ANY_ROLE, RoleChange, Welcome
from bot.chat.context import Visit
from bot.chat.menu import publish_commands_for
from bot.chat.organisers.desk_pages import invite_page, organisers_page, remove_page
from bot.chat.organisers.invitation_pages import CONFIRMED, OPENED, REFUSED, Candidate, invitation_page
from bot.chat.organisers.outreach import translator_of, write_to
from bot.chat.organisers.rights import admitted, is_own, may_press
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.deeplinks import invitation_payload
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.ids import VisitorId
from bot.writing.cleaning import one_line

_OWNERS = frozenset({Role.OWNER})
_NAME_LIMIT = 64


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
    await _VERBS.get(verb, _list)(visit, argument)


async def redeem(visit: Visit, token: str) -> bool:
    """A single-use link was opened: its maker is asked; False, and no word about it, when it is worth nothing."""
    if visit.visitor_id is None or not visit.is_private or not is_own(visit):
        return False
    welcome = await visit.newsroom.organisers.redeem(token, visitor_id=visit.visitor_id, now=visit.now)
    if welcome.invitation is None:
        return False
    t, name = visit.t, one_line(visit.user.full_name if visit.user else "", limit=_NAME_LIMIT)
    await visit.say(said(desk_texts.invitation_opened(t, desk_texts.role(t, welcome.invitation.role)), t.locale))
    await visit.newsroom.herald(_OWNERS, OPENED, Candidate.of(welcome.invitation, name=name).facts)
    return True


async def leave(visit: Visit, person: VisitorId) -> bool:
    """Lay down the roles of a person who wants to be forgotten; False when an owner would no longer remain."""
    if visit.house.newsroom is None:
        return True
    change = await visit.newsroom.organisers.leave(person, now=visit.now)
    if change is RoleChange.DONE:
        await _publish(visit, person)
    return change is not RoleChange.LAST_OWNER


async def _list(visit: Visit, _argument: str) -> None:
    await visit.show(await _page(visit))


async def _ask_role(visit: Visit, _argument: str) -> None:
    await visit.show(invite_page(visit.t))


async def _ask_removal(visit: Visit, argument: str) -> None:
    number, role = argument.split(" ")
    await visit.show(remove_page(VisitorId(int(number)), Role(role), visit.t))


async def _confirm(visit: Visit, invitation_hash: str) -> None:
    """The candidate is whom its maker meant: they have the role, all owners are told."""
    welcome = await visit.newsroom.organisers.confirm(invitation_hash, actor=_person(visit), now=visit.now)
    person = await _say_decided(visit, CONFIRMED, welcome)
    if person is None or welcome.invitation is None:
        return
    t = await translator_of(visit.house, person)
    given = said(desk_texts.role_given(t, desk_texts.role(t, welcome.invitation.role)), t.locale)
    await write_to(visit.house, person, Reply(given), now=visit.now)
    await _publish(visit, person)


async def _refuse(visit: Visit, invitation_hash: str) -> None:
    """The candidate gets nothing, and no word about it."""
    welcome = await visit.newsroom.organisers.refuse(invitation_hash, actor=_person(visit), now=visit.now)
    await _say_decided(visit, REFUSED, welcome)


async def _say_decided(visit: Visit, event: str, welcome: Welcome) -> VisitorId | None:
    """Tell who decided, and the other owners; the candidate, if it was done."""
    if welcome.invitation is None:
        is_over = welcome.change is RoleChange.NOT_THERE
        sentence = desk_texts.invitation_over if is_over else desk_texts.not_allowed
        await visit.say(said(sentence(visit.t), visit.locale))
        return None
    candidate, actor = Candidate.of(welcome.invitation), _person(visit)
    await visit.show(invitation_page(event, candidate, visit.t, reader=actor, actor=str(actor)))
    await visit.newsroom.herald(_OWNERS, event, {**candidate.facts, "actor": str(actor)})
    return welcome.invitation.used_by


async def _page(visit: Visit) -> Reply:
    newsroom, reader = visit.newsroom, _person(visit)
    is_owner = Role.OWNER in await newsroom.organisers.roles(reader)
    return organisers_page(await newsroom.organisers.all(), visit.t, reader=reader, is_owner=is_owner)


async def _invite(visit: Visit, argument: str) -> None:
    t, role = visit.t, Role(argument)
    token = await visit.newsroom.organisers.invite(role, actor=_person(visit), now=visit.now)
    if token is None:
        await _say_change(visit, RoleChange.NOT_ALLOWED)
        return
    link = f"https://t.me/{visit.house.bot.username}?start={invitation_payload(token)}"
    await visit.say(said(desk_texts.invitation(t, desk_texts.role(t, role), link), t.locale))


async def _remove(visit: Visit, argument: str) -> None:
    number, name = argument.split(" ")
    person, role = VisitorId(int(number)), Role(name)
    change = await visit.newsroom.organisers.revoke(person, role, actor=_person(visit), now=visit.now)
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


_VERBS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    "invite": _ask_role,
    "link": _invite,
    "confirm": _confirm,
    "refuse": _refuse,
    "remove": _ask_removal,
    "removed": _remove,
}


def _person(visit: Visit) -> VisitorId:
    assert visit.visitor_id is not None  # who is nobody is not admitted
    return visit.visitor_id
