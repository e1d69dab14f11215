"""What is told once everything is known of a message."""

from dataclasses import replace
from datetime import date

import pytest

from bot.answering.decision import OFFERS, OUTCOMES, Decider
from bot.answering.judging import Circumstances, Finding
from bot.answering.language import Languages
from bot.answering.model import Outcome
from bot.answering.parting import PartingModel
from bot.answering.ports import Retrieved, StoredSection
from bot.answering.reading import Reading, ReadingKind
from bot.answering.reranking import Candidate
from bot.answering.routing import KINDS_OF_QUESTIONS, Route
from bot.answering.rules import Reason
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import THRESHOLDS, TODAY, GivenRetriever, key, retrieved_section, section

PARTING = PartingModel({"whole": -0.5, "asking": 2.0}, -3.0, 0.5)
"""Two questions where both halves ask and the whole surely leads to nothing."""
DECIDER = Decider(THRESHOLDS, answer_from=0.5, sentences=3, parting=PARTING)
QUESTION = Route()
SURE, DOUBTFUL, UNLIKELY = 0.9, 0.4, 0.1


def candidates(nearness: dict[str, float], **more) -> tuple[Candidate, ...]:
    """Best first; a nearness is a tenth of a score, too."""
    best_first = sorted(nearness, key=lambda name: -nearness[name])
    found = [retrieved_section(name, nearness[name], **more) for name in best_first]
    return tuple(Candidate(one, {}, 10 * one.passage) for one in found)


def finding(
    probability: float,
    nearness: dict[str, float],
    *,
    text: str = "tell me all about this subject",
    kind: ReadingKind = ReadingKind.TYPED,
    gaps: dict[str, float] | None = None,
    reason: Reason | None = None,
) -> Finding:
    return Finding(
        Reading(text, kind),
        Retrieved((), lambda one: [0.5] * len(one.sentences)),
        candidates(nearness),
        candidates(gaps or {}),
        {},
        probability,
        reason,
    )


def decide(sections: list[StoredSection], *findings: Finding, route: Route = QUESTION, told=(), decider=DECIDER):
    at = Circumstances(GivenRetriever(sections, {}), Languages(Locale.EN, Locale.EN), TODAY)
    return decider.decide(route, findings, at, told)


def plain(*names: str) -> list[StoredSection]:
    return [section(name, f"Text of {name}.") for name in names]


def keys(listed) -> list:
    return [one.key for one in listed]


def test_one_section_is_told():
    answer = decide(plain("one", "two"), finding(SURE, {"one": 2.5, "two": 0.5}))
    assert (answer.outcome, answer.sentences) == (Outcome.ANSWERED, ("Text of one.",))
    assert keys(answer.citations) == [key("one")]
    assert answer.score == SURE


def test_of_two_that_are_about_as_likely_both_are_told():
    answer = decide(plain("one", "two", "three"), finding(SURE, {"one": 0.5, "two": 0.49, "three": 0.48}))
    assert keys(answer.citations) == [key("one"), key("two")]


def test_the_surest_reading_is_told():
    readings = (finding(0.6, {"one": 0.9}), finding(0.8, {"two": 0.4}, kind=ReadingKind.AFTER_QUESTION))
    assert keys(decide(plain("one", "two"), *readings).citations) == [key("two")]


def test_as_many_sentences_are_told_as_the_settings_say_and_the_others_are_kept():
    long = section(
        "one", " ".join(f"The {place} of them{' and so on' * 9}." for place in ("first", "next", "last", "end"))
    )
    answer = decide([long], finding(SURE, {"one": 0.5}), decider=Decider(THRESHOLDS, answer_from=0.5, sentences=2))
    assert (len(answer.sentences), len(answer.rest)) == (2, 2)


def test_of_two_values_for_one_fact_both_are_told_and_the_newest_leads():
    fares = [
        section("old-fares", "In 2024 the fare is 7 yuan.", as_of=date(2024, 5, 1)),
        section("new-fares", "In 2024 the fare is 9 yuan.", as_of=date(2025, 5, 1)),
        section("walks", "Walking is free."),
    ]
    answer = decide(fares, finding(SURE, {"old-fares": 0.5, "walks": 0.49, "new-fares": 0.4}))
    assert answer.sentences == ("In 2024 the fare is 9 yuan.", "In 2024 the fare is 7 yuan.")
    assert keys(answer.citations) == [key("new-fares"), key("old-fares")]


def questions(first: float, second: float, names=("one", "two"), **more) -> list[Finding]:
    marked = [
        finding(probability, {name: 0.5}, kind=ReadingKind.SENTENCE, **more)
        for name, probability in zip(names, (first, second), strict=True)
    ]
    return [finding(0.6, {"three": 0.5, "one": 0.4, "two": 0.4}), *marked]


def circumstances(sections: list[StoredSection]) -> Circumstances:
    return Circumstances(GivenRetriever(sections, {}), Languages(Locale.EN, Locale.EN), TODAY)


def test_for_somebody_who_knows_more_the_first_section_alone_is_told_however_close_a_call_it_is():
    close = finding(UNLIKELY, {"one": 0.5, "two": 0.499})
    answer = DECIDER.tell(close, circumstances(plain("one", "two")))
    assert (answer.outcome, keys(answer.citations), answer.score) == (Outcome.ANSWERED, [key("one")], UNLIKELY)


def test_for_somebody_who_knows_more_other_values_of_the_same_fact_are_told_too():
    fares = [
        section("old", "In 2024 the fare is 7 yuan.", heading="Fare", as_of=date(2024, 1, 1)),
        section("new", "In 2024 the fare is 9 yuan.", heading="Fare", as_of=date(2026, 1, 1)),
    ]
    answer = DECIDER.tell(finding(UNLIKELY, {"old": 0.5, "new": 0.2}), circumstances(fares))
    assert keys(answer.citations) == [key("new"), key("old")]


def test_for_somebody_who_knows_more_sections_are_offered_however_sure_they_are():
    answer = DECIDER.offer(finding(SURE, {"one": 0.5, "two": 0.4}), circumstances(plain("one", "two")))
    assert (answer.outcome, keys(answer.offers), answer.sentences) == (Outcome.OFFERED, [key("one"), key("two")], ())


@pytest.mark.parametrize("kind", [ReadingKind.SENTENCE, ReadingKind.HALF])
def test_two_questions_get_an_answer_each_with_its_source(kind):
    whole, *parts = questions(0.8, 0.7)
    halves = [replace(part, reading=Reading("Where is it?", kind)) for part in parts]
    answer = decide(plain("one", "two", "three"), replace(whole, probability=0.4), *halves)
    assert answer.second is not None
    assert [keys(part.citations) for part in (answer, answer.second)] == [[key("one")], [key("two")]]
    assert answer.second.sentences == ("Text of two.",)


def test_an_open_question_may_be_one_of_two():
    known = finding(SURE, {"one": 0.5}, text="Where is it?", kind=ReadingKind.HALF)
    open_one = finding(0.0, {"three": 0.1}, text="when", gaps={"gap": 0.9}, kind=ReadingKind.HALF)
    sections = [*plain("one", "three"), section("gap", "That is not known.", answerable=False)]
    answer = decide(sections, finding(0.3, {"three": 0.2, "one": 0.2}, gaps={"gap": 0.1}), known, open_one)
    assert answer.second is not None
    assert (answer.second.outcome, answer.second.sentences) == (Outcome.UNKNOWN, ("That is not known.",))


def test_where_a_half_only_tells_something_the_whole_is_one_question():
    said = finding(SURE, {"one": 0.5}, text="We are a small factory", kind=ReadingKind.HALF)
    asked = finding(SURE, {"two": 0.5}, text="how do we join?", kind=ReadingKind.HALF)
    answer = decide(plain("one", "two"), finding(SURE, {"two": 0.5, "one": 0.1}), said, asked)
    assert (answer.second, keys(answer.citations)) == (None, [key("two")])


def test_where_nothing_is_known_of_the_whole_the_half_that_asks_is_answered():
    said = finding(SURE, {"one": 0.6}, text="We come from far away", kind=ReadingKind.HALF)
    asked = finding(SURE, {"two": 0.6}, text="when does it open?", kind=ReadingKind.HALF)
    answer = decide(plain("one", "two"), finding(DOUBTFUL, {"two": 0.3, "one": 0.1}), said, asked)
    assert (answer.second, keys(answer.citations)) == (None, [key("two")])


def test_a_second_question_that_says_too_little_is_read_after_the_first():
    first = finding(SURE, {"one": 0.5}, text="what is it", kind=ReadingKind.HALF)
    second = finding(UNLIKELY, {"three": 0.1}, text="who runs it", kind=ReadingKind.HALF)
    after = finding(SURE, {"two": 0.5}, text="who runs it", kind=ReadingKind.SECOND_HALF)
    answer = decide(plain("one", "two", "three"), finding(DOUBTFUL, {"one": 0.3, "two": 0.2}), first, second, after)
    assert answer.second is not None
    assert [keys(part.citations) for part in (answer, answer.second)] == [[key("one")], [key("two")]]


def test_a_second_question_is_read_after_the_first_where_that_says_more_surely_what_it_asks():
    first = finding(SURE, {"one": 0.5}, text="when was it founded", kind=ReadingKind.HALF)
    second = finding(SURE, {"three": 0.3, "two": 0.2}, text="how many members", kind=ReadingKind.HALF)
    after = finding(SURE, {"two": 3.0, "three": 0.2}, text="how many members", kind=ReadingKind.SECOND_HALF)
    answer = decide(plain("one", "two", "three"), finding(DOUBTFUL, {"one": 0.3, "two": 0.2}), first, second, after)
    assert answer.second is not None
    assert keys(answer.second.citations) == [key("two")]


def test_two_questions_by_their_words_are_two_though_one_of_them_speaks_for_the_whole():
    first = finding(0.7, {"one": 0.5}, text="what is the institute", kind=ReadingKind.HALF)
    second = finding(0.0, {"three": 0.1}, text="how do I join", gaps={"gap": 9.0}, kind=ReadingKind.HALF)
    sections = [*plain("one", "three"), section("gap", "That is not known.", answerable=False)]
    answer = decide(sections, finding(0.0, {"one": 8.9, "three": 0.1}, gaps={"gap": 9.0}), first, second)
    assert answer.second is not None
    assert (keys(answer.citations), answer.second.named) == ([key("one")], key("gap"))


@pytest.mark.parametrize(("sure", "outcome"), [(0.7, Outcome.OFFERED), (0.9, Outcome.ANSWERED)])
def test_a_half_is_told_alone_only_where_it_is_quite_sure(sure, outcome):
    first = finding(sure, {"one": 0.6}, text="where is the hall", kind=ReadingKind.HALF)
    second = finding(UNLIKELY, {"two": 0.1}, text="how many", kind=ReadingKind.HALF)
    assert decide(plain("one", "two"), finding(DOUBTFUL, {"two": 0.3}), first, second).outcome is outcome


@pytest.mark.parametrize(("sure", "told"), [(0.5, "open"), (0.9, "one")])
def test_what_was_told_just_now_is_told_again_only_surely(sure, told):
    alone = finding(0.1, {"two": 0.1}, text="who can take part", gaps={"open": 3.0})
    after = finding(sure, {"one": 0.5}, text="who can take part", kind=ReadingKind.AFTER_QUESTION)
    sections = [*plain("one", "two"), section("open", "That is not known.", answerable=False)]
    answer = decide(sections, alone, after, told=(key("one"),), decider=replace(DECIDER, answer_from=0.4))
    assert (answer.named or answer.citations[0].key) == key(told)


def test_what_asks_surely_for_a_third_section_is_one_question():
    whole, *parts = questions(0.8, 0.7)
    halves = [replace(part, reading=replace(part.reading, kind=ReadingKind.HALF)) for part in parts]
    answer = decide(plain("one", "two", "three"), replace(whole, probability=0.9), *halves)
    assert (answer.second, keys(answer.citations)) == (None, [key("three")])


def test_a_section_that_asks_back_offers_those_of_which_one_is_meant():
    which = replace(
        section("which", "Which passport?", answerable=False), offers=("topic/one.md", str(key("two")), "topic/gone.md")
    )
    sections = [which, *plain("one", "two", "three")]
    answer = decide(sections, finding(UNLIKELY, {"three": 0.1}, gaps={"which": 0.9}))
    assert (answer.outcome, answer.sentences, answer.named) == (Outcome.CLARIFY, ("Which passport?",), key("which"))
    assert keys(answer.suggestions) == [key("one"), key("two")]


def test_two_questions_that_one_section_answers_get_it_once():
    answer = decide(plain("one", "three"), *questions(0.8, 0.7, names=("one", "one")))
    assert keys(answer.citations) == [key("one")]


@pytest.mark.parametrize("more", [{"second": 0.3}, {"second": 0.7, "reason": Reason.LACKS_KIND}])
def test_of_two_questions_that_are_not_both_known_the_surest_reading_is_told_alone(more):
    answer = decide(plain("one", "two", "three"), finding(SURE, {"three": 0.5}), *questions(0.8, **more)[1:])
    assert keys(answer.citations) == [key("three")]


def test_one_sentence_that_asks_is_no_second_question():
    alone = finding(0.7, {"two": 0.5}, kind=ReadingKind.SENTENCE)
    assert keys(decide(plain("one", "two"), finding(SURE, {"one": 0.5}), alone).citations) == [key("one")]


@pytest.mark.parametrize("reason", list(Reason))
def test_however_sure_a_rule_speaks_against_it_nothing_is_told_or_offered(reason):
    answer = decide(plain("one"), finding(SURE, {"one": 0.9}, reason=reason))
    assert (answer.outcome, answer.sentences, answer.citations, answer.offers) == (Outcome.UNKNOWN, (), (), ())


@pytest.mark.parametrize(
    ("probability", "outcome"),
    [(0.5, Outcome.ANSWERED), (0.49, Outcome.OFFERED), (0.25, Outcome.OFFERED), (0.24, Outcome.UNKNOWN)],
)
def test_between_telling_and_refusing_sections_are_offered(probability, outcome):
    assert decide(plain("one", "two"), finding(probability, {"one": 0.5, "two": 0.4})).outcome is outcome


def without_questions(found: Finding) -> Finding:
    """The same with sections of a plain file."""
    plain = [replace(one, section=one.section._replace(has_questions=False)) for one in found.answerable]
    return replace(found, answerable=tuple(plain))


@pytest.mark.parametrize(
    ("probability", "gaps", "outcome"),
    [
        (0.05, {}, Outcome.OFFERED),
        (0.04, {}, Outcome.UNKNOWN),
        (0.05, {"gap": 0.6}, Outcome.OFFERED),
        (0.04, {"gap": 0.6}, Outcome.OFFERED),
        (0.04, {"gap": 1.2}, Outcome.UNKNOWN),
    ],
)
def test_what_a_plain_file_may_say_is_offered_sooner_even_where_it_was_known_to_be_unknown(probability, gaps, outcome):
    gap = section("gap", "Nobody knows.", answerable=False)
    found = without_questions(finding(probability, {"one": 0.5}, gaps=gaps))
    assert decide([*plain("one"), gap], found).outcome is outcome


def test_with_an_answer_from_a_new_file_what_is_about_as_near_is_offered():
    near = {name: 9.0 - place for place, name in enumerate("abcdefg")}
    answer = decide(plain(*near), without_questions(finding(SURE, near)))
    assert keys(answer.citations) == [key("a")]
    assert (keys(answer.offers), answer.suggestions) == ([key(name) for name in "bcde"], ())
    far = {"a": 0.9, "b": 0.3, "c": 0.2}
    assert keys(decide(plain(*far), without_questions(finding(SURE, far))).offers) == [key("b")]
    known = decide(plain(*near), finding(SURE, near))
    assert (known.offers, keys(known.suggestions)) == ((), [key(name) for name in "bcd"])


def test_beside_an_answer_from_a_new_file_what_has_long_been_known_is_not_offered():
    found = finding(SURE, {"new": 9.0, "known": 8.0, "other": 7.0})
    new, _, other = without_questions(found).answerable
    answer = decide(plain("new", "known", "other"), replace(found, answerable=(new, found.answerable[1], other)))
    assert (keys(answer.citations), keys(answer.offers)) == ([key("new")], [key("other")])


def test_a_new_file_that_is_not_the_nearest_offers_nothing():
    found = finding(0.1, {"one": 0.5, "two": 0.4})
    rich, poor = found.answerable
    poor = replace(poor, section=poor.section._replace(has_questions=False))
    assert decide(plain("one", "two"), replace(found, answerable=(rich, poor))).outcome is Outcome.UNKNOWN


def test_at_most_five_are_offered_best_first_by_their_headings():
    names = ("a", "b", "c", "d", "e", "f")
    near = {name: 0.9 - place / 10 for place, name in enumerate(names)}
    answer = decide(plain(*names), finding(DOUBTFUL, near))
    assert [offer.title for offer in answer.offers] == [f"Heading of {name}" for name in names[:OFFERS]]
    assert (len(answer.offers), answer.sentences, answer.citations) == (5, (), ())
    assert answer.score == DOUBTFUL


def test_an_offer_names_the_language_of_its_copy_and_without_a_heading_its_document():
    bare = section("one", "Текст.", Locale.RU, heading="")
    (offer,) = decide([bare], finding(DOUBTFUL, {"one": 0.5})).offers
    assert (offer.title, offer.locale) == ("Title of one", Locale.RU)


def test_where_all_that_is_sure_enough_is_told_nothing_is_offered():
    eager = Decider(THRESHOLDS, answer_from=0.1, sentences=3)
    assert decide(plain("one"), finding(0.15, {"one": 0.5}), decider=eager).outcome is Outcome.ANSWERED
    assert decide(plain("one"), finding(0.05, {"one": 0.5}), decider=eager).outcome is Outcome.UNKNOWN


def test_what_is_known_to_have_no_answer_is_refused_with_its_own_words_and_not_offered():
    gap = section("gap", "That is not known. Ask the venue.", answerable=False)
    answer = decide([*plain("one"), gap], finding(DOUBTFUL, {"one": 0.5}, gaps={"gap": 0.5}))
    assert (answer.outcome, answer.sentences, answer.offers) == (Outcome.UNKNOWN, gap.sentences, ())


def test_a_gap_that_is_far_off_says_nothing():
    gap = section("gap", "That is not known. Ask the venue.", answerable=False)
    answer = decide([*plain("one"), gap], finding(DOUBTFUL, {"one": 0.5}, gaps={"gap": 0.1}))
    assert answer.outcome is Outcome.OFFERED


def test_examples_of_small_talk_are_no_words_for_a_gap():
    rule = section("rule", "No comment.", answerable=False, reply=ReplyKind.POLITICS)
    answer = decide([rule], finding(0.0, {}, gaps={"rule": 0.9}))
    assert (answer.outcome, answer.sentences) == (Outcome.UNKNOWN, ())


def test_a_gap_told_in_another_language_names_that():
    gap = section("gap", "Это неизвестно.", Locale.RU, answerable=False)
    assert decide([gap], finding(0.0, {}, gaps={"gap": 0.9})).written_in is Locale.RU


@pytest.mark.parametrize("probability", [SURE, UNLIKELY])
def test_only_what_has_to_do_with_it_is_suggested_and_never_what_was_told(probability):
    near = {"one": 0.9, "two": 0.5, "three": 0.25, "four": 0.24}
    answer = decide(plain(*near), finding(probability, near))
    below_answer, below_refusal = [key("two"), key("three")], [key("one"), key("two")]
    assert keys(answer.suggestions) == (below_answer if probability == SURE else below_refusal)


@pytest.mark.parametrize(("probability", "most"), [(SURE, 3), (UNLIKELY, 2)])
def test_no_more_are_suggested_than_can_be_read_at_a_glance(probability, most):
    near = {"answer": 0.9, **dict.fromkeys("abcde", 0.5)}
    assert len(decide(plain(*near), finding(probability, near)).suggestions) == most


def test_what_is_only_a_little_near_is_not_suggested_below_a_refusal():
    assert decide(plain("one"), finding(UNLIKELY, {"one": 0.4})).suggestions == ()


class WithNeighbour(GivenRetriever):
    """A section lies close by every open question."""

    def beside(self, gap, locale):
        return (key("one"),)


def test_examples_of_small_talk_hide_no_open_question_of_what_is_none():
    talk = replace(section("talk", "Thanks.", answerable=False), reply=ReplyKind.THANKS)
    sections = [*plain("one"), section("gap", "That is not known.", answerable=False), talk]
    answer = decide(sections, finding(UNLIKELY, {"one": 0.1}, gaps={"talk": 5.0, "gap": 0.9}))
    assert (answer.outcome, answer.named) == (Outcome.UNKNOWN, key("gap"))


def test_below_a_refusal_stands_what_lies_beside_the_open_question():
    sections = [*plain("one"), section("gap", "That is not known.", answerable=False)]
    at = Circumstances(WithNeighbour(sections, {}), Languages(Locale.EN, Locale.EN), TODAY)
    answer = DECIDER.decide(QUESTION, [finding(UNLIKELY, {"one": 0.1}, gaps={"gap": 0.9})], at, ())
    assert answer.outcome is Outcome.UNKNOWN
    assert [one.key for one in answer.suggestions] == [key("one")]


@pytest.mark.parametrize(
    ("nearness", "has_questions", "outcome"),
    [(0.4, False, Outcome.OFFERED), (0.2, False, Outcome.UNKNOWN), (0.4, True, Outcome.UNKNOWN)],
)
def test_what_staff_have_published_is_offered_in_place_of_the_old_not_known(nearness, has_questions, outcome):
    """Where it lies about as near, and nobody has said yet what it answers."""
    sections = [*plain("one", "new"), section("gap", "That is not known.", answerable=False)]
    found = finding(UNLIKELY, {"one": 0.5}, gaps={"gap": 0.9})
    new = candidates({"new": nearness}, has_questions=has_questions)
    answer = decide(sections, replace(found, answerable=(*found.answerable, *new)))
    offered = [key("new"), key("one")] if outcome is Outcome.OFFERED else []
    assert (answer.outcome, keys(answer.offers)) == (outcome, offered)


class WithNewFact(GivenRetriever):
    """A section has just been published that lies nearest to the open question."""

    def new_facts(self, gap):
        return (key("new"),)


def test_what_lies_nearest_to_an_open_question_is_offered_however_it_is_asked():
    sections = [*plain("one", "new"), section("gap", "That is not known.", answerable=False)]
    at = Circumstances(WithNewFact(sections, {}), Languages(Locale.RU, Locale.RU), TODAY)
    answer = DECIDER.decide(QUESTION, [finding(UNLIKELY, {"one": 0.1}, gaps={"gap": 0.9})], at, ())
    assert (answer.outcome, keys(answer.offers)) == (Outcome.OFFERED, [key("new"), key("one")])


def test_what_staff_have_just_added_beside_an_open_question_is_named_first_below_the_refusal():
    new = [replace(one, questions=()) for one in plain("new")]
    sections = [*plain("one"), section("gap", "That is not known.", answerable=False), *new]

    class BothBeside(GivenRetriever):
        def beside(self, gap, locale):
            return (key("one"), key("new"))

    at = Circumstances(BothBeside(sections, {}), Languages(Locale.EN, Locale.EN), TODAY)
    answer = DECIDER.decide(QUESTION, [finding(UNLIKELY, {"one": 0.1}, gaps={"gap": 0.9})], at, ())
    assert [one.key for one in answer.suggestions] == [key("new"), key("one")]


# What is no question.


@pytest.mark.parametrize("reply", list(ReplyKind))
def test_every_kind_of_small_talk_has_its_reply(reply):
    answer = decide(plain("one"), finding(SURE, {"one": 0.9}), route=Route(reply, 0.95))
    assert answer.outcome is OUTCOMES[reply]
    assert (answer.sentences, answer.citations) == ((), ())


def test_harm_that_is_doubted_goes_the_way_of_any_question():
    answer = decide(plain("one"), finding(SURE, {"one": 0.9}), route=Route(ReplyKind.HARM, 0.85))
    assert answer.outcome is Outcome.ANSWERED
    assert decide(plain("one"), finding(UNLIKELY, {"one": 0.1}), route=Route(ReplyKind.HARM, 0.85)).outcome.refused


def test_small_talk_that_is_not_sure_is_a_question():
    answer = decide(plain("one"), finding(SURE, {"one": 0.9}), route=Route(ReplyKind.GREETING, 0.84))
    assert answer.outcome is Outcome.ANSWERED


MILD = Decider(replace(THRESHOLDS, route_from=0.45), answer_from=0.5, sentences=3)


def routed(reply: ReplyKind, sureness: float, found: Finding):
    return decide(plain("health"), found, route=Route(reply, sureness), decider=MILD)


@pytest.mark.parametrize("reply", KINDS_OF_QUESTIONS)
def test_what_may_be_asked_of_a_file_just_added_is_not_declined(reply):
    asked = without_questions(finding(UNLIKELY, {"health": 0.4}))
    answer = routed(reply, 0.69, asked)
    assert (answer.outcome, keys(answer.offers)) == (Outcome.OFFERED, [key("health")])


@pytest.mark.parametrize(
    ("reply", "sureness", "found"),
    [
        (ReplyKind.ADVICE, 0.7, {}),
        (ReplyKind.EMERGENCY, 0.5, {}),
        (ReplyKind.THANKS, 0.5, {}),
        (ReplyKind.ADVICE, 0.5, {"probability": 0.04}),
        (ReplyKind.ADVICE, 0.5, {"reason": Reason.LACKS_KIND}),
        (ReplyKind.ADVICE, 0.5, {"answerable": ()}),
    ],
)
def test_what_is_declined_for_good_reason_stays_so_beside_a_file_just_added(reply, sureness, found):
    asked = replace(without_questions(finding(UNLIKELY, {"health": 0.4})), **found)
    assert routed(reply, sureness, asked).outcome is OUTCOMES[reply]


def test_a_section_that_has_example_questions_leaves_what_is_declined_as_it_is():
    assert routed(ReplyKind.ADVICE, 0.5, finding(DOUBTFUL, {"health": 0.4})).outcome is OUTCOMES[ReplyKind.ADVICE]


def test_discontent_leads_to_other_sections_than_the_one_told():
    near = {"one": 0.9, "two": 0.8, "three": 0.2}
    told = (key("one"),)
    answer = decide(plain(*near), finding(SURE, near), route=Route(ReplyKind.COMPLAINT, 0.9), told=told)
    assert (answer.outcome, keys(answer.suggestions)) == (Outcome.COMPLAINT, [key("two")])


# Two things in one message.


def clause(probability: float) -> Finding:
    return finding(probability, {"hall": 0.6}, text="and where is the hall", kind=ReadingKind.CLAUSE)


@pytest.mark.parametrize("reply", [ReplyKind.GREETING, ReplyKind.THANKS, ReplyKind.PRAISE, ReplyKind.COMPLAINT])
def test_a_question_after_a_remark_is_answered_where_the_answer_is_sure(reply):
    remark = finding(DOUBTFUL, {"thanks": 0.7})
    answer = decide(plain("thanks", "hall"), remark, clause(SURE), route=Route(reply, 0.95))
    assert answer.outcome is Outcome.ANSWERED
    assert [citation.key for citation in answer.citations] == [key("hall")]
    assert (
        decide(plain("thanks", "hall"), remark, clause(DOUBTFUL), route=Route(reply, 0.95)).outcome is OUTCOMES[reply]
    )


def test_what_is_asked_after_thanks_is_named_though_it_has_no_answer():
    asked = finding(0.0, {"hall": 0.1}, text="is there a hotel?", gaps={"hotels": 0.9}, kind=ReadingKind.HALF)
    sections = [*plain("thanks", "hall"), section("hotels", "I do not know the hotels.", answerable=False)]
    answer = decide(sections, finding(DOUBTFUL, {"thanks": 0.7}), asked, route=Route(ReplyKind.THANKS, 0.95))
    assert (answer.outcome, answer.named) == (Outcome.UNKNOWN, key("hotels"))


@pytest.mark.parametrize("reply", [ReplyKind.EMERGENCY, ReplyKind.POLITICS, ReplyKind.HARM, ReplyKind.PERSON])
def test_what_is_no_remark_gets_its_reply_whatever_follows_a_comma(reply):
    answer = decide(plain("hall"), finding(DOUBTFUL, {"hall": 0.7}), clause(SURE), route=Route(reply, 0.95))
    assert answer.outcome is OUTCOMES[reply]
