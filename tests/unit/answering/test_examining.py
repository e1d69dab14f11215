"""What was read moves sections up and down, and makes an answer surer or less sure; what is settled is not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.answering.examining import MOST_READ, NEW_READ, ReaderModel
from bot.answering.model import Outcome, Question
from bot.answering.pipeline import ExtractiveAnswerer
from bot.answering.ports import Retrieved, StoredSection, Support
from bot.ids import Locale
from tests.support.answering_parts import TODAY, English, GivenRetriever, calibrated, section

SECTIONS = (section("hall", "The hall opens at 9."), section("fees", "Entry is free."))
FAR = {"hall": 0.6, "fees": 0.4}
MODEL = ReaderModel(1.0, {"log_odds": 1.0, "support": 1.0, "support_lead": 0.0}, 0.0, (0.02, 0.98))


@dataclass
class GivenReader:
    """Says of a section what it is given by the section's name."""

    says: dict[str, float]
    read_pairs: list[tuple[str, str]] = field(default_factory=list)

    async def read(
        self, question: str, sections: Sequence[StoredSection], near: Callable[[StoredSection], Sequence[float]]
    ) -> Sequence[Support]:
        self.read_pairs += [(question, one.key.path) for one in sections]
        found = (self.says[one.key.path.removeprefix("topic/").removesuffix(".md")] for one in sections)
        return [Support(logit, (logit,) * len(one.sentences)) for logit, one in zip(found, sections, strict=True)]


class PlainFiles(GivenRetriever):
    """Without example questions, as in files just added."""

    def _retrieved(self, text: str) -> Retrieved:
        found = super()._retrieved(text)
        return replace(found, sections=[one._replace(has_questions=False) for one in found.sections])


def answerer(reader: GivenReader | None, *, sure: float = 0.0, model: ReaderModel | None = MODEL) -> ExtractiveAnswerer:
    calibration = replace(calibrated(sure), reader=model)
    return ExtractiveAnswerer(PlainFiles(SECTIONS, FAR), English(), calibration, reader=reader)


def asked(text: str = "what is known of this place") -> Question:
    return Question(text, TODAY, app_locale=Locale.EN)


async def test_what_the_reader_prefers_is_told() -> None:
    answer = await answerer(GivenReader({"hall": -4.0, "fees": 4.0})).answer(asked())
    assert answer.outcome is Outcome.ANSWERED
    assert answer.sentences == ("Entry is free.",)


async def test_nothing_is_told_that_the_reader_denies() -> None:
    alone = await answerer(None, sure=1.0).answer(asked())
    read = await answerer(GivenReader({"hall": -6.0, "fees": -7.0}), sure=1.0).answer(asked())
    assert alone.outcome is Outcome.ANSWERED
    assert read.outcome is not Outcome.ANSWERED


@pytest.mark.parametrize("sure", [6.0, -6.0])
async def test_what_is_settled_is_not_read(sure: float) -> None:
    reader = GivenReader({"hall": -9.0, "fees": 9.0})
    read = await answerer(reader, sure=sure).answer(asked())
    alone = await answerer(None, sure=sure).answer(asked())
    assert not reader.read_pairs
    assert replace(read, steps={}) == replace(alone, steps={})


async def test_what_was_known_to_have_no_answer_is_read_beside_a_section_just_added() -> None:
    gap = section("gap", "Nobody knows.", answerable=False)
    reader = GivenReader({"hall": -9.0, "fees": -9.0, "gap": 0.0})
    calibration = replace(calibrated(-6.0), reader=MODEL)
    files = PlainFiles([*SECTIONS, gap], {**FAR, "gap": 0.8})
    answer = await ExtractiveAnswerer(files, English(), calibration, reader=reader).answer(asked())
    assert len(reader.read_pairs) == 3
    assert (answer.outcome, answer.named) == (Outcome.UNKNOWN, gap.key)


async def test_without_fitted_numbers_the_signs_decide_alone() -> None:
    reader = GivenReader({"hall": -9.0, "fees": 9.0})
    answer = await answerer(reader, sure=1.0, model=None).answer(asked())
    assert answer.sentences == ("The hall opens at 9.",)
    assert not reader.read_pairs


async def test_a_question_is_read_once_with_each_section() -> None:
    reader = GivenReader({"hall": 1.0, "fees": -1.0})
    await answerer(reader).answer(asked())
    assert sorted(reader.read_pairs) == [
        ("what is known of this place", "topic/fees.md"),
        ("what is known of this place", "topic/hall.md"),
    ]


async def test_sections_with_example_questions_are_not_read() -> None:
    reader = GivenReader({"hall": -9.0, "fees": 9.0})
    calibration = replace(calibrated(1.0), reader=MODEL)
    known = ExtractiveAnswerer(GivenRetriever(SECTIONS, FAR), English(), calibration, reader=reader)
    assert (await known.answer(asked())).sentences == ("The hall opens at 9.",)
    assert not reader.read_pairs


async def test_sections_without_example_questions_are_read_however_far_down() -> None:
    known = [section(f"known{number}", "It is old.") for number in range(9)]
    files = [section(f"file{number}", "It is new.") for number in range(9)]
    near = {
        one.key.path.removeprefix("topic/").removesuffix(".md"): 0.9 - n / 20 for n, one in enumerate(known + files)
    }
    near["file0"] = 0.95

    class SomePlain(GivenRetriever):
        def _retrieved(self, text: str) -> Retrieved:
            found = super()._retrieved(text)
            sections = [one._replace(has_questions="known" in one.key.path) for one in found.sections]
            return replace(found, sections=sections)

    reader = GivenReader(dict.fromkeys(near, 0.0))
    calibration = replace(calibrated(0.0), reader=MODEL)
    await ExtractiveAnswerer(SomePlain(known + files, near), English(), calibration, reader=reader).answer(asked())
    read = [path for _, path in reader.read_pairs]
    assert len(read) == len(set(read)) == MOST_READ + NEW_READ - 1
    assert sum("file" in path for path in read) == NEW_READ


async def test_where_the_reader_cannot_read_the_signs_decide() -> None:
    class Broken(GivenReader):
        async def read(
            self, question: str, sections: Sequence[StoredSection], near: Callable[[StoredSection], Sequence[float]]
        ) -> Sequence[Support]:
            return ()

    broken = await answerer(Broken({}), sure=1.0).answer(asked())
    alone = await answerer(None, sure=1.0).answer(asked())
    assert replace(broken, steps={}) == replace(alone, steps={})
