"""How the sections stand, as staff see it on a phone: ten at a time, and one of them in full."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.chat.staff.buttons import StaffVerb, staff_key
from bot.chat.text import knowledge_texts, life_texts, staff_texts, texts
from bot.chat.text.keyboards import Key, grid
from bot.chat.text.menus import command_line
from bot.chat.text.rendering import Html, bold, italic, lines, paragraphs, quoted, said
from bot.chat.text.replies import Reply
from bot.i18n.bidi import isolate
from bot.i18n.translator import Translator
from bot.ids import Locale, SectionKey
from bot.ingestion.overview import FEW_QUESTIONS, SectionStatus, most_told
from bot.writing.cleaning import one_line

_A_PAGE = 10
"""Sections that can be read at a glance. Chosen by reasoning."""
_COLUMNS = 5
"""Numbers in a row of buttons, each wide enough for a thumb. Chosen by reasoning."""
_HEADING_LIMIT = 70
"""Characters of a heading in the list: two lines of a phone (by reasoning)."""
_ASKED_MOST = 10
"""Sections that are marked as asked for most: one page of them. Chosen by reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionsView:
    """The sections, the ones that need a person first, with what says when a fact is near its end."""

    sections: Sequence[SectionStatus]
    today: date
    remind_days: int

    @property
    def locales(self) -> Sequence[Locale]:
        """The languages of the knowledge, in the order in which people choose them."""
        found = {locale for one in self.sections for locale in one.locales}
        return [locale for locale in Locale if locale in found]

    def find(self, key: str) -> SectionStatus | None:
        """The section of that key; None where it is gone."""
        return next((one for one in self.sections if str(one.key) == key), None)

    def ends_soon(self, section: SectionStatus) -> bool:
        """Whether it has ended, or ends within the days of reminding."""
        return section.ends_on is not None and section.ends_on <= self.today + timedelta(days=self.remind_days)


def sections_page(view: SectionsView, page: int, t: Translator) -> Reply:
    """Ten of them; a page beyond the last is the last."""
    count = len(view.sections)
    if not count:
        return Reply(said(knowledge_texts.no_sections(t), t.locale))
    page = min(page, (count - 1) // _A_PAGE)
    first = page * _A_PAGE
    shown = view.sections[first : first + _A_PAGE]
    most = most_told(view.sections, count=_ASKED_MOST)
    text = paragraphs(
        lines(
            bold(said(knowledge_texts.title(t), t.locale)),
            said(knowledge_texts.page(t, first + 1, first + len(shown), count), t.locale),
        ),
        *(_listed(number, one, view, t, most=most) for number, one in enumerate(shown, start=first + 1)),
        lines(
            italic(said(knowledge_texts.legend(t), t.locale)),
            italic(said(knowledge_texts.legend_of_asking(t), t.locale)),
        ),
    )
    keys = [
        staff_key(t.number(number), StaffVerb.SECTION, str(page), one.key)
        for number, one in enumerate(shown, start=first + 1)
    ]
    return Reply(text, (*grid(keys, columns=_COLUMNS), tuple(_turns(page, count))))


def section_page(view: SectionsView, section: SectionStatus, page: int, t: Translator) -> Reply:
    """Everything about a section, and what can be done about it; `page` is where it stands in the list."""
    locale, heading = section.heading(t.locale)
    text = paragraphs(
        lines(bold(quoted(heading, locale)), italic(quoted(str(section.key), Locale.EN))),
        lines(*(said(fact, t.locale) for fact in _facts(view, section, t))),
        lines(*(said(step, t.locale) for step in _steps(view, section, t))),
    )
    return Reply(text, ((staff_key(texts.button_back(t), StaffVerb.SECTIONS, str(page)),),))


def _turns(page: int, count: int) -> Iterator[Key]:
    if page > 0:
        yield staff_key("◀️", StaffVerb.SECTIONS, str(page - 1))
    if (page + 1) * _A_PAGE < count:
        yield staff_key("▶️", StaffVerb.SECTIONS, str(page + 1))


def _listed(
    number: int, section: SectionStatus, view: SectionsView, t: Translator, *, most: Collection[SectionKey]
) -> Html:
    locale, heading = section.heading(t.locale)
    shown = quoted(one_line(heading, limit=_HEADING_LIMIT), locale)
    marks = " · ".join(_marks(section, view, t, most=most)) or "✅"
    return lines(bold(said(f"{t.number(number)}.", t.locale)) + Html(" ") + shown, said(marks, t.locale))


def _marks(section: SectionStatus, view: SectionsView, t: Translator, *, most: Collection[SectionKey]) -> Iterator[str]:
    counts = {
        "🌐": len(section.missing(view.locales)),
        "♻️": len(section.stale),
        "❓": len(section.poor),
        "📝": section.drafts,
    }
    yield from (f"{sign} {t.number(count)}" for sign, count in counts.items() if count)
    if section.ends_on is not None and view.ends_soon(section):
        yield f"⏳ {t.date(section.ends_on)}"
    if not section.told:
        yield "💤"
    elif section.key in most:
        yield "🔥"


def _facts(view: SectionsView, section: SectionStatus, t: Translator) -> Iterator[str]:
    if missing := section.missing(view.locales):
        yield knowledge_texts.missing_in(t, _names(missing))
    if section.stale:
        yield knowledge_texts.stale_in(t, _names(section.stale))
    yield knowledge_texts.questions(t, section.questions)
    if section.poor:
        yield knowledge_texts.few_questions_in(t, FEW_QUESTIONS, _names(section.poor))
    if section.drafts:
        yield knowledge_texts.drafts_waiting(t, section.drafts)
    if section.ends_on is not None:
        yield knowledge_texts.ends_on(t, section.ends_on)
    yield knowledge_texts.asked_for(t, section.told) if section.told else knowledge_texts.never_asked(t)
    if section.key in most_told(view.sections, count=_ASKED_MOST):
        yield knowledge_texts.asked_most(t)


def _steps(view: SectionsView, section: SectionStatus, t: Translator) -> Iterator[str]:
    """The command or page that helps with each thing that the section lacks."""
    if section.missing(view.locales) or section.stale or section.poor:
        yield knowledge_texts.how_to_draft(t, _command(f"scoda knowledge draft {section.key.path}", t))
    if section.drafts:
        yield knowledge_texts.how_to_review(t, _command("/drafts", t))
    if view.ends_soon(section):
        yield command_line("expiring", life_texts.command_expiring(t), t)
    yield command_line("gaps", staff_texts.command_gaps(t), t)
    yield knowledge_texts.how_to_ask(t, _command("scoda knowledge status --sections --ask", t))


def _names(locales: Sequence[Locale]) -> str:
    return ", ".join(locale.endonym for locale in locales)


def _command(command: str, t: Translator) -> str:
    return isolate(command, t.locale)
