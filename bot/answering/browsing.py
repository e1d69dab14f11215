"""Browsing the published knowledge: the right copy of a section, its topics and documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.answering.language import copy_order
from bot.answering.model import Citation, DocumentView, Suggestion, TopicView
from bot.answering.ports import Knowledge, StoredSection
from bot.ids import Locale, SectionKey


def best_copy(copies: Sequence[StoredSection], locale: Locale, today: date) -> StoredSection | None:
    """The valid copy in `locale`, or in the language nearest to its readers; None when no copy is valid today."""
    for other in copy_order(locale):
        for copy in copies:
            if copy.locale is other and is_valid(copy, today):
                return copy
    return None


def is_valid(section: StoredSection, today: date) -> bool:
    """Whether the section may be told as current: both ends of its validity are inclusive."""
    return (section.valid_from is None or section.valid_from <= today) and (
        section.valid_until is None or today <= section.valid_until
    )


def citation(section: StoredSection) -> Citation:
    """Where the section comes from."""
    return Citation(
        key=section.key,
        title=section.title,
        heading=section.heading,
        publisher=section.publisher,
        source_title=section.source_title,
        url=section.url,
        source_date=section.source_date,
        as_of=section.as_of,
        valid_until=section.valid_until,
        locale=section.locale,
    )


def suggestion(section: StoredSection) -> Suggestion:
    """The section's first question, or its heading where it has none."""
    return Suggestion(section.key, section.questions[0] if section.questions else section.heading or section.title)


def topics(knowledge: Knowledge, today: date) -> list[TopicView]:
    """The topics in which something can be read today."""
    documents: dict[str, set[str]] = {}
    for section in _readable(knowledge, Locale.EN, today):
        documents.setdefault(section.topic, set()).add(section.key.path)
    return [TopicView(topic, len(paths)) for topic, paths in documents.items()]


def documents(knowledge: Knowledge, topic: str, locale: Locale, today: date) -> list[DocumentView]:
    """The documents of a topic, each with its sections' headings, in `locale` or the best other language."""
    by_path: dict[str, list[StoredSection]] = {}
    for section in _readable(knowledge, locale, today):
        if section.topic == topic:
            by_path.setdefault(section.key.path, []).append(section)
    return [
        DocumentView(
            path=path,
            title=sections[0].title,
            topic=topic,
            locale=sections[0].locale,
            sections=tuple(Suggestion(section.key, section.heading) for section in sections),
        )
        for path, sections in by_path.items()
    ]


def readable(knowledge: Knowledge, key: SectionKey, locale: Locale, today: date) -> StoredSection | None:
    """The copy to show of one section; None when it is gone, no longer valid or an open question."""
    section = best_copy(knowledge.copies(key), locale, today)
    return section if section is not None and section.answerable else None


def _readable(knowledge: Knowledge, locale: Locale, today: date) -> Iterator[StoredSection]:
    for key in knowledge.keys():  # noqa: SIM118 - no mapping, a port
        section = readable(knowledge, key, locale, today)
        if section is not None and not section.is_pin:
            yield section
