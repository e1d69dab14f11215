"""What is answerable: a line a section, the ones that need a person first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, KnowledgeDraft, Readership
from bot.ingestion.translations import copies_of
from bot.ingestion.validity import with_shared_validity

FEW_QUESTIONS = 6
"""Questions in a language from which a section counts as well asked for: so many are drafted, too."""


@dataclass(frozen=True, slots=True)
class SectionStatus:
    """How one section stands in all its languages."""

    key: SectionKey
    headings: Mapping[Locale, str]
    """In each language in which it stands."""
    stale: tuple[Locale, ...]
    """The translations whose source has changed since."""
    questions: int
    """Example questions in all languages."""
    poor: tuple[Locale, ...]
    """The languages with fewer than six of them."""
    drafts: int
    """Drafts of its document that wait for a person."""
    ends_on: date | None
    """The first day on which a copy of it ends."""
    told: int = 0
    """How often visitors were told it, as far back as questions are kept."""
    sure: tuple[int, int] | None = None
    """Of its own questions, held out: how many led to it, and how many were asked. None where none was."""

    @property
    def locales(self) -> tuple[Locale, ...]:
        """The languages in which it stands."""
        return tuple(self.headings)

    def heading(self, locale: Locale) -> tuple[Locale, str]:
        """In this language, else in the first there is, with the language."""
        return next((one for one in self.headings.items() if one[0] is locale), next(iter(self.headings.items())))

    def missing(self, locales: Collection[Locale]) -> tuple[Locale, ...]:
        """Those of the languages in which it does not stand."""
        return tuple(locale for locale in locales if locale not in self.locales)


def section_statuses(
    documents: Iterable[Document],
    drafts: Iterable[KnowledgeDraft],
    *,
    stale: Collection[str] = (),
    told: Mapping[str, int] | None = None,
    sure: Mapping[str, tuple[int, int]] | None = None,
) -> list[SectionStatus]:
    """Every section that visitors may be told; `stale` are files, `told` and `sure` go by the section's key."""
    waiting: dict[str, int] = defaultdict(int)
    for draft in drafts:
        waiting[draft.path] += 1
    public = (one for one in documents if one.audience is Readership.PUBLIC and one.answerable and one.reply is None)
    sections = [one for one in public if not one.is_pin]
    return [
        _status(key, copies, set(stale), waiting[key.path], told or {}, sure or {})
        for copies in copies_of(with_shared_validity(sections))
        for key in dict.fromkeys(copy.key_of(section) for copy in copies for section in copy.sections)
    ]


def worst_first(statuses: Iterable[SectionStatus], *, today: date) -> list[SectionStatus]:
    """What has ended, then what the bot is least sure of, what is stale, missing or asked for by few questions."""
    listed = list(statuses)
    locales = {locale for one in listed for locale in one.locales}

    def badness(one: SectionStatus) -> tuple[object, ...]:
        is_over = one.ends_on is not None and one.ends_on < today
        right, asked = one.sure or (1, 1)
        return (
            not is_over,
            right / max(asked, 1),
            -len(one.stale),
            -len(one.missing(locales)),
            -len(one.poor),
            -one.told,
            str(one.key),
        )

    return sorted(listed, key=badness)


def most_told(statuses: Iterable[SectionStatus], *, count: int) -> frozenset[SectionKey]:
    """The sections that visitors were told most often, at most so many; none that never was."""
    asked = sorted((one for one in statuses if one.told), key=lambda one: (-one.told, str(one.key)))
    return frozenset(one.key for one in asked[:count])


def _status(  # noqa: PLR0917 - six different things, each of its own type
    key: SectionKey,
    copies: list[Document],
    stale: set[str],
    drafts: int,
    told: Mapping[str, int],
    sure: Mapping[str, tuple[int, int]],
) -> SectionStatus:
    found = [(copy, one) for copy in copies for one in copy.sections if copy.key_of(one) == key]
    sections = {copy.locale: one for copy, one in found}
    ends = [section.valid_until for section in sections.values() if section.valid_until is not None]
    return SectionStatus(
        key=key,
        headings={copy.locale: one.heading or copy.title for copy, one in found},
        stale=tuple(copy.locale for copy in copies if copy.file in stale and copy.locale in sections),
        questions=sum(len(section.questions) for section in sections.values()),
        poor=tuple(locale for locale, section in sections.items() if len(section.questions) < FEW_QUESTIONS),
        drafts=drafts,
        ends_on=min(ends, default=None),
        told=told.get(str(key), 0),
        sure=sure.get(str(key)),
    )
