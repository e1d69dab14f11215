"""Row L22 of tests/faults/README.md: of a model that corrupts what it drafts hardly anything reaches a person's eyes.

The faithful drafts are those that people wrote for the plain training files; the stub spoils each in every way that its
text allows: a number one too high, another name, another language, a link of its own, an order in the source obeyed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.drafting.checking import SectionCheck
from bot.drafting.model import DraftRefusal, WrittenSection
from bot.ids import Locale
from bot.ingestion.model import Document
from tests.support.drafting_material import drafts, faithful, names, originals, spoiled

SEED = 20261128
LEAST_BLOCKED = 0.99
MOST_FAITHFUL_BLOCKED = 0.03
MOST_QUESTIONS_BLOCKED = 0.03


def _written() -> Iterator[tuple[Document, str, Locale, WrittenSection]]:
    for path, document in originals().items():
        for section in document.sections:
            for locale in Locale:
                if (path, locale) in drafts():
                    yield document, section.section_id, locale, faithful(document, section.section_id, locale)


def _check(document: Document, section_id: str, locale: Locale, identifier: ShortMessageIdentifier) -> SectionCheck:
    section = next(one for one in document.sections if one.section_id == section_id)
    return SectionCheck(document, section, locale, names()[document.path], identifier, "q0123456789abcdef")


@pytest.fixture(scope="module")
def identifier() -> ShortMessageIdentifier:
    return ShortMessageIdentifier()


@pytest.mark.nightly
def test_L22_corrupted_translations_are_thrown_away(identifier, capsys):
    draw = random.Random(SEED)
    tried, blocked = Counter(), Counter()
    for document, section_id, locale, written in _written():
        if locale is document.locale:
            continue
        check = _check(document, section_id, locale, identifier)
        for one in spoiled(written, document, locale, draw):
            tried[one.kind] += 1
            blocked[one.kind] += check.text(one.written.heading, one.written.text) is not None
    with capsys.disabled():
        print("\n", {kind: f"{blocked[kind]} of {count}" for kind, count in tried.items()})
    assert sum(tried.values()) > 2000
    assert blocked.total() >= LEAST_BLOCKED * tried.total()


@pytest.mark.nightly
def test_L22_faithful_translations_are_kept(identifier, capsys):
    refused, count = Counter[tuple[Locale, DraftRefusal]](), 0
    for document, section_id, locale, written in _written():
        if locale is document.locale:
            continue
        count += 1
        refusal = _check(document, section_id, locale, identifier).text(written.heading, written.text)
        if refusal is not None:
            refused[locale, refusal] += 1
    with capsys.disabled():
        print(f"\n{refused.total()} of {count} faithful translations thrown away", dict(refused))
    assert refused.total() <= MOST_FAITHFUL_BLOCKED * count


@pytest.mark.nightly
def test_L22_faithful_questions_are_kept(identifier, capsys):
    refused, count = Counter[tuple[Locale, DraftRefusal]](), 0
    for document, section_id, locale, written in _written():
        check = _check(document, section_id, locale, identifier)
        for questions, is_answered in ((written.questions, True), (written.near_misses, False)):
            for question in questions:
                count += 1
                refusal = check.question(question, is_answered=is_answered)
                if refusal is not None:
                    refused[locale, refusal] += 1
    with capsys.disabled():
        print(f"\n{refused.total()} of {count} faithful questions thrown away", dict(refused))
    assert refused.total() <= MOST_QUESTIONS_BLOCKED * count
