"""Which stored updates are loaded, which are done, and which may still stand in the inbox alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

LOADED_AT_MOST = 1000
"""Updates in memory at once, some kB each; what goes beyond waits in the inbox. Chosen, not measured."""
_REMEMBERED = 10_000
"""Ids of finished updates: an inbox page that was read before one of them ended may bring it again. Ten times
`LOADED_AT_MOST`, by reasoning."""
_NONE = 2**63
"""Above every update_id."""


class Backlog:
    """How far the inbox is read."""

    def __init__(self) -> None:
        self.may_hold_more = True
        """Whether the inbox may hold updates that were not taken up yet: those go before what comes in now."""
        self._cursor = -1
        self._oldest_new = _NONE
        """The lowest update_id that came in since the inbox was last read: it may stand before the cursor."""
        self._loaded: set[int] = set()
        self._finished: deque[int] = deque(maxlen=_REMEMBERED)
        self._finished_ids: set[int] = set()

    @property
    def room(self) -> int:
        """How many more updates may be loaded."""
        return LOADED_AT_MOST - len(self._loaded)

    @property
    def has_much_room(self) -> bool:
        """Whether it is worth while to read the inbox again."""
        return len(self._loaded) < LOADED_AT_MOST // 2

    def must_take_up(self, update_id: int) -> bool:
        """Whether it is neither at work nor done already; from now on it counts as read."""
        self._cursor = max(self._cursor, update_id)
        return not self.knows(update_id)

    def knows(self, update_id: int) -> bool:
        """Whether it is at work or done already."""
        return update_id in self._loaded or update_id in self._finished_ids

    def load(self, update_id: int) -> None:
        """It is at work from now on."""
        self._loaded.add(update_id)

    def leave(self, update_ids: Iterable[int]) -> None:
        """They were stored, and are in the inbox alone."""
        self._oldest_new = min(self._oldest_new, *update_ids)
        self.may_hold_more = True

    def look_again(self) -> None:
        """Somebody else may have left something there."""
        self.may_hold_more = True

    def next_page(self) -> int:
        """Begin a reading of the inbox; returns the update_id after which it starts."""
        self._cursor, self._oldest_new = min(self._cursor, self._oldest_new - 1), _NONE
        return self._cursor

    def end_page(self, *, is_last: bool) -> None:
        """A page is taken up; if it was the last, nothing more waits, unless something came meanwhile."""
        if is_last and self._oldest_new == _NONE:
            self.may_hold_more = False

    def forget(self, update_id: int) -> None:
        """It is another replica's by now: if it comes again, it is to be taken up again."""
        self._loaded.discard(update_id)

    def finish(self, update_id: int) -> None:
        """It is done, or has failed for good."""
        if len(self._finished) == self._finished.maxlen:
            self._finished_ids.discard(self._finished[0])
        self._finished.append(update_id)
        self._finished_ids.add(update_id)
        self._loaded.discard(update_id)
