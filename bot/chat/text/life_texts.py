# ruff: noqa: D103 - a sentence needs no second one that describes it
"""Every sentence about facts that end, in English, one function each; the rules are `texts`'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.i18n.translator import Translator

Sentence = Callable[[Translator], str]


def holds_until(t: Translator, day: date) -> str:
    # Translators: Below a fact that is near its end.
    return t.fill(t.gettext("Holds until {date}."), date=t.date(day))


# ── For the staff ────────────────────────────────────────────────────────────────────────────────────────────────────


def ends_soon(t: Translator) -> str:
    # Translators: Above a list of facts, each with its date; renewed: given a new date.
    return t.gettext("These facts end soon. Please renew them or let them end:")


def have_ended(t: Translator) -> str:
    # Translators: Above a list of facts.
    return t.gettext("These facts have ended. The bot no longer tells them:")


def nothing_ends(t: Translator, days: int) -> str:
    sentence = t.ngettext("Nothing ends within {count} day.", "Nothing ends within {count} days.", days)
    return t.fill(sentence, count=t.number(days))


def button_all_ends(t: Translator) -> str:
    # Translators: A button: the list of all facts that end soon or have ended.
    return t.gettext("⏳ All that ends")


def command_expiring(t: Translator) -> str:
    # Translators: What a command shows.
    return t.gettext("Facts that end soon")


COMMANDS: tuple[tuple[str, Sentence], ...] = (("expiring", command_expiring),)
"""What Telegram lists to the staff besides."""
