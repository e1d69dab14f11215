"""Groups from sections made up to be learned from, with questions, their sentences, and near misses."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from bot.adapters.e5.passages import Window, passages_of, question_tokens
from bot.adapters.e5.tokenizer import Tokenizer
from bot.calibrating.reader_fit import is_unlearned
from bot.calibrating.written_sections import TrainingQuestion, TrainingSection
from tools.reader.groups import NONE, Group, Part, Prepared

_NEIGHBOURS = 3
"""Other sections of the same document that are read with the one that answers."""


class WrittenGroups:
    """Draws groups from documents of several sections."""

    def __init__(
        self, documents: Mapping[str, Sequence[TrainingSection]], tokenizer: Tokenizer, draw: random.Random
    ) -> None:
        self._documents = documents
        self._tokenizer = tokenizer
        self._draw = draw

    def add_to(self, prepared: Prepared) -> None:
        """Each question over its section and neighbours; each near miss over its section and one neighbour."""
        for sections in self._documents.values():
            windows = [self._windows(section) for section in sections]
            for place, section in enumerate(sections):
                others = [own[0] for n, own in enumerate(windows) if n != place]
                prepared.groups += self._groups_of(section, windows[place], others, prepared)

    def _groups_of(
        self, section: TrainingSection, own: Sequence[Window], others: Sequence[Window], prepared: Prepared
    ) -> Iterator[Group]:
        for asked in section.questions:
            assert asked.sentence is not None
            window = [one for one in own if one.first_sentence <= asked.sentence][-1]
            read = [window, *self._some(others, _NEIGHBOURS)]
            yield self._group(section, asked, read, prepared, sentence=asked.sentence - window.first_sentence)
        for missed in section.near_misses:
            yield self._group(section, missed, [own[0], *self._some(others, 1)], prepared)

    def _windows(self, section: TrainingSection) -> list[Window]:
        return passages_of(self._tokenizer, section.title, section.heading, section.sentences)

    def _group(
        self,
        section: TrainingSection,
        asked: TrainingQuestion,
        read: Sequence[Window],
        prepared: Prepared,
        *,
        sentence: int = NONE,
    ) -> Group:
        return Group(
            part=Part.HELD if is_unlearned(section.document) else Part.TRAIN,
            kind="written-near" if sentence == NONE else "written",
            asked_in=asked.locale,
            read_in=section.locale,
            question=question_tokens(self._tokenizer, asked.text),
            passages=tuple(dict.fromkeys(prepared.number_of(one) for one in read)),
            right=NONE if sentence == NONE else 0,
            sentence=sentence,
        )

    def _some(self, these: Sequence[Window], most: int) -> list[Window]:
        return self._draw.sample(list(these), min(most, len(these)))
