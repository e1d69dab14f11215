"""Calls of the language model: each within its budget, behind the breaker, before the deadline, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot.answering.generation.breaker import CircuitBreaker
from bot.answering.generation.model import Completion, Composed, RejectionReason, Reservation, Resolved
from bot.answering.generation.ports import BudgetLedger, ChatModel
from bot.answering.generation.prompts import Prompt
from bot.answering.model import OnSentence, Question
from bot.errors import ModelError

log = structlog.get_logger(__name__)

_LEAST_S = 0.5
"""Seconds. A call that gets less time is not begun. Chosen: no model answers sooner."""
_SPARE_S = 0.25
"""Seconds kept back for the check and the sending. Chosen; the check takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long one call of the model and the whole answer may take, and how much may be written and read."""

    call_s: float = 8.0
    """Seconds for one call. Chosen, as all of these: the settings say otherwise where a model needs it."""
    answer_s: float = 12.0
    """Seconds for all calls of one answer: a visitor who waits longer asks again."""
    output_tokens: int = 600
    """Tokens that a composed answer may take."""
    context_tokens: int = 8192
    """Tokens that the model can read and write together."""
    failures: int = 3
    """Calls in a row that must fail for the model to be left alone for `pause_s`."""
    pause_s: float = 30.0
    """Seconds."""


@dataclass(slots=True)
class Counts:
    """What became of the answers since the start; `resolved` are the questions in doubt."""

    outcomes: Counter[Composed] = field(default_factory=Counter)
    blocked: Counter[RejectionReason] = field(default_factory=Counter)
    resolved: Counter[Resolved] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0


class FallbackError(Exception):
    """The model's part ends here; the answer that there is stands."""

    def __init__(self, why: Composed) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Task:
    """One question on its way: until when, for whom, and who hears of its sentences."""

    question: Question
    ends_at: float
    on_sentence: OnSentence | None


class Caller:
    """Whoever asks the model asks here. `now` tells the day whose budget is used, `clock` counts seconds."""

    def __init__(
        self,
        model: ChatModel,
        ledger: BudgetLedger,
        *,
        limits: CallLimits,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self.limits = limits
        self.counts = Counts()
        self._model = model
        self._ledger = ledger
        self._now = now
        self._clock = clock
        self._breaker = CircuitBreaker(failures=limits.failures, open_s=limits.pause_s, clock=clock)

    def begin(self, question: Question, on_sentence: OnSentence | None) -> Task:
        """From now on the answer's time runs."""
        return Task(question, self._clock() + self.limits.answer_s, on_sentence)

    async def call(
        self,
        task: Task,
        prompt: Prompt,
        max_tokens: int,
        *,
        on_text: Callable[[str], None] | None = None,
        schema: Mapping[str, object] | None = None,
    ) -> Completion:
        """One call of the model: breaker, budget, time limit, and the book-keeping after it.

        Raises:
            FallbackError: one of them forbids it, or the model failed.
        """
        if self._time_left(task) < _LEAST_S:
            raise FallbackError(Composed.NO_TIME)
        if self._breaker.is_open:
            raise FallbackError(Composed.BREAKER_OPEN)
        reservation = await self._ledger.reserve(task.question.visitor_id, prompt.tokens + max_tokens, now=self._now())
        if reservation is None:
            raise FallbackError(Composed.BUDGET_EXHAUSTED)
        completion = await self._complete(task, prompt, max_tokens, on_text=on_text, schema=schema)
        await self._settle(reservation, completion)
        return completion

    async def _complete(
        self,
        task: Task,
        prompt: Prompt,
        max_tokens: int,
        *,
        on_text: Callable[[str], None] | None,
        schema: Mapping[str, object] | None,
    ) -> Completion:
        """The model's words. What a failed call was reserved stays spent: nobody knows what it took."""
        deadline_s = min(self.limits.call_s, self._time_left(task))
        if deadline_s < _LEAST_S:
            raise FallbackError(Composed.NO_TIME)
        if not self._breaker.may_try():
            raise FallbackError(Composed.BREAKER_OPEN)
        try:
            completion = await self._model.complete(
                prompt.messages, max_tokens=max_tokens, deadline_s=deadline_s, on_text=on_text, schema=schema
            )
        except ModelError as error:
            self._breaker.failed()
            log.warning("model_failed", reason=str(error))
            raise FallbackError(Composed.MODEL_FAILED) from error
        except BaseException:
            self._breaker.gave_up()
            raise
        self._breaker.succeeded()
        return completion

    async def _settle(self, reservation: Reservation, completion: Completion) -> None:
        self.counts.prompt_tokens += completion.prompt_tokens
        self.counts.completion_tokens += completion.completion_tokens
        await self._ledger.settle(
            reservation,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )

    def _time_left(self, task: Task) -> float:
        return task.ends_at - self._clock() - _SPARE_S
