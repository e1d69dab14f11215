# ruff: noqa: D103 - a sentence needs no second one that describes it
"""What is said where people answer instead of the bot, to visitors and to the staff; the rules are those of `texts`."""

from __future__ import annotations

from bot.i18n.translator import Translator
from bot.relay.model import StaffPhrase

# ── To visitors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def button_ask_person(t: Translator) -> str:
    return t.pgettext("button", "👤 Ask a person")


def button_pass_on(t: Translator) -> str:
    return t.pgettext("button", "✅ Pass it on")


def button_end(t: Translator) -> str:
    return t.pgettext("button", "⏹ End")


def offer(t: Translator) -> str:
    return t.gettext(
        "Shall I pass this on to our staff? People will read it, and whatever you write after it. They are not shown "
        "your name."
    )


def hours(t: Translator, when: str) -> str:
    # Translators: {when} is like “Mon–Fri 09:00–18:00 (UTC+8)”.
    return t.fill(t.gettext("They answer at these times: {when}."), when=when)


def away(t: Translator) -> str:
    return t.gettext("They are away now and will answer when they are back.")


def person_by_button(t: Translator) -> str:
    return t.gettext("I am a bot. With the button below I pass on what you write to our staff.")


def opened(t: Translator) -> str:
    return t.gettext(
        "It is on its way to our staff. The answer will come here. Until you end this, all that you write here goes "
        "to them."
    )


def on_its_way(t: Translator) -> str:
    return t.gettext("On its way to our staff.")


def only_text(t: Translator) -> str:
    return t.gettext("Only text is passed on, so this was not.")


def ended(t: Translator) -> str:
    return t.gettext("The conversation with our staff has ended. Now I answer again: write your question.")


def may_not_have_arrived(t: Translator) -> str:
    # Translators: Below it stands what the visitor wrote to the staff.
    return t.gettext("It is not certain that our staff received this. If it matters, please write it again.")


def staff_answers(t: Translator) -> str:
    return t.gettext("A member of our staff answers:")


def by_machine(t: Translator) -> str:
    # Translators: Above it stands the translation, below it the original.
    return t.gettext("Translated by machine. The original:")


def phrase(t: Translator, which: StaffPhrase) -> str:
    # Translators: What the staff say to a visitor by one press.
    return {
        StaffPhrase.LOOKING: t.gettext("We are looking into it and will write to you here."),
        StaffPhrase.TELL_MORE: t.gettext("Please tell us a little more about it."),
    }[which]


def privacy(t: Translator, days: int) -> str:
    return t.fill(
        t.ngettext(
            "If you write to our staff, what you and they wrote is stored for {days} day. It also stands in the chat "
            "of our staff.",
            "If you write to our staff, what you and they wrote is stored for {days} days. It also stands in the chat "
            "of our staff.",
            days,
        ),
        days=t.number(days),
    )


def privacy_translated(t: Translator, host: str) -> str:
    # Translators: {host} is the internet address of a company that runs a language model.
    return t.fill(t.gettext("What is written there is sent to a language model at {host} to be translated."), host=host)


# ── To staff, in their group ─────────────────────────────────────────────────────────────────────────────────────────


def reply_to_answer(t: Translator) -> str:
    return t.gettext("To answer, reply to this message.")


def translation(t: Translator) -> str:
    return t.gettext("Translated by machine:")


def delivered(t: Translator) -> str:
    return t.gettext("Delivered.")


def in_doubt(t: Translator) -> str:
    return t.gettext("It is not certain that this arrived. It is not sent again by itself.")


def blocked(t: Translator) -> str:
    return t.gettext("Not delivered: the visitor has blocked the bot. The conversation has ended.")


def refused(t: Translator) -> str:
    return t.gettext("Not delivered: Telegram did not accept it.")


def over(t: Translator) -> str:
    return t.gettext("The conversation has ended. Replies are not passed on any more.")
