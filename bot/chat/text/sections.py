"""Sections of the knowledge word for word: whole ones, the passages behind an answer, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.answering.model import Answer, Citation, TurnRecord
from bot.chat.text import life_texts, texts
from bot.chat.text.rendering import Html, blockquote, bold, italic, lines, link, paragraphs, quoted, said
from bot.i18n.translator import Translator
from bot.ids import Locale

SOURCES_SHOWN = 3
"""Sources below an answer, which seldom quotes more than two sections. Chosen by reasoning: small print stays small."""
_LIST_MARKS = ("•", "- ", "– ", "* ")
"""A sentence that begins so is an item of a list and keeps a line of its own."""
FOLDED_FROM = 900
"""Characters. A longer section is folded: its beginning shows, a tap unfolds it. About a screen; not measured."""
_MOST_SHOWN = 12_000
"""Characters of a section that are shown, about three messages: a section of 20,000 words came as thirty."""
_LONG_WORD = 100
"""Characters before the cut in which a blank is looked for: longer than any word. Chinese has none and is cut there."""


def section_text(answer: Answer, t: Translator, *, near: date | None) -> Html:
    """A whole section with its title and source; of one as long as a book the beginning.

    An end up to the day `near` is told in a line of its own, here and in what follows.
    """
    body = _shown(running_text((*answer.sentences, *answer.rest), answer.written_in))
    text = quoted(body, answer.written_in)
    if len(body) > FOLDED_FROM:
        text = blockquote(text, expandable=True)
    heading = next(iter(answer.citations), None)
    return paragraphs(
        bold(quoted(heading.heading or heading.title, heading.locale)) if heading else Html(),
        text,
        near_end(answer, t, near=near),
        source_footer(answer, t, near=near),
    )


def why_page(turn: TurnRecord, sections: Sequence[Answer], t: Translator) -> Html:
    """The passages behind an answer as they stand, with their files and dates."""
    now = max(section.knowledge_version for section in sections)
    how = texts.why_composed if turn.composed else texts.why_quoted
    return paragraphs(
        bold(said(texts.why_title(t), t.locale)),
        said(how(t), t.locale),
        *(_passage(section, t) for section in sections),
        said(texts.why_version(t, now), t.locale) if now else Html(),
        said(texts.why_changed(t, turn.knowledge_version), t.locale) if 0 < turn.knowledge_version < now else Html(),
    )


def _passage(section: Answer, t: Translator) -> Html:
    citation = section.citations[0]
    file = f"{citation.locale}/{citation.key}"
    return paragraphs(
        bold(quoted(citation.heading or citation.title, citation.locale)),
        blockquote(
            quoted(_shown(running_text(section.sentences, section.written_in)), section.written_in), expandable=True
        ),
        lines(
            said(texts.why_file(t, file), t.locale),
            _source(citation, t),
            said(texts.valid_until(t, citation.valid_until), t.locale) if citation.valid_until else Html(),
        ),
    )


def source_details(answers: Sequence[Answer], t: Translator) -> Html:
    """Everything known about the sources of these sections."""
    citations = dict.fromkeys(citation for answer in answers for citation in answer.citations)
    if not citations:
        return said(texts.no_source(t), t.locale)
    return paragraphs(bold(said(texts.source_details(t), t.locale)), *(_details(citation, t) for citation in citations))


def _details(citation: Citation, t: Translator) -> Html:
    shown_url = quoted(citation.url, Locale.EN) if citation.url else Html()
    return lines(
        said(texts.source_document(t, citation.title), t.locale) if citation.title else Html(),
        said(texts.source_section(t, citation.heading), t.locale) if citation.heading else Html(),
        _source(citation, t),
        italic(quoted(citation.source_title, citation.locale)),
        link(shown_url, citation.url),
    )


def near_end(answer: Answer, t: Translator, *, near: date | None) -> Html:
    """The first end of what was told, where it is near: no small print then."""
    day = _first_end(answer, near)
    return said(life_texts.holds_until(t, day), t.locale) if day else Html()


def _first_end(answer: Answer, near: date | None) -> date | None:
    ends = (citation.valid_until for citation in answer.citations)
    return min((day for day in ends if day and near and day <= near), default=None)


def source_footer(answer: Answer, t: Translator, *, near: date | None) -> Html:
    """Title, source and dates, in small print; without the end that `near_end` tells."""
    shown = answer.citations[:SOURCES_SHOWN]
    titles = [
        Html("📄 ") + quoted(title, locale)
        for title, locale in dict.fromkeys((c.title, c.locale) for c in shown)
        if title
    ]
    sources = dict.fromkeys(_source(citation, t) for citation in shown)
    told = _first_end(answer, near)
    days = [day for day in dict.fromkeys(citation.valid_until for citation in shown) if day and day != told]
    ends = [said(texts.valid_until(t, day), t.locale) for day in days]
    foreign = [said(texts.written_in(t, answer.written_in), t.locale)] if answer.written_in != t.locale else []
    worded = [said(texts.worded_by_model(t), t.locale)] if answer.composed and titles else []
    return italic(lines(*foreign, *worded, *titles, *sources, *ends))


def _source(citation: Citation, t: Translator) -> Html:
    if not citation.publisher:
        return said(texts.as_of_line(t, citation.as_of), t.locale) if citation.as_of else Html()
    line = texts.source_line(t, citation.publisher, citation.source_date, citation.as_of)
    return link(said(line, t.locale), citation.url)


def running_text(sentences: Sequence[str], locale: Locale) -> str:
    """The sentences as running text: list items on their own lines, no blanks between Chinese sentences."""
    blank = "" if locale is Locale.ZH else " "
    text = ""
    for sentence in sentences:
        separator = "\n" if sentence.startswith(_LIST_MARKS) else blank
        text += separator + sentence if text else sentence
    return text


def _shown(text: str) -> str:
    """As much of a section as is shown, to the end of a word where there are any."""
    if len(text) <= _MOST_SHOWN:
        return text
    blank = text.rfind(" ", _MOST_SHOWN - _LONG_WORD, _MOST_SHOWN)
    return f"{text[: blank if blank > 0 else _MOST_SHOWN]} …"
