"""Questions as JSON lines: what is taken, and what is said of the rest."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.question_lines import QuestionLine, QuestionLineError, asked_in, read_object
from bot.ids import Locale


def asked(line: str) -> QuestionLine:
    return asked_in(read_object(line))


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ('{"question": "q"}', QuestionLine(None, ("q",), None)),
        ('{"id": 7, "question": "q", "lang": "kk"}', QuestionLine("7", ("q",), Locale.KK)),
        ('{"id": "a", "turns": ["p", {"question": "q"}], "lang": ""}', QuestionLine("a", ("p", "q"), None)),
        ('{"turns": [], "question": "q", "note": 1}', QuestionLine(None, ("q",), None)),
        ('{"question": ""}', QuestionLine(None, ("",), None)),
    ],
)
def test_what_a_line_asks(line: str, read: QuestionLine):
    assert asked(line) == read


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("when does it open?", "this is no JSON: Expecting value at character 1"),
        ("[" * 100_000, "too deep to be read"),
        ('["q"]', "it must be an object"),
        ("{}", "it asks nothing"),
        ('{"turns": []}', "it asks nothing"),
        ('{"question": null}', '"question" must be a text'),
        ('{"turns": "when?"}', '"turns" must be a list'),
        ('{"turns": ["p", {"answer": "q"}]}', 'turn 2 of "turns" must be a text'),
        ('{"question": "q", "lang": "xx"}', "\"lang\" is 'xx': it must be one of en, zh, ru"),
        ('{"question": "q", "lang": ["en"]}', '"lang" is'),
    ],
)
def test_a_line_that_cannot_be_used_is_told_why(line: str, told: str):
    with pytest.raises(QuestionLineError) as error:
        asked(line)
    assert told in str(error.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "question", "turns", "lang"]), inner),
    max_leaves=12,
)


@given(_JSON)
def test_no_json_breaks_the_reading(value: object):
    try:
        read = asked(json.dumps(value))
    except QuestionLineError:
        return
    assert read.turns
