"""What the reader gets of a section: its tokens, in windows of whole sentences, and where each sentence ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.adapters.e5.tokenizer import Tokenizer

QUESTION_TOKENS = 48
"""Of a question no more are read, its prefix included: of 56,000 example questions none has more than 53."""
PASSAGE_TOKENS = 112
"""The longest window. Nine of ten sections of `knowledge/` are shorter; attention grows with the square of it."""
_HEAD_TOKENS = 40
"""Of title and heading at the most, so that room is left for the text."""
_QUERY, _PASSAGE = "query: ", "passage: "
"""The prefixes that the weights were first trained with: see `encoder`."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a section: title and heading, then sentence after sentence.

    Sentence `first_sentence + n` of the section takes the tokens from `bounds[n]` to `bounds[n + 1]`.
    """

    tokens: tuple[int, ...]
    bounds: tuple[int, ...]
    first_sentence: int

    @property
    def sentences(self) -> range:
        """Which sentences of the section it holds."""
        return range(self.first_sentence, self.first_sentence + len(self.bounds) - 1)


def question_tokens(tokenizer: Tokenizer, question: str) -> tuple[int, ...]:
    """The question in lower case, as the embedding gets it."""
    return tuple(tokenizer.tokens(_QUERY + question.lower(), at_most=QUESTION_TOKENS))


def passages_of(
    tokenizer: Tokenizer, title: str, heading: str, sentences: Sequence[str], *, at_most: int | None = None
) -> list[Window]:
    """The windows of a section in order, or the first of them; at least one, even of a section without sentences."""
    named = ". ".join(part for part in (title, heading) if part).lower()
    head = tokenizer.tokens(f"{_PASSAGE}{named}.", at_most=_HEAD_TOKENS)
    room = PASSAGE_TOKENS - len(head)
    tokens = (tokenizer.tokens(sentence.lower(), at_most=room) for sentence in sentences)
    return list(islice(_windows(head, tokens, room), at_most))


def _windows(head: list[int], sentences: Iterable[list[int]], room: int) -> Iterator[Window]:
    window, bounds, first = list(head), [len(head)], 0
    for number, sentence in enumerate(sentences):
        if len(bounds) > 1 and len(window) - len(head) + len(sentence) > room:
            yield Window(tuple(window), tuple(bounds), first)
            window, bounds, first = list(head), [len(head)], number
        window += sentence
        bounds.append(len(window))
    yield Window(tuple(window), tuple(bounds), first)
