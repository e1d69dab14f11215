"""The end of a running bot: one deadline for all of it, whatever is under way.

The first signal stops the intake; what is begun may take most of the time, closing the rest. At the deadline the
process ends even where something hangs: every step is stored before it counts, so that is no worse than a kill. The
second signal ends it at once, whatever the loop does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

_log = structlog.get_logger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CLOSING_S = 2.0
"""Kept of the limit for closing what was cut short, connections and files; chosen: it takes some 0.3 s."""
_CLOSING_SHARE = 0.25
"""Of a short limit closing gets no more than that; chosen."""
_SAYING_S = 0.2
"""For the last line of the log: one that can't be written must not hold up the end. Chosen."""


class Ending:
    """Hears the signals, and hands the time that is left to everything that ends. One a process."""

    def __init__(self, limit_s: float) -> None:
        """The process ends at most `limit_s` after the first signal."""
        self._limit_s = limit_s
        self._closing_s = min(_CLOSING_S, limit_s * _CLOSING_SHARE)
        self._ends_at: float | None = None
        self._stops: list[Callable[[], object]] = []
        self._begin: Callable[[], object] | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the end was asked for."""
        return self._ends_at is not None

    @property
    def work_left_s(self) -> float:
        """Seconds that what is begun may still take; 0 where something else than a signal ends the bot."""
        if self._ends_at is None:
            return 0.0
        return max(self._ends_at - self._closing_s - time.monotonic(), 0.0)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Hear them while the body runs; one that comes before `begin_with` was called cancels the body quietly."""
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        assert me is not None
        self._begin = me.cancel
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._first, loop, number)
        try:
            yield
        except asyncio.CancelledError:
            if not self.is_asked:
                raise
            me.uncancel()

    def begin_with(self, stop: Callable[[], object]) -> None:
        """From now on a signal calls this, which must return at once, and no longer cancels the body."""
        self._begin = stop

    def also(self, stop: Callable[[], object]) -> None:
        """A signal calls this too, which must return at once; after the first one it is called now."""
        if self.is_asked:
            stop()
        else:
            self._stops.append(stop)

    def _first(self, loop: asyncio.AbstractEventLoop, number: signal.Signals) -> None:
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, lambda again, _frame: os._exit(128 + again))
        self._ends_at = time.monotonic() + self._limit_s
        _in_time(self._limit_s, self._tell)
        _in_time(self._limit_s + _SAYING_S, lambda: os._exit(0))
        _log.info("stopping", signal=number.name)
        assert self._begin is not None
        for stop in (self._begin, *self._stops):
            stop()

    def _tell(self) -> None:
        _log.warning("end_cut_short", after_s=self._limit_s)


def _in_time(seconds: float, do: Callable[[], object]) -> None:
    """In a thread of its own: the loop, or a thread that the interpreter waits for, may be what hangs."""
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()
