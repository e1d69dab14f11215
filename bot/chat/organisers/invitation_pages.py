"""What owners see of somebody who has opened an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.announcements.model import Invitation, Role
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import said
from bot.chat.text.replies import Reply
from bot.chat_state.model import ButtonAction
from bot.i18n.translator import Translator
from bot.ids import VisitorId

OPENED, CONFIRMED, REFUSED = "invitation_opened", "invitation_confirmed", "invitation_refused"
"""The events that owners are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCandidate:
    """Somebody who has opened an invitation. `name` is what they call themselves: it proves nothing."""

    invitation_hash: str
    role: Role
    person: str
    inviter: str
    name: str = ""

    @classmethod
    def of(cls, invitation: Invitation, *, name: str = "") -> RoleCandidate:
        """Who has opened the invitation."""
        return cls(
            invitation_hash=invitation.token_hash,
            role=invitation.role,
            person=str(invitation.used_by),
            inviter=str(invitation.created_by),
            name=name,
        )

    @classmethod
    def read(cls, facts: Mapping[str, str]) -> RoleCandidate:
        """The candidate whose facts these are."""
        values = {name: facts[name] for name in ("invitation_hash", "person", "inviter", "name")}
        return cls(role=Role(facts["role"]), **values)

    @property
    def facts(self) -> Mapping[str, str]:
        """What is told of them."""
        return {
            "invitation_hash": self.invitation_hash,
            "role": self.role.value,
            "person": self.person,
            "inviter": self.inviter,
            "name": self.name,
        }


def invitation_page(event: str, candidate: RoleCandidate, t: Translator, *, reader: VisitorId, actor: str) -> Reply:
    """What has happened with an invitation, and what the reader, an owner, can do about it."""
    role = desk_texts.role(t, candidate.role)
    if event == OPENED:
        return _opened(candidate, role, t, is_inviter=str(reader) == candidate.inviter)
    if event == REFUSED:
        return Reply(said(desk_texts.candidate_refused(t, candidate.person, role, actor), t.locale))
    take = _key(desk_texts.button_take_role(t), f"remove {candidate.person} {candidate.role}")
    return Reply(said(desk_texts.candidate_confirmed(t, candidate.person, role, actor), t.locale), ((take,),))


def _opened(candidate: RoleCandidate, role: str, t: Translator, *, is_inviter: bool) -> Reply:
    refuse = _key(desk_texts.button_refuse(t), f"refuse {candidate.invitation_hash}")
    if not is_inviter:
        told = desk_texts.told_candidate(t, candidate.name, candidate.person, role)
        return Reply(said(told, t.locale), ((refuse,),))
    asked = desk_texts.ask_candidate(t, candidate.name, candidate.person, role)
    confirm = _key(desk_texts.button_confirm_person(t), f"confirm {candidate.invitation_hash}")
    return Reply(said(asked, t.locale), ((confirm, refuse),))


def _key(label: str, wish: str) -> Key:
    return Key(label, ButtonAction.ORGANISERS, wish)
