"""What an announcement says: which language a recipient gets, what is missing or out of date, and its fixed hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from bot.announcements.model import (
    Announcement,
    Content,
    Correction,
    Delivery,
    MissingLanguage,
    OutgoingMessage,
    Terms,
    TextDraft,
)
from bot.ids import ChatId, Locale

_HASH_LENGTH = 32
"""Hex digits of SHA-256 that are stored with every copy: 128 bits, which nobody can forge to a purpose."""

_SEAL_LENGTH = 8
"""Hex digits that stand in a button: enough to tell apart what one announcement held within weeks (by reasoning)."""


def source_hash(content: Content) -> str:
    """What a translation notes as the source that it was made from."""
    return _hash(content.texts.get(content.source, ""))


def stale_locales(content: Content) -> frozenset[Locale]:
    """Translations that were made from another source text than the present one."""
    present = source_hash(content)
    return frozenset(
        locale
        for locale in content.texts
        if locale is not content.source and content.made_from.get(locale, "") != present
    )


def missing_locales(content: Content, wanted: Iterable[Locale] = Locale) -> frozenset[Locale]:
    """The languages out of `wanted` that have no text."""
    return frozenset(locale for locale in wanted if not content.texts.get(locale, "").strip())


def lacking_locales(content: Content, wanted: Iterable[Locale] = Locale) -> frozenset[Locale]:
    """The languages out of `wanted` that need a text, or a newer one: what a draft is good for."""
    return (missing_locales(content, wanted) | (stale_locales(content) & frozenset(wanted))) - {content.source}


def is_outdated(draft: TextDraft, content: Content) -> bool:
    """Whether the source text has changed since a draft was made from it."""
    return draft.made_from != source_hash(content)


def seal_of(draft: TextDraft, content: Content) -> str:
    """Eight digits that tell an original and its draft from any other: what somebody says that they have read."""
    parts = [content.texts.get(content.source, ""), draft.text, sorted(draft.labels.items())]
    return _hash(json.dumps(parts, ensure_ascii=False))[:_SEAL_LENGTH]


def locale_for(preferred: Locale, content: Content, terms: Terms) -> Locale | None:
    """The language in which somebody is written to; None when their copy is held."""
    if content.texts.get(preferred, "").strip():
        return preferred
    if terms.missing_language is MissingLanguage.FALLBACK and terms.fallback in content.texts:
        return terms.fallback
    return None


def edited_texts(edits: Iterable[Correction]) -> Mapping[Locale, str]:
    """What took the place of the delivered texts: the newest of each language, when `edits` begin with the oldest."""
    return {locale: text for edit in edits for locale, text in edit.texts.items()}


def body_hash(content: Content, locale: Locale) -> str:
    """What identifies the body in one language: text, moments, buttons and the attached file with its name."""
    attachment = content.attachment
    named = None if attachment is None else (attachment.kind.value, attachment.filename, attachment.digest)
    return _body_hash(content, locale, named)


def hash_by_name(content: Content, locale: Locale) -> str:
    """The same of an approval before files were told apart by more than their names: those hashes are still stored."""
    attachment = content.attachment
    return _body_hash(content, locale, None if attachment is None else (attachment.kind.value, attachment.filename))


def _body_hash(content: Content, locale: Locale, attachment: Sequence[str] | None) -> str:
    parts = {
        "text": content.texts[locale],
        "moments": {name: moment.astimezone(UTC).isoformat() for name, moment in sorted(content.moments.items())},
        "buttons": buttons_in(content, locale),
        "attachment": attachment,
    }
    return _hash(json.dumps(parts, ensure_ascii=False, sort_keys=True))


def body_hashes(content: Content) -> Mapping[Locale, str]:
    """The hash of each language's body."""
    return {locale: body_hash(content, locale) for locale in content.texts}


def buttons_in(content: Content, locale: Locale) -> tuple[tuple[str, str], ...]:
    """Label and address of each button; a label that is missing is taken from the source language."""
    return tuple(
        (button.labels.get(locale) or button.labels.get(content.source, ""), button.url) for button in content.buttons
    )


class ApprovedBodies:
    """What tells the bodies of one announcement, hashed once a language and not for every copy."""

    def __init__(self, announcement: Announcement) -> None:
        self.announcement = announcement
        self._hashes: dict[Locale, frozenset[str]] = {}

    def has(self, locale: Locale, approved: str) -> bool:
        """Whether the body in a language is the one that was approved under this hash."""
        content = self.announcement.content
        if locale not in content.texts:
            return False
        if locale not in self._hashes:
            self._hashes[locale] = frozenset({body_hash(content, locale), hash_by_name(content, locale)})
        return approved in self._hashes[locale]


def message_of(bodies: ApprovedBodies, row: Delivery) -> OutgoingMessage | None:
    """All that is needed to send one copy; None when the body is not the one that was approved."""
    if not bodies.has(row.locale, row.body_hash):
        return None
    return trial_message(
        bodies.announcement, chat_id=row.chat_id, locale=row.locale, zone=row.zone, may_repeat=row.may_repeat
    )


def trial_message(
    announcement: Announcement, *, chat_id: ChatId, locale: Locale, zone: str, may_repeat: bool = False
) -> OutgoingMessage:
    """A copy for one chat, also of an announcement that is not approved yet (for its author's eyes).

    Raises:
        KeyError: there is no text in `locale`.
    """
    content = announcement.content
    return OutgoingMessage(
        chat_id=chat_id,
        locale=locale,
        zone=zone or announcement.schedule.zone,
        text=content.texts[locale],
        moments=content.moments,
        attachment=content.attachment,
        buttons=buttons_in(content, locale),
        topic=announcement.topic,
        announcement_id=announcement.announcement_id,
        is_silent=announcement.terms.is_silent or may_repeat,
        is_paid=announcement.terms.is_paid,
        may_repeat=may_repeat,
        is_correction=announcement.audience.told is not None,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
