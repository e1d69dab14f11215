from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ConfigDict

from bot.answering.generation.forms import FormAsker, FormFailure
from bot.answering.generation.model import ChatMessage, Completion, Reservation
from bot.errors import ModelError
from bot.ids import VisitorId

NOW = datetime(2026, 11, 29, tzinfo=UTC)
WHO = VisitorId(7)
ASKED = [ChatMessage("user", "How old?")]


class Age(BaseModel):
    model_config = ConfigDict(strict=True)

    years: int


class Ledger:
    """Notes who pays, and what was really used."""

    def __init__(self, *, is_empty: bool = False) -> None:
        self.is_empty = is_empty
        self.payers: list[VisitorId | None] = []
        self.used: list[tuple[int, int]] = []

    async def reserve(self, visitor_id: VisitorId | None, tokens: int, *, now: datetime) -> Reservation | None:
        self.payers.append(visitor_id)
        return None if self.is_empty else Reservation(visitor_id, f"{now:%Y-%m-%d}", tokens)

    async def settle(self, reservation: Reservation, *, prompt_tokens: int, completion_tokens: int) -> None:
        self.used.append((prompt_tokens, completion_tokens))


class Model:
    """Writes what it is given to write, or fails."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def complete(
        self, messages: object, *, max_tokens: int, deadline_s: float, on_text: Callable | None = None, schema: object
    ) -> Completion:
        assert (max_tokens, deadline_s, schema) == (50, 9.0, Age.model_json_schema())
        if not self.text:
            raise ModelError("down")
        return Completion(self.text, 3, 4)


async def asked(text: str, ledger: Ledger) -> Age | FormFailure:
    asker = FormAsker(Model(text), ledger, call_s=9.0, output_tokens=50, now=lambda: NOW)
    return await asker.ask(ASKED, Age, payer=WHO)


async def test_the_form_comes_back_and_what_was_used_is_counted_for_whoever_asked():
    ledger = Ledger()
    assert await asked('{"years": 8}', ledger) == Age(years=8)
    assert (ledger.payers, ledger.used) == ([WHO], [(3, 4)])


async def test_without_budget_nothing_is_asked():
    ledger = Ledger(is_empty=True)
    assert await asked("", ledger) is FormFailure.NO_MODEL
    assert ledger.used == []


async def test_what_a_failed_call_was_reserved_stays_spent():
    ledger = Ledger()
    assert await asked("", ledger) is FormFailure.NO_MODEL
    assert (ledger.payers, ledger.used) == ([WHO], [])


@pytest.mark.parametrize("text", ["eight", '{"years": "8"}', '{"age": 8}'])
async def test_what_is_no_form_is_paid_for_and_refused(text: str):
    ledger = Ledger()
    assert await asked(text, ledger) is FormFailure.NOT_STRUCTURED
    assert ledger.used == [(3, 4)]
