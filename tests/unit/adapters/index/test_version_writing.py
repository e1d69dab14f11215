"""What is taken from the version before is what would have been made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.adapters.index import ngram_index, section_words
from bot.adapters.index.version_writing import write_texts
from bot.ids import Locale, SectionKey
from bot.ingestion.model import Document, LanguagePart, PartNames
from tests.support.knowledge_parts import document, section


def part(*documents: Document, left_out: frozenset[SectionKey] = frozenset()) -> LanguagePart:
    return LanguagePart(Locale.ZH, PartNames("t", "v"), documents=documents, left_out=left_out)


def hall(number: int, colour: str = "white") -> Document:
    texts = (f"Hall {number} 展馆 is {colour}. It was built in {2000 + number}.", f"It opens at {number}.")
    sections = (section(f"s{place}", text, f"What of hall {number}-{place}?") for place, text in enumerate(texts))
    return document(f"area/hall{number}.md", Locale.ZH, *sections)


BEFORE = part(*(hall(number) for number in range(5)), left_out=frozenset({SectionKey(hall(1).path, "s0")}))
AFTER = part(hall(0), hall(1), hall(2, "blue"), hall(4), hall(7), left_out=frozenset({SectionKey(hall(4).path, "s1")}))


def arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def test_texts_that_stay_are_taken_over_and_give_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before, anew, taken = tmp_path / "before", tmp_path / "anew", tmp_path / "taken"
    for folder in (before, anew, taken):
        folder.mkdir()
    write_texts(before, BEFORE)
    write_texts(anew, AFTER)
    looked_at: list[str] = []
    for module, name in ((ngram_index, "_held"), (section_words, "_hashes_of")):
        original = getattr(module, name)

        def noted(text: str, *more: str, original=original):
            looked_at.append(text)
            return original(text, *more)

        monkeypatch.setattr(module, name, noted)

    write_texts(taken, AFTER, before)

    for name in ("lexicon.npz", "words.npz"):
        expected, found = arrays(anew / "zh" / name), arrays(taken / "zh" / name)
        assert expected.keys() == found.keys()
        for array, values in expected.items():
            assert np.array_equal(values, found[array]), f"{name} {array}"
            assert values.dtype == found[array].dtype
    assert (anew / "zh/sections.json").read_bytes() == (taken / "zh/sections.json").read_bytes()
    assert len(looked_at) == 2 * 4, "the blue hall's first section, those of hall 7, and one that was left out"


def test_a_version_before_that_can_not_be_read_is_not_needed(tmp_path: Path):
    folder = tmp_path / "taken"
    folder.mkdir()
    (tmp_path / "before/zh").mkdir(parents=True)
    (tmp_path / "before/zh/sections.json").write_text("{")
    write_texts(folder, AFTER, tmp_path / "before")
    assert (folder / "zh/lexicon.npz").exists()
