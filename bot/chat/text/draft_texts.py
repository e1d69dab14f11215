# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What staff are told of drafts for the knowledge; the rules are those of `texts`."""

from __future__ import annotations

from bot.drafting.desk import DraftOutcome
from bot.i18n.translator import Translator


def title(t: Translator, count: int) -> str:
    return t.fill(
        t.ngettext(
            "{count} draft waits for somebody to read it",
            "{count} drafts wait for somebody to read them, the oldest first",
            count,
        ),
        count=t.number(count),
    )


def where(t: Translator) -> str:
    return t.fill(
        t.gettext("{command} shows drafts for the knowledge that wait for somebody to read them."), command="/drafts"
    )


def none(t: Translator) -> str:
    return t.gettext("No draft waits.")


def compare(t: Translator, language: str) -> str:
    # Translators: {language} is a language's own name; do not add endings to it.
    return t.fill(
        t.gettext("🤖 Draft, language: {language}. Visitors are told nothing of it before it is approved."),
        language=language,
    )


def new_document(t: Translator) -> str:
    return t.gettext("There is no such text yet in any language.")


def answered(t: Translator) -> str:
    return t.gettext("Questions that it answers:")


def not_answered(t: Translator) -> str:
    return t.gettext("Questions that it does not answer:")


def cut(t: Translator, file: str) -> str:
    return t.fill(t.gettext("The rest stands in the file: {file}"), file=file)


def button_approve(t: Translator) -> str:
    return t.pgettext("button", "✅ Approve the draft")


def button_discard(t: Translator) -> str:
    return t.pgettext("button", "🗑 Remove the draft")


def approved(t: Translator, file: str) -> str:
    return t.fill(t.gettext("✅ Approved: {file}. Visitors are told from it in a moment."), file=file)


def discarded(t: Translator, file: str) -> str:
    return t.fill(t.gettext("🗑 Removed: {file}"), file=file)


def outcome(t: Translator, value: DraftOutcome, detail: str) -> str:
    """Why nothing was done; `detail` is a few English words."""
    template = {
        DraftOutcome.DONE: t.gettext("Done."),
        DraftOutcome.NOT_ALLOWED: t.gettext("Only a reviewer or an owner decides about drafts."),
        DraftOutcome.GONE: t.gettext("Somebody has decided about this draft already."),
        DraftOutcome.SEEN_ANOTHER: t.gettext("The draft has changed since you looked: look again."),
        DraftOutcome.NOT_FIT: t.gettext("It cannot be approved as it is: {detail}"),
    }[value]
    return t.fill(template, detail=detail)
