"""Row L06 of tests/faults/README.md on the real knowledge: what a model changed is not shown, what it only reworded is.

Sentences of every language are reworded or corrupted as a model might do it, from a seed, and held against the passages
that they cite.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.answering.generation.answer_check import Checker
from bot.answering.generation.known_terms import KnownTerms, known_terms_of
from bot.answering.generation.model import DraftSentence, Passage, RejectionReason
from bot.answering.ports import StoredSection
from bot.ids import Locale
from tests.support.composing_material import (
    CORRUPTIONS,
    TODAY,
    Published,
    Written,
    by_locale,
    copies,
    corrupted,
    faithful,
)

pytestmark = pytest.mark.nightly

SEED = 20261125
SECTIONS = 32
"""For each language."""
SECTIONS_TRANSLATED = 8
LEAST_CORRUPTIONS = 1000
LEAST_BLOCKED = 0.99
LEAST_BLOCKED_IN_A_LANGUAGE = 0.98
MOST_FAITHFUL_BLOCKED = 0.03
MOST_FAITHFUL_BLOCKED_IN_A_LANGUAGE = 0.06
LEAST_TRANSLATIONS_BLOCKED = 0.98
LEAST_TRANSLATIONS_SHOWN = 0.4


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence and what the checker said to it; None where it may be shown."""

    locale: Locale
    written: Written
    is_faithful: bool
    block: RejectionReason | None


@pytest.fixture(scope="module")
def identifier() -> ShortMessageIdentifier:
    return ShortMessageIdentifier()


@pytest.fixture(scope="module")
def checked(identifier: ShortMessageIdentifier) -> Sequence[Checked]:
    """Every sentence of the sample; the section that it cites stands beside the two that follow it."""
    rng = random.Random(SEED)
    results: list[Checked] = []
    for locale, sections in by_locale().items():
        for place in rng.sample(range(len(sections)), SECTIONS):
            given = [sections[(place + step) % len(sections)] for step in range(3)]
            checker = _checker(identifier, locale, given)
            results.extend(_results(checker, locale, sections[place], rng))
    return results


def _checker(
    identifier: ShortMessageIdentifier,
    locale: Locale,
    given: Sequence[StoredSection],
    known_terms: KnownTerms = KnownTerms(),  # noqa: B008 - a value that nothing changes
) -> Checker:
    passages = tuple(Passage(number, section) for number, section in enumerate(given, start=1))
    return Checker(identifier, "q0123456789abcdef", locale, TODAY, passages, known_terms)


def _results(checker: Checker, locale: Locale, section: StoredSection, rng: random.Random) -> Iterator[Checked]:
    for is_faithful, made in ((True, faithful(section, rng)), (False, corrupted(section, rng))):
        for written in made:
            result = checker.check_one(DraftSentence(written.text, (1,)))
            yield Checked(locale, written, is_faithful, result if isinstance(result, RejectionReason) else None)


def _blocked(results: Sequence[Checked]) -> float:
    return sum(one.block is not None for one in results) / len(results)


def _split(results: Sequence[Checked]) -> tuple[list[Checked], list[Checked]]:
    return [one for one in results if one.is_faithful], [one for one in results if not one.is_faithful]


def _by_locale(results: Sequence[Checked]) -> Mapping[Locale, list[Checked]]:
    found: dict[Locale, list[Checked]] = defaultdict(list)
    for one in results:
        found[one.locale].append(one)
    return found


def _table(results: Sequence[Checked]) -> str:
    """Language by language: how many were blocked, of how many."""
    lines = ["", "          faithful, blocked    corrupted, blocked"]
    for name, some in (*_by_locale(results).items(), ("all", results)):
        cells = (
            f"{sum(one.block is not None for one in part):>5} of {len(part):>5} {_blocked(part):6.1%}"
            for part in _split(some)
        )
        lines.append(f"  {name:<5}" + "   ".join(cells))
    return "\n".join(lines)


def _shown(results: Sequence[Checked]) -> str:
    return "\n".join(f"  {one.locale} {one.written.kind} {one.block}: {one.written.text}" for one in results)


def test_L06_of_a_thousand_corruptions_99_in_100_are_blocked_and_of_the_faithful_at_most_3(
    checked: Sequence[Checked], capsys: pytest.CaptureFixture[str]
) -> None:
    kept, changed = _split(checked)
    table = _table(checked)
    with capsys.disabled():
        print(table)

    assert len(changed) >= LEAST_CORRUPTIONS
    passed = [one for one in changed if one.block is None]
    assert _blocked(changed) >= LEAST_BLOCKED, f"{table}\n{_shown(passed)}"
    stopped = [one for one in kept if one.block is not None]
    assert _blocked(kept) <= MOST_FAITHFUL_BLOCKED, f"{table}\n{_shown(stopped)}"


@pytest.mark.parametrize("locale", Locale)
def test_L06_no_language_is_checked_worse_than_the_others(checked: Sequence[Checked], locale: Locale) -> None:
    kept, changed = _split(_by_locale(checked)[locale])

    assert _blocked(changed) >= LEAST_BLOCKED_IN_A_LANGUAGE, _shown([one for one in changed if one.block is None])
    assert _blocked(kept) <= MOST_FAITHFUL_BLOCKED_IN_A_LANGUAGE, _shown([one for one in kept if one.block])


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda corrupt: corrupt.__name__)
def test_L06_no_kind_of_corruption_slips_through(checked: Sequence[Checked], corrupt: object) -> None:
    name = getattr(corrupt, "__name__", "")
    of_kind = [one for one in checked if one.written.kind == name]

    assert len(of_kind) >= 30
    assert _blocked(of_kind) >= LEAST_BLOCKED_IN_A_LANGUAGE, _shown([one for one in of_kind if one.block is None])


def test_each_kind_of_corruption_is_recognised_as_what_it_is(checked: Sequence[Checked]) -> None:
    reasons: dict[str, Counter[RejectionReason | None]] = defaultdict(Counter)
    for one in _split(checked)[1]:
        reasons[one.written.kind][one.block] += 1

    usual = {kind: counts.most_common(1)[0][0] for kind, counts in reasons.items()}
    assert usual.pop("number_moved") in {RejectionReason.NUMBER, RejectionReason.DATE}, (
        "many numbers are days and years"
    )
    assert usual == {
        "figures_exchanged": RejectionReason.NUMBER,
        "date_shifted": RejectionReason.DATE,
        "name_swapped": RejectionReason.NAME,
        "unit_changed": RejectionReason.UNIT,
        "language_wrong": RejectionReason.LANGUAGE,
        "link_invented": RejectionReason.LINK,
        "person_invented": RejectionReason.NAME,
        "claim_turned": RejectionReason.TURNED,
    }


def test_L06_a_translation_is_held_to_the_passages_of_the_other_language(
    identifier: ShortMessageIdentifier, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(SEED)
    results: list[Checked] = []
    for locale, sections in by_locale().items():
        known_terms = known_terms_of(Published(), locale)
        for section in rng.sample(sections, SECTIONS_TRANSLATED):
            source = rng.choice([copy for copy in copies()[section.key] if copy.locale is not locale])
            results.extend(_results(_checker(identifier, locale, [source], known_terms), locale, section, rng))
    results = [one for one in results if one.written.kind != "language_wrong"]
    kept, changed = _split(results)
    table = _table(results)
    with capsys.disabled():
        print(table)

    assert _blocked(changed) >= LEAST_TRANSLATIONS_BLOCKED, _shown([one for one in changed if one.block is None])
    assert 1 - _blocked(kept) >= LEAST_TRANSLATIONS_SHOWN, table
