"""Groups from sections made up to be learned from, with questions, their sentences, and near misses."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.passages import Window, passages_of, question_tokens
from bot.adapters.e5.tokenizer import Tokenizer
from bot.calibrating.reader_fit import is_unlearned
from bot.calibrating.written_sections import TrainingQuestion, TrainingSection
from bot.ids import Locale
from tools.reader.groups import NONE, Group, Part, Prepared
from tools.reader.own_groups import Encode, Neighbours, Text

_Vector = npt.NDArray[np.float32]
_SAME, _OTHERS, _KNOWN = 1, 2, 1
"""Sections read with the one that answers: of the same document, of other written ones, and of the knowledge; of the
latter none with a near miss.

With those of the same document alone the reader put them right for 91 % of the held-out questions, but a section of
another document above the right one for 39 %: it had never had to tell what a notice is about.
"""
_NEAREST = 6
"""Sections near the question, of which they are drawn."""


def written_texts(documents: Mapping[str, Sequence[TrainingSection]], tokenizer: Tokenizer) -> Iterator[Text]:
    """Their sections, to be read beside questions on others."""
    for name, sections in documents.items():
        for place, one in enumerate(sections):
            yield Text(
                document=name,
                section=str(place),
                locale=one.locale,
                kind="written",
                whole=f"{one.title}. {one.heading}. {' '.join(one.sentences)}",
                passages=tuple(passages_of(tokenizer, one.title, one.heading, one.sentences)),
                questions=(),
                near_misses=(),
            )


class WrittenGroups:
    """Draws groups from documents of several sections, beside other documents and the knowledge."""

    def __init__(  # noqa: PLR0917
        self,
        documents: Mapping[str, Sequence[TrainingSection]],
        tokenizer: Tokenizer,
        encode: Encode,
        draw: random.Random,
        written: Neighbours,
        known: Neighbours,
        *,
        rounds: int = 1,
    ) -> None:
        """`written` holds the sections of the same documents, `known` those of the knowledge.

        Each question is drawn in `rounds` groups, each time beside other sections.
        """
        self._documents = documents
        self._tokenizer = tokenizer
        self._encode = encode
        self._draw = draw
        self._written = written
        self._known = known
        self._rounds = rounds

    def add_to(self, prepared: Prepared) -> None:
        """Each question and near miss over its section and others."""
        for sections in self._documents.values():
            windows = [self._windows(section) for section in sections]
            for place, section in enumerate(sections):
                same = [own[0] for n, own in enumerate(windows) if n != place]
                prepared.groups += self._groups_of(section, windows[place], same, prepared)

    def _groups_of(
        self, section: TrainingSection, own: Sequence[Window], same: Sequence[Window], prepared: Prepared
    ) -> Iterator[Group]:
        every = (*section.questions, *section.near_misses)
        vectors = self._encode([one.text.lower() for one in every], is_query=True)
        for asked, vector in zip(every, vectors, strict=True):
            known = [] if asked.sentence is None else self._known_near(section, asked, vector)
            for _ in range(self._rounds):
                locale = self._draw.choice([section.locale, asked.locale, *Locale])
                written = self._learnable(section, self._written, locale, vector, ())
                others = [*self._some(same, _SAME), *self._some(written, _OTHERS)]
                if asked.sentence is None:
                    yield self._group(section, asked, [own[0], *others], prepared)
                else:
                    window = [one for one in own if one.first_sentence <= asked.sentence][-1]
                    place = asked.sentence - window.first_sentence
                    read = [window, *others, *self._some(known, _KNOWN)]
                    yield self._group(section, asked, read, prepared, sentence=place)

    def _known_near(self, section: TrainingSection, asked: TrainingQuestion, vector: _Vector) -> list[Window]:
        """Sections of the knowledge that do not answer."""
        alike = self._known.asked_alike(vector, asked.locale)
        return self._learnable(section, self._known, asked.locale, vector, alike)

    def _learnable(  # noqa: PLR0917
        self,
        section: TrainingSection,
        texts: Neighbours,
        locale: Locale,
        vector: _Vector,
        but: Collection[tuple[str, str]],
    ) -> list[Window]:
        """The nearest of other documents, without held-out ones where something is learned from the section."""
        is_held = is_unlearned(section.document)
        near = (texts.texts[number] for number in texts.near(vector, locale, but, 4 * _NEAREST))
        fit = [one for one in near if one.document != section.document and is_unlearned(one.document) <= is_held]
        return [one.passages[0] for one in fit[:_NEAREST]]

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
