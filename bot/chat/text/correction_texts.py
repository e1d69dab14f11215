# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What is said where a fact was wrong, to visitors and to organisers; the rules are those of `texts`."""

from __future__ import annotations

from bot.i18n.translator import Translator

# ── To visitors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def told_wrong(t: Translator, was: str) -> str:
    # Translators: {was} are sentences of an earlier answer. What is right follows below.
    return t.fill(t.gettext("I told you: “{was}” That was wrong."), was=was)


def right_is(t: Translator, now: str) -> str:
    # Translators: Follows “I told you: … That was wrong.” {now} are sentences.
    return t.fill(t.gettext("Right is: “{now}”"), now=now)


def sorry(t: Translator) -> str:
    return t.gettext("I am sorry for the mistake.")


def privacy_corrections(t: Translator) -> str:
    # Translators: A sentence of the page on privacy. “Announcements” is not meant: this comes without subscribing.
    return t.gettext("If an answer that you got was wrong, I write to you once to put it right.")


# ── To organisers ────────────────────────────────────────────────────────────────────────────────────────────────────


def corrects(t: Translator, section: str) -> str:
    # Translators: {section} is the name of a file and of a section in it.
    return t.fill(t.gettext("Puts right what was wrong in {section}"), section=section)


def were_told(t: Translator, people: int) -> str:
    return t.fill(
        t.ngettext(
            "Goes to whoever was told it: {people} person", "Goes to whoever was told it: {people} people", people
        ),
        people=t.number(people),
    )


def list_entry(t: Translator, section: str, people: int) -> str:
    # Translators: On a button, after the state of an announcement. {people} were told a fact that was wrong.
    return t.fill(t.gettext("Correction ({people}): {section}"), section=section, people=t.number(people))
