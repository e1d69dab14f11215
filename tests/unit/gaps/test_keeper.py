from __future__ import annotations

import pytest

from bot.adapters.database.connection import open_database
from bot.answering.model import Feedback, Outcome
from bot.gaps.model import GapState, Told
from bot.ids import DocumentPath, Locale, SectionKey
from tests.support.gap_rig import AIDA, BORIS, HALL, NOW, GapRig

OTHER = SectionKey(DocumentPath("venue/other.md"), "dogs")
ALL = frozenset(GapState)


@pytest.fixture
async def rig(tmp_path):
    async with open_database(tmp_path / "state.db") as database:
        await database.migrate()
        yield GapRig(database)


async def gaps(rig):
    return [(gap.state, sorted(one.question for one in gap.questions)) for gap in await rig.store.gaps(states=ALL)]


async def test_what_asks_for_the_same_stands_in_one_gap_however_it_arrives(rig):
    await rig.lose("1", "dog inside?")
    await rig.turn()
    [first] = await rig.store.gaps(states=ALL)
    await rig.lose("2", "dog with me?", locale=Locale.RU)
    await rig.lose("3", "pram to rent?")
    await rig.turn()
    assert sorted(questions for _, questions in await gaps(rig)) == [["dog inside?", "dog with me?"], ["pram to rent?"]]
    assert (await rig.store.find(first.gap_id)).locales == (Locale.EN, Locale.RU)
    asked = len(rig.answers.asked)
    await rig.turn()
    assert len(rig.answers.asked) == asked, "nothing is asked twice of one version"


async def test_without_published_knowledge_nothing_goes_on(rig):
    rig.answers.version = 0
    await rig.lose("1", "dog inside?")
    await rig.turn()
    assert await gaps(rig) == []


async def test_a_new_version_answers_a_gap_and_whoever_asks_in_vain_again_opens_it(rig):
    await rig.lose("1", "dog inside?")
    await rig.lose("2", "dog with me?")
    await rig.turn()
    rig.answers.answered = {"dog inside?": HALL}
    await rig.turn()
    assert [state for state, _ in await gaps(rig)] == [GapState.OPEN]
    rig.answers.version = 2
    await rig.turn()
    [gap] = await rig.store.gaps(states=ALL)
    assert (gap.state, gap.answered_by) == (GapState.ANSWERED, HALL), "half of the sample is enough"
    await rig.lose("3", "dog of mine?", knowledge_version=2)
    await rig.turn()
    assert [state for state, _ in await gaps(rig)] == [GapState.OPEN]


async def test_a_section_that_did_not_help_does_not_answer_its_own_gap(rig):
    await rig.lose("1", "dog inside?", loss=None, outcome=Outcome.ANSWERED, keys=(HALL,))
    await rig.turns.rate("1", AIDA, Feedback.UNHELPFUL, now=NOW)
    rig.answers.answered = {"dog inside?": HALL}
    await rig.turn()
    rig.answers.version = 2
    await rig.turn()
    assert [state for state, _ in await gaps(rig)] == [GapState.OPEN]
    rig.answers.answered, rig.answers.version = {"dog inside?": OTHER}, 3
    await rig.turn()
    assert [state for state, _ in await gaps(rig)] == [GapState.ANSWERED]


async def test_a_closed_gap_takes_in_what_is_like_it_and_stays_closed(rig):
    await rig.lose("1", "dog inside?")
    await rig.turn()
    [gap] = await rig.store.gaps(states=ALL)
    await rig.store.move(gap.gap_id, GapState.CLOSED, now=NOW)
    await rig.lose("2", "dog with me?")
    rig.answers.version = 2
    await rig.turn()
    assert await gaps(rig) == [(GapState.CLOSED, ["dog inside?", "dog with me?"])]
    assert rig.answers.asked == []


async def wish(rig, *wishes):
    for turn_id, question, visitor_id in wishes:
        await rig.lose(turn_id, question, visitor_id=visitor_id)
        await rig.watches.wish(turn_id, visitor_id, now=NOW)
    await rig.turn()


async def test_each_is_told_once_when_their_own_question_is_answered(rig):
    await wish(rig, ("1", "dog inside?", AIDA), ("2", "dog with me?", AIDA), ("3", "dog of mine?", BORIS))
    assert rig.messages.sent == []
    rig.answers.answered, rig.answers.version = {"dog inside?": HALL, "dog with me?": HALL}, 2
    for minutes in range(3):
        await rig.turn(minutes=minutes)
    assert [(one.watch.visitor_id, one.by) for one in rig.messages.sent] == [(AIDA, HALL)]
    rig.answers.answered["dog of mine?"], rig.answers.version = OTHER, 3
    for minutes in range(3):
        await rig.turn(minutes=minutes)
    assert [one.watch.visitor_id for one in rig.messages.sent] == [AIDA, BORIS]


@pytest.mark.parametrize(
    ("first", "sent"),
    [(Told.NOT_SENT, 2), (Told.IN_DOUBT, 1), (Told.GONE, 1), (Told.SENT, 1)],
)
async def test_only_what_surely_was_not_sent_is_sent_again(rig, first, sent):
    await wish(rig, ("1", "dog inside?", AIDA))
    rig.messages.results = [first]
    rig.answers.answered, rig.answers.version = {"dog inside?": HALL}, 2
    for _ in range(3):
        await rig.turn()
    assert len(rig.messages.sent) == sent


async def test_what_breaks_in_the_call_is_in_doubt(rig):
    await wish(rig, ("1", "dog inside?", AIDA))
    rig.messages.results = [RuntimeError("unforeseen")]
    rig.answers.answered, rig.answers.version = {"dog inside?": HALL}, 2
    with pytest.raises(RuntimeError):
        await rig.turn()
    await rig.turn()
    assert len(rig.messages.sent) == 1
