"""Whether passages hold what a sentence says: each figure, unit, name and turning word, in the place where it stands.

A figure that stands in a passage beside something else is no support: «18 June» is not held by «15 June and 18 July».
So for each figure and name its neighbours are compared with those of the same and of other figures and names in the
passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from bot.answering.generation.claims import FIGURES, Claims, Token, TokenKind, claims_of
from bot.answering.generation.model import RejectionReason
from bot.answering.generation.names import skeleton
from bot.answering.generation.vocabulary import KnownTerms
from bot.answering.generation.wording import KEPT, STRONG
from bot.answering.ports import StoredSection
from bot.ids import Locale
from bot.writing.terms import shared_start

_NEAREST = 3
"""A sentence may join so many of the passages'."""
_WINDOW = 3
_MARGIN = 2.0
_MARGIN_ELSEWHERE = 2.5
_TURN_FIT = 3.0
"""A turning word has one neighbour at least that it has in the passage too."""
_TURN_WINDOW = 3
_KEPT_SHARE = 0.6
_STRANGE_SHARE = 0.3
_STRANGE_SHARE_HAN = 0.45
_STRANGE_RUN = 2
_STRANGE_RUN_HAN = 4
_CALENDAR = range(1900, 2101)
"""The years that a sentence may name without a unit; 2100, as plans do, among them, unlike `terms.is_year`."""
_BLOCKS = {
    TokenKind.NUMBER: RejectionReason.NUMBER,
    TokenKind.PERCENT: RejectionReason.NUMBER,
    TokenKind.ORDINAL: RejectionReason.NUMBER,
    TokenKind.CODE: RejectionReason.NAME,
    TokenKind.TIME: RejectionReason.DATE,
    TokenKind.MONTH: RejectionReason.DATE,
    TokenKind.TURN: RejectionReason.TURNED,
}
_CASELESS = frozenset({Locale.ZH, Locale.FA, Locale.UR, Locale.HI})


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A sentence, reduced to what is compared: small words are left out."""

    marks: tuple[Token, ...]
    keys: frozenset[tuple[TokenKind, str]]
    names: frozenset[str]
    words: frozenset[str]
    starts: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    """Numbers with their units."""
    rows: frozenset[tuple[str, str]]
    """Two numbers with no other word between them: 17–20 July."""

    def holds(self, mark: Token) -> bool:
        """Whether the word of a mark stands here with whatever ending."""
        word = mark.value
        if word in self.words or (len(word) > 3 and word[: shared_start(word)] in self.starts):
            return True
        return any(word[:size] in self.words for size in range(4, len(word)))


@lru_cache(maxsize=4096)
def line_of(text: str, locale: Locale) -> PassageLine:
    """Read one sentence."""
    return _line(claims_of(text, locale))


def _line(claims: Claims) -> PassageLine:
    marks = tuple(mark for mark in claims.marks if mark.sort is not TokenKind.NAME and not _says_nothing(mark))
    written = {mark.value for mark in claims.marks if mark.sort is TokenKind.WORD}
    return PassageLine(
        marks=marks,
        keys=frozenset(key for mark in marks if mark.sort is not TokenKind.WORD for key in _keys(mark)),
        names=frozenset(mark.value for mark in claims.marks if mark.sort is TokenKind.NAME),
        words=frozenset(written),
        starts=frozenset(word[:size] for word in written for size in range(3, len(word) + 1)),
        pairs=frozenset(_pairs(marks)),
        rows=frozenset(
            (one.value, other.value)
            for one, other in pairwise(marks)
            if one.sort is TokenKind.NUMBER and other.sort is TokenKind.NUMBER
        ),
    )


def _says_nothing(mark: Token) -> bool:
    return mark.is_small and mark.sort in {TokenKind.WORD, TokenKind.UNIT} and not mark.names


def _keys(mark: Token) -> Iterator[tuple[TokenKind, str]]:
    yield mark.key
    if mark.sort is TokenKind.NUMBER:
        yield TokenKind.ORDINAL, mark.value
    if mark.sort is TokenKind.ORDINAL:
        yield TokenKind.NUMBER, mark.value


def _pairs(marks: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Each number with the unit behind it (or the sign of a currency before it); in a list all share the last."""
    waiting: list[str] = []
    words_since = 0
    for place, mark in enumerate(marks):
        if mark.sort is TokenKind.NUMBER:
            following = marks[place + 1].sort if place + 1 < len(marks) else None
            if place and marks[place - 1].sort is TokenKind.UNIT and len(marks[place - 1].written) == 1:
                yield mark.value, marks[place - 1].value
            if not _is_year(mark.value) or following is TokenKind.UNIT:
                waiting = [*waiting, mark.value] if waiting and not words_since else [mark.value]
                words_since = 0
        elif mark.sort is TokenKind.UNIT:
            yield from ((value, mark.value) for value in waiting)
            waiting = []
        elif mark.sort is TokenKind.WORD and not words_since:
            words_since = 1
        else:
            waiting = []


@dataclass(frozen=True, slots=True)
class PassageEvidence:
    """The lines of some passages in one language: their sentences, and title and heading of each as one more."""

    locale: Locale
    lines: tuple[PassageLine, ...]
    headers: tuple[PassageLine, ...]
    texts: frozenset[str]


def evidence_of(sections: Sequence[StoredSection]) -> PassageEvidence:
    """Read the passages; all must be in one language."""
    locale = sections[0].locale
    return PassageEvidence(
        locale,
        tuple(line_of(sentence, locale) for section in sections for sentence in section.sentences),
        tuple(line_of(f"{section.title}. {section.heading}", locale) for section in sections),
        frozenset(sentence.strip() for section in sections for sentence in section.sentences),
    )


class GroundingCheck:
    """One sentence held against the evidence; `vocabulary` are the words that its language is known to have."""

    def __init__(self, claims: Claims, evidence: PassageEvidence, vocabulary: KnownTerms) -> None:
        self._claims = claims
        self._vocabulary = vocabulary
        self._line = _line(claims)
        self._fits: dict[tuple[int, tuple[TokenKind, str], tuple[str, ...]], float] = {}
        self._same_language = claims.locale is evidence.locale
        self._near = _nearest(self._line, evidence, words_count=self._same_language)
        self._told = (*self._near, *evidence.headers)
        self._keys = frozenset().union(*(line.keys for line in self._told))
        self._names = frozenset().union(*(line.names for line in self._told))

    def block(self) -> RejectionReason | None:
        """Why the evidence does not hold the sentence; None when it does."""
        for find in (
            self._missing,
            self._turned_twice,
            self._missing_name,
            self._wrong_unit,
            self._turned_row,
            self._misplaced,
            self._left_out,
        ):
            block = find()
            if block is not None:
                return block
        return self._strange_words() if self._same_language else self._unknown_words()

    @property
    def share(self) -> float:
        """The share of the sentence's own words that the evidence holds, 0 to 1."""
        wanted = self._own_words()
        return sum(self._is_held(mark) for mark in wanted) / len(wanted) if wanted else 1.0

    def _missing(self) -> RejectionReason | None:
        for place, mark in enumerate(self._line.marks):
            if mark.sort in {TokenKind.WORD, TokenKind.UNIT} or mark.is_soft or self._is_put_otherwise(mark):
                continue
            is_held = mark.key in self._keys
            if is_held and not (
                self._same_language and mark.sort is TokenKind.TURN and self._fit(place, mark) < _TURN_FIT
            ):
                continue
            return self._kind_of_figure(place)
        return None

    def _turned_twice(self) -> RejectionReason | None:
        """A turning word more often than in the passages: «no date» is not «not no date»."""
        if not self._same_language:
            return None
        own = _strong_turns(self._line)
        told = sum((_strong_turns(line) for line in self._told), Counter())
        return None if own <= told else RejectionReason.TURNED

    def _is_put_otherwise(self, mark: Token) -> bool:
        """A translation may use «all» or «after» where its source has another turn of phrase."""
        return not self._same_language and mark.sort is TokenKind.TURN and mark.value not in STRONG

    def _kind_of_figure(self, place: int) -> RejectionReason:
        mark = self._line.marks[place]
        if mark.sort is TokenKind.NUMBER:
            around = self._line.marks[max(0, place - 2) : place + 3]
            if _is_year(mark.value) or any(near.sort is TokenKind.MONTH for near in around):
                return RejectionReason.DATE
        return _BLOCKS[mark.sort]

    def _missing_name(self) -> RejectionReason | None:
        for mark in self._line.marks:
            if mark.sort is TokenKind.WORD and self._is_name(mark) and not self._is_held_name(mark):
                return RejectionReason.NAME
        return None

    def _is_name(self, mark: Token) -> bool:
        if mark.names or _has_inner_capital(mark.written):
            return True
        if self._claims.locale in _CASELESS or not mark.value.isascii():
            return (mark.value.isascii() and mark.value.isalpha() and len(mark.value) > 1) or (
                mark.is_capital and not mark.is_first
            )
        return _is_latin(mark.value) and (
            self._claims.locale not in {Locale.EN, Locale.UZ} or (mark.is_capital and not mark.is_first)
        )

    def _is_held_name(self, mark: Token) -> bool:
        if mark.names:
            return bool(self._names.intersection(mark.names))
        if any(line.holds(mark) for line in self._told):
            return True
        bones = skeleton(mark.value)
        return len(bones) >= 3 and any(bones == skeleton(word) for line in self._told for word in line.words)

    def _wrong_unit(self) -> RejectionReason | None:
        told = frozenset().union(*(line.pairs for line in self._told))
        for value, unit in self._line.pairs:
            if (value, unit) not in told and not (unit == "year" and _is_year(value)):
                return RejectionReason.UNIT
        return None

    def _turned_row(self) -> RejectionReason | None:
        """Two numbers in a row that the passages have the other way round alone."""
        told = frozenset().union(*(line.rows for line in self._told))
        for one, other in self._line.rows:
            if (other, one) in told and (one, other) not in told:
                return RejectionReason.NUMBER
        return None

    def _misplaced(self) -> RejectionReason | None:
        """A figure or name that fits the place of another one better than its own."""
        fixed = [place for place, mark in enumerate(self._line.marks) if _is_fixed(mark)]
        own = {place: self._fit(place, self._line.marks[place]) for place in fixed}
        for place in fixed:
            mark = self._line.marks[place]
            best = max((self._lead(place, rival) for rival in self._rivals(mark)), default=0.0)
            if best >= own[place] + _MARGIN:
                return RejectionReason.NAME if mark.sort is TokenKind.WORD else self._kind_of_figure(place)
        for one, other in combinations(fixed, 2):
            first, second = self._line.marks[one], self._line.marks[other]
            if first.sort is not second.sort or _is_same(first, second):
                continue
            if self._fit(one, second) + self._fit(other, first) >= own[one] + own[other] + 2 * _MARGIN:
                return RejectionReason.NAME if first.sort is TokenKind.WORD else self._kind_of_figure(one)
        return None

    def _rivals(self, mark: Token) -> Iterator[Token]:
        for line in self._told:
            for other in line.marks:
                if other.sort is mark.sort and _is_fixed(other) and not _is_same(other, mark):
                    yield other

    def _lead(self, place: int, rival: Token) -> float:
        """How well a rival fits a place; one that the sentence has elsewhere must fit better still."""
        is_elsewhere = any(_is_same(rival, mark) for mark in self._line.marks)
        return self._fit(place, rival) - (_MARGIN_ELSEWHERE if is_elsewhere else 0.0)

    def _fit(self, place: int, mark: Token) -> float:
        """How well the neighbours of a place in the sentence are those of `mark` in the evidence."""
        name = place, mark.key, mark.names
        if name not in self._fits:
            self._fits[name] = self._measured_fit(place, mark)
        return self._fits[name]

    def _measured_fit(self, place: int, mark: Token) -> float:
        best = 0.0
        for line in self._told:
            for at, other in enumerate(line.marks):
                if _is_same(other, mark):
                    best = max(best, self._likeness(place, line, at))
        return best

    def _likeness(self, place: int, line: PassageLine, at: int) -> float:
        score = 0.0
        for step in range(1, _WINDOW + 1):
            for side in (-step, step):
                near = place + side
                if 0 <= near < len(self._line.marks):
                    score += self._neighbour(self._line.marks[near], line, at, side)
        return score

    def _neighbour(self, mark: Token, line: PassageLine, at: int, side: int) -> float:
        weight = _WINDOW + 1 - abs(side)
        for step in range(1, _WINDOW + 1):
            for other_side in (side // abs(side) * step, -side // abs(side) * step):
                near = at + other_side
                if 0 <= near < len(line.marks) and self._is_alike(mark, line.marks[near]):
                    return min(weight, _WINDOW + 1 - step) * (1.0 if other_side * side > 0 else 0.5)
        return 0.0

    def _is_alike(self, one: Token, other: Token) -> bool:
        if _is_same(one, other):
            return True
        if not self._same_language or one.sort is not TokenKind.WORD or other.sort is not TokenKind.WORD:
            return False
        size = min(shared_start(one.value), shared_start(other.value))
        return size > 3 and one.value[:size] == other.value[:size]

    def _left_out(self) -> RejectionReason | None:
        """«Not», «only», «planned» beside words that were kept."""
        if not self._same_language:
            return None
        for line in (one for one in self._near if self._told_share(one) >= _KEPT_SHARE):
            for at, mark in enumerate(line.marks):
                if mark.sort is TokenKind.TURN and mark.value in KEPT and mark.key not in self._line.keys:
                    around = line.marks[max(0, at - _TURN_WINDOW) : at] + line.marks[at + 1 : at + 1 + _TURN_WINDOW]
                    kept = sum(any(self._is_alike(near, own) for own in self._line.marks) for near in around)
                    if around and kept >= _KEPT_SHARE * len(around):
                        return RejectionReason.TURNED
        return None

    def _told_share(self, line: PassageLine) -> float:
        """How much of a passage's sentence this one repeats, 0 to 1."""
        told = sum(any(self._is_alike(mark, own) for own in self._line.marks) for mark in line.marks)
        return told / len(line.marks) if line.marks else 0.0

    def _own_words(self) -> list[Token]:
        return [mark for mark in self._line.marks if mark.sort is TokenKind.WORD and not mark.names]

    def _is_held(self, mark: Token) -> bool:
        return any(line.holds(mark) for line in self._told)

    def _strange_words(self) -> RejectionReason | None:
        """Words that the evidence does not have: some are wording, more are an invention."""
        is_han = self._claims.locale is Locale.ZH
        wanted = self._own_words()
        strange = [mark for mark in wanted if not self._is_held(mark)]
        if len(strange) > max(1, len(wanted) * (_STRANGE_SHARE_HAN if is_han else _STRANGE_SHARE)):
            return RejectionReason.NO_EVIDENCE
        run, follows_number = 0, False
        for mark in self._line.marks:
            is_strange = mark in strange
            run = run + 1 if is_strange else 0
            if run >= (_STRANGE_RUN_HAN if is_han else _STRANGE_RUN):
                return RejectionReason.NO_EVIDENCE
            if is_strange and follows_number and not is_han:
                return RejectionReason.UNIT
            if is_strange and mark.is_first and mark.is_capital:
                return RejectionReason.NAME
            follows_number = mark.sort in {TokenKind.NUMBER, TokenKind.PERCENT} and not _is_year(mark.value)
        return None

    def _unknown_words(self) -> RejectionReason | None:
        """In a translation: words that nothing published in its language has, where they look like names.

        Without capitals names can't be told from words, and without anything to compare with nothing can be said.
        """
        is_caseless = self._claims.locale in _CASELESS
        if not self._vocabulary.words:
            return RejectionReason.NO_EVIDENCE if is_caseless else None
        longest = _STRANGE_RUN_HAN if self._claims.locale is Locale.ZH else _STRANGE_RUN
        run = 0
        for mark in self._line.marks:
            is_unknown = mark.sort is TokenKind.WORD and not mark.names and not self._vocabulary.knows(mark)
            run = run + 1 if is_unknown else 0
            if (is_caseless and run >= longest) or (is_unknown and mark.is_first and mark.is_capital):
                return RejectionReason.NAME
        return None


def _nearest(line: PassageLine, evidence: PassageEvidence, *, words_count: bool) -> tuple[PassageLine, ...]:
    """The sentences that together hold the most of a sentence, each adding something."""
    wanted: set[object] = set(line.keys) | {("name", name) for name in line.names}
    own = [mark for mark in line.marks if mark.sort is TokenKind.WORD and not mark.names] if words_count else []
    gains = []
    for other in evidence.lines:
        held = set(line.keys & other.keys) | {("name", name) for name in line.names & other.names}
        gains.append((other, held, {mark.value for mark in own if other.holds(mark)}))
    left_words = {mark.value for mark in own}
    chosen: list[PassageLine] = []
    while gains and len(chosen) < _NEAREST:
        best = max(gains, key=lambda gain: 2 * len(gain[1] & wanted) + len(gain[2] & left_words))
        if not best[1] & wanted and len(best[2] & left_words) < (2 if chosen else 1):
            break
        chosen.append(best[0])
        wanted -= best[1]
        left_words -= best[2]
        gains.remove(best)
    return tuple(chosen)


def _strong_turns(line: PassageLine) -> Counter[str]:
    return Counter(mark.value for mark in line.marks if mark.sort is TokenKind.TURN and mark.value in STRONG)


def _is_fixed(mark: Token) -> bool:
    return (mark.sort in FIGURES and not mark.is_soft) or (mark.sort is TokenKind.WORD and bool(mark.names))


def _is_same(one: Token, other: Token) -> bool:
    if one.sort is TokenKind.WORD and one.names and other.names:
        return not set(one.names).isdisjoint(other.names)
    return one.key == other.key


def _is_year(value: str) -> bool:
    return value.isdigit() and int(value) in _CALENDAR


def _has_inner_capital(word: str) -> bool:
    """QR, WeChat, or something that was put into a code: nothing that stands in a dictionary."""
    return any(letter.isupper() for letter in word[1:])


def _is_latin(word: str) -> bool:
    return word.isascii() and word.isalpha() and len(word) > 1
