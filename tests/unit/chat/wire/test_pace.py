import asyncio
import random
from bisect import bisect_right

import pytest

from bot.chat.wire.pace import Pace
from bot.chat.wire.pace_terms import Priority, Rates, TooLongError
from bot.ids import ChatId
from tests.support.virtual_time import loop_time, run_virtually

REPLY, ANNOUNCEMENT, PAID = Priority.REPLY, Priority.ANNOUNCEMENT, Priority.PAID
PATIENT = 3600.0


class Telegram:
    """Counts each message at some moment between its request and its answer, as a server far away does."""

    def __init__(self, pace: Pace, seed: int = 1, *, there_s: float = 0.05, jitter_s: float = 0.05) -> None:
        self.pace = pace
        self.counted: list[tuple[float, int, Priority]] = []
        self.waited: dict[Priority, list[float]] = {priority: [] for priority in Priority}
        self._random = random.Random(seed)
        self._there_s, self._jitter_s = there_s, jitter_s

    async def send(self, chat_id: int, priority: Priority = ANNOUNCEMENT, *, patience_s: float = PATIENT) -> None:
        asked_at = loop_time()
        async with self.pace.turn(ChatId(chat_id), priority=priority, patience_s=patience_s) as turn:
            self.waited[priority].append(loop_time() - asked_at)
            await self._travel()
            self.counted.append((loop_time(), chat_id, priority))
            await self._travel()
            turn.answered()

    async def _travel(self) -> None:
        await asyncio.sleep(self._there_s + self._random.random() * self._jitter_s)

    def most_within(self, span_s: float, *, chat_id: int | None = None) -> int:
        """The largest number in any window, wherever it begins: [t, t + span)."""
        times = sorted(at for at, chat, _ in self.counted if chat_id in (None, chat))
        return max(bisect_right(times, at + span_s - 1e-9) - place for place, at in enumerate(times))


async def announce(telegram: Telegram, count: int, *, at_once: int = 60, priority: Priority = ANNOUNCEMENT) -> float:
    """Send to so many chats, a limited number in flight, as the dispatcher does; returns how long it took."""
    began, room = loop_time(), asyncio.Semaphore(at_once)

    async def one(chat_id: int) -> None:
        async with room:
            await telegram.send(chat_id, priority)

    await asyncio.gather(*(one(chat_id) for chat_id in range(1, count + 1)))
    return loop_time() - began


def virtual_pace(**rates: int) -> Pace:
    return Pace(Rates(**rates), clock=loop_time)


@pytest.mark.parametrize("seed", range(5))
def test_no_window_of_telegram_s_clock_holds_more_than_the_limit_though_answers_take_their_time(seed):
    async def main() -> None:
        telegram = Telegram(virtual_pace(), seed, there_s=0.02, jitter_s=0.2)
        visitors = [asyncio.create_task(visitor(telegram, number)) for number in range(20)]
        await announce(telegram, 600)
        await asyncio.gather(*visitors)
        assert telegram.most_within(1.0) <= 30

    async def visitor(telegram: Telegram, number: int) -> None:
        for _ in range(10):
            await asyncio.sleep(random.Random(number).random() * 2)
            await telegram.send(100_000 + number, REPLY)

    run_virtually(main())


def test_an_announcement_uses_the_whole_limit_while_nobody_asks():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.002, jitter_s=0.002)
        took_s = await announce(telegram, 1500)
        assert 1500 / took_s >= 0.95 * 30

    run_virtually(main())


def test_a_server_far_away_costs_little_of_the_limit():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.12, jitter_s=0.02)
        took_s = await announce(telegram, 1500)
        assert telegram.most_within(1.0) <= 30
        assert 1500 / took_s >= 0.85 * 30

    run_virtually(main())


def test_D41_visitors_do_not_wait_behind_an_announcement():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.01, jitter_s=0.02)
        sending = asyncio.create_task(announce(telegram, 900))
        await asyncio.sleep(5)
        for wave in range(10):
            await asyncio.gather(*(telegram.send(500_000 + 10 * wave + number, REPLY) for number in range(6)))
            await asyncio.sleep(1.5)
        waited = sorted(telegram.waited[REPLY])
        assert waited[len(waited) * 95 // 100] < 0.5
        assert not sending.done()
        await sending
        assert telegram.most_within(1.0) <= 30

    run_virtually(main())


def test_D41_sixty_visitors_at_once_go_before_everything_else():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.01)
        sending = asyncio.create_task(announce(telegram, 300))
        await asyncio.sleep(3)
        begun = loop_time()
        await asyncio.gather(*(telegram.send(500_000 + number, REPLY) for number in range(60)))
        last_of_all = loop_time() - begun
        assert last_of_all < 3.2
        await sending

    run_virtually(main())


def test_D41_more_visitors_than_the_pace_can_serve_leave_an_announcement_a_tenth_of_it():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.01, jitter_s=0.02)
        sending = asyncio.create_task(announce(telegram, 300))
        crowd = asyncio.gather(*(telegram.send(500_000 + number, REPLY) for number in range(1_500)))
        await crowd
        copies = sum(priority is ANNOUNCEMENT for _, _, priority in telegram.counted)
        assert 0.08 <= copies / len(telegram.counted) <= 0.12
        await sending
        assert telegram.most_within(1.0) <= 30

    run_virtually(main())


def test_a_visitor_s_short_burst_passes_and_goes_on_at_one_a_second():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.001, jitter_s=0.001)
        await asyncio.gather(*(telegram.send(7, REPLY) for _ in range(9)))
        assert [waited < 0.1 for waited in sorted(telegram.waited[REPLY])[:3]] == [True] * 3
        assert telegram.most_within(3.0) <= 3
        assert max(telegram.waited[REPLY]) < 6.2

    run_virtually(main())


def test_a_group_gets_twenty_a_minute_and_holds_up_nobody_else():
    async def main() -> None:
        telegram = Telegram(virtual_pace(), there_s=0.001, jitter_s=0.001)
        in_group = [asyncio.create_task(telegram.send(-5, ANNOUNCEMENT)) for _ in range(30)]
        await asyncio.sleep(2)
        begun = loop_time()
        await telegram.send(9, ANNOUNCEMENT)
        assert loop_time() - begun < 0.2
        await asyncio.gather(*in_group)
        assert telegram.most_within(60.0, chat_id=-5) == 20

    run_virtually(main())


def test_who_would_wait_too_long_is_told_for_how_long():
    async def main() -> None:
        pace = virtual_pace()
        telegram = Telegram(pace, there_s=0.0, jitter_s=0.0)
        for _ in range(20):
            await telegram.send(-5)
        with pytest.raises(TooLongError) as caught:
            await telegram.send(-5, patience_s=3.0)
        assert 50 < caught.value.wait_s <= 60
        assert caught.value.concerns_all is False

    run_virtually(main())


async def refused(pace: Pace, chat_id: int, retry_after_s: float) -> bool:
    async with pace.turn(ChatId(chat_id), priority=ANNOUNCEMENT, patience_s=PATIENT) as turn:
        return turn.refused(retry_after_s)


def test_a_429_of_a_chat_that_was_just_sent_something_pauses_this_chat_alone():
    async def main() -> None:
        pace = virtual_pace()
        telegram = Telegram(pace, there_s=0.0, jitter_s=0.0)
        await telegram.send(1)
        assert await refused(pace, 1, 10.0) is False
        assert pace.pause_s == 0
        begun = loop_time()
        await telegram.send(2)
        assert loop_time() - begun < 0.2
        await telegram.send(1)
        assert loop_time() - begun >= 9.9

    run_virtually(main())


def test_a_429_of_a_chat_that_was_sent_nothing_pauses_all():
    async def main() -> None:
        pace = virtual_pace()
        telegram = Telegram(pace)
        await telegram.send(1)
        await asyncio.sleep(1.5)
        assert await refused(pace, 1, 3.0) is True
        begun = loop_time()
        await telegram.send(2, REPLY)
        assert telegram.waited[REPLY][-1] >= 3.0
        assert loop_time() - begun < 3.5

    run_virtually(main())


def test_where_others_send_too_a_429_of_a_chat_that_was_sent_nothing_here_pauses_this_chat_alone():
    async def run() -> None:
        pace = Pace(Rates())
        pace.share(10)
        assert await refused(pace, -1, 30.0) is False
        assert pace.pause_s == 0
        assert await refused(pace, 2, 5.0) is True, "several together are everybody's"

    run_virtually(run())


def test_a_429_of_a_group_is_its_own_while_its_minute_lasts():
    async def main() -> None:
        pace = virtual_pace()
        telegram = Telegram(pace)
        await telegram.send(-1)
        await asyncio.sleep(20)
        assert await refused(pace, -1, 30.0) is False

    run_virtually(main())


def test_a_429_of_several_chats_together_pauses_all():
    async def main() -> None:
        pace = virtual_pace()
        telegram = Telegram(pace, there_s=0.0, jitter_s=0.0)
        await telegram.send(1)
        await telegram.send(2)
        assert await refused(pace, 1, 5.0) is False
        assert await refused(pace, 2, 5.0) is True

    run_virtually(main())


def test_those_who_wait_are_told_when_a_long_pause_begins():
    async def main() -> None:
        pace = virtual_pace(overall_per_s=1)
        telegram = Telegram(pace)
        await telegram.send(1)
        async with pace.turn(ChatId(9), priority=REPLY, patience_s=PATIENT) as turn:
            waiting = asyncio.create_task(telegram.send(2, ANNOUNCEMENT, patience_s=5.0))
            await asyncio.sleep(0.1)
            assert turn.refused(86_400.0) is True
        with pytest.raises(TooLongError) as caught:
            await waiting
        assert caught.value.concerns_all is True
        assert caught.value.wait_s == 86_400.0

    run_virtually(main())


def test_a_place_that_was_not_used_is_free_at_once():
    async def main() -> None:
        pace = virtual_pace()
        for chat_id in range(100):
            async with pace.turn(ChatId(chat_id + 1), priority=REPLY, patience_s=PATIENT) as turn:
                turn.not_sent()
        assert loop_time() < 0.01

    run_virtually(main())


def test_a_lost_answer_holds_its_place_for_as_long_as_it_may_count_and_no_longer():
    async def main() -> None:
        pace = virtual_pace(overall_per_s=2)
        telegram = Telegram(pace, there_s=0.0, jitter_s=0.0)
        for chat_id in (1, 2):
            async with pace.turn(ChatId(chat_id), priority=REPLY, patience_s=PATIENT):
                pass
        begun = loop_time()
        await telegram.send(3, REPLY)
        assert 1.0 <= loop_time() - begun <= 3.1

    run_virtually(main())


def test_whoever_stops_waiting_takes_no_place():
    async def main() -> None:
        pace = virtual_pace(overall_per_s=1)
        telegram = Telegram(pace, there_s=0.0, jitter_s=0.0)
        await telegram.send(1, REPLY)
        given_up = asyncio.create_task(telegram.send(2, REPLY))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        begun = loop_time()
        await telegram.send(3, REPLY)
        assert loop_time() - begun <= 1.01

    run_virtually(main())


def test_paid_messages_have_a_budget_of_their_own_and_are_counted_beyond_the_free_rate():
    async def main() -> None:
        pace = virtual_pace(paid_messages=100_000)
        telegram = Telegram(pace, there_s=0.005, jitter_s=0.002)
        took_s = await announce(telegram, 5000, at_once=200, priority=PAID)
        assert telegram.most_within(1.0) <= 1000
        assert 5000 / took_s > 900
        assert 4700 <= pace.paid_sent <= 5000 - 30

    run_virtually(main())


def test_the_cap_on_paid_messages_is_never_passed():
    async def main() -> None:
        pace = virtual_pace(paid_messages=500)
        telegram = Telegram(pace, there_s=0.005, jitter_s=0.002)
        room = asyncio.Semaphore(100)

        async def one(chat_id: int) -> None:
            async with room:
                await telegram.send(chat_id, PAID if pace.may_pay else ANNOUNCEMENT)

        await asyncio.gather(*(one(chat_id) for chat_id in range(1, 900)))
        assert pace.paid_sent == 500
        assert not pace.may_pay

    run_virtually(main())


def test_chats_that_are_idle_are_forgotten():
    async def main() -> None:
        pace = virtual_pace(paid_messages=10**6)
        telegram = Telegram(pace, there_s=0.005, jitter_s=0.002)
        await announce(telegram, 12_000, at_once=200, priority=PAID)
        assert len(pace._chats) < 7_000

    run_virtually(main())


def test_turns_for_chats_that_are_chosen_later_come_at_the_limit_s_pace_and_near_ones_together():
    async def main():
        slow, fast = virtual_pace(), virtual_pace(overall_per_s=1000)
        assert len(await slow.turns(priority=ANNOUNCEMENT, limit=30, patience_s=1)) > 1, "late steps are made up for"
        assert len(await slow.turns(priority=ANNOUNCEMENT, limit=30, patience_s=1)) == 1
        await fast.turns(priority=ANNOUNCEMENT, limit=300, patience_s=1)
        assert len(await fast.turns(priority=ANNOUNCEMENT, limit=300, patience_s=1)) > 4

    run_virtually(main())


def test_a_turn_that_is_given_back_is_the_next_one_s():
    async def main():
        pace = virtual_pace()
        given = await pace.turns(priority=ANNOUNCEMENT, limit=30, patience_s=1)
        for turn in given:
            turn.give_back()
            turn.give_back()
        began = loop_time()
        again = await pace.turns(priority=ANNOUNCEMENT, limit=30, patience_s=1)
        assert (len(again), loop_time()) == (len(given), began)

    run_virtually(main())


def test_a_turn_whose_call_has_begun_can_t_be_given_back():
    async def main():
        pace = virtual_pace(overall_per_s=1)
        [turn] = await pace.turns(priority=ANNOUNCEMENT, limit=5, patience_s=1)
        turn.seat(ChatId(1))
        turn.begin()
        turn.give_back()
        began = loop_time()
        await pace.turns(priority=ANNOUNCEMENT, limit=1, patience_s=9)
        assert loop_time() - began >= 1

    run_virtually(main())


def test_a_chat_that_had_its_burst_is_named_with_its_wait_and_the_turn_stays_free():
    async def main():
        telegram = Telegram(virtual_pace())
        await asyncio.gather(*(telegram.send(1, REPLY) for _ in range(3)))
        [turn, *_] = await telegram.pace.turns(priority=ANNOUNCEMENT, limit=1, patience_s=1)
        assert 0 < turn.seat(ChatId(1)) <= 5
        assert turn.seat(ChatId(2)) == 0

    run_virtually(main())


def test_a_message_counts_from_its_call_on_and_not_from_its_turn():
    """Its intent may take long to be stored: what Telegram counts within a second must stay within the limit."""

    async def main():
        telegram = Telegram(virtual_pace(overall_per_s=5, chat_per_s=100))
        for chat_id in range(1, 61):
            turns = await telegram.pace.turns(priority=ANNOUNCEMENT, limit=3, patience_s=9)
            await asyncio.sleep(0.9)
            for turn in turns:
                turn.seat(ChatId(chat_id))
                turn.begin()
                telegram.counted.append((loop_time(), chat_id, ANNOUNCEMENT))
                turn.answered()
        assert telegram.most_within(1.0) <= 5

    run_virtually(main())


def test_no_turn_is_given_while_all_are_paused_for_longer_than_somebody_waits():
    async def main():
        pace = virtual_pace()
        async with pace.turn(ChatId(1), priority=REPLY, patience_s=1) as turn:
            assert turn.refused(3600)
        with pytest.raises(TooLongError) as told:
            await pace.turns(priority=ANNOUNCEMENT, limit=30, patience_s=3.5)
        assert told.value.concerns_all

    run_virtually(main())


def test_the_cap_on_paid_messages_holds_for_turns_that_come_together():
    async def main():
        pace = virtual_pace(overall_per_s=1, paid_messages=5)
        turns = await pace.turns(priority=PAID, limit=30, patience_s=1)
        assert pace.paid_sent <= 5
        assert len(turns) <= 6

    run_virtually(main())
