"""How good the answers are: a question set run through the Answerer and counted, language by language."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from statistics import median

from bot.answering.conversation import turn_of
from bot.answering.decision import OUTCOMES
from bot.answering.message_verdicts import LOST, MISLED, NOTHING, Expected, Verdict
from bot.answering.model import Answer, Outcome, Question, Turn
from bot.answering.pipeline import Context, ExtractiveAnswerer
from bot.answering.question_lines import QuestionLineError, asked_in, read_object
from bot.errors import ScodaError
from bot.ids import Locale, ReplyKind, SectionKey
from bot.writing.digits import ascii_digits

REFUSE = "refuse"


class QuestionSetError(ScodaError):
    """A line of the question set can't be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a question set."""

    case_id: str
    turns: tuple[str, ...]
    locale: Locale | None
    expect: tuple[re.Pattern[str], ...]
    """Patterns that must all be found in the answer; none where it must be refused, and for small talk."""
    section: str
    """Where the answer stands, `path#section` or only the path; empty where the set does not say."""
    kinds: tuple[ReplyKind, ...] = ()
    """What small talk may be taken for."""
    expected: Expected = NOTHING
    """What may come of it, where it is a first message."""
    both: tuple[Expected, ...] = ()
    """What may come of each of two questions in one message."""
    is_near_miss: bool = False
    """Whether it asks for what the knowledge does not hold, close by what it holds."""

    @property
    def is_answerable(self) -> bool:
        """Whether the knowledge holds the answer."""
        return bool(self.expect)

    @property
    def is_first_message(self) -> bool:
        """Whether it counts as right by its outcome rather than by what is said."""
        return bool(self.expected or self.both)

    @property
    def is_follow_up(self) -> bool:
        """Whether it is the end of a conversation."""
        return len(self.turns) > 1


class LosingStep(StrEnum):
    """Where a case was lost."""

    ROUTE = "route"
    """A question was taken for small talk, or the other way round, or for another kind."""
    RETRIEVE = "retrieve"
    """The section was not among those found."""
    RERANK = "rerank"
    """It was, but another one came first."""
    JUDGE = "judge"
    """It came first, but was not thought to answer; or something was told although nothing answers."""
    SELECT = "select"
    """It was told, but not the sentence that answers."""
    UNPLACED = "unplaced"
    """Nobody can tell: the set does not say in which section the answer stands."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case. `text` is what the visitor would read; `found` the sections, best first."""

    case: Case
    answer: Answer
    text: str
    found: tuple[SectionKey, ...]
    took_ms: float

    @property
    def is_right(self) -> bool:
        """Every expected pattern was said, or what must be refused was, or small talk was understood."""
        if self.case.kinds:
            return self.answer.outcome in {OUTCOMES[kind] for kind in self.case.kinds}
        if self.case.is_first_message:
            return self.verdict is Verdict.RIGHT
        if not self.case.is_answerable:
            return self.answer.outcome.refused
        text = comparable(self.text)
        return self.answer.outcome is Outcome.ANSWERED and all(p.search(text) for p in self.case.expect)

    @property
    def verdict(self) -> Verdict:
        """What became of a first message; of one with two questions right only where both are answered."""
        if not self.case.both:
            return self.case.expected.verdict(self.answer)
        parts = [self.answer] if self.answer.second is None else [self.answer, self.answer.second]
        given = [replace(part, citations=(one,)) for part in parts for one in part.citations] + parts
        is_right = all(any(one.verdict(part) is Verdict.RIGHT for part in given) for one in self.case.both)
        return Verdict.RIGHT if is_right else Verdict.LOST

    @property
    def is_from_one_section(self) -> bool:
        """Whether the right answer stands in the section told first, and only that was told."""
        first = next(iter(self.answer.citations), None)
        is_wanted = first is not None and self.case.section in {"", str(first.key), first.key.path}
        return self.is_right and is_wanted and len(self.answer.citations) == 1

    @property
    def is_offered(self) -> bool:
        """Whether the right answer was told, or its section offered."""
        names = {name for offer in self.answer.offers for name in (str(offer.key), offer.key.path)}
        return self.is_right or (self.case.is_answerable and self.case.section in names)

    @property
    def is_told(self) -> bool:
        """Whether something was told as the answer."""
        return self.answer.outcome is Outcome.ANSWERED

    @property
    def is_in_language(self) -> bool:
        """Whether the answer's sentences are in the visitor's language."""
        return self.case.locale is None or self.answer.written_in is self.case.locale

    @property
    def rank(self) -> int | None:
        """The place, from 1, at which the section that holds the answer was retrieved; None when it was not."""
        wanted = self.case.section
        places = (n for n, key in enumerate(self.found, start=1) if wanted in {str(key), key.path})
        return next(places, None)

    @property
    def lost_at(self) -> LosingStep | None:
        """The step that lost a case; None for one that is right."""
        if self.is_right:
            return None
        is_small_talk = self.answer.outcome in OUTCOMES.values()
        if self.case.is_first_message:
            return LosingStep.ROUTE if self.verdict is Verdict.TAKEN else LosingStep.JUDGE
        if self.case.kinds or (self.case.is_answerable and is_small_talk):
            return LosingStep.ROUTE
        if not self.case.is_answerable:
            return LosingStep.JUDGE
        return self._lost_after_routing()

    def _lost_after_routing(self) -> LosingStep:
        if not self.case.section:
            return LosingStep.UNPLACED
        if self.rank is None:
            return LosingStep.RETRIEVE
        if self.rank > 1:
            return LosingStep.RERANK
        return LosingStep.SELECT if self.is_told else LosingStep.JUDGE


@dataclass(frozen=True, slots=True)
class Share:
    """A share, 0 to 1, and of how many."""

    part: int
    of: int

    @property
    def value(self) -> float:
        """A share of nothing is 1."""
        return self.part / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.value:.1%}" if self.of else "–"


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one language, or of all.

    `first` are first messages that got what they should, `first_misled` those that were told something else or taken
    for small talk, declined or noise, `first_lost` those that got «I do not know» or another open question though it
    is known what to say. `both` are messages with two questions that were both answered.

    `right` are single questions and conversations together, `follow_ups` the conversations alone. `offered` are those
    answered rightly, or offered among five. `unanswered` are questions without an answer that got none, were it that
    sections were offered; `refused_rightly` those that were refused; the near misses among them are counted apart, too.
    `lost` says how many each step lost.
    """

    name: str
    right: Share
    right_in_language: Share
    from_one_section: Share
    offered: Share
    two_told: Share
    refused_wrongly: Share
    refused_rightly: Share
    unanswered: Share
    near_refused: Share
    near_unanswered: Share
    small_talk: Share
    taken_for_small_talk: Share
    follow_ups: Share
    follow_ups_offered: Share
    first: Share
    first_misled: Share
    first_lost: Share
    both: Share
    hit_1: Share
    hit_5: Share
    lost: Mapping[LosingStep, int]
    median_ms: float


def read_cases(lines: Iterable[str]) -> Iterator[Case]:
    """Read JSON lines `{"id", "question"|"turns", "lang"?, "expect": [patterns]|"refuse", "section"?}`.

    For small talk `"kind": [kinds]` stands instead of `"expect"`, for first messages at least one of `"told"` and
    `"named"` (sections and open questions) and `"outcomes"`; for two questions in one `"parts": [two of these]`. A near
    miss has `"stratum": "near"`, or `"near"` with what it comes near to.

    Raises:
        QuestionSetError: a line is not of that form.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _case(read_object(line))
            except (QuestionLineError, QuestionSetError) as error:
                raise QuestionSetError(f"line {number}: {error}") from error


async def evaluate(
    cases: Sequence[Case],
    answerer: ExtractiveAnswerer,
    *,
    today: date,
    say: Callable[[Answer], str],
    progress: Callable[[int], None] = lambda _: None,
) -> list[CaseResult]:
    """Ask every case, one after another; `say` words an answer as the visitor would read it."""
    results = []
    for done, case in enumerate(cases, start=1):
        started = time.perf_counter()
        context = await last_context(answerer, case.turns, today=today, app_locale=case.locale)
        took_ms = (time.perf_counter() - started) * 1000 / len(case.turns)
        assert context.answer is not None
        best = context.best
        found = tuple(candidate.key for candidate in best.answerable) if best is not None else ()
        results.append(CaseResult(case, context.answer, say(context.answer), found, took_ms))
        progress(done)
    return results


async def last_context(
    answerer: ExtractiveAnswerer, turns: Sequence[str], *, today: date, app_locale: Locale | None
) -> Context:
    """What was found out of the last of several turns."""
    history: tuple[Turn, ...] = ()
    for text in turns:
        question = Question(text, today, app_locale=app_locale, history=history)
        context = await answerer.trace(question)
        assert context.answer is not None
        history = (*history, turn_of(question, context.answer))
    return context


def tally(results: Sequence[CaseResult], name: str) -> Tally:
    """Count the results of one language or of all."""
    answerable = [result for result in results if result.case.is_answerable]
    small_talk = [result for result in results if result.case.kinds]
    unanswerable = [result for result in results if _has_no_answer(result.case)]
    first = [result.verdict for result in results if result.case.expected]
    near = [result for result in unanswerable if result.case.is_near_miss]
    placed = [result.rank for result in answerable if result.case.section]
    follow_ups = [result for result in answerable if result.case.is_follow_up]
    lost = Counter(result.lost_at for result in results)
    return Tally(
        name=name,
        right=_share(result.is_right for result in answerable),
        right_in_language=_share(result.is_right and result.is_in_language for result in answerable),
        from_one_section=_share(result.is_from_one_section for result in answerable),
        offered=_share(result.is_offered for result in answerable),
        two_told=_share(len(result.answer.citations) > 1 for result in answerable if result.is_told),
        refused_wrongly=_share(result.answer.outcome.refused for result in answerable),
        refused_rightly=_share(result.is_right for result in unanswerable),
        unanswered=_share(not result.is_told for result in unanswerable),
        near_refused=_share(result.is_right for result in near),
        near_unanswered=_share(not result.is_told for result in near),
        small_talk=_share(result.is_right for result in small_talk),
        taken_for_small_talk=_share(result.lost_at is LosingStep.ROUTE for result in answerable),
        follow_ups=_share(result.is_right for result in follow_ups),
        follow_ups_offered=_share(result.is_offered for result in follow_ups),
        first=_share(verdict is Verdict.RIGHT for verdict in first),
        first_misled=_share(verdict in MISLED for verdict in first),
        first_lost=_share(verdict in LOST for verdict in first),
        both=_share(result.is_right for result in results if result.case.both),
        hit_1=_share(rank == 1 for rank in placed),
        hit_5=_share(rank is not None and rank <= 5 for rank in placed),
        lost={step: lost[step] for step in LosingStep},
        median_ms=median(result.took_ms for result in results) if results else 0.0,
    )


def _has_no_answer(case: Case) -> bool:
    return not (case.is_answerable or case.kinds or case.is_first_message)


def tallies(results: Sequence[CaseResult]) -> list[Tally]:
    """One tally a language, in the order of `Locale`, then the total."""
    by_locale = [(locale, [r for r in results if r.case.locale is locale]) for locale in Locale]
    return [tally(group, locale.value) for locale, group in by_locale if group] + [tally(results, "all")]


def risk_coverage(results: Sequence[CaseResult]) -> list[tuple[float, float]]:
    """Points (coverage, risk): answering only the surest share `coverage` of all questions, how many would be wrong.

    A question that has no answer counts as wrong when it is answered.
    """
    questions = [result for result in results if not result.case.kinds]
    ranked = sorted(questions, key=lambda result: -result.answer.score)
    points, wrong = [], 0
    for answered, result in enumerate(ranked, start=1):
        wrong += not (result.case.is_answerable and _would_be_right(result))
        points.append((answered / len(ranked), wrong / answered))
    return points


def _would_be_right(result: CaseResult) -> bool:
    """Where the bot refused, the section it had found first stands for the answer it would have given."""
    return result.is_right if result.answer.outcome is Outcome.ANSWERED else result.rank == 1


def _case(line: Mapping[str, object]) -> Case:
    asked = asked_in(line)
    if asked.line_id is None:
        raise QuestionSetError('it has no "id", by which a miss is named')
    parts = line.get("parts")
    expected, both = Expected.of(line), tuple(map(Expected.of, parts)) if isinstance(parts, list) else ()
    return Case(
        case_id=asked.line_id,
        turns=asked.turns,
        locale=asked.locale,
        expect=() if line.get("kind") or expected or both else _patterns(line.get("expect")),
        section=str(line.get("section") or ""),
        kinds=_kinds(line.get("kind")),
        expected=expected,
        both=both,
        is_near_miss=line.get("stratum") == "near" or bool(line.get("near")),
    )


def _kinds(listed: object) -> tuple[ReplyKind, ...]:
    if listed is None:
        return ()
    try:
        return tuple(ReplyKind(str(kind)) for kind in (listed if isinstance(listed, list) else [listed]))
    except ValueError as error:
        raise QuestionSetError(f'"kind" is {listed!r}: each must be one of {", ".join(ReplyKind)}') from error


def _patterns(expect: object) -> tuple[re.Pattern[str], ...]:
    if expect == REFUSE:
        return ()
    if not expect or not isinstance(expect, list | str):
        raise QuestionSetError('"expect" must be a list of the patterns that the answer holds, or "refuse"')
    return tuple(_pattern(str(text)) for text in ([expect] if isinstance(expect, str) else expect))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(unicodedata.normalize("NFC", text), re.IGNORECASE)
    except re.error as error:
        raise QuestionSetError(f'"expect" holds {text!r}, which is no pattern: {error}') from error


def comparable(text: str) -> str:
    """A text as patterns are sought in it."""
    return ascii_digits(unicodedata.normalize("NFC", text))


def _share(flags: Iterable[bool]) -> Share:
    listed = list(flags)
    return Share(sum(listed), len(listed))
