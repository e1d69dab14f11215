"""When a draft goes out and on which terms."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.announcements.drafting import TermName
from bot.announcements.model import Announcement, Lateness, Policy, QuietHours, Schedule, Terms, Timing
from bot.announcements.schedule import Moment, Note, ScheduleError, preview
from bot.chat.organisers.buttons import DraftButton, DraftEdit, DraftPage, DraftStep
from bot.chat.organisers.views import View, draft_key, problem_lines, steps
from bot.chat.text import announcement_texts, texts
from bot.chat.text.keyboards import column, grid
from bot.chat.text.rendering import lines, paragraphs, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.news_pages import marked
from bot.i18n.formats import format_duration, format_moment
from bot.i18n.translator import Translator
from bot.i18n.zones import COMMON_ZONES, city, zone_label

_MOMENTS_SHOWN = 4
"""Coming moments of a recurring time: enough to see whether the fields mean what was meant (chosen by reasoning)."""


def time_page(view: View, t: Translator) -> Reply:
    """When it goes out."""
    schedule = view.announcement.schedule
    choices = (
        (Timing.NOW, announcement_texts.button_now(t), DraftEdit.NOW),
        (Timing.ONCE, announcement_texts.button_once(t), DraftStep.ONCE),
        (Timing.RECURRING, announcement_texts.button_repeatedly(t), DraftStep.REPEATEDLY),
    )
    keys = [draft_key(view, marked(label, is_on=timing is schedule.timing), verb) for timing, label, verb in choices]
    keys.append(draft_key(view, texts.button_zone(t), DraftStep.ZONES))
    wrong = problem_lines((one for one in view.problems if one.where == "schedule"), t)
    zone = announcement_texts.event_zone(t, zone_label(schedule.zone, t.locale, view.now))
    sentences = (announcement_texts.schedule_title(t), zone, *schedule_lines(schedule, t, now=view.now))
    content = lines(*(said(line, t.locale) for line in sentences))
    return Reply(paragraphs(content, wrong), (*grid(keys, columns=2), steps(view, t, DraftPage.TERMS)))


def event_zones_page(announcement: Announcement, t: Translator, *, now: datetime) -> Reply:
    """The time zone of the event."""
    name, present = announcement.announcement_id, announcement.schedule.zone
    keys = [
        DraftButton(name, DraftEdit.ZONE, zone).key(marked(zone_label(zone, t.locale, now), is_on=zone == present))
        for zone in COMMON_ZONES
    ]
    back = (DraftButton(name, DraftPage.TIME).key(texts.button_back(t)),)
    return Reply(said(texts.zone_question(t), t.locale), (*grid(keys, columns=2), back))


def schedule_lines(schedule: Schedule, t: Translator, *, now: datetime) -> tuple[str, ...]:
    """When it goes out: in the event's zone and in UTC, with what a change of the clocks does to it."""
    if schedule.timing is Timing.NOW:
        return (announcement_texts.at_once(t),)
    try:
        moments = preview(schedule, _MOMENTS_SHOWN, after=now)
    except ScheduleError:
        return ()
    return tuple(line for moment in moments for line in moment_lines(moment, schedule.zone, t))


def moment_lines(moment: Moment, zone: str, t: Translator) -> tuple[str, ...]:
    """One moment in the event's zone and in UTC, with what a change of the clocks does to it."""
    local = f"{format_moment(moment.utc, ZoneInfo(zone), t.locale)} {city(zone, t.locale)}"
    line = announcement_texts.moment_line(t, local, f"{moment.utc:%Y-%m-%d %H:%M} UTC")
    if moment.note is Note.GAP:
        return (line, announcement_texts.gap_note(t))
    return (line, announcement_texts.overlap_note(t)) if moment.note is Note.OVERLAP else (line,)


def terms_page(view: View, t: Translator) -> Reply:
    """Each term as a button that changes it."""
    keys = [draft_key(view, label, DraftEdit.TERM, name) for name, label in term_labels(view, t)]
    return Reply(said(announcement_texts.terms_title(t), t.locale), (*column(keys), steps(view, t, DraftPage.PREVIEW)))


def term_labels(view: View, t: Translator) -> list[tuple[TermName, str]]:
    """Each term's name and how it stands."""
    terms = view.announcement.terms
    stars = round(view.audience_size.total * view.star_price)
    is_sent, is_once = terms.lateness is Lateness.SEND_LATE, terms.policy is Policy.AT_MOST_ONCE
    holds = terms.quiet_hours is QuietHours.HOLD
    labels = [
        (TermName.VALIDITY, _validity(terms, t)),
        (TermName.LATENESS, announcement_texts.late_is_sent(t) if is_sent else announcement_texts.late_is_missed(t)),
        (
            TermName.QUIET_HOURS,
            announcement_texts.quiet_hours_hold(t) if holds else announcement_texts.quiet_hours_override(t),
        ),
        (TermName.SOUND, announcement_texts.without_sound(t) if terms.is_silent else announcement_texts.with_sound(t)),
        (TermName.DOUBT, announcement_texts.doubt_once(t) if is_once else announcement_texts.doubt_twice(t)),
    ]
    if view.star_price or terms.is_paid:
        labels.append(
            (
                TermName.PACE,
                announcement_texts.paid_pace(t, stars) if terms.is_paid else announcement_texts.normal_pace(t),
            )
        )
    return labels


def _validity(terms: Terms, t: Translator) -> str:
    if terms.valid_for is None:
        return announcement_texts.valid_for_ever(t)
    return announcement_texts.valid_for(t, format_duration(terms.valid_for, t.locale))
