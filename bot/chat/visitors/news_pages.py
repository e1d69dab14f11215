"""What visitors see of announcements: the question for consent, the settings, and what was announced lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.announcements.model import Announcement
from bot.chat.text import texts
from bot.chat.text.keyboards import Key, Rows, column, grid
from bot.chat.text.markup import MarkupError, render
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.chat.visitors.settings_buttons import Consent, SettingsButton, SettingsEdit, SettingsPage
from bot.chat_state.model import ButtonAction
from bot.i18n.formats import format_moment
from bot.i18n.translator import Translator
from bot.i18n.zones import COMMON_ZONES, EVENT_ZONE, clock, home_zone, zone_label
from bot.ids import Locale, NewsTopic
from bot.visitors.model import Subscription

QUIET_HOURS: tuple[tuple[time, time], ...] = (
    (time(21), time(7)),
    (time(22), time(7)),
    (time(22), time(8)),
    (time(23), time(8)),
    (time(23), time(9)),
    (time(0), time(9)),
)
"""Offered as buttons, in the visitor's own time."""


def topic_title(t: Translator, topic: NewsTopic) -> str:
    """A topic's name."""
    return texts.topic(t, topic.value)


def consent_reply(t: Translator) -> Reply:
    """Asks whether announcements are wanted."""
    yes, no, later = (
        Consent.YES.key(texts.button_yes(t)),
        Consent.NO.key(texts.button_no(t)),
        Consent.LATER.key(texts.button_later(t)),
    )
    return Reply(said(texts.consent_question(t), t.locale), ((yes,), (no, later)))


def settings_page(subscription: Subscription, t: Translator, *, now: datetime) -> Reply:
    """How things stand, and what can be changed."""
    is_on = subscription.agreed_at is not None
    is_group = subscription.chat_id < 0
    language = subscription.locale or t.locale if is_group else t.locale
    sentences = (
        texts.news_are_on(t) if is_on else texts.news_are_off(t),
        texts.settings_topics(t, _names(subscription, t)) if is_on else "",
        texts.settings_language(t, language),
        _zone_line(subscription, t, now),
        _quiet_line(subscription, t),
    )
    content = lines(
        bold(said(texts.settings_title(t), t.locale)), *(said(line, t.locale) for line in sentences if line)
    )
    switch = (
        key(subscription, texts.button_switch_off(t), SettingsEdit.OFF)
        if is_on
        else key(subscription, texts.button_switch_on(t), SettingsEdit.ON)
    )
    chosen = [switch]
    if is_on:
        chosen.append(key(subscription, texts.button_topics(t), SettingsPage.TOPICS))
    picker = (
        key(subscription, texts.button_language(t), SettingsPage.LANGUAGES)
        if is_group
        else Key(texts.button_language(t), ButtonAction.LANGUAGE)
    )
    chosen += [picker, key(subscription, texts.button_zone(t), SettingsPage.ZONES)]
    return Reply(content, grid([*chosen, key(subscription, texts.button_quiet(t), SettingsPage.QUIET)], columns=2))


def topics_page(subscription: Subscription, t: Translator) -> Reply:
    """The topics, those that are wanted marked."""
    keys = [
        key(subscription, marked(topic_title(t, topic), is_on=topic in subscription.topics), SettingsEdit.TOPIC, topic)
        for topic in NewsTopic
    ]
    return _page(texts.topics_question(t), column(keys), subscription, t)


def zones_page(subscription: Subscription, t: Translator, *, now: datetime) -> Reply:
    """The zones of the languages' countries; others are typed."""
    home = home_zone(t.locale)
    zones = (home, *(zone for zone in COMMON_ZONES if zone != home))
    keys = [
        key(
            subscription,
            marked(zone_label(zone, t.locale, now), is_on=zone == subscription.zone),
            SettingsEdit.ZONE,
            zone,
        )
        for zone in zones
    ]
    return _page(texts.zone_question(t), grid(keys, columns=2), subscription, t)


def quiet_page(subscription: Subscription, t: Translator) -> Reply:
    """Hours to choose from, or none."""
    present = (subscription.quiet_from, subscription.quiet_until)
    keys = [
        key(
            subscription,
            marked(_hours(start, end, t), is_on=(start, end) == present),
            SettingsEdit.HOURS,
            f"{start:%H:%M} {end:%H:%M}",
        )
        for start, end in QUIET_HOURS
    ]
    none = key(subscription, texts.button_no_quiet(t), SettingsEdit.HOURS)
    return _page(texts.quiet_question(t), (*grid(keys, columns=2), (none,)), subscription, t)


def languages_page(subscription: Subscription, t: Translator) -> Reply:
    """In which language a group or channel is written to."""
    keys = [
        key(subscription, marked(locale.endonym, is_on=locale is subscription.locale), SettingsEdit.LOCALE, locale)
        for locale in Locale
    ]
    return _page(texts.choose_language(t), grid(keys, columns=3), subscription, t)


def news_page(
    entries: Sequence[tuple[datetime, Announcement, Locale]], t: Translator, *, zone: str, days: int, is_off: bool
) -> Reply:
    """The announcements of late, each with its date in the reader's zone and calendar."""
    where = zone or EVENT_ZONE
    items = [
        lines(
            italic(said(format_moment(at, ZoneInfo(where), t.locale), t.locale)),
            announcement_text(announcement, locale, where),
        )
        for at, announcement, locale in entries
    ]
    hint = said(texts.news_switch_on(t), t.locale) if is_off else Html()
    if not items:
        return Reply(paragraphs(said(texts.news_empty(t, days), t.locale), hint))
    return Reply(paragraphs(bold(said(texts.news_title(t), t.locale)), *items, hint))


def announcement_text(announcement: Announcement, locale: Locale, zone: str) -> Html:
    """An announcement's text as its readers in a zone get it."""
    values = {name: format_moment(at, ZoneInfo(zone), locale) for name, at in announcement.content.moments.items()}
    text = announcement.content.texts[locale]
    try:
        return render(text, locale=locale, values=values).html
    except MarkupError:  # it was checked before it was sent; what is left of it is shown as it stands
        return quoted(text, locale)


def key(subscription: Subscription, label: str, verb: SettingsPage | SettingsEdit, argument: str = "") -> Key:
    """A button of the settings."""
    return SettingsButton(subscription.chat_id, verb, argument).key(label)


def marked(label: str, *, is_on: bool) -> str:
    """A label that shows whether it is chosen."""
    return f"✅ {label}" if is_on else label


def _page(question: str, rows: Rows, subscription: Subscription, t: Translator) -> Reply:
    back = key(subscription, texts.button_back(t), SettingsPage.OVERVIEW)
    return Reply(said(question, t.locale), (*rows, (back,)))


def _names(subscription: Subscription, t: Translator) -> str:
    separator = "، " if t.locale.is_rtl else "、" if t.locale is Locale.ZH else ", "
    return separator.join(topic_title(t, topic) for topic in NewsTopic if topic in subscription.topics) or "–"


def _zone_line(subscription: Subscription, t: Translator, now: datetime) -> str:
    if not subscription.zone:
        return texts.settings_no_zone(t)
    return texts.settings_zone(t, zone_label(subscription.zone, t.locale, now))


def _quiet_line(subscription: Subscription, t: Translator) -> str:
    start, end = subscription.quiet_from, subscription.quiet_until
    if start is None or end is None:
        return texts.settings_no_quiet(t)
    return texts.settings_quiet(t, clock(start, t.locale), clock(end, t.locale))


def _hours(start: time, end: time, t: Translator) -> str:
    return texts.quiet_hours(t, clock(start, t.locale), clock(end, t.locale))
