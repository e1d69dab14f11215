"""Which facts end soon and which have ended, as the staff read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.text import life_texts, staff_texts
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.i18n.translator import Translator
from bot.ids import Locale
from bot.ingestion.validity import Expiry
from bot.reminding.model import Phase, Reminder

_MOST_SHOWN = 20
"""Of each kind, two screens of a phone; the rest is left to `scoda knowledge expiring` (by reasoning)."""


def expiry_page(expiries: Sequence[Expiry], t: Translator, *, today: date, days: int) -> Reply:
    """What ends within so many days, the next first, and what has ended, the last first."""
    if not expiries:
        return Reply(said(life_texts.nothing_ends(t, days), t.locale))
    soon = [one for one in expiries if one.ends_on >= today]
    over = [one for one in reversed(expiries) if one.ends_on < today]
    return Reply(_listed(soon, over, t))


def reminder_page(reminders: Sequence[Reminder], t: Translator) -> Reply:
    """What a person is told, once a day at most."""
    soon = [one.expiry for one in reminders if one.phase is Phase.BEFORE]
    over = [one.expiry for one in reminders if one.phase is Phase.AFTER]
    return Reply(_listed(soon, over, t), ((staff_key(life_texts.button_all_ends(t), StaffVerb.EXPIRING),),))


def _listed(soon: Sequence[Expiry], over: Sequence[Expiry], t: Translator) -> Html:
    return paragraphs(
        *((bold(said(life_texts.ends_soon(t), t.locale)), _lines(soon, t)) if soon else ()),
        *((bold(said(life_texts.have_ended(t), t.locale)), _lines(over, t)) if over else ()),
    )


def _lines(expiries: Sequence[Expiry], t: Translator) -> Html:
    left = len(expiries) - _MOST_SHOWN
    shown = [_line(one, t) for one in expiries[:_MOST_SHOWN]]
    return lines(*shown, *([said(staff_texts.more_lines(t, left), t.locale)] if left > 0 else []))


def _line(expiry: Expiry, t: Translator) -> Html:
    """The date, the heading and the file; below another the copies that end with it are only counted."""
    locale, heading = expiry.heading(t.locale)
    others = f" +{t.number(len(expiry.files) - 1)}" if len(expiry.files) > 1 else ""
    return lines(
        said(f"⏳ {t.date(expiry.ends_on)}", t.locale),
        quoted(heading, locale),
        italic(quoted(f"{expiry.files[0]}{others}", Locale.EN)),
    )
