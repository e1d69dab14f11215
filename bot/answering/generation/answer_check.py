"""Code checks every sentence before anybody sees it.

A sentence passes when the passages that it names were given to the model, and hold every figure, date, unit, name, link
and contact in it and the words that turn its claim; when it is in the asked language, is plain text of a sentence's
length and shows nothing of the rules. No claim is stronger than its source: a passage that is no longer valid supports
nothing, and «now» needs a source that says so and is not older than a year.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.answering.asked_kind import refers_back
from bot.answering.browsing import is_valid
from bot.answering.generation.claims import Claims, TokenKind, claims_of
from bot.answering.generation.evidence import PassageEvidence, evidence_of
from bot.answering.generation.grounding import GroundingCheck
from bot.answering.generation.known_terms import KnownTerms
from bot.answering.generation.model import (
    CheckedSentence,
    Composed,
    Composition,
    DraftSentence,
    Passage,
    RejectionReason,
)
from bot.answering.generation.shape import address_block, host_of, script_block, shape_block
from bot.answering.generation.wording import ModifierKind
from bot.answering.ports import LanguageIdentifier
from bot.ids import Locale
from bot.writing.cleaning import clean
from bot.writing.folding import fold, words

SENTENCES_LIMIT = 6
"""Sentences of an answer at most. Chosen: the rules ask for four, and what is longer is not read in a chat."""
_NOW_FOR = timedelta(days=366)
"""How old a source may be that says how things are now. Chosen: most of what is told changes by the year."""
_SURE_SHARE = 0.75
"""The share of its words in a passage of the asked language that proves the language of a sentence. Chosen: names and
numbers, which every language shares, make up less."""
_OPENING_WORDS = 2
"""Words of a sentence among which one must stand to point back. Chosen: «It …», «And there …»; farther on it points to
what the sentence itself says."""
_OPENING_SIGNS = 12
"""Where a word must stand to point back, in Chinese, whose words have no blanks between them. Chosen by example."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the sentences of one answer: in which language it was asked for, on which day, from which passages.

    `known_terms` is what the knowledge has in that language: only translations need it.
    """

    identifier: LanguageIdentifier
    canary: str
    asked: Locale
    today: date
    passages: tuple[Passage, ...]
    known_terms: KnownTerms = field(default_factory=KnownTerms)
    _known: dict[DraftSentence, CheckedSentence | RejectionReason] = field(
        default_factory=dict, repr=False, compare=False
    )
    """What was found already: an answer that grows is checked again with each of its sentences."""

    def check(self, drafts: Iterable[DraftSentence]) -> Composition:
        """Keep the sentences that pass, in order. One that leans on a dropped one («it», «there») goes with it."""
        kept: list[CheckedSentence] = []
        blocked: Counter[RejectionReason] = Counter()
        after_gap = False
        for draft in drafts:
            result = self.check_one(draft) if len(kept) < SENTENCES_LIMIT else RejectionReason.TOO_LONG
            if isinstance(result, CheckedSentence):
                result = self._in_context(result, kept, after_gap=after_gap)
            if isinstance(result, RejectionReason):
                blocked[result] += 1
                after_gap = True
                continue
            kept.append(result)
            after_gap = False
        cited = dict.fromkeys(passage for sentence in kept for passage in sentence.passages)
        outcome = Composed.COMPOSED if kept else Composed.TOO_LITTLE_LEFT
        return Composition(tuple(kept), tuple(cited), dict(blocked), outcome)

    def _in_context(
        self, sentence: CheckedSentence, kept: Sequence[CheckedSentence], *, after_gap: bool
    ) -> CheckedSentence | RejectionReason:
        if any(fold(sentence.text) == fold(earlier.text) for earlier in kept):
            return RejectionReason.REPEATED
        if (after_gap or not kept) and self._points_back(sentence.text) and not self._is_verbatim(sentence):
            return RejectionReason.NO_EVIDENCE
        return sentence

    def _points_back(self, text: str) -> bool:
        """Whether a sentence opens with a word for something that another one names."""
        opening = text[:_OPENING_SIGNS] if self.asked is Locale.ZH else " ".join(words(text)[:_OPENING_WORDS])
        return refers_back(opening, self.asked)

    @staticmethod
    def _is_verbatim(sentence: CheckedSentence) -> bool:
        return any(sentence.text in passage.section.sentences[:1] for passage in sentence.passages)

    def check_one(self, draft: DraftSentence) -> CheckedSentence | RejectionReason:
        """The sentence with the passages that it rests on, or why it is not shown."""
        if draft not in self._known:
            self._known[draft] = self._checked(draft)
        return self._known[draft]

    def _checked(self, draft: DraftSentence) -> CheckedSentence | RejectionReason:
        text = clean(draft.text).strip()
        block = shape_block(text, canary=self.canary)
        if block is not None:
            return block
        cited = self._cited(draft.passages)
        if not cited:
            return RejectionReason.UNKNOWN_PASSAGE
        if not all(is_valid(passage.section, self.today) for passage in cited):
            return RejectionReason.STALE_CLAIM
        block = self._block(text, cited)
        return CheckedSentence(text, cited) if block is None else block

    def _cited(self, numbers: Sequence[int]) -> tuple[Passage, ...]:
        """The passages named, once each; none when one of the numbers was never given."""
        given = {passage.number: passage for passage in self.passages}
        if any(number not in given for number in numbers):
            return ()
        return tuple(given[number] for number in dict.fromkeys(numbers))

    def _block(self, text: str, cited: tuple[Passage, ...]) -> RejectionReason | None:
        sources = "\n".join(f"{one.section.title}\n{one.section.heading}\n{one.section.text}" for one in cited)
        block = script_block(text, self.asked, sources)
        if block is not None:
            return block
        claims = claims_of(text, self.asked)
        hosts = frozenset(host_of(passage.section.url) for passage in cited if passage.section.url)
        block = address_block(claims, sources, hosts=hosts)
        return block or self._evidence_block(claims, cited)

    def _evidence_block(self, claims: Claims, cited: tuple[Passage, ...]) -> RejectionReason | None:
        """The passages of the asked language are tried first, then those of each other language."""
        locales = sorted({one.section.locale for one in cited}, key=lambda locale: locale is not self.asked)
        first: RejectionReason | None = None
        for locale in locales:
            sections = [one.section for one in cited if one.section.locale is locale]
            block = self._held_by(claims, evidence_of(sections))
            if block is None:
                return self._too_late(claims, cited)
            first = first or block
        return first

    def _held_by(self, claims: Claims, evidence: PassageEvidence) -> RejectionReason | None:
        is_own = evidence.locale is self.asked
        if is_own and claims.text in evidence.texts:
            return None
        grounding = GroundingCheck(claims, evidence, self.known_terms)
        if not (is_own and grounding.share >= _SURE_SHARE) and not self._is_in_asked_language(claims.text):
            return RejectionReason.LANGUAGE
        return grounding.block()

    def _is_in_asked_language(self, text: str) -> bool:
        guess = self.identifier.identify(text, prior=self.asked)
        return guess is not None and guess.locale is self.asked and not guess.is_foreign

    def _too_late(self, claims: Claims, cited: Sequence[Passage]) -> RejectionReason | None:
        says_now = any(mark.key == (TokenKind.TURN, ModifierKind.NOW) for mark in claims.marks)
        dates = [one.section.as_of or one.section.source_date for one in cited]
        is_fresh = all(stated is not None and self.today - stated <= _NOW_FOR for stated in dates)
        return RejectionReason.STALE_CLAIM if says_now and not is_fresh else None
