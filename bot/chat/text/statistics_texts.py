# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence and label of `/stats`, in English, one function each; the rules are those of `texts`.

Messages in the context "chart" stand in a picture that is read on a phone: short, without emoji.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.answering.model import LostBy
from bot.i18n.translator import Translator
from bot.reports.statistics import Fate


def command_stats(t: Translator) -> str:
    return t.pgettext("command", "What visitors ask, in figures")


COMMANDS: tuple[tuple[str, Callable[[Translator], str]], ...] = (("stats", command_stats),)


def title(t: Translator) -> str:
    # Translators: The heading of a picture with figures about visitors' questions.
    return t.pgettext("chart", "What visitors ask")


def period(t: Translator, start: str, end: str) -> str:
    return t.fill(t.gettext("{start} – {end}"), start=start, end=end)


def nothing_asked(t: Translator) -> str:
    return t.gettext("Nobody has asked anything in these days.")


def how_to_ask(t: Translator, example: str) -> str:
    # Translators: {example} is a command such as /stats 7.
    return t.fill(t.gettext("For the last days in figures, write a number of days: {example}"), example=example)


def table_note(t: Translator) -> str:
    # Translators: Below a file.
    return t.gettext("The same as a table. It has sums only and names nobody.")


def questions(t: Translator) -> str:
    return t.pgettext("chart", "Questions")


def answered(t: Translator) -> str:
    # Translators: Below a share in per cent of all questions.
    return t.pgettext("chart", "Answered")


def opinions(t: Translator) -> str:
    # Translators: Below two numbers such as 20 : 3, how many visitors found an answer helpful, and how many not.
    return t.pgettext("chart", "Helpful : not helpful")


def usual_time(t: Translator) -> str:
    # Translators: Below a time such as 0.3 s: half of the answers took no longer.
    return t.pgettext("chart", "Usual time to answer")


def longest_time(t: Translator) -> str:
    # Translators: Below a time such as 1.2 s: 95 of 100 answers took no longer.
    return t.pgettext("chart", "95 of 100 answers within")


def subscribers(t: Translator) -> str:
    return t.pgettext("chart", "Subscribers now")


def duration(t: Translator, milliseconds: float) -> str:
    if milliseconds < 1000:
        # Translators: Milliseconds, abbreviated.
        return t.fill(t.pgettext("chart", "{number} ms"), number=t.number(round(milliseconds)))
    # Translators: Seconds, abbreviated.
    return t.fill(t.pgettext("chart", "{number} s"), number=t.number(round(milliseconds / 1000, 1)))


def by_day(t: Translator) -> str:
    return t.pgettext("chart", "Questions by day")


def by_language(t: Translator) -> str:
    return t.pgettext("chart", "Questions by language")


def by_topic(t: Translator) -> str:
    return t.pgettext("chart", "Answers by topic")


def by_fate(t: Translator) -> str:
    # Translators: The heading over: Answered, Not known, Small talk and the like.
    return t.pgettext("chart", "What became of the questions")


def by_step(t: Translator) -> str:
    # Translators: The heading over reasons such as: Nothing found, Answer did not help.
    return t.pgettext("chart", "Why questions were lost")


def step(t: Translator, value: LostBy) -> str:
    return {
        LostBy.NOTHING_FOUND: t.pgettext("chart", "Nothing found"),
        LostBy.LOW_CONFIDENCE: t.pgettext("chart", "Not sure enough"),
        # Translators: The section lacks the price, number or year that was asked for.
        LostBy.RULE: t.pgettext("chart", "Lacks what was asked"),
        LostBy.EXPIRED: t.pgettext("chart", "No longer valid"),
        LostBy.NO_COPY: t.pgettext("chart", "Only in other languages"),
        # Translators: A question that is known to have no answer.
        LostBy.OPEN_QUESTION: t.pgettext("chart", "Known to be open"),
        LostBy.OFFERED: t.pgettext("chart", "Offered, not opened"),
        LostBy.THUMBS_DOWN: t.pgettext("chart", "Answer did not help"),
    }[value]


def agreed_by_day(t: Translator) -> str:
    return t.pgettext("chart", "New subscribers by day")


def others(t: Translator) -> str:
    # Translators: The last bar of a chart: all that has no bar of its own.
    return t.pgettext("chart", "Others")


def fate(t: Translator, value: Fate) -> str:
    return {
        Fate.ANSWERED: answered(t),
        # Translators: Questions for which several sections were offered to choose from.
        Fate.OFFERED: t.pgettext("chart", "Sections offered"),
        # Translators: Questions that could mean several things, so that the bot asked which.
        Fate.CLARIFY: t.pgettext("chart", "Asked what was meant"),
        # Translators: Questions to which the bot knew no answer.
        Fate.UNKNOWN: t.pgettext("chart", "Not known"),
        # Translators: Questions that the bot does not answer: on politics, for personal advice and the like.
        Fate.DECLINED: t.pgettext("chart", "Declined"),
        # Translators: Greetings, thanks and the like.
        Fate.SMALL_TALK: t.pgettext("chart", "Small talk"),
    }[value]
