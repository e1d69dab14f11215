"""Pairs are read alike by kernel and NumPy, alone or together, and a file that can't be used is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.adapters.e5 import processor
from bot.adapters.e5.kernel import KernelLayers, Level
from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.passages import PASSAGE_TOKENS, QUESTION_TOKENS, Window, passages_of, question_tokens
from bot.adapters.e5.reader import PairReader
from bot.adapters.e5.reader_weights import ReaderWeights
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.errors import EmbeddingError
from tests.support.odd_messages import ODD_MESSAGES
from tests.support.reader_file import reader_arrays, write_reader

LEVELS = [level for level in Level if level <= processor.level_of(processor.features())]
SENTENCES = ["The hall opens at 9.", "Entry is free for students.", "展位费为每平方米八百元。", "Выход у павильона 2."]


@pytest.fixture(scope="module")
def file(model: ModelFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reader(tmp_path_factory.mktemp("reader") / "reader.npz", reader_arrays(model))


@pytest.fixture(scope="module")
def passages(tokenizer: Tokenizer) -> list[Window]:
    return [passages_of(tokenizer, "Visit", "Hours", SENTENCES[: count + 1])[0] for count in range(4)]


@pytest.fixture(scope="module")
def right(model: ModelFile, file: Path) -> PairReader:
    weights = ReaderWeights(model, file)
    return PairReader(model, weights, NumpyLayers(weights, keep=True))


@pytest.mark.parametrize("level", LEVELS)
def test_the_kernel_reads_what_numpy_reads(
    model: ModelFile, file: Path, library: Path, right: PairReader, tokenizer: Tokenizer, level: Level
) -> None:
    weights = ReaderWeights(model, file)
    tested = PairReader(model, weights, KernelLayers(weights, library, level))
    passages = [passages_of(tokenizer, "Visit", "Hours", SENTENCES[: count + 1])[0] for count in range(4)]
    question = question_tokens(tokenizer, "When does it open?")
    for found, wanted in zip(tested.read(question, passages), right.read(question, passages), strict=True):
        assert found.answers == pytest.approx(wanted.answers, abs=0.1)
        assert found.sentences == pytest.approx(wanted.sentences, abs=0.1)


def test_a_pair_is_read_alike_alone_and_among_others(
    right: PairReader, tokenizer: Tokenizer, passages: list[Window]
) -> None:
    question = question_tokens(tokenizer, "opening hours")
    together = right.read(question, passages * 5)
    for number, passage in enumerate(passages):
        (alone,) = right.read(question, [passage])
        assert together[number].answers == pytest.approx(alone.answers, abs=1e-3)
        assert len(alone.sentences) == number + 1


def test_what_was_learned_is_added_to_the_embedding(model: ModelFile, tmp_path: Path) -> None:
    arrays = reader_arrays(model)
    arrays["l0.q.w"][:, :, 2:] = 0x88  # nothing learned
    weights = ReaderWeights(model, write_reader(tmp_path / "reader.npz", arrays))
    assert np.array_equal(weights.table("l0.q.w", 384), model.table("l0.q.w", 384))
    assert not np.array_equal(weights.table("l0.k.w", 384), model.table("l0.k.w", 384))


@pytest.mark.parametrize("text", [*ODD_MESSAGES, "ﷺ" * 600, "展" * 600, "x" * 600, "?"])
def test_any_question_is_bounded(right: PairReader, tokenizer: Tokenizer, passages: list[Window], text: str) -> None:
    question = question_tokens(tokenizer, text)
    assert len(question) <= QUESTION_TOKENS
    assert np.isfinite(right.read(question, passages[:1])[0].answers)


@pytest.mark.parametrize("sentences", [[], [""], ["Yes"], ["word " * 20_000], ["A short sentence. "] * 5_000])
def test_any_section_is_cut_into_bounded_windows(tokenizer: Tokenizer, sentences: list[str]) -> None:
    windows = passages_of(tokenizer, "A title " * 100, "A heading", sentences)
    assert all(len(window.tokens) <= PASSAGE_TOKENS for window in windows)
    assert sum(len(window.bounds) - 1 for window in windows) == len(sentences)
    assert all(window.bounds[-1] == len(window.tokens) for window in windows)


@pytest.mark.parametrize("damage", ["missing", "cut", "shape", "lacking", "other"])
def test_a_file_that_cannot_be_used_is_named(model: ModelFile, tmp_path: Path, damage: str) -> None:
    file, arrays = tmp_path / "reader.npz", reader_arrays(model)
    if damage == "shape":
        arrays["l1.fo.w"] = arrays["l1.fo.w"][:-1]
    if damage == "lacking":
        del arrays["norm.w"]
    if damage == "other":
        file.write_text("no archive", encoding="utf-8")
    elif damage != "missing":
        write_reader(file, arrays)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100_000])
    with pytest.raises(EmbeddingError, match=r"reader\.npz"):
        ReaderWeights(model, file)
