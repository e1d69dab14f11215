"""Several who look on at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from bot.observing import Condition, Fact, Happening, Observer, Work, WorkNotes


class Both:
    """Implements `bot.observing.Observer`: tells each of these, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def work(self, work: Work, *, story: str = "", **facts: Fact) -> _Together:
        """See the port."""
        return _Together([one.work(work, story=story, **facts) for one in self._observers])

    def done(self, work: Work, *, took_s: float, ago_s: float = 0.0, **facts: Fact) -> None:
        """See the port."""
        for one in self._observers:
            one.done(work, took_s=took_s, ago_s=ago_s, **facts)

    def happened(self, what: Happening, *, value: float = 1.0, **facts: Fact) -> None:
        """See the port."""
        for one in self._observers:
            one.happened(what, value=value, **facts)

    def show(self, what: Condition, value: float, **facts: Fact) -> None:
        """See the port."""
        for one in self._observers:
            one.show(what, value, **facts)


class _Together:
    """One piece of work that all of them look at."""

    def __init__(self, opened: Sequence[AbstractContextManager[WorkNotes]]) -> None:
        self._open = opened
        self._stack = ExitStack()

    def note(self, **facts: Fact) -> None:
        """See `bot.observing.WorkNotes`."""
        for one in self._notes:
            one.note(**facts)

    def __enter__(self) -> Self:
        self._notes = [self._stack.enter_context(one) for one in self._open]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
