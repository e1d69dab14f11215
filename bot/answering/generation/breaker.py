"""A circuit breaker: after some failures in a row nobody waits for a model that is down."""

from __future__ import annotations

from collections.abc import Callable


class CircuitBreaker:
    """Closed at first. `failures` in a row open it for `open_s`; then one call may try, and decides.

    `clock` counts seconds.
    """

    def __init__(self, *, failures: int, open_s: float, clock: Callable[[], float]) -> None:
        self._allowed = failures
        self._open_s = open_s
        self._clock = clock
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the last calls failed and the next may not try yet."""
        return self._opened_at is not None and self._clock() - self._opened_at < self._open_s

    def may_try(self) -> bool:
        """Whether a call may be made; who gets True must report `succeeded`, `failed` or `gave_up`."""
        if self._opened_at is None:
            return True
        if self.is_open or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The call came to a good end: closed."""
        self._in_a_row = 0
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """The call failed: a probe opens it again at once."""
        self._in_a_row += 1
        if self._probing or self._in_a_row >= self._allowed:
            self._opened_at = self._clock()
        self._probing = False

    def gave_up(self) -> None:
        """The call was ended from outside and says nothing about the model."""
        self._probing = False
