"""Groups from public sets in SQuAD's form, `NAME-LANGUAGE.json`: paragraphs, questions, the place of each answer."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.e5.passages import Window, passages_of, question_tokens
from bot.adapters.e5.tokenizer import Tokenizer
from bot.calibrating.reader_fit import is_unlearned
from bot.ids import Locale
from bot.writing.sentences import split_sentences
from tools.reader.groups import NONE, Group, Part, Prepared

_PARALLEL = "xquad"
"""The set that is the same in all its languages: asked in one, read in another."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    article: str
    sentences: tuple[str, ...]
    starts: tuple[int, ...]
    windows: tuple[Window, ...]
    questions: Sequence[dict[str, Any]]

    def place(self, answer: dict[str, Any]) -> tuple[int, int]:
        """The window and its sentence in which an answer begins."""
        sentence = max(n for n, start in enumerate(self.starts) if n == 0 or start <= answer["answer_start"])
        window = max(n for n, one in enumerate(self.windows) if one.first_sentence <= sentence)
        return window, sentence - self.windows[window].first_sentence


class PublicGroups:
    """Draws groups from the sets of a folder."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, draw: random.Random) -> None:
        self._tokenizer = tokenizer
        self._draw = draw
        self._sets = {file.stem: list(self._paragraphs(file)) for file in sorted(folder.glob("*.json"))}

    def add_to(self, prepared: Prepared) -> None:
        """Each question over the windows of its paragraph; those of the parallel set over another language, too."""
        for name, paragraphs in self._sets.items():
            for paragraph in paragraphs:
                for question in paragraph.questions:
                    prepared.groups.append(self._group(name, name, paragraph, question, question["question"], prepared))
        parallel = [name for name in self._sets if name.startswith(f"{_PARALLEL}-")]
        for name in parallel if len(parallel) > 1 else []:
            prepared.groups += self._across(name, parallel, prepared)

    def _across(self, name: str, names: Sequence[str], prepared: Prepared) -> Iterator[Group]:
        for number, paragraph in enumerate(self._sets[name]):
            for place, question in enumerate(paragraph.questions):
                other = self._draw.choice([one for one in names if one != name])
                read = self._sets[other][number]
                yield self._group(name, other, read, read.questions[place], question["question"], prepared)

    def _group(  # noqa: PLR0917 - what a group is made of
        self,
        asked_in: str,
        read_in: str,
        paragraph: _Paragraph,
        question: dict[str, Any],
        text: str,
        prepared: Prepared,
    ) -> Group:
        right, sentence, order = NONE, NONE, list(range(len(paragraph.windows)))
        self._draw.shuffle(order)
        if question["answers"]:
            answer = question["answers"][0]
            window, sentence = paragraph.place(answer)
            others = [n for n in order if n != window and not self._holds(paragraph, n, answer["text"])]
            order, right = [window, *others[:2]], 0
        return Group(
            part=Part.HELD if is_unlearned(paragraph.article) else Part.TRAIN,
            kind=asked_in if asked_in == read_in else f"{_PARALLEL}-across",
            asked_in=asked_in.rpartition("-")[2],
            read_in=read_in.rpartition("-")[2],
            question=question_tokens(self._tokenizer, text),
            passages=tuple(prepared.number_of(paragraph.windows[n]) for n in order[:3]),
            right=right,
            sentence=sentence,
        )

    @staticmethod
    def _holds(paragraph: _Paragraph, window: int, answer: str) -> bool:
        first = paragraph.windows[window].first_sentence
        last = first + len(paragraph.windows[window].bounds) - 1
        return any(answer in sentence for sentence in paragraph.sentences[first:last])

    def _paragraphs(self, file: Path) -> Iterator[_Paragraph]:
        language = file.stem.rpartition("-")[2]
        locale = Locale(language) if language in set(Locale) else Locale.EN
        name = file.stem.rpartition("-")[0]
        for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))):
            for one in article["paragraphs"]:
                text, title = one["context"], article["title"].replace("_", " ")
                sentences = split_sentences(text, locale) or [text]
                yield _Paragraph(
                    article=f"{name}/{number}",
                    sentences=tuple(sentences),
                    starts=tuple(_starts(text, sentences)),
                    windows=tuple(passages_of(self._tokenizer, title, "", sentences)),
                    questions=one["qas"],
                )


def _starts(text: str, sentences: Sequence[str]) -> Iterator[int]:
    at = 0
    for sentence in sentences:
        at = max(at, text.find(sentence, at))
        yield at
