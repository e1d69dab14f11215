"""Sections of which a message must name one."""

from dataclasses import replace

from bot.answering.alternatives import are_named, offered_by
from bot.ids import Locale
from tests.support.answering_parts import GivenRetriever, key, section

WHICH = replace(
    section("which", "Which passport?", questions=("do i need a visa",), answerable=False), offers=("topic/one.md",)
)


def country(name: str, *questions: str):
    return section(name, f"About {name}.", questions=questions, heading=f"Citizens of {name}")


UZBEKISTAN = country("Uzbekistan", "do uzbeks need a visa", "visa from tashkent")
BELARUS = country("Belarus", "do belarusians need a visa", "visa from minsk")
OFFERING = replace(WHICH, offers=("topic/Uzbekistan.md", "topic/Belarus.md"))
KNOWLEDGE = GivenRetriever([OFFERING, UZBEKISTAN, BELARUS, section("metro", "Line 8.")], {}).knowledge
COUNTRIES = [UZBEKISTAN.key, BELARUS.key]


def named(text: str) -> list[bool]:
    return list(are_named(COUNTRIES, text, KNOWLEDGE, Locale.EN).values())


def test_a_section_is_named_by_its_own_words_whatever_their_endings():
    assert named("Uzbek passport visa") == [True, False]
    assert named("i come from Minsk") == [False, True]


def test_what_all_of_them_say_names_none():
    assert named("do citizens need a visa") == [False, False]
    assert named("UK passport, visa?") == [False, False]


def test_sections_that_no_question_back_offers_are_not_concerned():
    assert are_named([key("metro")], "visa", KNOWLEDGE, Locale.EN) == {}


def test_documents_and_sections_are_offered_in_the_order_of_the_list():
    assert offered_by(OFFERING, KNOWLEDGE) == tuple(COUNTRIES)
