"""An update at the front of its lane, while the database goes away and other replicas take things over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.chat.wire.triage import Treatment
from bot.chat_state.model import InboxState
from bot.chat_state.ports import Effect
from bot.errors import ClaimLostError, DatabaseAwayError
from tests.support.intake_parts import Door, RecordingHandler, updates

AWAY = 40
"""Times that the database is asked in vain: far more than there are tries of anything else."""


def failing(times: int, work: Callable[..., object], error: Exception) -> Callable[..., object]:
    """`work`, that fails so often before."""
    left = [error] * times

    async def tried(*arguments: object, **named: object) -> object:
        if left:
            raise left.pop()
        return await work(*arguments, **named)  # type: ignore[misc]

    return tried


async def test_an_attempt_is_counted_when_the_database_is_back():
    door = Door(RecordingHandler(), chats_at_once=1)
    await door.accept(updates((1, 7)))
    door.inbox.attempted = failing(AWAY, door.inbox.attempted, DatabaseAwayError("gone"))  # type: ignore[method-assign]
    await door.finish()
    assert door.handler.ids() == [1]


async def test_what_was_sent_is_stored_when_the_database_is_back_and_not_sent_again():
    stored: list[int] = []

    def act(update) -> Sequence[Effect]:
        async def effect() -> None:
            stored.append(update.update_id)

        return [effect]

    door = Door(RecordingHandler(act))
    door.inbox.hold = failing(AWAY, door.inbox.hold, DatabaseAwayError("gone"))  # type: ignore[method-assign]
    await door.accept(updates((1, 7)))
    await door.finish()
    assert (door.handler.ids(), stored) == ([1], [1])
    assert door.state.inbox[1].state is InboxState.DONE


async def test_a_handler_that_finds_the_database_gone_is_tried_until_it_is_back_and_nobody_is_told():
    left = [DatabaseAwayError("gone")] * AWAY

    def act(_update) -> Sequence[Effect]:
        if left:
            raise left.pop()
        return ()

    door = Door(RecordingHandler(act))
    await door.accept(updates((1, 7)))
    await door.finish()
    assert door.handler.ids() == [1] * (AWAY + 1)
    assert door.handler.apologies == []
    assert door.state.inbox[1].state is InboxState.DONE


async def test_an_update_that_another_replica_took_over_is_taken_up_again_when_it_comes_back():
    door, asked = Door(RecordingHandler()), list[int]()

    async def attempted(update_id: int) -> int | None:
        asked.append(update_id)
        return None if len(asked) == 1 else 1

    door.inbox.attempted = attempted  # type: ignore[method-assign]
    await door.accept(updates((1, 7)))
    await door.finish()
    assert asked == [1, 1]
    assert door.handler.ids() == [1]


async def test_of_many_that_are_dropped_at_once_a_lost_one_keeps_none_of_the_others():
    door = Door(RecordingHandler(), questions_per_minute=1)
    error = ClaimLostError("another has it", [4])
    hold, closed = door.inbox.hold, list[tuple[int, ...]]()

    async def hold_(*update_ids: int) -> None:
        closed.append(update_ids)
        if 4 in update_ids and len(update_ids) > 1:
            raise error
        await hold(*update_ids)

    door.inbox.hold = hold_  # type: ignore[method-assign]
    await door.accept(updates((1, 7), (2, 7), (3, 7), (4, 7), (5, 7)))
    await door.finish()
    assert [update_id for update_id, how in door.handler.handled if how is Treatment.NORMAL] == [1]
    assert (3, 4, 5) in closed
    assert (3, 5) in closed
    assert all(row.state is InboxState.DONE for row in door.state.inbox.values()), "the lost one came back"
