"""Faults on order: the next calls of a method fail in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.wire import ApiError, Json, too_many_requests

_RETRY_AFTER_S = 3
"""Seconds to wait that a 429 on order names where the order names none; chosen short for tests."""


class FaultKind(StrEnum):
    """How a call fails. Those in `HAPPENS` do what the call asks for and then lose or spoil the answer."""

    TOO_MANY = "429"
    FORBIDDEN = "403"
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    GATEWAY_TIMEOUT = "504"
    HANG = "hang"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HALF = "half"
    NOT_JSON = "not_json"
    OK_FALSE = "ok_false"
    RESULT_TRUE = "result_true"


HAPPENS = frozenset({FaultKind.HANG, FaultKind.RESET_AFTER, FaultKind.HALF, FaultKind.NOT_JSON, FaultKind.RESULT_TRUE})
"""Kinds whose call is carried out although its answer is lost or spoilt: a bot that repeats it acts twice."""
_DESCRIPTIONS = {
    FaultKind.FORBIDDEN: "Forbidden: bot was blocked by the user",
    FaultKind.BAD_REQUEST: "Bad Request: chat not found",
    FaultKind.UNAUTHORIZED: "Unauthorized",
    FaultKind.SERVER_ERROR: "Internal Server Error: restart",
}
"""Telegram's words for the kinds that answer with an error; an order may bring others."""


@dataclass(slots=True)
class FaultOrder:
    """An order for `count` faulty calls after `skip` good ones; `effect` overrides whether the call happens."""

    kind: FaultKind
    method: str = "*"
    chat_id: str = ""
    count: int = 1
    skip: int = 0
    retry_after: int | None = None
    description: str = ""
    effect: bool | None = None

    @property
    def happens(self) -> bool:
        """Whether the call is carried out although its answer is spoilt."""
        return self.kind in HAPPENS if self.effect is None else self.effect

    def refusal(self) -> ApiError | None:
        """The error that is answered, for the kinds that answer with one in JSON."""
        if self.kind is FaultKind.TOO_MANY:
            return self._too_many()
        if self.kind not in _DESCRIPTIONS:
            return None
        return ApiError(int(self.kind), self.description or _DESCRIPTIONS[self.kind])

    def _too_many(self) -> ApiError:
        """`retry_after: 0` leaves the parameters out, as a proxy before Telegram does."""
        if self.retry_after == 0:
            return ApiError(429, self.description or "Too Many Requests")
        error = too_many_requests(self.retry_after or _RETRY_AFTER_S)
        return ApiError(429, self.description or error.description, error.parameters)

    def state(self) -> Json:
        """The order as it stands now."""
        return {
            "method": self.method,
            "chat_id": self.chat_id or None,
            "kind": self.kind.value,
            "count": self.count,
            "skip": self.skip,
            "effect": self.happens,
        }


class FaultQueue:
    """The orders that are not used up, oldest first."""

    def __init__(self) -> None:
        self._orders: list[FaultOrder] = []

    def order(self, fault: FaultOrder) -> None:
        """Adds an order behind the others."""
        self._orders.append(fault)

    def clear(self) -> None:
        """From now on all calls go well."""
        self._orders.clear()

    def state(self) -> list[Json]:
        """What is still to come."""
        return [fault.state() for fault in self._orders]

    def next_for(self, method: str, chat_id: str) -> FaultOrder | None:
        """The fault that this call suffers; it uses up one of the order's count. The method is lower-case."""
        if not self._orders:
            return None
        for fault in self._orders:
            if fault.method.lower() not in {"*", method} or (fault.chat_id and fault.chat_id != chat_id):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.count -= 1
            if fault.count <= 0:
                self._orders.remove(fault)
            return fault
        return None
