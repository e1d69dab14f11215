"""The Answerer's decisions, with a search whose findings are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from bot.answering.evidence import Calibration
from bot.answering.model import Outcome, Question, Turn
from bot.answering.ports import LanguageGuess, Match, SentenceHit, StoredSection
from bot.answering.service import Answerer
from bot.vocabulary import DocumentPath, Locale, SectionKey
from bot.writing.sentences import split_sentences

TODAY = date(2026, 11, 25)
BOLD = Calibration(weights={}, constant=4.0)
TIMID = Calibration(weights={}, constant=-4.0)


def key(name: str) -> SectionKey:
    return SectionKey(DocumentPath(f"topic/{name}.md"), "one")


def section(name: str, text: str, locale: Locale = Locale.EN, **more) -> StoredSection:
    plain = StoredSection(
        key=key(name),
        locale=locale,
        title=f"Title of {name}",
        topic="topic",
        heading=f"Heading of {name}",
        text=text,
        sentences=tuple(split_sentences(text, locale)),
        questions=(f"What about {name}?",),
        publisher="Publisher",
        source_title="Article",
        url="https://example.org/",
        source_date=date(2025, 1, 2),
        as_of=date(2025, 1, 3),
        valid_from=None,
        valid_until=None,
        answerable=True,
        decline=None,
    )
    return replace(plain, **more)


@dataclass
class GivenSearch:
    """Finds what it is given: section name → nearness, the same for every text that holds `word`."""

    sections: Sequence[StoredSection]
    nearness: dict[str, float]
    by_word: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    generation: int = 1
    coverage: float = 0.0

    @property
    def knowledge(self):
        return self

    def current(self):
        return self

    def copies(self, wanted: SectionKey):
        return [one for one in self.sections if one.key == wanted]

    def keys(self):
        return list(dict.fromkeys(one.key for one in self.sections))

    async def matches(self, text, locale, *, top_k):
        self.asked.append(text)
        found = next((near for word, near in self.by_word.items() if word in text), self.nearness)
        share = self.coverage
        return [Match(key(name), near, near, near, near, share or near / 2, near) for name, near in found.items()]

    async def in_own_letters(self, text, locale):
        return self.letters.get(text, text)

    async def corrected(self, text, locale):
        return self.corrections.get(text, text)

    async def sentences(self, text, locale, section):
        return [SentenceHit(ordinal, 0.5) for ordinal in range(len(section.sentences))]


class English:
    def identify(self, text, *, prior):
        return LanguageGuess(Locale.EN, 0.99)


def answerer(search: GivenSearch, calibration: Calibration = BOLD) -> Answerer:
    return Answerer(search, English(), calibration=calibration)


def ask(text: str, **more) -> Question:
    return Question(text, TODAY, **more)


async def test_the_nearest_section_answers_with_its_source():
    search = GivenSearch(
        [section("expo", "The expo is in July."), section("metro", "Line 8.")], {"expo": 0.9, "metro": 0.1}
    )
    answer = await answerer(search).answer(ask("when is the big expo this year"))
    assert (answer.outcome, answer.sentences) == (Outcome.ANSWERED, ("The expo is in July.",))
    assert (answer.citations[0].publisher, answer.citations[0].as_of) == ("Publisher", date(2025, 1, 3))


async def test_sections_that_are_about_as_near_answer_together():
    search = GivenSearch([section("one", "First."), section("two", "Second.")], {"one": 0.5, "two": 0.49})
    answer = await answerer(search).answer(ask("tell me all about this subject"))
    assert answer.sentences == ("First.", "Second.")
    assert len(answer.citations) == 2


@pytest.mark.parametrize(
    ("asked", "texts", "told"),
    [
        ("how does one get there with tramways", {}, ("First.",)),
        ("how does one get there with tramways or ferryboats", {}, ("First.", "Second.")),
        ("how does one get there", {}, ("First.", "Second.")),
        (
            "how does one get there with tramways",
            {"tramway": "In 2024 the fare is 7 yuan.", "ferryboat": "In 2024 the fare is 9 yuan."},
            ("In 2024 the fare is 7 yuan.", "In 2024 the fare is 9 yuan."),
        ),
    ],
)
async def test_what_is_asked_by_its_name_answers_alone_unless_the_other_disagrees(asked, texts, told):
    given = {"tramway": "First.", "ferryboat": "Second."} | texts
    search = GivenSearch([section(name, text) for name, text in given.items()], {"tramway": 0.5, "ferryboat": 0.4})
    answer = await answerer(search).answer(ask(asked))
    assert answer.sentences == told


async def test_a_bare_keyword_that_fits_two_documents_is_asked_back():
    search = GivenSearch([section("one", "First."), section("two", "Second.")], {"one": 0.5, "two": 0.5})
    answer = await answerer(search).answer(ask("forum"))
    assert answer.outcome is Outcome.CLARIFY
    assert {suggestion.text for suggestion in answer.suggestions} == {"What about one?", "What about two?"}


async def test_L14_what_is_unlikely_to_be_answered_is_refused_with_the_nearest_questions():
    search = GivenSearch([section("expo", "The expo is in July.")], {"expo": 0.4})
    answer = await answerer(search, TIMID).answer(ask("who won the tender for the cranes"))
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.outcome.refused
    assert answer.sentences == ()
    assert [suggestion.key for suggestion in answer.suggestions] == [key("expo")]


async def test_a_question_known_to_have_no_answer_gets_its_next_step():
    gap = section("hours", "The opening hours are not known. Please ask the venue.", answerable=False)
    search = GivenSearch([gap, section("expo", "In July.")], {"hours": 0.9, "expo": 0.3})
    answer = await answerer(search, TIMID).answer(ask("what are the opening hours of the hall"))
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.sentences[-1] == "Please ask the venue."


@pytest.mark.parametrize(
    ("decline", "outcome"),
    [
        ("politics", Outcome.DECLINED_POLITICS),
        ("advice", Outcome.DECLINED_ADVICE),
        ("harm", Outcome.DECLINED_HARM),
    ],
)
async def test_L11_L12_L13_a_question_like_those_of_a_decline_file_is_declined(decline, outcome):
    rule = section("rule", "No comment.", answerable=False, decline=decline)
    search = GivenSearch([rule, section("expo", "In July.")], {"rule": 0.9, "expo": 0.2})
    answer = await answerer(search, TIMID).answer(ask("a question of that kind in other words"))
    assert (answer.outcome, answer.sentences) == (outcome, ())


async def test_a_telephone_is_never_guessed():
    search = GivenSearch([section("expo", "The expo is in Jiaozhou.")], {"expo": 0.9})
    careful = Calibration(weights={"lacks_contact": -20.0}, constant=4.0)
    answer = await answerer(search, careful).answer(ask("what is the phone number of the expo"))
    assert answer.outcome is Outcome.UNKNOWN


async def test_facts_past_their_validity_are_not_told():
    old = section("visa", "Entry is free.", valid_until=date(2026, 9, 14))
    search = GivenSearch([old], {"visa": 0.9})
    answer = await answerer(search).answer(ask("may I enter without a visa"))
    assert answer.outcome is Outcome.UNKNOWN
    assert (
        await answerer(search).answer(replace(ask("may I enter without a visa"), today=date(2026, 9, 14)))
    ).sentences


async def test_without_a_translation_the_nearest_language_is_shown_and_named():
    copies = [section("expo", "Выставка в июле.", Locale.RU), section("expo", "博览会在七月。", Locale.ZH)]
    answer = await answerer(GivenSearch(copies, {"expo": 0.9})).answer(ask("expo kachan", chosen=Locale.KY))
    assert (answer.locale, answer.written_in, answer.sentences) == (Locale.KY, Locale.RU, ("Выставка в июле.",))


async def test_a_follow_up_is_read_with_the_question_before_it():
    search = GivenSearch(
        [section("expo", "The expo is in July."), section("metro", "Line 8.")],
        {"metro": 0.3, "expo": 0.2},
        by_word={"Tell me of the expo": {"expo": 0.9, "metro": 0.1}},
    )
    turn = Turn("Tell me of the expo", Locale.EN, Outcome.ANSWERED, (key("expo"),))
    nearness_decides = Calibration(weights={"passage_mean": 10.0}, constant=-3.5)
    answer = await answerer(search, nearness_decides).answer(ask("and when is it?", history=(turn,)))
    assert search.asked == ["and when is it?", "Tell me of the expo and when is it?"]
    assert answer.sentences == ("The expo is in July.",)


async def test_a_short_question_that_points_back_is_never_read_alone():
    search = GivenSearch(
        [section("forum", "The forum was in the SCO Pearl."), section("institute", "The institute has a building.")],
        {"institute": 0.9},
        by_word={"about the forum": {"forum": 3.0, "institute": 0.9}},
    )
    turn = Turn("tell me about the forum", Locale.EN, Outcome.ANSWERED, (key("forum"),))
    answer = await answerer(search).answer(ask("and in which building?", history=(turn,)))
    assert answer.citations[0].key == key("forum")


async def test_a_new_subject_is_read_alone():
    search = GivenSearch([section("metro", "Line 8 goes there."), section("forum", "In the Pearl.")], {"metro": 0.9})
    turn = Turn("tell me about the forum", Locale.EN, Outcome.ANSWERED, (key("forum"),))
    question = ask("which underground line leads from the railway station to the airport", history=(turn,))
    await answerer(search).answer(question)
    assert search.asked == [question.text]


async def test_of_several_sentences_the_last_is_read_once_more():
    search = GivenSearch([section("expo", "In July."), section("press", "Newspapers.")], {"press": 0.9, "expo": 0.5})
    search.by_word = {"I write for a newspaper": {"press": 0.9, "expo": 0.5}, "When": {"expo": 3.0, "press": 0.1}}
    doubtful = Calibration(weights={}, constant=1.0)
    answer = await answerer(search, doubtful).answer(ask("I write for a newspaper. When is the expo held in Qingdao?"))
    assert search.asked[1] == "When is the expo held in Qingdao?"
    assert answer.citations[0].key == key("expo")


async def test_what_leaves_no_doubt_is_read_once():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.9})
    await answerer(search).answer(ask("I write for a newspaper. When is the expo held in Qingdao?"))
    assert len(search.asked) == 1


async def test_where_there_is_doubt_slips_of_the_thumb_are_put_right():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.3}, by_word={"exhibition": {"expo": 0.9}})
    search.corrections = {"when is the exhibtion": "when is the exhibition"}
    nearness_decides = Calibration(weights={"passage": 10.0}, constant=-5.0)
    answer = await answerer(search, nearness_decides).answer(ask("when is the exhibtion"))
    assert search.asked == ["when is the exhibtion", "when is the exhibition"]
    assert answer.sentences == ("In July.",)


async def test_what_was_put_right_is_told_only_when_it_is_surer_than_that():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.4}, by_word={"when": {"expo": 0.5}})
    search.corrections = {"wenn does the hedgehog sleep": "when does the hedgehog sleep"}
    nearness_decides = Calibration(weights={"passage": 10.0}, constant=-5.0)
    answer = await answerer(search, nearness_decides).answer(ask("wenn does the hedgehog sleep"))
    assert len(search.asked) == 2
    assert answer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("nearness", [0.01, 0.9])
async def test_where_there_is_no_doubt_nothing_is_put_right(nearness):
    search = GivenSearch([section("expo", "In July.")], {"expo": nearness})
    search.corrections = {"when is the exhibtion": "when is the exhibition"}
    nearness_decides = Calibration(weights={"passage": 10.0}, constant=-5.0)
    await answerer(search, nearness_decides).answer(ask("when is the exhibtion"))
    assert search.asked == ["when is the exhibtion"]


async def test_a_conversation_in_another_script_is_searched_in_its_own():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.9})
    search.letters = {"kanda konuk keldi": "канча конук келди", "kachan": "качан"}
    turn = Turn("kachan", Locale.EN, Outcome.ANSWERED, (key("expo"),))
    await answerer(search).answer(ask("kanda konuk keldi", history=(turn,)))
    assert search.asked == ["канча конук келди", "качан канча конук келди"]


async def test_letters_held_down_for_emphasis_are_searched_once():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.9})
    await answerer(search).answer(ask("whennnn is the expoooo pls"))
    assert search.asked == ["when is the expo pls"]


async def test_a_year_of_which_the_section_says_nothing_speaks_against_it():
    search = GivenSearch(
        [section("trade", "In 2022 it was 8.1 billion."), section("train", "In 2024.")], {"trade": 0.9}
    )
    wary = Calibration(weights={"lacks_year": -20.0}, constant=4.0)
    assert (await answerer(search, wary).answer(ask("how much was it in 2022"))).outcome is Outcome.ANSWERED
    assert (await answerer(search, wary).answer(ask("how much was it in 2024"))).outcome is Outcome.UNKNOWN


async def test_a_short_question_is_read_with_the_one_before_it_though_it_is_sure_by_itself():
    search = GivenSearch(
        [section("airport", "It opened in August."), section("conference", "It opened in the Pearl.")],
        {"airport": 0.6, "conference": 0.1},
        by_word={"the conference of 2025": {"conference": 0.9, "airport": 0.1}},
    )
    turn = Turn("who held the conference of 2025", Locale.EN, Outcome.ANSWERED, (key("conference"),))
    nearness_decides = Calibration(weights={"passage": 10.0, "same_document": 3.0}, constant=-3.5)
    answer = await answerer(search, nearness_decides).answer(ask("where exactly was the opening", history=(turn,)))
    assert answer.citations[0].key == key("conference")


async def test_a_message_in_capitals_is_searched_in_small_letters():
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.9})
    await answerer(search).answer(ask("WHEN IS THE EXPO"))
    assert search.asked == ["when is the expo"]


async def test_small_talk_needs_no_search():
    search = GivenSearch([], {})
    assert (await answerer(search).answer(ask("Hiiiii"))).outcome is Outcome.GREETING
    assert (await answerer(search).answer(ask("Hello!"))).outcome is Outcome.GREETING
    assert (await answerer(search).answer(ask("   "))).outcome is Outcome.EMPTY
    assert search.asked == []


async def test_T09_a_question_of_any_length_is_cut_before_it_is_searched():
    search = GivenSearch([section("expo", "The expo.")], {"expo": 0.9})
    await answerer(search).answer(ask("where is the expo " * 300))
    assert len(search.asked[0]) <= 600


def test_topics_and_documents_show_what_can_be_read_today():
    gap = section("gap", "Unknown.", answerable=False)
    old = section("old", "Over.", valid_until=date(2020, 1, 1))
    search = GivenSearch([section("expo", "In July."), gap, old], {})
    house = answerer(search)
    assert [(view.topic, view.documents) for view in house.topics(Locale.EN, TODAY)] == [("topic", 1)]
    (document,) = house.documents("topic", Locale.EN, TODAY)
    assert [one.key for one in document.sections] == [key("expo")]
    assert house.section(key("old"), Locale.EN, TODAY) is None
    assert house.section(key("expo"), Locale.EN, TODAY).sentences == ("In July.",)


async def test_a_section_without_stored_questions_is_judged_by_what_it_says():
    class Bare(GivenSearch):
        async def matches(self, text, locale, *, top_k):
            return [replace(match, has_questions=False) for match in await super().matches(text, locale, top_k=top_k)]

    search = Bare([section("expo", "The expo is in July.")], {"expo": 0.9})
    told = Answerer(search, English(), calibration=TIMID, bare_calibration=BOLD)
    assert (await told.answer(ask("in which month is it"))).outcome is Outcome.ANSWERED
    untold = Answerer(search, English(), calibration=BOLD, bare_calibration=TIMID)
    assert (await untold.answer(ask("in which month is it"))).outcome is Outcome.UNKNOWN


async def test_a_year_that_is_counted_from_today_is_searched_for_by_its_number():
    search = GivenSearch([section("expo", "In 2025 the expo was in July.")], {"expo": 0.9})
    answer = await answerer(search).answer(ask("when was the expo last year"))
    assert search.asked[0] == "when was the expo in 2025"
    assert answer.outcome is Outcome.ANSWERED

    last = Turn("what about the expo last year", Locale.EN, Outcome.ANSWERED, (key("expo"),))
    search.asked.clear()
    await answerer(search, TIMID).answer(ask("and this year?", history=(last,)))
    assert search.asked[:2] == ["and in 2026?", "what about the expo in 2025 and in 2026?"]


async def test_what_is_stored_word_for_word_as_having_no_answer_is_not_answered_by_its_year():
    gap = section("late", "It is not known how many were late.", answerable=False)
    search = GivenSearch([section("trains", "1,225 trains ran in 2025."), gap], {})
    search.by_word = {"in 2025": {"trains": 0.9, "late": 0.7}, "last year": {"late": 1.0, "trains": 0.3}}
    nearness_decides = Calibration(weights={"passage": 10.0}, constant=-5.0)
    answer = await answerer(search, nearness_decides).answer(ask("how many trains were late last year"))
    assert (answer.outcome, answer.sentences) == (Outcome.UNKNOWN, gap.sentences)


async def test_a_year_that_was_not_typed_proves_nothing_without_the_other_words():
    search = GivenSearch([section("meeting", "In 2025 the alliance met.")], {})
    search.by_word = {"in 2025": {"meeting": 0.6}, "last year": {"meeting": 0.3}}
    nearness_decides = Calibration(weights={"passage": 10.0}, constant=-5.0)
    answer = await answerer(search, nearness_decides).answer(ask("which parks went bankrupt last year"))
    assert answer.outcome is Outcome.UNKNOWN
    answer = await answerer(search, nearness_decides).answer(ask("which parks went bankrupt in 2025"))
    assert answer.outcome is Outcome.ANSWERED


async def test_a_coming_year_of_which_no_file_speaks_is_refused():
    search = GivenSearch([section("expo", "In 2025 the expo was in July.")], {"expo": 0.9})
    assert (await answerer(search).answer(ask("when is the expo next year"))).outcome is Outcome.UNKNOWN


async def test_a_question_that_is_only_a_little_like_a_rule_is_not_told_the_rule():
    rule = section("rule", "No comment.", answerable=False, decline="politics")
    search = GivenSearch([rule, section("expo", "In July.")], {"rule": 0.35, "expo": 0.1})
    answer = await answerer(search, TIMID).answer(ask("why is that so"))
    assert (answer.outcome, answer.sentences) == (Outcome.UNKNOWN, ())


@pytest.mark.parametrize(("said", "outcome"), [("thank you", Outcome.THANKS), ("wrong answer", Outcome.UNKNOWN)])
async def test_thanks_or_discontent_between_two_questions_do_not_end_the_subject(said: str, outcome: Outcome):
    search = GivenSearch([section("expo", "In July.")], {"expo": 0.5})
    about_expo = Turn("when was the expo", Locale.EN, Outcome.ANSWERED, (key("expo"),))
    between = Turn(said, Locale.EN, outcome, ())
    await answerer(search, TIMID).answer(ask("and where was it?", history=(about_expo, between)))
    assert "when was the expo and where was it?" in search.asked


@pytest.mark.parametrize(
    ("asked", "coverage", "outcome"),
    [
        ("tramways", 1.0, Outcome.CLARIFY),
        ("tramways", 0.4, Outcome.UNKNOWN),
        ("ferryboats", 1.0, Outcome.UNKNOWN),
        ("why are there no tramways", 1.0, Outcome.UNKNOWN),
    ],
)
async def test_a_keyword_that_names_several_sections_is_asked_back_instead_of_refused(asked, coverage, outcome):
    sections = [section(name, "Text.") for name in ("tramway-lines", "tramway-fares", "buses")]
    search = GivenSearch(sections, {"tramway-lines": 0.5, "tramway-fares": 0.45, "buses": 0.4}, coverage=coverage)
    answer = await answerer(search, TIMID).answer(ask(asked))
    assert answer.outcome is outcome
    if outcome is Outcome.CLARIFY:
        assert [one.key for one in answer.suggestions] == [key("tramway-lines"), key("tramway-fares")]


async def test_a_keyword_after_another_subject_is_asked_back_as_well():
    sections = [section(name, "Text.") for name in ("tramway-lines", "tramway-fares", "buses")]
    search = GivenSearch(sections, {"tramway-lines": 0.5, "tramway-fares": 0.45}, coverage=1.0)
    search.by_word = {"buses run": {"buses": 5.0, "tramway-lines": 0.1, "tramway-fares": 0.1}}
    doubtful = Calibration(weights={"passage": 1.0}, constant=-6.0)
    about_buses = Turn("when do the buses run", Locale.EN, Outcome.ANSWERED, (key("buses"),))
    answer = await answerer(search, doubtful).answer(ask("tramways", history=(about_buses,)))
    assert answer.outcome is Outcome.CLARIFY
