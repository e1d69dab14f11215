# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence about answers that staff pinned, in English, one function each; the rules are `texts`'."""

from __future__ import annotations

from bot.i18n.translator import Translator

# ── Below an answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def answer_by_staff(t: Translator) -> str:
    return t.gettext("📌 Answer by the staff")


# ── /pin and /unpin ──────────────────────────────────────────────────────────────────────────────────────────────────


def can_pin(t: Translator) -> str:
    # Translators: {command} is /pin, {other} is /unpin.
    return t.fill(
        t.gettext(
            "📌 Reply to an answer with {command}: the question gets this answer from then on. {other} ends that."
        ),
        command="/pin",
        other="/unpin",
    )


def pin_how(t: Translator) -> str:
    # Translators: {command} is /pin.
    return t.fill(
        t.gettext(
            "Reply to an answer of the bot with {command} to pin it to its question, or with {command} and your text."
        ),
        command="/pin",
    )


def pin_needs_source(t: Translator) -> str:
    return t.gettext("Please put the web address of the source at the end of the text.")


def pinned_already(t: Translator) -> str:
    return t.gettext("This answer is pinned already.")


def unpin_how(t: Translator) -> str:
    # Translators: {command} is /unpin.
    return t.fill(t.gettext("Reply to a pinned answer with {command}."), command="/unpin")


def command_pin(t: Translator) -> str:
    return t.pgettext("command", "Pin an answer to its question")
