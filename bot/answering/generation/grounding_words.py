"""Grounding of words: none that turns a claim is added or left out, and few stand in no passage."""

from __future__ import annotations

from collections import Counter

from bot.answering.generation.claims import TokenKind
from bot.answering.generation.comparison import CASELESS, Comparison
from bot.answering.generation.evidence import PassageLine, is_calendar_year
from bot.answering.generation.known_terms import KnownTerms
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.wording import KEPT, STRONG
from bot.ids import Locale

_TURN_WINDOW = 3
"""Marks to either side of a turning word whose keeping asks for it to be kept as well. Chosen, as all numbers here,
with `tests/faults/test_composing_corruption.py` in sight; see `grounding_figures`."""
_KEPT_SHARE = 0.6
"""The share of a passage's sentence, and of the words around a turning word, from which they count as kept."""
_STRANGE_SHARE = 0.3
"""The share of a sentence's words that may stand in no passage: so much is wording, more is invention."""
_STRANGE_SHARE_HAN = 0.45
"""The same in Chinese, whose pairs of signs reach over the borders of words: one strange word makes three strange
pairs."""
_STRANGE_RUN = 2
"""Strange words in a row that are an invention."""
_STRANGE_RUN_HAN = 4
"""The same in pairs of Chinese signs: three are one strange word of two signs."""


def turned_twice(compared: Comparison) -> RejectionReason | None:
    """A turning word more often than in the passages: «no date» is not «not no date»."""
    if not compared.is_same_language:
        return None
    told = sum((_strong_turns(line) for line in compared.told), Counter())
    return None if _strong_turns(compared.line) <= told else RejectionReason.TURNED


def left_out(compared: Comparison) -> RejectionReason | None:
    """«Not», «only», «planned» beside words that were kept."""
    if not compared.is_same_language:
        return None
    for line in (one for one in compared.near if compared.repeated(one) >= _KEPT_SHARE):
        for at, mark in enumerate(line.marks):
            if mark.sort is TokenKind.TURN and mark.value in KEPT and mark.key not in compared.line.keys:
                around = line.marks[max(0, at - _TURN_WINDOW) : at] + line.marks[at + 1 : at + 1 + _TURN_WINDOW]
                kept = sum(any(compared.is_alike(near, own) for own in compared.line.marks) for near in around)
                if around and kept >= _KEPT_SHARE * len(around):
                    return RejectionReason.TURNED
    return None


def strange_words(compared: Comparison) -> RejectionReason | None:
    """Words that the passages do not have, in their own language: some are wording, more are an invention."""
    is_han = compared.locale is Locale.ZH
    wanted = compared.own_words
    strange = [mark for mark in wanted if not compared.is_held(mark)]
    if len(strange) > max(1, len(wanted) * (_STRANGE_SHARE_HAN if is_han else _STRANGE_SHARE)):
        return RejectionReason.NO_EVIDENCE
    run, follows_number = 0, False
    for mark in compared.line.marks:
        is_strange = mark in strange
        run = run + 1 if is_strange else 0
        if run >= (_STRANGE_RUN_HAN if is_han else _STRANGE_RUN):
            return RejectionReason.NO_EVIDENCE
        if is_strange and follows_number and not is_han:
            return RejectionReason.UNIT
        if is_strange and mark.is_first and mark.is_capital:
            return RejectionReason.NAME
        follows_number = mark.sort in {TokenKind.NUMBER, TokenKind.PERCENT} and not is_calendar_year(mark.value)
    return None


def unknown_words(compared: Comparison, known_terms: KnownTerms) -> RejectionReason | None:
    """In a translation: words that nothing published in its language has, where they look like names.

    Without capitals names can't be told from words, and without anything to compare with nothing can be said.
    """
    is_caseless = compared.locale in CASELESS
    if not known_terms.words:
        return RejectionReason.NO_EVIDENCE if is_caseless else None
    longest = _STRANGE_RUN_HAN if compared.locale is Locale.ZH else _STRANGE_RUN
    run = 0
    for mark in compared.line.marks:
        is_unknown = mark.sort is TokenKind.WORD and not mark.names and not known_terms.knows(mark)
        run = run + 1 if is_unknown else 0
        if (is_caseless and run >= longest) or (is_unknown and mark.is_first and mark.is_capital):
            return RejectionReason.NAME
    return None


def _strong_turns(line: PassageLine) -> Counter[str]:
    return Counter(mark.value for mark in line.marks if mark.sort is TokenKind.TURN and mark.value in STRONG)
