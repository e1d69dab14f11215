"""One budget for all that the bot sends: replies to visitors go before announcements, which keep a tenth at the least.

Telegram names rough figures: about 30 messages a second over all chats, 1 a second a chat with short bursts, 20 a
minute a group (https://core.telegram.org/bots/faq#broadcasting-to-users). A message may count there at any moment
between its request and its answer, so its place is free again one window after the answer: then no window of Telegram's
clock, wherever it begins, holds more than the limit.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from itertools import islice

from bot.chat.wire.pace_slot import PaceSlot, PaceWaiter
from bot.chat.wire.pace_terms import Priority, Rates, TooLongError
from bot.chat.wire.rate_window import LONG_AGO, RateWindow
from bot.chat.wire.seeing import PaceReading, word
from bot.ids import ChatId

# Chosen by reasoning where no source is named; tests/unit/chat/wire/test_pace.py shows what they come to together.
_CHAT_BURST_S = 3
"""Seconds whose messages a chat may use up at once: Telegram allows short bursts and names no figure."""
_MINUTE_S = 60.0
"""Seconds in which a group's messages are counted."""
_REPLIES_EXPECTED_S = 5.0
"""Seconds after a reply during which places are kept free for the next ones."""
_KEPT_FREE = 10
"""One place of this many is kept free: the next visitors go at once, and each place that falls free after them is
theirs as well."""
_OWN_SHARE = 10
"""One message of this many may be an announcement's, however many visitors write: it gets to its end."""
_CATCH_UP = 2
"""Late steps that announcements make up for: never a burst that visitors wait behind."""
_CATCH_UP_S = 0.2
"""Seconds that they make up for when they were only held up, because their intents wait for the disk."""
_HELD_UP_S = 1.0
"""Who asks for a turn later than this, in seconds, was not held up: there was nothing to send."""
_TOGETHER_S = 0.005
"""Announcements whose steps are as near as this, in seconds, go together: what is done once for all of them then costs
less."""
_SEVERAL_WITHIN_S = 5.0
"""Seconds within which complaints count as one."""
_SEVERAL = 2
"""Chats that report a 429 together and so mean the bot as a whole."""
_TRIPS_KNOWN_AFTER = 50
"""Answers after which the shortest way is believed."""
_TRIP_SHARE = 0.6
"""Share of the shortest time between request and answer that is surely spent on the way."""
_TRIP_GROWTH = 1.0005
"""Factor a trip by which the shortest way grows with each answer, so that one that became longer is believed."""
_COMPLAINTS_KEPT = 64
"""More than come within `_SEVERAL_WITHIN_S`, so that they need no other bound."""
_NEVER = float("inf")


class Pace:
    """Gives turns: `async with pace.turn(chat_id, priority=…, patience_s=…) as turn`, send, `turn.answered()`.

    `clock` (seconds that only go forward) and `sleep` belong together.
    """

    def __init__(
        self,
        rates: Rates | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.rates = rates or Rates()
        self.paid_sent = 0
        """Messages that went by paid broadcast beyond the free rate, or may have: each costs a tenth of a Star."""
        self._clock = clock
        self._sleep = sleep
        self._overall = RateWindow(self.rates.overall_per_s, 1.0)
        self._paid = RateWindow(self.rates.paid_per_s, 1.0)
        self._chats: OrderedDict[ChatId, RateWindow] = OrderedDict()
        self._waiting: dict[Priority, deque[PaceWaiter]] = {priority: deque() for priority in Priority}
        self._paused_until = LONG_AGO
        self._chat_pauses: dict[ChatId, float] = {}
        self._complaints: deque[tuple[float, ChatId]] = deque(maxlen=_COMPLAINTS_KEPT)
        self._last_reply_at = LONG_AGO
        self._next_announcement_at = LONG_AGO
        self._announcement_overdue_at = LONG_AGO
        self._own_step_s = _OWN_SHARE / self.rates.overall_per_s
        self._places = self.rates.overall_per_s
        self._is_shared = False
        """Whether other processes send, too."""
        self._taken = dict.fromkeys(Priority, 0)
        self._trip_s = _NEVER
        self._trips = 0
        self._timer: asyncio.Task[None] | None = None
        self._wakes_at = _NEVER

    async def turns(self, *, priority: Priority, limit: int, patience_s: float) -> list[PaceSlot]:
        """Wait for a turn for a chat that is chosen later; gives up to `limit`, those that are due with the first.

        Raises:
            TooLongError: nothing goes to anybody for longer than `patience_s`.
        """
        turns = [PaceSlot(self, None, priority, patience_s)]
        await self.enter(turns[0])
        now = self._clock()
        while len(turns) < limit and self._is_due_with(priority, now):
            turns.append(PaceSlot(self, None, priority, patience_s))
            self._take(turns[-1], now)
        return turns

    def turn(self, chat_id: ChatId, *, priority: Priority, patience_s: float) -> PaceSlot:
        """A turn to send one message to the chat. Entering it waits.

        Raises:
            TooLongError: on entering, when the wait is known to last longer than `patience_s`.
        """
        return PaceSlot(self, chat_id, priority, patience_s)

    @property
    def may_pay(self) -> bool:
        """Whether the cap leaves room for one more paid message."""
        return self.paid_sent + len(self._waiting[Priority.PAID]) < self.rates.paid_messages

    @property
    def pause_s(self) -> float:
        """Seconds for which nothing goes to anybody; 0 for none."""
        return max(self._paused_until - self._clock(), 0.0)

    def reading(self) -> PaceReading:
        """How it stands, for whoever looks on."""
        waiting = {word(priority): len(queue) for priority, queue in self._waiting.items()}
        return PaceReading(self._overall.taken(self._clock()), self.rates.overall_per_s, waiting, self.pause_s)

    def chat_wait_s(self, chat_id: ChatId) -> float:
        """Seconds until the chat may be sent something, as far as it alone is concerned."""
        return max(self._chat_wait_s(chat_id, self._clock()), 0.0)

    # ── Among several processes ──────────────────────────────────────────────────────────────────────────────────────

    def share(self, places: int) -> None:
        """This process's part of what may go in a second, over all chats; one goes in any case."""
        self._is_shared = True
        self._places = places
        self._overall.limit = places
        self._serve_all()

    def take_demand(self) -> tuple[int, int]:
        """Replies and announcements that went since this was last asked, and those that wait."""
        replies, copies = (self._taken[kind] + len(self._waiting[kind]) for kind in list(Priority)[:2])
        self._taken = dict.fromkeys(Priority, 0)
        return replies, copies

    def pause(self, seconds: float) -> None:
        """Another process was told that nothing may go to anybody for so long."""
        now = self._clock()
        if now + seconds > self._paused_until:
            self._paused_until = now + seconds
            self._turn_away(now)

    # ── For `PaceSlot` ──────────────────────────────────────────────────────────────────────────────────────────────

    async def enter(self, turn: PaceSlot) -> None:
        """Wait for the turn and take its places."""
        now = self._clock()
        if turn.priority is Priority.REPLY:
            self._last_reply_at = now
        self._check_patience(turn, now + turn.patience_s, now)
        queue = self._waiting[turn.priority]
        if not queue and max(self._common_wait_s(turn.priority, now), self._chat_wait_s(turn.chat_id, now)) <= 0:
            self._take(turn, now)
            return
        waiter = PaceWaiter(turn, asyncio.get_running_loop().create_future(), now + turn.patience_s)
        queue.append(waiter)
        self._serve_all()
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if not waiter.granted.cancelled() and waiter.granted.exception() is None:
                turn.not_sent()
            raise

    def seat(self, turn: PaceSlot, chat_id: ChatId) -> float:
        """Give a turn without a chat to this one, if it need not wait; returns how long it must."""
        wait_s = self.chat_wait_s(chat_id)
        if not wait_s:
            turn.chat_id = chat_id
            self._take_of_chat(turn, chat_id, self._clock())
        return wait_s

    def begin(self, turn: PaceSlot) -> None:
        """The call begins now, and not when the turn was given: its places are counted from here."""
        now = self._clock()
        turn.began_at = now
        for window, taken in turn.places:
            window.settle(taken, None)
        turn.places = tuple((window, window.take(now)) for window, _ in turn.places)

    def give_back(self, turn: PaceSlot) -> None:
        """A turn that nobody needs: its step is the next one's."""
        if turn.priority is Priority.ANNOUNCEMENT:
            self._next_announcement_at -= turn.step_s
            self._announcement_overdue_at -= self._own_step_s
        self.settle(turn, until=None)

    def settle(self, turn: PaceSlot, *, until: float | None) -> None:
        """The turn's message counted at the latest at `until`; None: it never counted."""
        for window, taken in turn.places:
            window.settle(taken, None if until is None else until + window.span_s)
        if until is None:
            self.paid_sent -= turn.is_charged
        self._serve_all()

    def answered(self, turn: PaceSlot) -> None:
        """An answer came: the message counted at some moment since the turn began, but not on its way back."""
        now = self._clock()
        took_s = now - turn.began_at
        self._trip_s = min(self._trip_s * _TRIP_GROWTH, took_s)
        self._trips += 1
        on_the_way_s = self._trip_s * _TRIP_SHARE if self._trips > _TRIPS_KNOWN_AFTER else 0.0
        self.settle(turn, until=now - on_the_way_s)

    def refused(self, turn: PaceSlot, retry_after_s: float) -> bool:
        """Telegram answered 429; True when all are paused, not only the chat."""
        now = self._clock()
        chat_id = turn.chat_id
        assert chat_id is not None  # it was sent to
        self._complaints.append((now, chat_id))
        complaining = {chat for at, chat in self._complaints if now - at <= _SEVERAL_WITHIN_S}
        own_rate_explains = now - turn.chat_served_at <= (_MINUTE_S if chat_id < 0 else 1.0)
        is_its_own = own_rate_explains or self._is_shared  # others' messages to the chat are not known here
        pauses_all = len(complaining) >= _SEVERAL or not is_its_own
        until = now + retry_after_s
        if pauses_all:
            self._paused_until = max(self._paused_until, until)
        self._chat_pauses = {chat: end for chat, end in self._chat_pauses.items() if end > now}
        self._chat_pauses[chat_id] = max(self._chat_pauses.get(chat_id, until), until)
        self._turn_away(now)
        self.answered(turn)
        return pauses_all

    # ── Who may go when ──────────────────────────────────────────────────────────────────────────────────────────────

    def _common_wait_s(self, priority: Priority, now: float) -> float:
        """Seconds until the budget has a place for this priority, whatever the chat."""
        pause_s = self._paused_until - now
        if priority is Priority.PAID:
            return max(pause_s, self._paid.wait_s(now))
        if priority is Priority.REPLY:
            return max(pause_s, self._overall.wait_s(now))
        return max(pause_s, self._announcement_place_in_s(now), self._next_announcement_at - now)

    def _announcement_place_in_s(self, now: float) -> float:
        keep_free = 0 if self._is_announcement_overdue(now) else self._kept_free(now)
        return self._overall.wait_s(now, keep_free=keep_free)

    def _is_announcement_overdue(self, now: float) -> bool:
        """Whether replies have left it less than its own share."""
        return now >= self._announcement_overdue_at

    def _is_due_with(self, priority: Priority, now: float) -> bool:
        """Whether one more may go with what has just got its turn, before anybody who waits."""
        if self._waiting[priority]:
            return False
        if priority is Priority.PAID:
            return self.may_pay and self._common_wait_s(priority, now) <= 0
        return self._announcement_place_in_s(now) <= 0 and self._next_announcement_at - now <= _TOGETHER_S

    def _kept_free(self, now: float) -> int:
        """Places that announcements leave to the visitors who may ask next: none while nobody asks."""
        expected = now - self._last_reply_at <= _REPLIES_EXPECTED_S
        return self._places // _KEPT_FREE if expected else 0

    def _chat_wait_s(self, chat_id: ChatId | None, now: float) -> float:
        if chat_id is None:
            return 0.0
        window = self._chats.get(chat_id)
        pause_s = self._chat_pauses.get(chat_id, now) - now
        return max(pause_s, window.wait_s(now) if window else 0.0)

    def _check_patience(self, turn: PaceSlot, patient_until: float, now: float) -> None:
        pause_s, chat_s = self._paused_until - now, self._chat_wait_s(turn.chat_id, now)
        if now + max(pause_s, chat_s) > patient_until:
            raise TooLongError(max(pause_s, chat_s), concerns_all=pause_s >= chat_s)

    def _turn_away(self, now: float) -> None:
        """A pause has begun: who can't wait for its end is told at once."""
        for queue in self._waiting.values():
            for waiter in queue:
                try:
                    self._check_patience(waiter.turn, waiter.patient_until, now)
                except TooLongError as error:
                    waiter.refuse(error)

    def _take(self, turn: PaceSlot, now: float) -> None:
        turn.began_at = now
        self._taken[turn.priority] += 1
        if turn.priority is Priority.PAID:
            turn.is_charged = self._overall.taken(now) + self._paid.taken(now) >= self.rates.overall_per_s
            self.paid_sent += turn.is_charged
        if turn.priority is Priority.ANNOUNCEMENT:
            turn.step_s = step_s = 1.0 / max(self._places - self._kept_free(now), 1)
            was_held_up = now - self._next_announcement_at < _HELD_UP_S
            earliest = now - max(_CATCH_UP * step_s, _CATCH_UP_S if was_held_up else 0.0)
            self._next_announcement_at = max(self._next_announcement_at, earliest) + step_s
            unused_since = max(self._announcement_overdue_at, now - self._overall.span_s)
            self._announcement_overdue_at = unused_since + self._own_step_s
        common = self._paid if turn.priority is Priority.PAID else self._overall
        turn.places = ((common, common.take(now)),)
        if turn.chat_id is not None:
            self._take_of_chat(turn, turn.chat_id, now)

    def _take_of_chat(self, turn: PaceSlot, chat_id: ChatId, now: float) -> None:
        chat = self._chat_window(chat_id)
        turn.chat_served_at = chat.last_at
        turn.places += ((chat, chat.take(now)),)

    def _chat_window(self, chat_id: ChatId) -> RateWindow:
        window = self._chats.get(chat_id)
        if window is None:
            if chat_id < 0:
                window = RateWindow(self.rates.group_per_min, _MINUTE_S)
            else:
                window = RateWindow(self.rates.chat_per_s * _CHAT_BURST_S, _CHAT_BURST_S)
            self._forget_idle_chats()
            self._chats[chat_id] = window
        self._chats.move_to_end(chat_id)
        return window

    def _forget_idle_chats(self) -> None:
        """The oldest go first; two for each that comes keep the number flat."""
        now = self._clock()
        for chat_id in tuple(islice(self._chats, 2)):
            if self._chats[chat_id].is_idle(now):
                del self._chats[chat_id]

    # ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _serve_all(self) -> None:
        """Let go whoever may go now, in the order of priority; the timer is set to when the next one may."""
        now = self._clock()
        if self._is_announcement_overdue(now):
            self._serve(Priority.ANNOUNCEMENT, now)
        self._wake_at(min(self._serve(priority, now) for priority in Priority))

    def _serve(self, priority: Priority, now: float) -> float:
        """Serve one queue in order; returns when to look again. A chat that must wait holds up nobody else."""
        queue = self._waiting[priority]
        passed_over: list[PaceWaiter] = []
        look_again_at = _NEVER
        while queue:
            common_wait_s = self._common_wait_s(priority, now)
            if common_wait_s > 0:
                look_again_at = min(look_again_at, now + common_wait_s)
                break
            waiter = queue.popleft()
            if waiter.granted.done():
                continue
            chat_wait_s = self._chat_wait_s(waiter.turn.chat_id, now)
            if chat_wait_s > 0:
                look_again_at = min(look_again_at, self._pass_over(waiter, chat_wait_s, now, passed_over))
            else:
                self._take(waiter.turn, now)
                waiter.granted.set_result(None)
        queue.extendleft(reversed(passed_over))
        return look_again_at

    @staticmethod
    def _pass_over(waiter: PaceWaiter, chat_wait_s: float, now: float, passed_over: list[PaceWaiter]) -> float:
        if now + chat_wait_s > waiter.patient_until:
            waiter.refuse(TooLongError(chat_wait_s, concerns_all=False))
            return _NEVER
        passed_over.append(waiter)
        return now + chat_wait_s

    def _wake_at(self, moment: float) -> None:
        if moment == self._wakes_at and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wakes_at = moment
        if moment < _NEVER:
            self._timer = asyncio.create_task(self._wake(moment))

    async def _wake(self, moment: float) -> None:
        await self._sleep(max(moment - self._clock(), 0.0))
        self._timer = None
        self._serve_all()
