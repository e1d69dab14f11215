"""How good the answers are: a question set run through the Answerer and counted, language by language."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from bot.answering.conversation import converse
from bot.answering.model import Answer, Outcome
from bot.answering.question_lines import QuestionLineError, asked_in, read_object
from bot.answering.service import Answerer
from bot.errors import ScodaError
from bot.vocabulary import Locale, SectionKey
from bot.writing.folding import ascii_digits

REFUSE = "refuse"


class QuestionSetError(ScodaError):
    """A line of the question set can't be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a question set.

    `expect` holds the patterns that must all be found in the answer; it is empty for a question that must be refused.
    `section` is where the answer stands (`path#section` or only the path), if the set says so.
    """

    case_id: str
    turns: tuple[str, ...]
    locale: Locale | None
    expect: tuple[re.Pattern[str], ...]
    section: str

    @property
    def is_answerable(self) -> bool:
        """Whether the knowledge holds the answer."""
        return bool(self.expect)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case. `text` is what the visitor would read; `found` the sections in the order retrieved."""

    case: Case
    answer: Answer
    text: str
    found: tuple[SectionKey, ...]
    took_ms: float

    @property
    def is_right(self) -> bool:
        """Every expected pattern was said, or what must be refused was."""
        if not self.case.is_answerable:
            return self.answer.outcome.refused
        text = _comparable(self.text)
        return self.answer.outcome is Outcome.ANSWERED and all(p.search(text) for p in self.case.expect)

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


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one language, or of all. Shares are 0 to 1; a share of nothing is 1."""

    name: str
    answerable: int
    right: float
    right_in_language: float
    refused_wrongly: float
    unanswerable: int
    refused_rightly: float
    hit_1: float
    hit_5: float
    mrr: float
    median_ms: float

    def cells(self) -> tuple[str, ...]:
        """The figures as they stand in a table, under `HEADINGS`."""
        return (
            self.name,
            str(self.answerable),
            f"{self.right:.1%}",
            f"{self.right_in_language:.1%}",
            f"{self.refused_wrongly:.1%}",
            str(self.unanswerable),
            f"{self.refused_rightly:.1%}",
            f"{self.hit_1:.1%}",
            f"{self.hit_5:.1%}",
            f"{self.mrr:.3f}",
            f"{self.median_ms:.0f}",
        )


HEADINGS = (
    "language",
    "answerable",
    "right",
    "in language",
    "refused wrongly",
    "unanswerable",
    "refused rightly",
    "hit@1",
    "hit@5",
    "MRR",
    "ms",
)


def read_cases(lines: Iterable[str]) -> Iterator[Case]:
    """Read JSON lines `{"id", "question"|"turns", "lang"?, "expect": [patterns]|"refuse", "section"?}`.

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
    answerer: Answerer,
    *,
    today: date,
    say: Callable[[Answer], str],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Ask every case, one after another; `say` words an answer as the visitor would read it."""
    results = []
    for done, case in enumerate(cases, start=1):
        started = time.perf_counter()
        answer, question = await converse(answerer, case.turns, today=today, app_locale=case.locale)
        took_ms = (time.perf_counter() - started) * 1000 / len(case.turns)
        found = tuple(candidate.key for candidate in (await answerer.examine(question)).ranked)
        results.append(Result(case, answer, say(answer), found, took_ms))
        progress(done)
    return results


def tally(results: Sequence[Result], name: str) -> Tally:
    """Count the results of one language or of all."""
    answerable = [result for result in results if result.case.is_answerable]
    unanswerable = [result for result in results if not result.case.is_answerable]
    placed = [result.rank for result in answerable if result.case.section]
    return Tally(
        name=name,
        answerable=len(answerable),
        right=_share(result.is_right for result in answerable),
        right_in_language=_share(result.is_right and result.is_in_language for result in answerable),
        refused_wrongly=1.0 - _share(not result.answer.outcome.refused for result in answerable),
        unanswerable=len(unanswerable),
        refused_rightly=_share(result.is_right for result in unanswerable),
        hit_1=_share(rank == 1 for rank in placed),
        hit_5=_share(rank is not None and rank <= 5 for rank in placed),
        mrr=sum(1.0 / rank for rank in placed if rank) / len(placed) if placed else 1.0,
        median_ms=median(result.took_ms for result in results) if results else 0.0,
    )


def tallies(results: Sequence[Result]) -> list[Tally]:
    """One tally a language, in the order of `Locale`, then the total."""
    by_locale = [(locale, [r for r in results if r.case.locale is locale]) for locale in Locale]
    return [tally(group, locale.value) for locale, group in by_locale if group] + [tally(results, "all")]


def risk_coverage(results: Sequence[Result]) -> list[tuple[float, float]]:
    """Points (coverage, risk): answering only the surest share `coverage` of all questions, how many would be wrong.

    A question that has no answer counts as wrong when it is answered.
    """
    ranked = sorted(results, key=lambda result: -result.answer.score)
    points, wrong = [], 0
    for answered, result in enumerate(ranked, start=1):
        wrong += not (result.case.is_answerable and _would_be_right(result))
        points.append((answered / len(ranked), wrong / answered))
    return points


def _would_be_right(result: Result) -> bool:
    """Where the bot refused, the section it had found first stands for the answer it would have given."""
    return result.is_right if result.answer.outcome is Outcome.ANSWERED else result.rank == 1


def _case(line: Mapping[str, object]) -> Case:
    asked = asked_in(line)
    if asked.line_id is None:
        raise QuestionSetError('it has no "id", by which a miss is named')
    return Case(
        case_id=asked.line_id,
        turns=asked.turns,
        locale=asked.locale,
        expect=_patterns(line.get("expect")),
        section=str(line.get("section") or ""),
    )


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


def _comparable(text: str) -> str:
    return ascii_digits(unicodedata.normalize("NFC", text))


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / len(listed) if listed else 1.0
