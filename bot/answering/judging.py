"""How far each reading of a message leads: its best section, the sentences of it, and how sure they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.answering.alternatives import are_named
from bot.answering.asked_kind import AskedKind, provable_kind, refers_back
from bot.answering.browsing import best_copy
from bot.answering.confidence import ConfidenceModel, features
from bot.answering.language import Languages
from bot.answering.ports import Knowledge, Retrieved, StoredSection
from bot.answering.reading import HALVES, Reading
from bot.answering.reranking import Candidate, shares
from bot.answering.rules import NEVER_GUESSED, Reason, lacks_kind, lacks_year, objection
from bot.answering.selecting import Extract, select
from bot.writing.folding import word_count, words

_LOOKED_AT = 3
"""Sections among which one is looked for that holds the price or number asked for. Chosen."""
_NEAR = 2.5
"""By how much lower a section's score may be, in nats, that is told because it holds the price asked for. Chosen."""


_ALONE_WORDS, _ALONE_TOLD_FROM, _ALONE_NAMED_FROM, _ALONE_NEAR, _ALONE_SHARE = 2, 1.9, 1.2, 0.75, 0.9
"""Words of a message, and its similarity to an example question with the probability of the section added, or with the
share of the open question, from which it is read without what was said before; of the latter two one is so high.

Chosen: «When is the expo?» has .97 and .32, «How can I exhibit?» .66 and .96. Of 12 pairs of questions that each name
their subject the second is answered as if asked alone in 8 instead of 2; of the calibration's follow-ups, which all
lean back, 88.5 instead of 88.7 % are right.
"""
_WORD_FOR_WORD = 0.98
"""The similarity from which a question is an example question itself, in another language or other letters, too: of
1,500 asked as they stand nine in ten are .988 or nearer, what was asked in other words .91 at most."""
_AS_WRITTEN = 0.8
"""How sure its section then answers. Chosen: staff have said so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one reading leads to."""

    reading: Reading
    retrieved: Retrieved
    answerable: tuple[Candidate, ...] = ()
    """The sections that may answer, best first."""
    unanswered: tuple[Candidate, ...] = ()
    """The questions known to have no answer and the examples of small talk, best first."""
    features: Mapping[str, float] | None = None
    """What `probability` was made of; None where no section may answer."""
    probability: float = 0.0
    """That the first section answers, 0 to 1."""
    reason: Reason | None = None
    """The rule that speaks against it."""

    @property
    def best_first(self) -> list[Candidate]:
        """All of them, whether they may answer or not."""
        return sorted((*self.answerable, *self.unanswered), key=lambda candidate: -candidate.score)

    @property
    def share(self) -> float:
        """The probability that the best of all is right, if one of them is."""
        return next(iter(shares(self.best_first)), 0.0)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In what language, on which day and from what is answered; `is_follow_up` where something was asked before."""

    knowledge: Knowledge
    languages: Languages
    today: date
    is_follow_up: bool = False

    def copy(self, candidate: Candidate) -> StoredSection | None:
        """The copy of a section to tell; None when none is valid today."""
        return best_copy(self.knowledge.copies(candidate.key), self.languages.spoken, self.today)


def judge(
    reading: Reading,
    retrieved: Retrieved,
    candidates: Sequence[Candidate],
    *,
    model: ConfidenceModel,
    at: Circumstances,
) -> Finding:
    """Weigh what speaks for the best candidate; examples of small talk speak against it as open questions do."""
    written = at.languages.written
    meant = _meant(candidates, reading, at)
    readable = [(candidate, copy) for candidate in meant if (copy := at.copy(candidate)) is not None]
    answerable = tuple(candidate for candidate, copy in readable if copy.answerable)
    unanswered = tuple(candidate for candidate, copy in readable if not copy.answerable)
    if not answerable:
        return Finding(reading, retrieved, unanswered=unanswered)
    kind = provable_kind(reading.text, written)
    as_written = _as_written(reading.text, answerable, at)
    answerable = (*as_written, *(one for one in _that_hold(kind, answerable, at) if one not in as_written))
    section = at.copy(answerable[0])
    assert section is not None
    weighed = features(
        reading,
        answerable,
        unanswered,
        lacks_kind=kind is not None and lacks_kind(kind, section, at.knowledge),
        lacks_year=lacks_year(reading.text, section),
        needs_context=at.is_follow_up and not reading.context and refers_back(reading.text, written),
    )
    return Finding(
        reading,
        retrieved,
        answerable,
        unanswered,
        weighed,
        max(model.predict(weighed, written), _AS_WRITTEN if as_written else 0.0),
        objection(reading.text, kind, section, knowledge=at.knowledge, today=at.today),
    )


def _meant(candidates: Sequence[Candidate], reading: Reading, at: Circumstances) -> list[Candidate]:
    """Without those of which one must be named, and another one is, or none."""
    keys, written = [candidate.key for candidate in candidates], at.languages.written
    named = are_named(keys, reading.text, at.knowledge, written)
    if reading.context and not any(named.values()):  # «and for Belarus?» after another country, but «and how long?»
        named = are_named(keys, f"{reading.context} {reading.text}", at.knowledge, written)
    return [candidate for candidate in candidates if named.get(candidate.key, True)]


def _as_written(text: str, candidates: tuple[Candidate, ...], at: Circumstances) -> list[Candidate]:
    """The sections to which the question was written: «What is the alliance?» lies between several."""
    looked_at = () if at.is_follow_up else candidates[:_LOOKED_AT]  # «where?» then asks of what was said before
    asked = " ".join(words(text))
    same = [candidate for candidate in looked_at if asked in _questions_of(candidate, at)]
    near = (one for one in candidates if one.section.has_questions and one.section.question >= _WORD_FOR_WORD)
    return [*same, *(candidate for candidate in near if candidate not in same)]


def _questions_of(candidate: Candidate, at: Circumstances) -> frozenset[str]:
    copy = at.copy(candidate)
    return _folded(copy.questions) if copy is not None else frozenset()


@lru_cache(maxsize=2048)
def _folded(questions: tuple[str, ...]) -> frozenset[str]:
    return frozenset(" ".join(words(question)) for question in questions)


def _that_hold(kind: AskedKind | None, candidates: tuple[Candidate, ...], at: Circumstances) -> tuple[Candidate, ...]:
    """The candidates with one that holds what is never guessed, a price say, before those that lack it, if it is near.

    The first could only be refused: «What does the metro cost?» is nearest to how long it takes.
    """
    if kind not in NEVER_GUESSED:
        return candidates
    near = (one for one in candidates[:_LOOKED_AT] if one.score >= candidates[0].score - _NEAR)
    for candidate in near:
        copy = at.copy(candidate)
        if copy is not None and not lacks_kind(kind, copy, at.knowledge):
            return (candidate, *(other for other in candidates if other is not candidate))
    return candidates


def fused(findings: Sequence[Finding]) -> Finding:
    """The finding to go by: of the sections that some reading puts first, that which all readings together speak for.

    Each reading speaks for a section by how sure it is and by the share it gives it. In conversations the right section
    came first for 90.0 instead of 88.7 % of the calibration cases that no fit saw, by the surest reading alone.
    """
    whole = [finding for finding in findings if finding.reading.kind not in HALVES]
    if _stands_alone(whole[0]):
        whole = [finding for finding in whole if not finding.reading.context]
    leading = [finding for finding in whole if finding.answerable]
    if len(leading) < 2:
        return (leading or whole)[0]
    spoken_for = {finding.answerable[0].key: 0.0 for finding in leading}
    for finding in leading:
        for candidate, share in zip(finding.answerable, shares(finding.answerable), strict=True):
            if candidate.key in spoken_for:
                spoken_for[candidate.key] += finding.probability * share
    first = max(spoken_for, key=lambda key: spoken_for[key])
    chosen = [finding for finding in leading if finding.answerable[0].key == first]
    return max(chosen, key=lambda finding: finding.probability)


def _stands_alone(finding: Finding) -> bool:
    """Whether a message surely asks for one thing without what was said before: «When is the expo?» after «Where …»."""
    features = finding.features or {"needs_context": 1.0}
    if finding.reading.context or features.get("needs_context") or word_count(finding.reading.text) < _ALONE_WORDS:
        return False
    ranked = finding.best_first
    near, first = ranked[0].section.question, ranked[0].key
    if first == finding.answerable[0].key:
        return near + finding.probability >= _ALONE_TOLD_FROM
    is_plain = near >= _ALONE_NEAR or finding.share >= _ALONE_SHARE
    return is_plain and not first.is_near_miss and near + finding.share >= _ALONE_NAMED_FROM


def extract_of(finding: Finding, section: StoredSection, at: Circumstances, *, at_most: int) -> Extract:
    """The sentences of a section that answer what was asked."""
    kind = provable_kind(finding.reading.text, at.languages.written)
    scores = finding.retrieved.sentence_scores(section)
    read = (candidate.support for candidate in finding.answerable if candidate.key == section.key)
    return select(finding.reading.text, section, scores, kind=kind, at_most=at_most, support=next(read, None))
