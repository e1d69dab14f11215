# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What organisers are told of machine drafts of an announcement's texts; the rules are those of `texts`."""

from __future__ import annotations

from bot.drafting.model import DraftRefusal
from bot.i18n.translator import Translator


def button_draft(t: Translator) -> str:
    return t.pgettext("button", "🤖 Draft the other languages")


def button_compare(t: Translator) -> str:
    return t.pgettext("button", "🤖 Read the drafts")


def button_right(t: Translator) -> str:
    return t.pgettext("button", "✅ I have read it: it is right")


def button_write(t: Translator) -> str:
    return t.pgettext("button", "✏️ Write it myself")


def unread(t: Translator, count: int, languages: str) -> str:
    # Translators: {languages} are languages by their own names.
    return t.fill(
        t.ngettext(
            "🤖 {count} machine draft that nobody has read is not sent: {languages}",
            "🤖 {count} machine drafts that nobody has read are not sent: {languages}",
            count,
        ),
        count=t.number(count),
        languages=languages,
    )


def waiting(t: Translator, languages: str) -> str:
    return t.fill(t.gettext("⏳ Being drafted: {languages}"), languages=languages)


def refused(t: Translator, language: str, reason: DraftRefusal) -> str:
    """Why there is no draft in a language."""
    return t.fill(t.gettext("❌ {language}: {reason}"), language=language, reason=_reason(t, reason))


def _reason(t: Translator, reason: DraftRefusal) -> str:
    known = {
        DraftRefusal.NO_MODEL: t.gettext("The language model failed, or its budget for today is used up."),
        DraftRefusal.FIGURES: t.gettext("The draft had other figures or dates than the original."),
        DraftRefusal.NAMES: t.gettext("The draft had other names than the original."),
        DraftRefusal.ADDRESS: t.gettext("The draft had a link or telephone that the original lacks."),
        DraftRefusal.FORMATTING: t.gettext("The draft had lost formatting, links or lines."),
        DraftRefusal.LANGUAGE: t.gettext("The draft was in another language."),
        DraftRefusal.LENGTH: t.gettext("The draft said much more or much less than the original."),
        DraftRefusal.NOT_SENDABLE: t.gettext("The draft was too long for Telegram."),
    }
    return known.get(reason) or t.gettext("The draft could not be used.")


def compare_title(t: Translator, language: str) -> str:
    return t.fill(
        t.gettext("🤖 {language}: a machine draft. It is sent only after you say that it is right."), language=language
    )


def outdated(t: Translator) -> str:
    return t.gettext("⚠️ The original has changed since this was drafted.")


def original(t: Translator, language: str) -> str:
    return t.fill(t.gettext("Original ({language})"), language=language)


def draft(t: Translator, language: str) -> str:
    return t.fill(t.gettext("Draft ({language})"), language=language)


def all_read(t: Translator) -> str:
    return t.gettext("There is no draft left to read.")
