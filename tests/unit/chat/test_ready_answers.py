"""An answer that could not be sent is sent later, and not made again."""

import pytest

from bot.chat.ready_answers import ReadyAnswer, ReadyAnswers
from bot.chat.wire.envelope import read_update
from bot.chat.wire.sender import UnreachableError
from bot.chat.wire.triage import Treatment
from tests.support.chat_rig import ANSWER, Rig, message


async def test_what_was_not_sent_is_sent_without_being_made_again():
    rig = await Rig().open()
    update = read_update({"update_id": 7} | message("how many trains"))
    rig.telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60)
    with pytest.raises(UnreachableError):
        await rig.dispatcher.handle(update, Treatment.NORMAL)
    effects = await rig.dispatcher.handle(update, Treatment.NORMAL)
    assert len(rig.answerer.asked) == 1
    assert ANSWER.sentences[0] in rig.telegram.texts()[-1]
    assert effects


async def test_what_was_sent_is_not_at_hand_any_more():
    rig = await Rig().open()
    update = read_update({"update_id": 7} | message("how many trains"))
    for _ in range(2):
        await rig.dispatcher.handle(update, Treatment.NORMAL)
    assert len(rig.answerer.asked) == 2


def test_of_too_many_the_oldest_goes():
    ready, one = ReadyAnswers(most=2), ReadyAnswer(ANSWER, 1.0)
    for update_id in (1, 2, 3):
        ready.keep(update_id, one)
    assert [ready.of(update_id) for update_id in (1, 2, 3)] == [None, one, one]
    ready.done(3)
    ready.done(3)
    assert ready.of(3) is None
