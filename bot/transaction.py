"""How services put several writes into one: the stores of a database join the transaction that is open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

Transaction = Callable[[], AbstractAsyncContextManager[None]]
"""Opens one database transaction, durable when it returns (fsync); all writes inside commit or fail together."""
