"""What the reader is fitted to: questions it never learned from, beside a few files at once."""

from __future__ import annotations

from unittest.mock import Mock

from bot.answering.judging import Circumstances
from bot.answering.model import Question
from bot.answering.pipeline import Context, Parts
from bot.answering.ports import Retrieved
from bot.calibrating.examples import Example
from bot.calibrating.reader_fit import beside_few
from bot.calibrating.training_questions import CalibrationQuestion
from bot.ids import Locale, SectionKey
from tests.golden import TODAY
from tests.support.answering_parts import retrieved_section

KNOWN = SectionKey("area/overview.md", "what")
WRITTEN = [SectionKey(f"written/{number}.md", "s0") for number in range(100)]


def left_of(asked: CalibrationQuestion) -> list[SectionKey]:
    sections = [retrieved_section("any", 0.5)._replace(key=key) for key in (KNOWN, *WRITTEN)]
    context = Context(Question(asked.turns[-1], TODAY), Mock(spec=Parts), retrieved=[Retrieved(sections, lambda _: ())])
    (found,) = beside_few(Example(asked, context, Mock(spec=Circumstances))).context.retrieved
    return [section.key for section in found.sections]


def test_a_question_on_a_written_document_stands_beside_no_other_one() -> None:
    for wanted in ("written/7.md#s0", ""):
        asked = CalibrationQuestion("written", ("is there parking",), Locale.EN, wanted, document="written/7.md")
        assert left_of(asked) == [KNOWN, WRITTEN[7]]


def test_a_known_question_stands_beside_the_same_few_written_documents_each_time() -> None:
    some = [left_of(CalibrationQuestion("message", (text,), Locale.EN)) for text in ("parking", "parking", "food")]
    assert some[0] == some[1] != some[2]
    assert all(found[0] == KNOWN and 8 < len(found) < 35 for found in some)
