"""Who organises: the list, and the questions before a role is given or taken."""

from __future__ import annotations

from collections.abc import Sequence

from bot.announcements.model import Organiser, Role
from bot.chat.organisers.buttons import RoleButton, RoleVerb
from bot.chat.text import announcement_texts, texts
from bot.chat.text.keyboards import column, pairs
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import VisitorId


def organisers_page(organisers: Sequence[Organiser], t: Translator, *, reader: VisitorId, is_owner: bool) -> Reply:
    """Everybody with a role; owners may take roles away and invite."""
    keys = []
    for one in organisers:
        person = (
            f"{one.visitor_id} {announcement_texts.yourself(t)}" if one.visitor_id == reader else str(one.visitor_id)
        )
        label = f"{person} · {announcement_texts.role(t, one.role)}"
        keys.append(RoleButton(RoleVerb.REMOVE, f"{one.visitor_id} {one.role}").key(label))
    invite = [RoleButton(RoleVerb.INVITE).key(announcement_texts.button_invite(t))] if is_owner else []
    return Reply(said(announcement_texts.organisers_title(t), t.locale), (*column(keys), invite))


def invite_page(t: Translator) -> Reply:
    """Which role an invitation gives."""
    keys = [RoleButton(RoleVerb.LINK, role).key(announcement_texts.role(t, role), single_use=True) for role in Role]
    back = (RoleButton(RoleVerb.LIST).key(texts.button_back(t)),)
    return Reply(said(announcement_texts.invite_question(t), t.locale), (*pairs(keys), back))


def remove_page(visitor_id: VisitorId, role: Role, t: Translator) -> Reply:
    """Asks before a role is taken away."""
    question = announcement_texts.remove_question(t, str(visitor_id), announcement_texts.role(t, role))
    removed = RoleButton(RoleVerb.REMOVED, f"{visitor_id} {role}")
    yes = removed.key(announcement_texts.button_confirm(t), single_use=True)
    no = RoleButton(RoleVerb.LIST).key(texts.button_cancel(t))
    return Reply(said(question, t.locale), ((yes, no),))
