"""An announcement as one organiser sees it now: what every page of it is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.announcements.actions import AudienceSize, Review
from bot.announcements.checking import Problem, Trouble
from bot.announcements.model import Announcement, Role, Stage, TextDraft, TextDraftState
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.buttons import DraftButton, DraftPage, DraftVerb
from bot.chat.text import announcement_draft_texts, announcement_texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import Html, lines, said
from bot.drafting.model import DraftRefusal
from bot.i18n.translator import Translator
from bot.ids import Locale, VisitorId


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An announcement as one organiser sees it now."""

    announcement: Announcement
    audience_size: AudienceSize
    now: datetime
    problems: tuple[Problem, ...] = ()
    is_author: bool = False
    is_owner: bool = False
    may_approve: bool = False
    star_price: float = 0.0
    """Telegram Stars that one copy costs by the paid broadcast; 0 where it may not be used."""
    drafts: tuple[TextDraft, ...] = ()
    has_model: bool = False
    """Whether a language model can draft what is missing."""

    @property
    def unread(self) -> tuple[Locale, ...]:
        """The languages of drafts that nobody has read."""
        return tuple(one.locale for one in self.drafts if one.is_unread)

    @property
    def may_read(self) -> bool:
        """Whether a draft becomes a text by their word: the author's, and once submitted whoever else may approve."""
        is_second = self.announcement.stage is Stage.SUBMITTED and self.may_approve and not self.is_author
        return self.may_edit or is_second

    @property
    def may_edit(self) -> bool:
        """Whether its parts can be changed."""
        return self.is_author and self.announcement.stage is Stage.DRAFT


async def view_of(context: OrganiserContext, announcement: Announcement, *, review: Review | None = None) -> View:
    """The announcement as this person sees it now. A `review` that a command made of it just now is not made again."""
    announcements = context.announcements
    review = review or await announcements.workflow.review(announcement, now=context.now)
    return view_for(
        announcement,
        review,
        reader=context.actor,
        roles=context.roles,
        now=context.now,
        star_price=announcements.star_price,
        has_model=announcements.has_model,
    )


def view_for(
    announcement: Announcement,
    review: Review,
    *,
    reader: VisitorId,
    roles: frozenset[Role],
    now: datetime,
    star_price: float,
    has_model: bool = False,
) -> View:
    """The announcement as `reader`, who has these roles, sees it."""
    return View(
        announcement=announcement,
        audience_size=review.audience_size,
        now=now,
        problems=review.problems,
        is_author=announcement.author == reader,
        is_owner=Role.OWNER in roles,
        may_approve=bool(roles & MAY_APPROVE),
        star_price=star_price,
        drafts=review.drafts,
        has_model=has_model,
    )


def draft_key(view: View, label: str, verb: DraftVerb, argument: str = "") -> Key:
    """A button that changes a draft, or shows a part of it."""
    return DraftButton(view.announcement.announcement_id, verb, argument).key(label)


def steps(view: View, t: Translator, following: DraftPage) -> Sequence[Key]:
    """The last row of a page: the whole, and the page that follows."""
    return (
        draft_key(view, announcement_texts.button_overview(t), DraftPage.OVERVIEW),
        draft_key(view, announcement_texts.button_next(t), following),
    )


def problem_lines(problems: Iterable[Problem], t: Translator) -> Html:
    """One line a problem; unread drafts have a line of their own (`draft_lines`)."""
    return lines(
        *(
            said(
                announcement_texts.trouble(t, one.trouble, one.locale.endonym if one.locale else "", one.detail),
                t.locale,
            )
            for one in problems
            if one.trouble is not Trouble.UNREAD_DRAFT
        )
    )


def draft_lines(drafts: Sequence[TextDraft], t: Translator) -> Html:
    """What nobody has read, what is being drafted, and what was thrown away."""
    by_state = {state: [one for one in drafts if one.state is state] for state in TextDraftState}
    unread, waiting = (
        ", ".join(one.locale.endonym for one in by_state[state])
        for state in (TextDraftState.WRITTEN, TextDraftState.WAITING)
    )
    sentences = [
        announcement_draft_texts.unread(t, len(by_state[TextDraftState.WRITTEN]), unread) if unread else "",
        announcement_draft_texts.waiting(t, waiting) if waiting else "",
        *(
            announcement_draft_texts.refused(t, one.locale.endonym, DraftRefusal[one.reason])
            for one in by_state[TextDraftState.REFUSED]
        ),
    ]
    return lines(*(said(sentence, t.locale) for sentence in sentences if sentence))
