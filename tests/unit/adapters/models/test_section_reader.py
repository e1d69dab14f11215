"""Sections in, what the reader says of each out: from files of one kind, bounded, the same each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import bundled_model
from bot.adapters.models.section_reader import BundledReader
from bot.answering.ports import StoredSection
from bot.errors import EmbeddingError
from bot.ids import Locale
from tests.support.answering_parts import section
from tests.support.knowledge_parts import THREADS
from tests.support.reader_file import reader_arrays, write_reader


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reader(tmp_path_factory.mktemp("reader") / "reader.npz", reader_arrays(ModelFile(bundled_model())))


def near(*places: int) -> Callable[[StoredSection], Sequence[float]]:
    """Sentences at these places are the nearest to a question."""
    return lambda section: [float(place in places) for place in range(len(section.sentences))]


async def test_each_section_gets_its_own_word_in_order(file: Path) -> None:
    reader = BundledReader(THREADS, weights=file)
    sections = [section("hall", "The hall opens at 9. It closes at 17."), section("fees", "Entry is free.")]
    both = await reader.read("when does it open", sections, near())
    assert [len(support.sentences) for support in both] == [2, 1]
    (alone,) = await reader.read("when does it open", sections[1:], near())
    assert alone.answers == pytest.approx(both[1].answers, abs=1e-3)


async def test_a_long_section_costs_no_more_than_a_page_and_is_read_where_it_is_nearest(file: Path) -> None:
    reader = BundledReader(THREADS, weights=file)
    long = section("long", " ".join(f"Sentence number {number} says little." for number in range(3_000)))
    (support,) = await reader.read("what does it say", [long], near(1_500, 1_501, 2_998))
    read = {place for place, logit in enumerate(support.sentences) if math.isfinite(logit)}
    assert len(support.sentences) == 3_000
    assert {0, 1_500, 1_501, 2_998, 2_999} < read, "the first of those that are equally near comes after the nearest"
    assert len(read) < 100


async def test_twelve_sections_in_twelve_languages_are_read(file: Path) -> None:
    texts = ["The hall opens at 9.", "展馆九点开门。", "Павильон открыт с 9.", "Көрме сағат 9-да ашылады."] * 3
    sections = [section(f"s{n}", text, locale) for n, (text, locale) in enumerate(zip(texts, Locale, strict=True))]
    found = await BundledReader(THREADS, weights=file).read("ساعت کار", sections, near())
    assert len(found) == 12
    assert all(np.isfinite(support.answers) for support in found)


def test_a_reader_of_another_embedding_is_refused(tmp_path: Path) -> None:
    arrays = reader_arrays(ModelFile(bundled_model()))
    arrays["model_hash"] = np.array("0" * 16)
    with pytest.raises(EmbeddingError, match="another embedding model"):
        BundledReader(THREADS, weights=write_reader(tmp_path / "reader.npz", arrays)).check()


async def test_what_keeps_it_from_reading_is_said_once(tmp_path: Path) -> None:
    reader = BundledReader(THREADS, weights=tmp_path / "reader.npz")
    with capture_logs() as logs:
        for _ in range(3):
            assert await reader.read("opening hours", [section("hall", "It opens at 9.")], near()) == ()
    assert [log["event"] for log in logs] == ["reader_not_used"]
    assert "reader.npz" in logs[0]["reason"]
