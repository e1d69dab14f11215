"""Announcements as values to print: each name is a field of the JSON that other programs read."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.adapters.system.clock import utc_now
from bot.announcements.checking import Problem, problems_of
from bot.announcements.content import is_outdated
from bot.announcements.model import Announcement, ChangeRequest, Content, Schedule, TextDraft, Timing
from bot.announcements.schedule import ScheduleError, preview
from bot.chat.wire.composer import HtmlComposer
from bot.cli.printing import Values
from bot.drafting.model import DraftRefusal
from bot.errors import AnnouncementError
from bot.ids import Locale

_MOMENTS_SHOWN = 5
"""The next times of a recurring announcement; chosen: the working week of a daily one."""


def line_of(announcement: Announcement, unread: Sequence[Locale]) -> Values:
    """What `list` shows; `unread` are the languages of drafts that nobody has read."""
    due = announcement.next_due_at
    return {
        "id": announcement.announcement_id,
        "stage": announcement.stage.value,
        "next_due_at": due.isoformat() if due else None,
        "topic": announcement.topic.value,
        "languages": sorted(locale.value for locale in announcement.content.texts),
        "unread_drafts": [locale.value for locale in unread],
        "label": announcement.label,
    }


def whole_of(announcement: Announcement, drafts: Sequence[TextDraft]) -> Values:
    """What `show` has of the announcement itself."""
    terms, audience, attachment = announcement.terms, announcement.audience, announcement.content.attachment
    return {
        **line_of(announcement, [one.locale for one in drafts if one.is_unread]),
        "version": announcement.version,
        "author": announcement.author,
        "approver": announcement.approver,
        "emergency": announcement.is_emergency,
        "return_reason": announcement.return_reason,
        "pause_reason": announcement.pause_reason,
        "schedule": _times(announcement.schedule),
        "audience": {
            "languages": sorted(locale.value for locale in audience.locales),
            "topics": sorted(topic.value for topic in audience.topics),
            "countries": sorted(audience.countries),
            "roles": sorted(role.value for role in audience.roles),
            "chats": sorted(audience.chats),
            "without": sorted(audience.without),
            **({"told": {"section": str(told.section), "people": told.people}} if (told := audience.told) else {}),
        },
        "terms": {
            "valid_for_s": int(terms.valid_for.total_seconds()) if terms.valid_for else None,
            "lateness": terms.lateness.value,
            "policy": terms.policy.value,
            "quiet_hours": terms.quiet_hours.value,
            "missing_language": terms.missing_language.value,
            "fallback": terms.fallback.value if terms.fallback else None,
            "silent": terms.is_silent,
            "paid": terms.is_paid,
        },
        "attachment": attachment.filename if attachment else None,
        "drafts": [draft_as_values(one, announcement.content) for one in drafts],
    }


def draft_as_values(draft: TextDraft, content: Content) -> Values:
    """A machine draft, which goes to nobody before a person has read it; why there is none, in plain words."""
    values: Values = {"language": draft.locale.value, "state": draft.state.value}
    if draft.reason:
        return {**values, "reason": DraftRefusal[draft.reason].value}
    if draft.is_unread:
        values |= {"outdated": is_outdated(draft, content), "text": draft.text, "labels": dict(draft.labels)}
    return values


def request_of(request: ChangeRequest) -> Values:
    """A change of what was delivered that waits for a second person."""
    return {
        "request": request.request_id,
        "wants": request.kind.value,
        "asked_by": request.asked_by,
        "asked_at": request.asked_at.isoformat(),
        "copies": request.copies,
        "texts": {
            locale.value: {"now": request.replaces.get(locale), "then": text} for locale, text in request.texts.items()
        },
    }


def _times(schedule_: Schedule) -> Values:
    """When it goes out: in its zone and in UTC, with what a change of the clocks does to it."""
    values: Values = {"timing": schedule_.timing.value, "zone": schedule_.zone}
    if schedule_.timing is Timing.NOW:
        return values
    if schedule_.cron:
        values |= {"cron": schedule_.cron, "until": schedule_.until.isoformat() if schedule_.until else None}
    try:
        moments = preview(schedule_, _MOMENTS_SHOWN, after=utc_now())
    except ScheduleError as error:
        return {**values, "wrong": str(error)}
    return {
        **values,
        "next": [
            {
                "local": moment.local.isoformat(),
                "utc": moment.utc.isoformat(),
                "note": moment.note.value,
            }
            for moment in moments
        ],
    }


def preview_of(announcement: Announcement, lang: Locale | None, drafts: Sequence[TextDraft] = ()) -> Values:
    """Its texts, one language or all, as they will be read, and what is wrong with them; drafts stand apart."""
    composer, content = HtmlComposer(), announcement.content
    zone = ZoneInfo(announcement.schedule.zone)
    texts: Values = {}
    drafted = {one.locale: one for one in drafts if one.is_unread and lang in (None, one.locale)}
    for locale in (lang,) if lang else sorted(content.texts):
        text = content.texts.get(locale)
        if text is None and locale in drafted:
            continue
        if text is None:
            raise AnnouncementError(f"it has no text in {locale.value}")
        try:
            rendered = composer.preview(text, locale=locale, zone=zone, moments=content.moments)
        except ValueError:
            texts[locale.value] = {"text": text}  # what is wrong with it is among the problems
        else:
            texts[locale.value] = {"text": rendered.plain, "length": rendered.length}
    problems = problems_of(announcement, composer, now=utc_now())
    unread = [draft_as_values(one, content) for one in drafted.values()]
    return {
        "label": announcement.label,
        "texts": texts,
        "unread_drafts": unread,
        "problems": problems_as_values(problems),
    }


def problems_as_values(problems: tuple[Problem, ...]) -> list[Values]:
    """Each problem with its place, and whether it only warns."""
    return [
        {
            "where": problem.where,
            "problem": problem.trouble.value,
            "detail": problem.detail,
            "warning": problem.trouble.is_warning,
        }
        for problem in problems
    ]
