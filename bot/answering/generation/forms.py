"""Asks the language model in a form, for work beside the answers: within the budget, and a few calls at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from bot.answering.generation.model import ChatMessage
from bot.answering.generation.partial_json import value_of
from bot.answering.generation.ports import BudgetLedger, ChatModel
from bot.answering.generation.prompts import tokens_of
from bot.errors import ModelError
from bot.ids import VisitorId

log = structlog.get_logger(__name__)

_AT_ONCE = 4
"""Calls of the model at once. Chosen: visitors' calls must find a place beside them."""

_Written = TypeVar("_Written", bound=BaseModel)


class FormFailure(Enum):
    """Why there is no form."""

    NO_MODEL = auto()
    """It failed, or the budget is used up."""
    NOT_STRUCTURED = auto()
    """What it wrote is not the form."""


class FormAsker:
    """The model with its budget; a call may take `call_s` seconds and write `output_tokens` tokens."""

    def __init__(
        self,
        model: ChatModel,
        ledger: BudgetLedger,
        *,
        call_s: float,
        output_tokens: int,
        now: Callable[[], datetime],
    ) -> None:
        self._model = model
        self._ledger = ledger
        self._call_s = call_s
        self._output_tokens = output_tokens
        self._now = now
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def ask(
        self, messages: Sequence[ChatMessage], form: type[_Written], *, payer: VisitorId | None = None
    ) -> _Written | FormFailure:
        """One call; what comes is read, not believed. What a failed call was reserved stays spent."""
        async with self._free:
            reserved = tokens_of(messages) + self._output_tokens
            reservation = await self._ledger.reserve(payer, reserved, now=self._now())
            if reservation is None:
                return FormFailure.NO_MODEL
            try:
                completion = await self._model.complete(
                    messages,
                    max_tokens=self._output_tokens,
                    deadline_s=self._call_s,
                    schema=form.model_json_schema(),
                )
            except ModelError as error:
                log.warning("model_failed", form=form.__name__, reason=str(error))
                return FormFailure.NO_MODEL
            await self._ledger.settle(
                reservation, prompt_tokens=completion.prompt_tokens, completion_tokens=completion.completion_tokens
            )
        try:
            return form.model_validate(value_of(completion.text))
        except ValidationError:
            return FormFailure.NOT_STRUCTURED
