"""Groups from the knowledge folder and from the training drafts: questions over sections, in twelve languages."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.passages import Window, passages_of, question_tokens
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.knowledge.reader import parse_raw, parse_raw_draft
from bot.calibrating.reader_fit import is_unlearned
from bot.ids import Locale
from bot.ingestion.chunking import sentences_of
from bot.ingestion.model import Readership, Section
from bot.writing.folding import words
from tools.reader.groups import NONE, Group, Part, Prepared

_Item = TypeVar("_Item")
_Vector = npt.NDArray[np.float32]


class Encode(Protocol):
    """Unit vectors of texts."""

    def __call__(self, texts: Sequence[str], /, *, is_query: bool) -> _Vector:
        """One row a text, in order."""
        ...


_QUESTIONS = {"text": 6, "open": 4, "near": 8, "draft": 12}
"""How many questions of a section, by what it is, become groups; of near misses too. So no section dominates."""
_OWN_LANGUAGE = 0.7
"""The share of the questions that are read in their own language; the others in any of the twelve."""
_NEAREST = 6
"""Sections near the question, of which those that do not answer are drawn."""
_STRANGE = 0.4
"""The share of the questions that meet a section of another hand."""
_ALIKE = 0.7
"""The cosine, less the mean of the language, from which two questions may mean the same. Chosen."""
_YEAR = re.compile(r"(?<!\d)20(1[89]|2[0-6])(?!\d)")
_YEARS = [f"20{year}" for year in range(18, 27)]


@dataclass(frozen=True, slots=True)
class Text:
    """A section in one language, ready to be read."""

    document: str
    section: str
    locale: Locale
    kind: str
    """`text`, `open` or `draft`."""
    whole: str
    passages: tuple[Window, ...]
    questions: tuple[str, ...]
    near_misses: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Its name in all languages."""
        return self.document, self.section


def knowledge_texts(folder: Path, tokenizer: Tokenizer) -> Iterator[Text]:
    """All sections that visitors may be told, and the open questions; examples of small talk are left out."""
    for file in sorted(folder.glob("*/**/*.md")):
        name = file.relative_to(folder).as_posix()
        if name.split("/")[0] not in set(Locale):
            continue
        document = parse_raw(file.read_bytes(), name, lambda _text: None).document
        if document is None or document.reply is not None or document.audience is Readership.STAFF:
            continue
        kind = "text" if document.answerable else "open"
        for section in document.sections:
            yield _text(document.path, document.locale, kind, document.title, section, tokenizer)


def draft_texts(folder: Path, tokenizer: Tokenizer) -> Iterator[Text]:
    """The sections of drafts, with the questions and near misses that people wrote beside them."""
    for file in sorted(folder.glob("*/**/*.md")):
        draft = parse_raw_draft(file.read_bytes(), f"drafts/{file.relative_to(folder).as_posix()}").draft
        if draft is None:
            continue
        for one in draft.sections:
            section = Section(one.section_id, one.heading, one.text, one.questions, near_misses=one.near_misses)
            yield _text(draft.path, draft.locale, "draft", draft.title, section, tokenizer)


def _text(document: str, locale: Locale, kind: str, title: str, section: Section, tokenizer: Tokenizer) -> Text:  # noqa: PLR0917
    sentences = sentences_of(section, locale)
    return Text(
        document=document,
        section=section.section_id,
        locale=locale,
        kind=kind,
        whole=f"{title}. {section.heading}. {' '.join(sentences)}",
        passages=tuple(passages_of(tokenizer, title, section.heading, sentences)),
        questions=(*section.questions, *section.drafted_questions),
        near_misses=section.near_misses,
    )


class Neighbours:
    """The texts of each language near a question, by their vectors less the mean of that language."""

    def __init__(self, texts: Sequence[Text], encode: Encode) -> None:
        self.texts = texts
        self._encode = encode
        self._asked: dict[Locale, tuple[_Vector, _Vector, list[tuple[str, str]]]] = {}
        self._vectors = encode([text.whole.lower() for text in texts], is_query=False)
        self._of_language = {
            locale: np.array([n for n, text in enumerate(texts) if text.locale is locale], dtype=np.int64)
            for locale in Locale
        }
        self._means = {locale: self._vectors[own].mean(axis=0) for locale, own in self._of_language.items() if len(own)}

    def near(self, vector: _Vector, locale: Locale, but: Collection[tuple[str, str]], most: int) -> list[int]:
        """The numbers of so many sections of a language, the nearest first, those named left out."""
        own = self._of_language[locale]
        if not len(own):
            return []
        nearness = (self._vectors[own] - self._means[locale]) @ vector
        ordered = own[np.argsort(-nearness)][: most + len(but)].tolist()
        return [number for number in ordered if self.texts[number].key not in but][:most]

    def asked_alike(self, vector: _Vector, locale: Locale) -> set[tuple[str, str]]:
        """The sections with an example question in this language that may mean the same."""
        if locale not in self._asked:
            asked = [(q.lower(), text.key) for text in self.texts if text.locale is locale for q in text.questions]
            if not asked:
                return set()
            rows = self._encode([question for question, _ in asked], is_query=True)
            mean = rows.mean(axis=0)
            self._asked[locale] = (_unit(rows - mean), mean, [key for _, key in asked])
        rows, mean, keys = self._asked[locale]
        alike = rows @ _unit(vector - mean) >= _ALIKE
        return {key for key, is_alike in zip(keys, alike, strict=True) if is_alike}


def _unit(rows: _Vector) -> _Vector:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: _Vector = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


class OwnGroups:
    """Draws groups from texts that stand in several languages."""

    def __init__(  # noqa: PLR0917
        self,
        texts: Neighbours,
        tokenizer: Tokenizer,
        encode: Encode,
        draw: random.Random,
        strange: Neighbours | None = None,
    ) -> None:
        """`strange` are texts of other documents, in any language, that a question may meet, too."""
        self._neighbours, self._strange = texts, strange
        self._texts = texts.texts
        self._tokenizer = tokenizer
        self._encode = encode
        self._draw = draw
        self._copies: dict[tuple[str, str], dict[Locale, int]] = defaultdict(dict)
        self._asked: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._together: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for number, text in enumerate(self._texts):
            self._copies[text.key][text.locale] = number
            for question in text.questions:
                self._asked[_folded(question)].add(text.key)

    def add_to(self, prepared: Prepared, answered_by: Mapping[str, set[tuple[str, str]]]) -> None:
        """Add the groups of all texts. `answered_by` names, by folded question, further sections that answer it.

        Sections that answer one question together are never held against each other.
        """
        for keys in chain(answered_by.values(), self._asked.values()):
            for key in keys:
                self._together[key] |= keys
        for text in self._texts:
            prepared.groups += self._groups_of(text, prepared)

    def _groups_of(self, text: Text, prepared: Prepared) -> Iterator[Group]:
        asked = self._some(text.questions, _QUESTIONS[text.kind])
        missed = self._some(text.near_misses, _QUESTIONS["near"])
        if not asked and not missed:
            return
        vectors = self._encode([question.lower() for question in (*asked, *missed)], is_query=True)
        for question, vector in zip(asked, vectors, strict=False):
            yield self._asked_of(text, question, vector, prepared)
        for question, vector in zip(missed, vectors[len(asked) :], strict=True):
            yield self._missed_by(text, question, vector, prepared)
        yield from self._of_other_years(text, prepared)

    def _asked_of(self, text: Text, question: str, vector: _Vector, prepared: Prepared) -> Group:
        read_in = self._language_for(text)
        near = self._neighbours.near(vector, read_in, self._together[text.key] | {text.key}, 4 * _NEAREST)
        wrong = self._some(near[:_NEAREST], 2)
        same = [n for n in near if self._texts[n].document == text.document and n not in wrong]
        wrong += self._some(same, 1) if same and self._draw.random() < 0.6 else near[_NEAREST : _NEAREST + 1]
        own = self._copies[text.key][read_in]
        strange = self._strangers(text, vector, prepared)
        return self._group(text, question, [own, *wrong], prepared, kind=text.kind, right=0, strange=strange)

    def _strangers(self, text: Text, vector: _Vector, prepared: Prepared) -> list[int]:
        """A section of another hand near the question, at times: what a new file puts beside the known ones."""
        if self._strange is None or self._draw.random() > _STRANGE:
            return []
        locale, texts = self._draw.choice([text.locale, *Locale]), self._strange.texts
        near = self._strange.near(vector, locale, self._strange.asked_alike(vector, text.locale), 4 * _NEAREST)
        is_held = is_unlearned(text.document)
        fit = [number for number in near if is_unlearned(texts[number].document) <= is_held][:_NEAREST]
        return [prepared.number_of(texts[number].passages[0]) for number in self._some(fit, 1)]

    def _missed_by(self, text: Text, question: str, vector: _Vector, prepared: Prepared) -> Group:
        read_in = self._language_for(text)
        near = self._neighbours.near(vector, read_in, {text.key}, 4 * _NEAREST)
        near = [n for n in near if self._texts[n].kind != "open"]
        kind = "draft-near" if text.kind == "draft" else "near"
        strange = [] if text.kind == "text" else self._strangers(text, vector, prepared)
        read = [self._copies[text.key][read_in], *near[:1]]
        return self._group(text, question, read, prepared, kind=kind, strange=strange)

    def _of_other_years(self, text: Text, prepared: Prepared) -> Iterator[Group]:
        """Questions of a section with a year of which it says nothing."""
        if text.kind != "text":
            return
        held = set(_YEAR.findall(text.whole))
        for question in self._some([q for q in text.questions if _YEAR.search(q)], 3):
            year = self._draw.choice([year for year in _YEARS if year[2:] not in held] or ["2017"])
            other = _YEAR.sub(year, question)
            if _folded(other) not in self._asked:
                yield self._group(text, other, [self._copies[text.key][text.locale]], prepared, kind="year")

    def _group(
        self,
        text: Text,
        question: str,
        read: Sequence[int],
        prepared: Prepared,
        *,
        kind: str,
        right: int = NONE,
        strange: Sequence[int] = (),
    ) -> Group:
        passages = [*(prepared.number_of(self._texts[number].passages[0]) for number in read), *strange]
        return Group(
            part=Part.HELD if is_unlearned(text.document) else Part.TRAIN,
            kind=kind,
            asked_in=text.locale,
            read_in=self._texts[read[0]].locale,
            question=question_tokens(self._tokenizer, question),
            passages=tuple(dict.fromkeys(passages)),
            right=right,
        )

    def _language_for(self, text: Text) -> Locale:
        if self._draw.random() < _OWN_LANGUAGE:
            return text.locale
        return self._draw.choice(sorted(self._copies[text.key]))

    def _some(self, these: Sequence[_Item], most: int) -> list[_Item]:
        return self._draw.sample(list(these), min(most, len(these)))


def _folded(question: str) -> str:
    return " ".join(words(question))
