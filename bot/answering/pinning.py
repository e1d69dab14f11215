"""Answers that staff pinned to a question: whether one is asked for, whatever else is found.

A pin wins where the message is worded as one of its questions, or where it is surely asked for by meaning, in whatever
language, and nothing plain speaks against it: another year or number, a price that its text lacks, a thing that it is
said not to answer (its near misses). Where it does not win, one with a text of its own is found as any section is.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import asked_kind, provable_kind, refers_back
from bot.answering.browsing import best_copy, citation, readable
from bot.answering.judging import Circumstances
from bot.answering.model import Answer, Outcome, Pinned
from bot.answering.ports import Knowledge, Retrieved, RetrievedPin, RetrievedSection, StoredSection
from bot.answering.reading import Reading, ReadingKind
from bot.answering.rules import NEVER_GUESSED, lacks_kind
from bot.ids import Locale, SectionKey
from bot.writing.folding import words
from bot.writing.terms import numbers_in, years_in

_LOOKED_AT = 3
"""Pins, the nearest by meaning, that are weighed for a reading. Chosen: each takes some hundredths of a millisecond."""
_CROWD = 10
"""Of the nearest sections the mean cosine is the crowd, as gaps have it."""
_TINY = 1e-9
"""In place of a length of 0, by which nothing can be divided."""
_READ_ALONE = (ReadingKind.TYPED, ReadingKind.SENTENCE, ReadingKind.CORRECTED)
"""The readings that a pin may win by: whole questions."""


@dataclass(frozen=True, slots=True)
class PinModel:
    """A logistic model over `features`, and the probability from which a pin wins; fitted by `bench_pins`."""

    weights: Mapping[str, float]
    constant: float
    wins_from: float

    def predict(self, features: Mapping[str, float]) -> float:
        """The probability, 0 to 1, that what is asked is what the pin answers."""
        logit = self.constant + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


PIN_FEATURES = frozenset(
    {
        "question",
        "same_letters",
        "same_sections",
        "same_open",
        "crowd",
        "pinned_crowd",
        "same_kind",
        "other_kind",
        "wordings",
    }
)
"""The names of all `features`."""
WORD_FOR_WORD = PinModel({}, 0.0, 1.0)
"""Where no numbers fit the embedding: a pin wins only where it is asked in its own words."""


@dataclass(frozen=True, slots=True)
class FoundPin:
    """A pin that is asked for: its copy, what is told, and how sure that is, 0 to 1."""

    pin: StoredSection
    told: StoredSection
    probability: float


def pin_asked_for(
    readings: Sequence[Reading], retrieved: Sequence[Retrieved], at: Circumstances, model: PinModel
) -> FoundPin | None:
    """The pin that the message surely asks for; None where there is none.

    One of two questions in a message is not enough: the other would be left unanswered.
    """
    if sum(reading.kind is ReadingKind.SENTENCE for reading in readings) > 1:
        return None
    found = [
        one
        for reading, near in zip(readings, retrieved, strict=True)
        if near.pins and _may_win(reading, at)
        for one in _asked_for(reading, near, at, model)
    ]
    return max(found, key=lambda one: one.probability, default=None)


def told_by(pin: StoredSection, at: Circumstances) -> StoredSection | None:
    """What a pin tells today: its own text, or the section that it names; None when that is gone or not valid."""
    return pin if pin.tells is None else readable(at.knowledge, pin.tells, at.languages.spoken, at.today)


def answer_of(found: FoundPin, at: Circumstances) -> Answer:
    """The pinned answer, told whole."""
    return Answer(
        Outcome.ANSWERED,
        at.languages.spoken,
        found.told.locale,
        sentences=found.told.sentences,
        citations=(citation(found.told),),
        score=found.probability,
        knowledge_version=at.knowledge.version,
        pinned=Pinned(found.pin.key, found.pin.as_of),
    )


def pinned_in(answer: Answer, knowledge: Knowledge) -> Pinned | None:
    """The pin with a text of its own that was found like any other section and told."""
    copies = knowledge.copies(answer.citations[0].key) if answer.outcome is Outcome.ANSWERED else ()
    return Pinned(copies[0].key, copies[0].as_of) if copies and copies[0].is_pin else None


def features(
    asked: Reading,
    sections: Sequence[RetrievedSection],
    pin: RetrievedPin,
    locale: Locale,
    *,
    telling: Collection[SectionKey],
) -> Mapping[str, float]:
    """What speaks for a pin, by name; `sections` were found for what is asked, which is written in `locale`.

    The embedding puts a question near to its like in another language only moderately well. So it counts, too, whether
    both find the same: sections stand in all languages, and translate. A question near to everything is near to
    nothing in particular: that is what the crowds are for. An open question may speak of many things, of which a pin
    answers one, so it is weighed apart from the sections that are `telling`, which answer something.
    """
    told = [one for one in sections if one.key in telling]
    open_ones = [one for one in sections if one.key not in telling]
    kind = asked_kind(asked.text, locale)
    kinds = {asked_kind(one.text, one.locale) for one in pin.wordings}
    return {
        "question": pin.question,
        "same_letters": max(_same_letters(sections, one.sections) for one in pin.wordings),
        "same_sections": max(_same_sections(told, one.sections) for one in pin.wordings),
        "same_open": max(_same_sections(open_ones, one.sections) for one in pin.wordings),
        "crowd": _crowd(sections),
        "pinned_crowd": sum(_crowd(one.sections) for one in pin.wordings) / len(pin.wordings),
        "same_kind": float(kind is not None and kind in kinds),
        "other_kind": float(kind is not None and None not in kinds and kind not in kinds),
        "wordings": math.log(len(pin.wordings)),
    }


def telling(sections: Iterable[RetrievedSection], knowledge: Knowledge) -> frozenset[SectionKey]:
    """Those that answer something: no open questions, and no near misses."""
    copies = {section.key: knowledge.copies(section.key) for section in sections}
    return frozenset(key for key, found in copies.items() if found and found[0].answerable)


def _same_letters(one: Sequence[RetrievedSection], other: Sequence[RetrievedSection]) -> float:
    """The cosine, 0 to 1, of how much of each section's letters both share, each in its own language."""
    mine, others = ({section.key: section.coverage for section in found} for found in (one, other))
    product = sum(value * others[key] for key, value in mine.items() if key in others)
    lengths = (math.sqrt(sum(value * value for value in found.values())) for found in (mine, others))
    return product / max(math.prod(lengths), _TINY)


def _same_sections(one: Sequence[RetrievedSection], other: Sequence[RetrievedSection]) -> float:
    """How far they are the same sections' questions, 0 to 1: Bhattacharyya's coefficient of the posteriors."""
    others = {section.key: section.least_log_posterior for section in other}
    return sum(
        math.exp((section.least_log_posterior + others[section.key]) / 2) for section in one if section.key in others
    )


def _crowd(sections: Sequence[RetrievedSection]) -> float:
    """How near a question is to what lies nearest, as a mean cosine."""
    nearest = sorted((max(one.passage, one.question) for one in sections), reverse=True)[:_CROWD]
    return sum(nearest) / max(len(nearest), 1)


def _may_win(reading: Reading, at: Circumstances) -> bool:
    """What leans on the question before asks for something else than its words alone would."""
    if reading.context or reading.kind not in _READ_ALONE:
        return False
    return not (at.is_follow_up and refers_back(reading.text, at.languages.written))


def _asked_for(reading: Reading, near: Retrieved, at: Circumstances, model: PinModel) -> Iterator[FoundPin]:
    said, locale = words(reading.text), at.languages.written
    told = telling(near.sections, at.knowledge)
    nearest = sorted(near.pins, key=lambda one: -one.question)
    for place, pin in enumerate(nearest):
        is_worded_so = any(words(one.text) == said for one in pin.wordings)
        if not is_worded_so and (place >= _LOOKED_AT or pin.question <= pin.near_miss):
            continue
        probability = (
            1.0 if is_worded_so else model.predict(features(reading, near.sections, pin, locale, telling=told))
        )
        found = _told_today(pin, probability, at) if probability >= model.wins_from else None
        if found is not None and not _asks_for_another(reading.text, found, at):
            yield found


def _told_today(near: RetrievedPin, probability: float, at: Circumstances) -> FoundPin | None:
    pin = best_copy(at.knowledge.copies(near.key), at.languages.spoken, at.today)
    told = told_by(pin, at) if pin is not None else None
    return FoundPin(pin, told, probability) if pin is not None and told is not None and told.sentences else None


def _asks_for_another(asked: str, found: FoundPin, at: Circumstances) -> bool:
    """Whether it is about a year, a number or a price of which neither the pin's questions nor what it tells speak."""
    pin, told = found.pin, found.told
    questions = "\n".join(question for copy in at.knowledge.copies(pin.key) for question in copy.questions)
    said = f"{told.title}\n{told.heading}\n{told.text}\n{questions}"
    years, pinned_years = years_in(asked) - {str(at.today.year)}, years_in(questions)
    if years and ((pinned_years and not years & pinned_years) or years - years_in(said)):
        return True
    if numbers_in(asked) - years_in(asked) - numbers_in(said):
        return True
    kind = provable_kind(asked, at.languages.written)
    return kind in NEVER_GUESSED and all(lacks_kind(kind, one, at.knowledge) for one in (pin, told))
