# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What the staff read about how the sections of the knowledge stand; the rules are those of `texts`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.i18n.translator import Translator

Sentence = Callable[[Translator], str]


def title(t: Translator) -> str:
    return t.gettext("The sections, the ones that need you first")


def page(t: Translator, first: int, last: int, count: int) -> str:
    sentence = t.gettext("{first}–{last} of {count}")
    return t.fill(sentence, first=t.number(first), last=t.number(last), count=t.number(count))


def no_sections(t: Translator) -> str:
    return t.gettext("The knowledge holds no section yet.")


def gone(t: Translator) -> str:
    return t.gettext("This section is no longer in the knowledge.")


def legend(t: Translator) -> str:
    # Translators: What the signs of a list mean: languages in which a section is missing, translations that are out of
    # date, languages with few example questions, drafts that wait, a fact that ends.
    return t.gettext("🌐 languages missing · ♻️ out of date · ❓ few questions · 📝 drafts · ⏳ ends")


def legend_of_asking(t: Translator) -> str:
    # Translators: What two signs mean that stand beside a section.
    return t.gettext("💤 never asked · 🔥 asked most")


# ── One section ──────────────────────────────────────────────────────────────────────────────────────────────────────


def missing_in(t: Translator, names: str) -> str:
    return t.fill(t.gettext("🌐 Missing in: {names}"), names=names)


def stale_in(t: Translator, names: str) -> str:
    return t.fill(t.gettext("♻️ Translation out of date: {names}"), names=names)


def questions(t: Translator, count: int) -> str:
    sentence = t.ngettext("{count} example question", "{count} example questions", count)
    return t.fill(sentence, count=t.number(count))


def few_questions_in(t: Translator, fewest: int, names: str) -> str:
    sentence = t.ngettext("❓ Fewer than {count} question: {names}", "❓ Fewer than {count} questions: {names}", fewest)
    return t.fill(sentence, count=t.number(fewest), names=names)


def drafts_waiting(t: Translator, count: int) -> str:
    sentence = t.ngettext("📝 {count} draft waits for you", "📝 {count} drafts wait for you", count)
    return t.fill(sentence, count=t.number(count))


def ends_on(t: Translator, day: date) -> str:
    return t.fill(t.gettext("⏳ Holds until {date}"), date=t.date(day))


def never_asked(t: Translator) -> str:
    return t.gettext("💤 Never asked for")


def asked_for(t: Translator, times: int) -> str:
    return t.fill(t.ngettext("Told {count} time", "Told {count} times", times), count=t.number(times))


def asked_most(t: Translator) -> str:
    return t.gettext("🔥 Among the sections asked for most")


def how_to_draft(t: Translator, command: str) -> str:
    return t.fill(t.gettext("To draft what is missing: {command}"), command=command)


def how_to_review(t: Translator, command: str) -> str:
    return t.fill(t.gettext("To see the drafts: {command}"), command=command)


def how_to_ask(t: Translator, command: str) -> str:
    # Translators: The command asks the bot all example questions, which takes minutes.
    return t.fill(t.gettext("How sure the bot is of it (takes minutes): {command}"), command=command)


# ── Office files in the folder ───────────────────────────────────────────────────────────────────────────────────────


def file_became_draft(t: Translator, file: str, draft: str) -> str:
    sentence = t.gettext("📄 {file} became a draft: {draft}\nNothing is told from it before somebody approves it.")
    return t.fill(sentence, file=file, draft=draft)


def file_refused(t: Translator, file: str, reason: str) -> str:
    return t.fill(t.gettext("📄 No draft could be made of {file}\n{reason}"), file=file, reason=reason)


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def command_knowledge(t: Translator) -> str:
    return t.pgettext("command", "How the sections stand")


def command_drafts(t: Translator) -> str:
    return t.pgettext("command", "Drafts that wait for you")


COMMANDS: tuple[tuple[str, Sentence], ...] = (("knowledge", command_knowledge), ("drafts", command_drafts))
"""What Telegram lists to the staff besides."""
