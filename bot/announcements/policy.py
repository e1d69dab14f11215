"""What becomes of a copy after a call, a doubt or a crash: the state machine, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.announcements.model import Delivery, DeliveryState, Policy, Receipt, SendOutcome
from bot.backoff import Backoff

_FINAL = {
    SendOutcome.GONE: DeliveryState.FAILED,
    SendOutcome.REFUSED: DeliveryState.FAILED,
    SendOutcome.UNPARSEABLE: DeliveryState.FAILED,
}
_REASON_LIMIT = 64
"""Characters: the width of the column."""
_REFUSALS = 4
"""Times `alike_limit`: so many refusals alike are no chance of a few chats any more. By reasoning."""
_RETRYING = Backoff(first_s=0.25, longest_s=60.0)
"""For one copy while Telegram is out of reach: nearly at once, and once a minute in a long outage. By reasoning."""


def after_call(row: Delivery, receipt: Receipt, *, now: datetime) -> Delivery:
    """The state that a receipt proves. SENT needs a message id; without proof a copy is in doubt."""
    reason = (receipt.reason or receipt.outcome.value)[:_REASON_LIMIT]
    row = replace(row, reason=reason, changed_at=now)
    if receipt.outcome is SendOutcome.SENT and receipt.message_id is not None:
        told = "plain_text" if receipt.was_plain else ""
        return replace(row, state=DeliveryState.SENT, message_id=receipt.message_id, reason=told)
    if receipt.outcome in (SendOutcome.SENT, SendOutcome.DOUBT):
        return replace(row, state=DeliveryState.IN_DOUBT)
    if receipt.outcome in _FINAL or (receipt.outcome is SendOutcome.MIGRATED and receipt.new_chat_id is None):
        return replace(row, state=DeliveryState.FAILED)
    return replace(row, state=DeliveryState.PLANNED, not_before=max(row.not_before, now + _pause(row, receipt)))


def after_doubt(row: Delivery, policy: Policy, *, now: datetime, has_ended: bool) -> Delivery:
    """Apply the policy to a copy that may have arrived: no second one, or one that is silent and marked."""
    if policy is Policy.AT_LEAST_ONCE and not row.may_repeat and not has_ended:
        return replace(row, state=DeliveryState.PLANNED, may_repeat=True, not_before=now, changed_at=now)
    return replace(row, state=DeliveryState.UNKNOWN, changed_at=now)


@dataclass(frozen=True, slots=True)
class OrphanJudge:
    """Judges rows whose sender died, and rows left in doubt."""

    crash_limit: int

    def judge(self, row: Delivery, policy: Policy, *, now: datetime, has_ended: bool) -> Delivery:
        """A row that killed its sender as often as `crash_limit` gets no further try."""
        if row.state is DeliveryState.IN_DOUBT:
            return after_doubt(row, policy, now=now, has_ended=has_ended)
        crashed = replace(row, crashes=row.crashes + 1, reason="sender_died")
        if crashed.crashes >= self.crash_limit:
            return replace(crashed, state=DeliveryState.UNKNOWN, reason="poison", changed_at=now)
        return after_doubt(crashed, policy, now=now, has_ended=has_ended)

    def after_crash_before_call(self, row: Delivery, *, now: datetime) -> Delivery:
        """The row's message could not even be made, so nothing was sent: try again, or give it up as poison."""
        crashed = replace(row, crashes=row.crashes + 1, changed_at=now)
        if crashed.crashes >= self.crash_limit:
            return replace(crashed, state=DeliveryState.FAILED, reason="poison")
        return replace(crashed, state=DeliveryState.PLANNED, reason="parcel_failed")


def when_ended(row: Delivery) -> Delivery:
    """A copy that would wait for another try, although its occurrence was ended meanwhile."""
    if row.state is DeliveryState.PLANNED:
        return replace(row, state=DeliveryState.CANCELLED, reason="stopped")
    return row


class AlikeFailures:
    """Counts copies of one body that fail alike, one after the other: a body that is bad for all stops early.

    What Telegram refuses for other reasons than the formatting is more often the chat's fault: it takes more of them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._alike: dict[str, tuple[str, int]] = {}

    def note(self, body_hash: str, receipt: Receipt) -> bool:
        """Count a receipt; True when the limit is reached (the count then begins anew)."""
        kind, limit = self._kind(receipt)
        if not kind:
            if receipt.outcome is SendOutcome.SENT:
                self._alike.pop(body_hash, None)
            return False
        last, count = self._alike.get(body_hash, ("", 0))
        count = count + 1 if last == kind else 1
        self._alike[body_hash] = (kind, 0 if count >= limit else count)
        return count >= limit

    def _kind(self, receipt: Receipt) -> tuple[str, int]:
        if receipt.outcome is SendOutcome.REFUSED:
            return f"refused {receipt.reason}", self._limit * _REFUSALS
        if receipt.outcome is SendOutcome.UNPARSEABLE or (receipt.outcome is SendOutcome.SENT and receipt.was_plain):
            return "unparseable", self._limit
        return "", 0


def _pause(row: Delivery, receipt: Receipt) -> timedelta:
    """What Telegram asks for, else (out of reach) longer from try to try."""
    if receipt.outcome is SendOutcome.NOT_SENT and not receipt.pause_s:
        return timedelta(seconds=_RETRYING.pause_s(row.attempt))
    return timedelta(seconds=receipt.pause_s)
