"""What owners see of somebody who has opened an invitation."""

from __future__ import annotations

from bot.announcements.events import InvitationDecided, InvitationOpened, InvitationRefused
from bot.chat.organisers.buttons import RoleButton, RoleVerb
from bot.chat.text import announcement_texts
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import VisitorId


def opened_page(event: InvitationOpened, t: Translator, *, reader: VisitorId) -> Reply:
    """Somebody wants the role: its maker may give it, every owner may refuse it."""
    invitation = event.invitation
    role, person = announcement_texts.role(t, invitation.role), str(invitation.used_by)
    refuse = RoleButton(RoleVerb.REFUSE, invitation.token_hash).key(announcement_texts.button_refuse(t))
    if reader != invitation.created_by:
        sentence = announcement_texts.told_candidate(t, event.candidate_name, person, role)
        return Reply(said(sentence, t.locale), ((refuse,),))
    question = announcement_texts.ask_candidate(t, event.candidate_name, person, role)
    confirm = RoleButton(RoleVerb.CONFIRM, invitation.token_hash).key(announcement_texts.button_confirm_person(t))
    return Reply(said(question, t.locale), ((confirm, refuse),))


def decided_page(event: InvitationDecided, t: Translator) -> Reply:
    """What an owner decided; a role that was given can be taken again."""
    role, person, actor = (
        announcement_texts.role(t, event.invitation.role),
        str(event.invitation.used_by),
        str(event.actor),
    )
    if isinstance(event, InvitationRefused):
        return Reply(said(announcement_texts.candidate_refused(t, person, role, actor), t.locale))
    take = RoleButton(RoleVerb.REMOVE, f"{person} {event.invitation.role}").key(announcement_texts.button_take_role(t))
    return Reply(said(announcement_texts.candidate_confirmed(t, person, role, actor), t.locale), ((take,),))
