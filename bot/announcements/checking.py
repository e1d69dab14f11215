"""What is wrong with an announcement before anybody gets it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.announcements.content import is_outdated, missing_locales, stale_locales
from bot.announcements.model import (
    Announcement,
    AttachmentKind,
    Content,
    LinkButton,
    MissingLanguage,
    Schedule,
    Terms,
    TextDraft,
    Timing,
)
from bot.announcements.ports import Composer
from bot.announcements.schedule import ScheduleError, next_moment
from bot.ids import Locale

_MEGABYTE = 1024 * 1024
_LARGEST = {AttachmentKind.PHOTO: 10 * _MEGABYTE, AttachmentKind.DOCUMENT: 50 * _MEGABYTE}
"""What Telegram takes (https://core.telegram.org/bots/api#sending-files)."""
_MOST_BUTTONS = 8
"""A row each; more fill a phone's screen below the text. By reasoning: Telegram takes a hundred."""


class Trouble(Enum):
    """What can be wrong."""

    NO_LABEL = "no_label"
    NO_TEXT = "no_text"
    BAD_TEXT = "bad_text"
    """Telegram would not take it: too long after rendering, or formatting that can't be read."""
    STALE_TRANSLATION = "stale_translation"
    """Made from another source text than the present one. It may be submitted."""
    MISSING_LANGUAGE = "missing_language"
    """Recipients in it will get the fallback or nothing, as decided. It may be submitted."""
    UNREAD_DRAFT = "unread_draft"
    """A machine's draft that nobody has read: it goes to nobody. It may be submitted."""
    BAD_FALLBACK = "bad_fallback"
    BAD_SCHEDULE = "bad_schedule"
    IN_THE_PAST = "in_the_past"
    BAD_VALIDITY = "bad_validity"
    BAD_BUTTON = "bad_button"
    BAD_ATTACHMENT = "bad_attachment"
    NOBODY = "nobody"
    """Its audience is empty at present. It may be submitted."""

    @property
    def is_warning(self) -> bool:
        """Whether an organiser may go on in spite of it."""
        return self in (
            Trouble.STALE_TRANSLATION,
            Trouble.MISSING_LANGUAGE,
            Trouble.UNREAD_DRAFT,
            Trouble.NOBODY,
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and in a few English words why."""

    trouble: Trouble
    where: str
    """`label`, `text.ru`, `schedule`, `button.1`, `terms`, `attachment`, `audience`."""
    detail: str = ""
    locale: Locale | None = None


def problems_of(announcement: Announcement, composer: Composer, *, now: datetime) -> tuple[Problem, ...]:
    """Everything that is wrong with it, in the order of its parts; warnings among them."""
    return (
        *_label(announcement.label),
        *_texts(announcement.content, composer),
        *_translations(announcement.content),
        *_buttons(announcement.content, composer),
        *_attachment(announcement.content),
        *_schedule(announcement.schedule, now),
        *_terms(announcement.terms, announcement.content),
    )


def unread_drafts(drafts: Iterable[TextDraft], content: Content) -> tuple[Problem, ...]:
    """A warning for each draft that nobody has read."""
    return tuple(
        Problem(
            Trouble.UNREAD_DRAFT,
            f"text.{one.locale.value}",
            "the source text is newer" if is_outdated(one, content) else "",
            one.locale,
        )
        for one in drafts
        if one.is_unread
    )


def _label(label: str) -> Iterator[Problem]:
    if not label.strip():
        yield Problem(Trouble.NO_LABEL, "label", "give it a name of one line")


def _texts(content: Content, composer: Composer) -> Iterator[Problem]:
    for locale in sorted({content.source, *content.texts}):
        text = content.texts.get(locale, "")
        if not text.strip():
            yield Problem(Trouble.NO_TEXT, f"text.{locale.value}", "it is empty", locale)
        elif wrong := composer.check(text, locale=locale, moments=content.moments, attachment=content.attachment):
            yield Problem(Trouble.BAD_TEXT, f"text.{locale.value}", wrong, locale)


def _translations(content: Content) -> Iterator[Problem]:
    for locale in sorted(stale_locales(content)):
        yield Problem(Trouble.STALE_TRANSLATION, f"text.{locale.value}", "the source text is newer", locale)
    for locale in sorted(missing_locales(content) - {content.source} - set(content.texts)):
        yield Problem(Trouble.MISSING_LANGUAGE, f"text.{locale.value}", "", locale)


def _buttons(content: Content, composer: Composer) -> Iterator[Problem]:
    if len(content.buttons) > _MOST_BUTTONS:
        yield Problem(Trouble.BAD_BUTTON, "buttons", f"{len(content.buttons)}, at most {_MOST_BUTTONS}")
    for number, button in enumerate(content.buttons, 1):
        if wrong := _wrong_with(button, content.source, composer):
            yield Problem(Trouble.BAD_BUTTON, f"button.{number}", wrong)


def _wrong_with(button: LinkButton, source: Locale, composer: Composer) -> str:
    if not button.labels.get(source, "").strip():
        return f"it needs a label in {source.value}"
    if not button.url.startswith("https://"):
        return "the address must begin with https:// and name a host"
    return next(filter(None, (composer.check_button(label, button.url) for label in button.labels.values())), "")


def _attachment(content: Content) -> Iterator[Problem]:
    attachment = content.attachment
    if attachment is None or attachment.file_id:
        return
    if not attachment.content:
        yield Problem(Trouble.BAD_ATTACHMENT, "attachment", "it is empty")
    elif len(attachment.content) > _LARGEST[attachment.kind]:
        most = _LARGEST[attachment.kind] // _MEGABYTE
        yield Problem(Trouble.BAD_ATTACHMENT, "attachment", f"a {attachment.kind.value} may have {most} MB at most")


def _schedule(schedule: Schedule, now: datetime) -> Iterator[Problem]:
    try:
        moment = next_moment(schedule, after=now)
    except ScheduleError as error:
        yield Problem(Trouble.BAD_SCHEDULE, "schedule", str(error))
        return
    if moment is None:
        ends = "no day is left before its end" if schedule.timing is Timing.RECURRING else "that moment has passed"
        yield Problem(Trouble.IN_THE_PAST, "schedule", ends)


def _terms(terms: Terms, content: Content) -> Iterator[Problem]:
    if terms.valid_for is not None and terms.valid_for <= timedelta(0):
        yield Problem(Trouble.BAD_VALIDITY, "terms", "it must be valid for some time after it is due")
    if terms.missing_language is MissingLanguage.FALLBACK and (
        terms.fallback is None or not content.texts.get(terms.fallback, "").strip()
    ):
        yield Problem(Trouble.BAD_FALLBACK, "terms", "the fallback must be a language that has a text")
