"""The processor time of a piece of work, told to whoever pays for it: on the event loop and in threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from functools import partial
from typing import Any, Generic, TypeVar

Charge = Callable[[float], object]
"""Takes the seconds; called on the event loop only."""
_Result = TypeVar("_Result")

_payer: ContextVar[Charge | None] = ContextVar("payer", default=None)


def payer() -> Charge | None:
    """Who pays for what is done now; whoever takes work out of the event loop asks for it before."""
    return _payer.get()


async def metered(work: Coroutine[Any, Any, _Result], charge: Charge) -> _Result:
    """Do the work; `charge` is told of the processor time of each step, others' steps in between left out."""
    token = _payer.set(charge)
    try:
        return await _Steps(work, charge)
    finally:
        _payer.reset(token)


class _Steps(Generic[_Result]):
    """A coroutine that is driven step by step, as `await` would, with a clock beside it."""

    def __init__(self, work: Coroutine[Any, Any, _Result], charge: Charge) -> None:
        self._work = work
        self._charge = charge

    def __await__(self) -> Generator[Any, Any, _Result]:
        step: Callable[[], Any] = partial(self._work.send, None)
        while True:
            began = time.thread_time()
            try:
                awaited = step()
            except StopIteration as done:
                result: _Result = done.value
                return result
            finally:
                self._charge(time.thread_time() - began)
            try:
                step = partial(self._work.send, (yield awaited))
            except BaseException as error:  # noqa: BLE001 - a cancellation, say: it is the work's to deal with
                step = partial(self._work.throw, error)
