"""Whether a message is a question at all."""

import pytest

from bot.answering.ports import RetrievedSection
from bot.answering.routing import Route, Routed, Router, features, kind_features, parted
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import GivenRetriever, examples, retrieved_section, section

KNOWN = GivenRetriever(
    [*map(examples, ReplyKind), section("expo", "The expo is in July."), section("gap", "Unknown.", answerable=False)],
    {},
)
BY_NEARNESS = Router({"nearest": 40.0}, 0.0, {"question": 1.0})


def message(*found: RetrievedSection, text: str = "hello", **more) -> Routed:
    return Routed(text, Locale.EN, found, KNOWN, **more)


def weighed(kind: ReplyKind, *found: RetrievedSection, **more):
    routed = message(*found, **more)
    replies, others = parted(routed.sections, KNOWN)
    return features(routed, kind, list(replies), others)


def test_labelled_examples_are_told_from_all_other_sections_and_from_open_questions():
    found = [retrieved_section(name, 0.5) for name in ("greeting", "expo", "gap", "gone")]
    replies, others = parted(found, KNOWN)
    assert replies == {found[0]: ReplyKind.GREETING}
    assert others == found[1:]


def test_without_labelled_examples_all_is_a_question():
    assert BY_NEARNESS.route(message(retrieved_section("expo", 0.1))) == Route(None, 0.0)
    assert BY_NEARNESS.route(message()) == Route(None, 0.0)


@pytest.mark.parametrize(("greeting", "expo", "is_sure"), [(0.9, 0.2, True), (0.2, 0.9, False)])
def test_what_is_nearer_to_examples_than_to_everything_else_is_no_question(greeting, expo, is_sure):
    route = BY_NEARNESS.route(message(retrieved_section("greeting", greeting), retrieved_section("expo", expo)))
    assert route.reply is ReplyKind.GREETING
    assert (route.probability > 0.99) is is_sure
    assert (route.probability < 0.01) is not is_sure


def test_the_kind_is_that_of_the_examples_that_fit_best():
    found = message(
        retrieved_section("thanks", 0.7), retrieved_section("farewell", 0.8), retrieved_section("expo", 0.1)
    )
    assert BY_NEARNESS.route(found).reply is ReplyKind.FAREWELL
    by_letters = Router({}, 0.0, {"coverage": 1.0})
    thanks = retrieved_section("thanks", 0.7, coverage=0.9)
    assert by_letters.route(message(thanks, retrieved_section("farewell", 0.8))).reply is ReplyKind.THANKS


@pytest.mark.parametrize(("constant", "probability"), [(1e6, 1.0), (-1e6, 0.0)])
def test_however_sure_a_router_is_the_probability_stays_one(constant, probability):
    found = message(retrieved_section("thanks", 0.7))
    assert Router({}, constant, {}).route(found).probability == pytest.approx(probability)


@pytest.mark.parametrize(
    ("kind", "probability", "is_taken"),
    [
        (ReplyKind.GREETING, 0.5, True),
        (ReplyKind.GREETING, 0.42, False),
        (ReplyKind.EMERGENCY, 0.42, True),
        (ReplyKind.HARM, 0.8, False),
        (ReplyKind.HARM, 0.95, True),
        (None, 0.0, False),
    ],
)
def test_who_needs_help_is_believed_sooner_and_who_means_harm_later(kind, probability, is_taken):
    assert Route(kind, probability).is_taken(0.45) is is_taken


@pytest.mark.parametrize(("proof", "is_taken"), [(0.1, True), (-0.1, False)])
def test_harm_that_the_words_themselves_speak_of_is_believed_sooner(proof, is_taken):
    assert Route(ReplyKind.HARM, 0.75, proof).is_taken(0.45) is is_taken


def test_what_was_stored_word_for_word_is_not_taken_for_what_is_as_good_as_excluded():
    sure, excluded = (retrieved_section("greeting", 0.9, log_posterior=known) for known in (0.0, -12.0))
    assert kind_features(sure)["log_posterior"] == 0.0 > kind_features(excluded)["log_posterior"]
    expo = retrieved_section("expo", 0.1, log_posterior=-12.0)
    assert weighed(ReplyKind.GREETING, sure, expo)["odds"] > weighed(ReplyKind.GREETING, excluded, expo)["odds"] + 10


def test_where_no_posterior_is_known_neither_side_is_likelier():
    assert (
        weighed(ReplyKind.GREETING, retrieved_section("greeting", 0.9), retrieved_section("expo", 0.1))["odds"] == 0.0
    )


@pytest.mark.parametrize(
    ("kind", "text", "asks", "marked"),
    [
        (ReplyKind.GREETING, "when is it", 1.0, 0.0),
        (ReplyKind.GREETING, "how are you?", 0.0, 1.0),
        (ReplyKind.GREETING, "آیا؟", 0.0, 1.0),
        (ReplyKind.GREETING, "hello", 0.0, 0.0),
        (ReplyKind.ABOUT_BOT, "when do you sleep?", 0.0, 0.0),
        (ReplyKind.PERSON, "who can I phone?", 0.0, 0.0),
    ],
)
def test_whoever_asks_when_wants_to_know_unless_the_kind_is_one_of_questions(kind, text, asks, marked):
    found = weighed(kind, retrieved_section(kind, 0.9), text=text)
    assert (found["asks"], found["marked"]) == (asks, marked)


def test_after_a_question_less_is_small_talk():
    greeting = retrieved_section("greeting", 0.9)
    assert weighed(ReplyKind.GREETING, greeting, is_follow_up=True)["follows"] == 1.0
    assert weighed(ReplyKind.GREETING, greeting)["follows"] == 0.0


def test_the_leads_are_over_the_nearest_of_all_others():
    found = weighed(
        ReplyKind.GREETING,
        retrieved_section("greeting", 0.9),
        retrieved_section("thanks", 0.4),
        retrieved_section("expo", 0.3),
        retrieved_section("gap", 0.6),
    )
    assert found["nearest"] == found["mean"] == pytest.approx(0.3)
    assert (found["coverage"], found["held"]) == (pytest.approx(0.15), 0.45)
    assert (found["passage"], found["sentence"]) == (0.6, 0.6)
