"""An announcement as one organiser sees it now: what every page of it is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.announcements.actions import AudienceSize, Review
from bot.announcements.checking import Problem
from bot.announcements.model import Announcement, Role, Stage
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.admission import OrganiserContext
from bot.chat.organisers.buttons import DraftButton, DraftPage, DraftVerb
from bot.chat.text import announcement_texts
from bot.chat.text.keyboards import Key
from bot.chat.text.rendering import Html, lines, said
from bot.i18n.translator import Translator
from bot.ids import VisitorId


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
    )


def view_for(
    announcement: Announcement,
    review: Review,
    *,
    reader: VisitorId,
    roles: frozenset[Role],
    now: datetime,
    star_price: float,
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
    """One line a problem."""
    return lines(
        *(
            said(
                announcement_texts.trouble(t, one.trouble, one.locale.endonym if one.locale else "", one.detail),
                t.locale,
            )
            for one in problems
        )
    )
