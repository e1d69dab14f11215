# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What is said of questions without an answer, to visitors and to staff; the rules are those of `texts`."""

from __future__ import annotations

from datetime import date

from bot.answering.model import LostBy
from bot.i18n.translator import Translator

# ── To visitors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def button_tell_me(t: Translator) -> str:
    return t.pgettext("button", "🔔 Tell me when known")


def will_tell(t: Translator) -> str:
    return t.gettext("I will write to you once I know.")


def now_known(t: Translator, question: str) -> str:
    return t.fill(t.gettext("You asked: “{question}”. Now I know the answer."), question=question)


def button_ask_again(t: Translator) -> str:
    return t.pgettext("button", "🔄 Ask again")


def privacy(t: Translator, days: int) -> str:
    # Translators: {label} is what stands on the button.
    sentence = t.ngettext(
        "If you press “{label}”, your wish is stored with that question, for {days} day at most.",
        "If you press “{label}”, your wish is stored with that question, for {days} days at most.",
        days,
    )
    return t.fill(sentence, label=button_tell_me(t), days=t.number(days))


# ── To staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def title(t: Translator) -> str:
    return t.gettext("Questions without an answer, the most pressing first")


def none(t: Translator) -> str:
    return t.gettext("No question waits for an answer.")


def asked(t: Translator, times: int) -> str:
    return t.fill(t.ngettext("Asked {times} time", "Asked {times} times", times), times=t.number(times))


def seen(t: Translator, first: date, last: date) -> str:
    return t.fill(t.gettext("First: {first}. Last: {last}."), first=t.date(first), last=t.date(last))


def languages(t: Translator, names: str) -> str:
    return t.fill(t.gettext("Languages: {names}"), names=names)


def nearest(t: Translator, section: str) -> str:
    return t.fill(t.gettext("Nearest section: {section}"), section=section)


def lost_by(t: Translator, step: LostBy) -> str:
    return {
        LostBy.NOTHING_FOUND: t.gettext("Nothing was found."),
        LostBy.LOW_CONFIDENCE: t.gettext("A section was found, but it was not sure to answer."),
        LostBy.RULE: t.gettext("The section lacks the price, number or year that is asked for."),
        LostBy.EXPIRED: t.gettext("The section is no longer valid."),
        LostBy.NO_COPY: t.gettext("The section does not stand in the language of the question."),
        LostBy.OPEN_QUESTION: t.gettext("It is kept as a question without an answer."),
        LostBy.OFFERED: t.gettext("Sections were offered, and none was opened."),
        LostBy.THUMBS_DOWN: t.gettext("The answer did not help."),
    }[step]


def answered_by(t: Translator, section: str) -> str:
    return t.fill(t.gettext("Answered by {section} since"), section=section)


def assigned_to(t: Translator, person: str) -> str:
    return t.fill(t.gettext("Taken by {person}"), person=person)


def drafted(t: Translator, files: str) -> str:
    return t.fill(t.gettext("Write the answer into: {files}"), files=files)


def drafted_before(t: Translator) -> str:
    return t.gettext("There is a draft for it already.")


def gone(t: Translator) -> str:
    return t.gettext("It is no longer kept, or was closed.")


def button_draft(t: Translator) -> str:
    return t.pgettext("button", "📝 Make a draft")


def button_take(t: Translator) -> str:
    return t.pgettext("button", "✋ I take it")


def button_close(t: Translator) -> str:
    return t.pgettext("button", "🗑 Close")
