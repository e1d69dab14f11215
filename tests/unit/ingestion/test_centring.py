from __future__ import annotations

import numpy as np
import pytest

from bot.ids import Locale
from bot.ingestion.centring import centred_chunks, centred_query, means_of
from bot.ingestion.chunking import chunks_of
from bot.ingestion.typical_questions import typical_questions
from tests.support.knowledge_parts import document, section

DIMENSIONS = 8
TYPICAL = {
    locale: np.eye(DIMENSIONS, dtype=np.float32)[[number % DIMENSIONS, (number + 1) % DIMENSIONS]]
    for number, locale in enumerate(Locale)
}


def _chunks(locale: Locale, passages: int) -> list:
    sections = [
        section(f"s{number}", f"A long enough text that stands for itself, number {number}, and goes on.")
        for number in range(passages)
    ]
    return chunks_of(document("a/b.md", locale, *sections))


def _part(locale: Locale, *, passages: int) -> tuple[list, np.ndarray]:
    chunks = _chunks(locale, passages)
    return chunks, np.random.default_rng(1).normal(size=(len(chunks), DIMENSIONS)).astype(np.float32)


def test_the_mean_of_a_language_is_that_of_its_passages() -> None:
    chunks = _chunks(Locale.EN, 4)
    vectors = np.random.default_rng(1).normal(size=(len(chunks), DIMENSIONS)).astype(np.float32)

    means = means_of([(chunks, vectors)], TYPICAL)

    rows = [row for row, chunk in enumerate(chunks) if chunk.kind == "passage"]
    assert means.passages[Locale.EN] == pytest.approx(vectors[rows].mean(axis=0), abs=1e-6)


def test_a_language_with_few_passages_borrows_the_common_mean_moved_by_its_questions() -> None:
    parts = [_part(Locale.EN, passages=4), _part(Locale.KY, passages=2)]

    means = means_of(parts, TYPICAL)

    asked = {locale: questions.mean(axis=0) for locale, questions in TYPICAL.items()}
    moved = means.passages[Locale.EN] + asked[Locale.KY] - np.mean(list(asked.values()), axis=0)
    assert means.passages[Locale.KY] == pytest.approx(moved, abs=1e-5)


@pytest.mark.parametrize(("questions", "share"), [(0, 0.6), (1, 1.0)])
def test_only_where_no_section_has_a_question_a_share_of_the_typical_ones_is_taken_off(
    questions: int, share: float
) -> None:
    asked = (f"What is {number}?" for number in range(questions))
    chunks = chunks_of(document("a/b.md", Locale.EN, section("s", "A text.", *asked)))
    means = means_of([(chunks, np.ones((len(chunks), DIMENSIONS), dtype=np.float32))], TYPICAL)
    assert means.queries[Locale.RU] == pytest.approx(share * TYPICAL[Locale.RU].mean(axis=0), abs=1e-6)


def test_of_enough_questions_of_its_sections_all_are_counted() -> None:
    chunks = chunks_of(document("a/b.md", Locale.EN, section("s", "A text.", *(f"What is {n}?" for n in range(60)))))
    raw = np.random.default_rng(4).normal(size=(len(chunks), DIMENSIONS)).astype(np.float32)
    asked = raw[[row for row, chunk in enumerate(chunks) if chunk.kind == "question"]]
    both = np.vstack([TYPICAL[Locale.EN], asked])
    assert means_of([(chunks, raw)], TYPICAL).queries[Locale.EN] == pytest.approx(both.mean(axis=0), abs=1e-6)


def test_an_empty_store_has_means_for_every_language() -> None:
    means = means_of([], TYPICAL)
    assert set(means.passages) == set(means.queries) == set(Locale)
    assert np.array_equal(means.metric, np.eye(DIMENSIONS))


def test_a_language_of_which_nothing_is_embedded_yet_does_not_disturb_the_others() -> None:
    nothing_yet = ((), np.zeros((0, 0), dtype=np.float32))
    part = _part(Locale.EN, passages=4)
    with_it, without = means_of([nothing_yet, part], TYPICAL), means_of([part], TYPICAL)
    assert np.array_equal(with_it.metric, without.metric)
    assert np.array_equal(with_it.passages[Locale.EN], without.passages[Locale.EN])


def test_centred_vectors_have_length_one_and_questions_are_centred_like_queries() -> None:
    chunks = chunks_of(document("a/b.md", Locale.EN, section("s", "A text of its own.", "What is it?")))
    raw = np.random.default_rng(2).normal(size=(len(chunks), DIMENSIONS)).astype(np.float32)
    means = means_of([(chunks, raw)], TYPICAL)

    centred = centred_chunks(chunks, raw, means)

    question = next(row for row, chunk in enumerate(chunks) if chunk.kind == "question")
    assert np.linalg.norm(centred, axis=1) == pytest.approx(np.ones(len(chunks)), abs=1e-5)
    assert centred[question] == pytest.approx(centred_query(raw[question], Locale.EN, means), abs=1e-6)


def test_centring_takes_the_language_away_and_leaves_the_subject() -> None:
    """Two languages lie apart by a big offset; the subject decides only once it is gone."""
    rng = np.random.default_rng(3)
    offset = {Locale.EN: 20 * np.eye(DIMENSIONS)[0], Locale.ZH: 20 * np.eye(DIMENSIONS)[1]}
    typical = {**TYPICAL, **{locale: np.stack([offset[locale]] * 3).astype(np.float32) for locale in offset}}
    parts = []
    for locale, moved in offset.items():
        passages = [chunk for chunk in _chunks(locale, 3) if chunk.kind == "passage"]
        asked = chunks_of(document("c/d.md", locale, section("asked", "A text.", "What is it?")))
        question = next(chunk for chunk in asked if chunk.kind == "question")
        parts.append(([*passages, question], (rng.normal(size=(4, DIMENSIONS)) + moved).astype(np.float32)))
    means = means_of(parts, typical)
    english = parts[0][1][0] - offset[Locale.EN]
    in_chinese = (english + offset[Locale.ZH]).astype(np.float32)

    passages = np.vstack([vectors[:3] for _, vectors in parts])
    centred = np.vstack([centred_chunks(chunks, vectors, means)[:3] for chunks, vectors in parts])

    assert int(np.argmax(passages @ in_chinese)) >= 3
    assert int(np.argmax(centred @ centred_query(in_chinese, Locale.ZH, means))) == 0


def test_every_language_has_about_twenty_different_typical_questions() -> None:
    assert set(typical_questions()) == set(Locale)
    assert {len(set(questions)) for questions in typical_questions().values()} == {20}
    assert all(len(question) <= 80 for questions in typical_questions().values() for question in questions)
