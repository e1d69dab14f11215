"""Which of several findings to go by."""

from bot.answering.judging import Finding, fused
from bot.answering.ports import Retrieved
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import Candidate
from tests.support.answering_parts import key, retrieved_section

NOTHING = Retrieved((), lambda one: [0.0] * len(one.sentences))


def finding(kind: ReadingKind, probability: float, **scores: float) -> Finding:
    """Of the sections by name and score, best first."""
    ranked = sorted(scores.items(), key=lambda one: -one[1])
    candidates = tuple(Candidate(retrieved_section(name, 0.5), {}, score) for name, score in ranked)
    return Finding(Reading("and when?", kind), NOTHING, candidates, probability=probability)


def test_one_reading_is_gone_by():
    only = finding(ReadingKind.TYPED, 0.2, opened=3, size=1)
    assert fused([only]) is only


def test_what_several_readings_lean_to_beats_the_surest_one():
    surest = finding(ReadingKind.AFTER_HEADING, 0.88, edition=9.5, results=9.4)
    other = finding(ReadingKind.AFTER_QUESTION, 0.8, results=9.7, edition=7.0)
    assert fused([surest, other]) is other


def test_of_readings_that_agree_the_surest_is_taken():
    unsure, sure = finding(ReadingKind.TYPED, 0.6, size=2, opened=1), finding(ReadingKind.CORRECTED, 0.7, size=2)
    assert fused([unsure, sure]) is sure


def test_a_reading_that_found_nothing_does_not_count():
    empty, found = finding(ReadingKind.TYPED, 0.0), finding(ReadingKind.CORRECTED, 0.1, size=1)
    assert fused([empty, found]) is found
    assert fused([empty]) is empty


def test_a_section_that_no_reading_puts_first_is_not_chosen():
    one = finding(ReadingKind.TYPED, 0.6, size=3.0, opened=2.9)
    two = finding(ReadingKind.AFTER_QUESTION, 0.5, place=3.0, opened=2.9)
    assert key("opened") not in {fused([one, two]).answerable[0].key, fused([two, one]).answerable[0].key}
    assert fused([one, two]) is one
