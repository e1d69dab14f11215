"""What counts as right for a first message."""

from dataclasses import replace

import pytest

from bot.answering import browsing
from bot.answering.message_verdicts import Expected, Verdict
from bot.answering.model import Answer, Offer, Outcome, Suggestion
from bot.ids import Locale
from tests.support.answering_parts import key, section

EXPECTED = Expected.of({"told": [str(key("expo"))], "named": [str(key("gap"))], "outcomes": ["person"]})


def answer(outcome: Outcome, **more) -> Answer:
    return Answer(outcome, Locale.EN, Locale.EN, **more)


def told(name: str) -> Answer:
    return answer(Outcome.ANSWERED, citations=(browsing.citation(section(name, "A text.")),))


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (told("expo"), Verdict.RIGHT),
        (told("metro"), Verdict.TOLD_ELSE),
        (answer(Outcome.UNKNOWN, named=key("gap")), Verdict.RIGHT),
        (answer(Outcome.UNKNOWN, named=key("other")), Verdict.OTHER_OPEN),
        (answer(Outcome.UNKNOWN), Verdict.LOST),
        (answer(Outcome.UNKNOWN, suggestions=(Suggestion(key("expo"), "When?"),)), Verdict.OFFERED),
        (answer(Outcome.OFFERED, offers=(Offer(key("expo"), "Expo", Locale.EN),)), Verdict.OFFERED),
        (answer(Outcome.CLARIFY), Verdict.LOST),
        (answer(Outcome.PERSON), Verdict.RIGHT),
        (answer(Outcome.EMERGENCY), Verdict.TAKEN),
        (answer(Outcome.DECLINED_HARM), Verdict.TAKEN),
    ],
)
def test_each_outcome_has_its_verdict(given, verdict):
    assert EXPECTED.verdict(given) is verdict


def test_a_line_that_expects_nothing_is_no_first_message():
    assert not Expected.of({"question": "hello", "kind": ["greeting"]})
    assert EXPECTED
    assert replace(EXPECTED, told=frozenset()).verdict(told("expo")) is Verdict.TOLD_ELSE
