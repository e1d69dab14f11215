"""A second person approves an announcement, or returns it with a reason."""

from __future__ import annotations

from bot.announcements.actions import Decision, Verdict
from bot.announcements.model import Announcement, AnnouncementId, Stage
from bot.announcements.organisers import MAY_APPROVE
from bot.chat.context import Visit
from bot.chat.organisers.announce import answered, ask, is_count, say_decision
from bot.chat.organisers.desk_pages import View, approval_row, draft_key, overview, problem_lines
from bot.chat.organisers.prompts import Asked, Step
from bot.chat.organisers.rights import may_press
from bot.chat.text import announcement_texts as desk_texts
from bot.chat.text.rendering import paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat_state.model import Button
from bot.i18n.translator import Translator
from bot.writing.cleaning import one_line

_REASON_LIMIT = 500


def approval_request(view: View, t: Translator) -> Reply:
    """What an approver gets: all about it, a look at each language, and the decision."""
    wanted = said(desk_texts.approval_wanted(t), t.locale)
    preview = (draft_key(view, desk_texts.button_preview(t), "preview"),)
    return Reply(
        paragraphs(wanted, overview(view, t), problem_lines(view.problems, t)), (preview, approval_row(view, t))
    )


async def press(visit: Visit, button: Button) -> None:
    """Approve or return: the version that was seen, and only by somebody else than its author."""
    if not await may_press(visit, MAY_APPROVE, "announcement_approved"):
        return
    verb, name, version = button.argument.split(" ")
    announcement = await visit.newsroom.desk.find(AnnouncementId(name))
    verdict = _objection(visit, announcement, int(version))
    if announcement is None or verdict is not None:
        await say_decision(visit, Decision(verdict=verdict or Verdict.NOT_FOUND))
    elif verb == "return":
        asked = Asked(Step.REASON, name, version)
        await ask(visit, asked, said(desk_texts.ask_reason(visit.t), visit.locale))
    elif await _is_large(visit, announcement):
        asked = Asked(Step.COUNT, name, version)
        await ask(visit, asked, said(desk_texts.ask_count(visit.t), visit.locale))
    else:
        await _approve(visit, announcement.announcement_id, int(version))


async def answer_count(visit: Visit, asked: Asked, text: str) -> None:
    """The number of recipients, typed before many people are written to."""
    announcement = await visit.newsroom.desk.find(AnnouncementId(asked.subject))
    answered(visit)
    if announcement is None or not await is_count(visit, announcement, text):
        await visit.say(said(desk_texts.wrong_count(visit.t), visit.locale))
        return
    await _approve(visit, announcement.announcement_id, int(asked.argument))


async def answer_reason(visit: Visit, asked: Asked, text: str) -> None:
    """Why it is returned."""
    reason = one_line(text, limit=_REASON_LIMIT)
    if not reason or visit.visitor_id is None:
        await visit.say(said(desk_texts.ask_reason(visit.t), visit.locale))
        return
    answered(visit)
    decision = await visit.newsroom.desk.send_back(
        AnnouncementId(asked.subject), reason, actor=visit.visitor_id, version=int(asked.argument), now=visit.now
    )
    await say_decision(visit, decision)


async def _approve(visit: Visit, announcement_id: AnnouncementId, version: int) -> None:
    assert visit.visitor_id is not None  # who is nobody may not press
    decision = await visit.newsroom.desk.approve(
        announcement_id, actor=visit.visitor_id, version=version, now=visit.now
    )
    await say_decision(visit, decision)


async def _is_large(visit: Visit, announcement: Announcement) -> bool:
    reach = await visit.newsroom.desk.reach(announcement)
    return reach.total > visit.newsroom.typed_confirmation_above or announcement.terms.is_paid


def _objection(visit: Visit, announcement: Announcement | None, version: int) -> Verdict | None:
    """What stands in the way already, so that nobody is asked for a number or a reason in vain."""
    if announcement is None:
        return Verdict.NOT_FOUND
    if announcement.stage is not Stage.SUBMITTED:
        return Verdict.WRONG_STAGE
    if announcement.author == visit.visitor_id:
        return Verdict.OWN_WORK
    return Verdict.CHANGED_MEANWHILE if announcement.version != version else None
