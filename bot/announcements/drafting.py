"""Composing, as pure functions: what an author changes in a draft, and how what they type for it is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import regex

from bot.announcements.content import source_hash
from bot.announcements.model import (
    ORGANISER_ROLES,
    Announcement,
    Attachment,
    Audience,
    Content,
    Lateness,
    LinkButton,
    MissingLanguage,
    Policy,
    QuietHours,
    Role,
    Schedule,
    Terms,
    TextDraft,
    Timing,
)
from bot.announcements.schedule import ScheduleError, read_cron, resolve
from bot.ids import ChatId, Locale, NewsTopic
from bot.writing.cleaning import one_line

LABEL_LIMIT = 60
"""Characters of a name among organisers: with the stage before it, a button of the list still shows which it is."""
_MOST_BUTTONS = 8
"""As many as `checking` lets pass; with one more, the first goes."""
_CRON_LIMIT = 200
"""Characters of a schedule that are read; the longest sensible one has about 60 (chosen by reasoning)."""
_YEARS = range(2000, 2200)
"""Others are slips of the pen, and time zones fail at the ends of the calendar."""
_VALIDITIES = (None, *(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168)))
"""What a tap goes through, from for ever to a week (chosen by reasoning: for a change in an hour, a day, the event)."""
_MOMENT = regex.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T,]+(\d{1,2})[:.](\d{2})")
_NAMED_MOMENT = regex.compile(r"(?<!\{)\{([A-Za-z][A-Za-z0-9_]{0,31})\}(?!\})")
_COUNT = regex.compile(r"\s*\d[\d\s.,'’٬،]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an author hands in and may change until it is submitted."""

    label: str
    topic: NewsTopic
    content: Content
    audience: Audience = field(default_factory=Audience)
    schedule: Schedule = field(default_factory=lambda: Schedule(timing=Timing.NOW))
    terms: Terms = field(default_factory=Terms)


DraftChange = Callable[[Draft], Draft]


class TermName(StrEnum):
    """The terms that a tap changes."""

    VALIDITY = "valid"
    LATENESS = "late"
    QUIET_HOURS = "quiet"
    SOUND = "sound"
    DOUBT = "doubt"
    PACE = "pace"


def draft_of(announcement: Announcement) -> Draft:
    """What of an announcement its author may change."""
    return Draft(
        label=announcement.label,
        topic=announcement.topic,
        content=announcement.content,
        audience=announcement.audience,
        schedule=announcement.schedule,
        terms=announcement.terms,
    )


def with_draft(announcement: Announcement, draft: Draft) -> Announcement:
    """The announcement with what its author has changed."""
    return replace(
        announcement,
        label=draft.label,
        topic=draft.topic,
        content=draft.content,
        audience=draft.audience,
        schedule=draft.schedule,
        terms=draft.terms,
    )


# ── Name, topic and content ──────────────────────────────────────────────────────────────────────────────────────────


def set_label(label: str) -> DraftChange:
    """Another name among organisers."""
    return lambda draft: replace(draft, label=label)


def set_topic(topic: NewsTopic) -> DraftChange:
    """What it is about."""
    return lambda draft: replace(draft, topic=topic)


def set_source(locale: Locale) -> DraftChange:
    """The language that is written first."""
    return lambda draft: replace(draft, content=replace(draft.content, source=locale))


def set_text(locale: Locale, text: str) -> DraftChange:
    """One language's text; an empty one takes the language away."""
    return lambda draft: replace(draft, content=with_text(draft.content, locale, text))


def with_text(content: Content, locale: Locale, text: str) -> Content:
    """The content with a language's text put in place, or taken away when it is empty.

    A translation notes the source text that it was made from; a changed source text makes all translations stale.
    """
    texts = {known: kept for known, kept in content.texts.items() if known is not locale}
    made_from = {known: kept for known, kept in content.made_from.items() if known is not locale}
    if text.strip():
        texts[locale] = text
        if locale is not content.source:
            made_from[locale] = source_hash(content)
    return replace(content, texts=texts, made_from=made_from)


def with_read(content: Content, draft: TextDraft) -> Content:
    """The content with a machine's draft that a person has found right, and with its labels where there were none."""
    buttons = tuple(_labelled(button, draft, content.source) for button in content.buttons)
    return with_text(replace(content, buttons=buttons), draft.locale, draft.text)


def _labelled(button: LinkButton, draft: TextDraft, source: Locale) -> LinkButton:
    label = draft.labels.get(button.labels.get(source, ""), "")
    if not label or button.labels.get(draft.locale):
        return button
    return replace(button, labels={**button.labels, draft.locale: label})


def set_attachment(attachment: Attachment | None) -> DraftChange:
    """The picture or file that goes with it, or none."""
    return lambda draft: replace(draft, content=replace(draft.content, attachment=attachment))


def set_written(locale: Locale, text: str, attachment: Attachment | None) -> DraftChange:
    """What one message brought: a text, what is attached to it, or both; what it did not bring stays as it is."""

    def change(draft: Draft) -> Draft:
        draft = set_attachment(attachment)(draft) if attachment is not None else draft
        return set_text(locale, text)(draft) if text else draft

    return change


def set_moment(name: str, wall: datetime) -> DraftChange:
    """The moment that a name in braces stands for: wall time in the event's zone."""

    def change(draft: Draft) -> Draft:
        moment = resolve(wall, ZoneInfo(draft.schedule.zone)).utc
        return replace(draft, content=replace(draft.content, moments={**draft.content.moments, name: moment}))

    return change


def add_link(button: LinkButton) -> DraftChange:
    """One more button below the text."""
    return lambda draft: replace(
        draft, content=replace(draft.content, buttons=(*draft.content.buttons, button)[-_MOST_BUTTONS:])
    )


def drop_links(draft: Draft) -> Draft:
    """No buttons below the text."""
    return replace(draft, content=replace(draft.content, buttons=()))


# ── Audience ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def toggle_locale(locale: Locale) -> DraftChange:
    """Only readers of these languages, this one in or out."""
    return lambda draft: replace(draft, audience=replace(draft.audience, locales=draft.audience.locales ^ {locale}))


def toggle_country(code: str) -> DraftChange:
    """Only these countries (ISO 3166), this one in or out."""
    return lambda draft: replace(draft, audience=replace(draft.audience, countries=draft.audience.countries ^ {code}))


def toggle_organisers(draft: Draft) -> Draft:
    """Only organisers, of whatever role; or everybody again."""
    roles = frozenset[Role]() if draft.audience.roles else ORGANISER_ROLES
    return replace(draft, audience=replace(draft.audience, roles=roles))


def toggle_besides(chat_id: ChatId) -> DraftChange:
    """A group or channel on or off the list of those that get it besides."""
    return lambda draft: replace(draft, audience=replace(draft.audience, chats=draft.audience.chats ^ {chat_id}))


def toggle_without(chat_id: ChatId) -> DraftChange:
    """A chat on or off the list of those that get it in no case."""
    return lambda draft: replace(draft, audience=replace(draft.audience, without=draft.audience.without ^ {chat_id}))


def add_besides(chat_id: ChatId) -> DraftChange:
    """A chat gets it besides, and is not left out any more."""

    def change(draft: Draft) -> Draft:
        audience, one = draft.audience, frozenset({chat_id})
        return replace(draft, audience=replace(audience, chats=audience.chats | one, without=audience.without - one))

    return change


def leave_out(chat_id: ChatId) -> DraftChange:
    """A chat gets it in no case, also not besides."""

    def change(draft: Draft) -> Draft:
        audience, one = draft.audience, frozenset({chat_id})
        return replace(draft, audience=replace(audience, without=audience.without | one, chats=audience.chats - one))

    return change


def hold_others(draft: Draft) -> Draft:
    """Readers without a text in their language get nothing."""
    return replace(draft, terms=replace(draft.terms, missing_language=MissingLanguage.HOLD, fallback=None))


def fall_back(locale: Locale) -> DraftChange:
    """Readers without a text in their language get this one."""
    return lambda draft: replace(
        draft, terms=replace(draft.terms, missing_language=MissingLanguage.FALLBACK, fallback=locale)
    )


# ── Time and terms ───────────────────────────────────────────────────────────────────────────────────────────────────


def send_now(draft: Draft) -> Draft:
    """At once, as soon as it is approved."""
    return replace(draft, schedule=Schedule(timing=Timing.NOW, zone=draft.schedule.zone))


def send_once(wall: datetime) -> DraftChange:
    """At one moment: wall time in the event's zone."""
    return lambda draft: replace(draft, schedule=Schedule(timing=Timing.ONCE, zone=draft.schedule.zone, at=wall))


def send_repeatedly(cron: str, until: date | None) -> DraftChange:
    """Whenever the five fields fit, up to a last day."""
    return lambda draft: replace(
        draft, schedule=Schedule(timing=Timing.RECURRING, zone=draft.schedule.zone, cron=cron, until=until)
    )


def set_zone(zone: str) -> DraftChange:
    """The event's time zone (IANA); the wall time stays."""
    return lambda draft: replace(draft, schedule=replace(draft.schedule, zone=zone))


def change_term(name: TermName) -> DraftChange:
    """The next value of one of the terms."""
    return lambda draft: replace(draft, terms=changed_terms(draft.terms, name))


def changed_terms(terms: Terms, name: TermName) -> Terms:
    """The terms after a tap on one of them."""
    match name:
        case TermName.VALIDITY:
            place = _VALIDITIES.index(terms.valid_for) if terms.valid_for in _VALIDITIES else -1
            return replace(terms, valid_for=_VALIDITIES[(place + 1) % len(_VALIDITIES)])
        case TermName.LATENESS:
            is_sent = terms.lateness is Lateness.SEND_LATE
            return replace(terms, lateness=Lateness.MARK_MISSED if is_sent else Lateness.SEND_LATE)
        case TermName.QUIET_HOURS:
            holds = terms.quiet_hours is QuietHours.HOLD
            return replace(terms, quiet_hours=QuietHours.OVERRIDE if holds else QuietHours.HOLD)
        case TermName.SOUND:
            return replace(terms, is_silent=not terms.is_silent)
        case TermName.DOUBT:
            is_once = terms.policy is Policy.AT_MOST_ONCE
            return replace(terms, policy=Policy.AT_LEAST_ONCE if is_once else Policy.AT_MOST_ONCE)
        case TermName.PACE:
            return replace(terms, is_paid=not terms.is_paid)


# ── What is typed ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_count(text: str) -> int | None:
    """A number and nothing else, in the digits of any language, its thousands set apart or not."""
    if not _COUNT.fullmatch(text) or len(text) > LABEL_LIMIT:
        return None
    return int("".join(character for character in text if character.isdecimal()))


def read_wall_time(text: str) -> datetime | None:
    """`2026-06-15 09:30`, in the digits of any language; wall time without a zone."""
    found = _MOMENT.search(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups())
    if year not in _YEARS:
        return None
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the schedule's zone gives it its meaning
    except ValueError:
        return None


def read_repeating(text: str) -> tuple[str, date | None]:
    """The five fields of a recurring time, in the digits of any language, and its last day if one follows.

    Raises:
        ScheduleError: they can't be read; the message says why.
    """
    fields = in_ascii_digits(one_line(text, limit=_CRON_LIMIT)).split()
    try:
        until = date.fromisoformat(fields[5]) if len(fields) == 6 else None
    except ValueError as error:
        raise ScheduleError(str(error)) from error
    cron = " ".join(fields[:5] if until else fields)
    read_cron(cron)
    return cron, until


def read_link(text: str, source: Locale) -> LinkButton | None:
    """A button from its lines: label, labels in other languages, address."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if len(rows) < 2:
        return None
    labels = {source: rows[0]}
    for row in rows[1:-1]:
        code, colon, label = row.partition(":")
        if not colon or code.strip().lower() not in list(Locale):
            return None
        labels[Locale(code.strip().lower())] = label.strip()
    return LinkButton(labels=labels, url=rows[-1])


def in_ascii_digits(text: str) -> str:
    """The text with the digits of any language turned into 0 to 9."""
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text)


def unknown_moment(content: Content) -> str | None:
    """The first name in braces of which nobody has said yet what moment it stands for."""
    names = (name for text in content.texts.values() for name in _NAMED_MOMENT.findall(text))
    return next((name for name in names if name not in content.moments), None)
