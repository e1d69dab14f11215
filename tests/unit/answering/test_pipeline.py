"""What becomes of a message, with a retriever whose findings are given."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.model import Outcome
from bot.answering.parting import PartingModel
from bot.answering.pipeline import STEPS
from bot.answering.reading import MOST_OF_THE_WHOLE, MOST_TEXTS
from bot.ids import Locale, ReplyKind
from tests.support.answering_parts import (
    BOLD,
    BY_NEARNESS,
    TIMID,
    TODAY,
    GivenRetriever,
    answerer,
    ask,
    calibrated,
    examples,
    key,
    section,
    told,
)

EXPO = section("expo", "The expo is in July.")
METRO = section("metro", "Line 8 goes there.")
PARTING = replace(BY_NEARNESS, parting=PartingModel({"asking": 2.0}, -3.0, 0.5))
"""Parts what asks something in each half."""


async def test_the_nearest_section_answers_with_its_source():
    retriever = GivenRetriever([EXPO, METRO], {"expo": 0.9, "metro": 0.1})
    answer = await answerer(retriever).answer(ask("when is the big expo this year"))
    assert (answer.outcome, answer.sentences) == (Outcome.ANSWERED, ("The expo is in July.",))
    assert (answer.citations[0].publisher, answer.citations[0].as_of) == ("Publisher", date(2025, 1, 3))


async def test_a_message_in_a_wrong_keyboard_layout_is_read_as_it_was_meant():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    context = await answerer(retriever).trace(ask("цруку шы еру учзщ", history=[told("цруку шы еру учзщ", "expo")]))
    assert context.text == "where is the expo"
    assert {reading.text for reading in context.readings} == {"where is the expo"}
    assert "where is the expo" in {reading.context for reading in context.readings}


async def test_an_answer_names_its_generation_and_what_each_step_took():
    answer = await answerer(GivenRetriever([EXPO], {"expo": 0.9}, version=7)).answer(ask("when is the expo"))
    assert answer.knowledge_version == 7
    assert list(answer.steps) == list(STEPS)
    assert min(answer.steps.values()) >= 0


async def test_L14_what_is_unlikely_to_be_answered_is_refused_with_the_nearest_questions():
    retriever = GivenRetriever([EXPO], {"expo": 0.5})
    answer = await answerer(retriever, TIMID).answer(ask("who won the tender for the cranes"))
    assert (answer.outcome, answer.sentences) == (Outcome.UNKNOWN, ())
    assert answer.outcome.refused
    assert [suggestion.key for suggestion in answer.suggestions] == [key("expo")]


async def test_where_nothing_is_found_at_all_it_is_refused():
    answer = await answerer(GivenRetriever([], {})).answer(ask("where is the expo"))
    assert (answer.outcome, answer.score, answer.suggestions) == (Outcome.UNKNOWN, 0.0, ())


async def test_a_question_known_to_have_no_answer_gets_its_next_step():
    gap = section("hours", "The opening hours are not known. Please ask the venue.", answerable=False)
    retriever = GivenRetriever([gap, EXPO], {"hours": 0.9, "expo": 0.3})
    answer = await answerer(retriever, TIMID).answer(ask("what are the opening hours of the hall"))
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.sentences[-1] == "Please ask the venue."


@pytest.mark.parametrize("calibration", [BOLD, calibrated(-4.0, lacks_kind=20.0)])
async def test_a_telephone_is_never_guessed(calibration):
    retriever = GivenRetriever([section("expo", "The expo is in Jiaozhou.")], {"expo": 0.9})
    answer = await answerer(retriever, calibration).answer(ask("what is the phone number of the expo"))
    assert (answer.outcome, answer.citations) == (Outcome.UNKNOWN, ())


@pytest.mark.parametrize(("nearness", "outcome"), [(0.8, Outcome.ANSWERED), (0.2, Outcome.UNKNOWN)])
async def test_a_price_is_told_by_the_next_section_where_the_nearest_holds_none(nearness, outcome):
    time, fare = section("time", "The metro takes 38 minutes."), section("fare", "The metro costs 7 yuan.")
    retriever = GivenRetriever([time, fare], {"time": 0.9, "fare": nearness})
    answer = await answerer(retriever).answer(ask("what is the price of the metro"))
    assert answer.outcome is outcome
    assert answer.sentences[:1] == (fare.sentences if outcome is Outcome.ANSWERED else ())


async def test_facts_past_their_validity_are_not_told():
    old = section("visa", "Entry is free.", valid_until=date(2026, 9, 14))
    house = answerer(GivenRetriever([old], {"visa": 0.9}))
    question = ask("may I enter without a visa")
    assert (await house.answer(question)).outcome is Outcome.UNKNOWN
    assert (await house.answer(replace(question, today=date(2026, 9, 14)))).sentences


async def test_without_a_translation_the_nearest_language_is_shown_and_named():
    copies = [section("expo", "Выставка в июле.", Locale.RU), section("expo", "博览会在七月。", Locale.ZH)]
    answer = await answerer(GivenRetriever(copies, {"expo": 0.9})).answer(ask("expo kachan", chosen=Locale.KY))
    assert (answer.locale, answer.written_in, answer.sentences) == (Locale.KY, Locale.RU, ("Выставка в июле.",))


# What was said before.


async def test_a_follow_up_is_read_with_the_question_before_it_and_with_the_heading_last_told():
    retriever = GivenRetriever(
        [EXPO, METRO],
        {"metro": 0.3, "expo": 0.2},
        by_word={"Tell me of the expo": {"expo": 0.9, "metro": 0.1}},
    )
    turn = told("Tell me of the expo", "expo")
    answer = await answerer(retriever, BY_NEARNESS).answer(ask("and when is it?", history=(turn,)))
    assert retriever.asked == [
        "and when is it?",
        "Tell me of the expo and when is it?",
        "Title of expo. Heading of expo and when is it?",
    ]
    assert answer.sentences == ("The expo is in July.",)


async def test_the_heading_last_told_answers_where_the_question_before_leads_astray():
    retriever = GivenRetriever(
        [EXPO, METRO],
        {"metro": 0.3, "expo": 0.2},
        by_word={"Heading of expo": {"expo": 0.9, "metro": 0.1}, "that thing": {"metro": 0.6}},
    )
    turn = told("what about that thing", "expo")
    answer = await answerer(retriever, BY_NEARNESS).answer(ask("and when is it?", history=(turn,)))
    assert answer.citations[0].key == key("expo")


async def test_a_short_question_that_points_back_is_not_trusted_alone():
    retriever = GivenRetriever(
        [section("forum", "The forum was in the SCO Pearl."), section("institute", "It has a building.")],
        {"institute": 0.9},
        by_word={"forum": {"forum": 0.8, "institute": 0.1}},
    )
    wary = calibrated(-5.0, rich_question=10.0, needs_context=-5.0)
    turn = told("tell me about the forum", "forum")
    answer = await answerer(retriever, wary).answer(ask("and in which building?", history=(turn,)))
    assert answer.citations[0].key == key("forum")


async def test_the_document_that_the_conversation_is_about_goes_first_among_equals():
    given_nearness = {"airport": 0.6, "conference": 0.6}
    sections = [section("airport", "It opened in August."), section("conference", "It opened in the Pearl.")]
    loyal = replace(
        calibrated(4.0, after_question=1.0), ranking=replace(BOLD.ranking, weights={"in_conversation": 1.0})
    )
    turn = told("who held the conference", "conference")
    question = ask("where exactly was the opening", history=(turn,))
    answer = await answerer(GivenRetriever(sections, given_nearness), loyal).answer(question)
    assert answer.citations[0].key == key("conference")


async def test_a_new_subject_is_read_alone():
    retriever = GivenRetriever([METRO, section("forum", "In the Pearl.")], {"metro": 0.9})
    turn = told("tell me about the forum", "forum")
    question = ask("which underground line leads from the railway station to the airport", history=(turn,))
    await answerer(retriever).answer(question)
    assert retriever.asked == [question.text]


@pytest.mark.parametrize(("said", "outcome"), [("thank you", Outcome.THANKS), ("wrong answer", Outcome.COMPLAINT)])
async def test_thanks_or_discontent_between_two_questions_do_not_end_the_subject(said, outcome):
    retriever = GivenRetriever([EXPO], {"expo": 0.5})
    history = (told("when was the expo", "expo"), told(said, outcome=outcome))
    await answerer(retriever, TIMID).answer(ask("and where was it?", history=history))
    assert "when was the expo and where was it?" in retriever.asked


@pytest.mark.parametrize("outcome", [Outcome.OFFERED, Outcome.CLARIFY, Outcome.UNKNOWN])
async def test_what_was_asked_and_not_answered_is_the_subject_too(outcome):
    retriever = GivenRetriever([EXPO], {"expo": 0.5})
    history = (told("when was the expo", outcome=outcome),)
    await answerer(retriever).answer(ask("and where was it?", history=history))
    assert retriever.asked == ["and where was it?", "when was the expo and where was it?"]


# How a message is read.


async def test_of_several_sentences_the_one_that_asks_is_read_once_more():
    retriever = GivenRetriever([EXPO, section("press", "Newspapers.")], {})
    retriever.by_word = {"I write for a newspaper": {"press": 0.9, "expo": 0.5}, "When": {"expo": 1.0, "press": 0.1}}
    message = "I write for a newspaper. When is the expo held in Qingdao?"
    answer = await answerer(retriever, BY_NEARNESS).answer(ask(message))
    assert retriever.asked == [message, "When is the expo held in Qingdao?"]
    assert answer.citations[0].key == key("expo")


async def test_two_questions_in_one_message_are_both_told():
    retriever = GivenRetriever(
        [EXPO, METRO], {}, by_word={"When is it? How": {"expo": 0.6}, "When": {"expo": 0.8}, "How": {"metro": 0.7}}
    )
    answer = await answerer(retriever, PARTING).answer(ask("When is it? How do I get there?"))
    assert answer.second is not None
    assert (answer.sentences, answer.second.sentences) == (("The expo is in July.",), ("Line 8 goes there.",))
    assert [part.citations[0].key for part in (answer, answer.second)] == [key("expo"), key("metro")]


async def test_two_questions_of_which_only_one_is_known_get_one_section():
    retriever = GivenRetriever(
        [EXPO, METRO], {}, by_word={"When is it? How": {"expo": 0.6}, "When": {"expo": 0.8}, "How": {"metro": 0.2}}
    )
    answer = await answerer(retriever, PARTING).answer(ask("When is it? How do I get there?"))
    assert [citation.key for citation in answer.citations] == [key("expo")]


async def test_slips_of_the_thumb_are_put_right_where_that_makes_it_surer():
    retriever = GivenRetriever([EXPO], {"expo": 0.3}, by_word={"exhibition": {"expo": 0.9}})
    retriever.corrections = {"when is the exhibtion": "when is the exhibition"}
    answer = await answerer(retriever, BY_NEARNESS).answer(ask("when is the exhibtion"))
    assert retriever.asked == ["when is the exhibtion", "when is the exhibition"]
    assert answer.sentences == ("The expo is in July.",)


async def test_what_was_put_right_does_not_win_over_what_was_typed_and_found():
    retriever = GivenRetriever([EXPO, METRO], {"metro": 0.9}, by_word={"when": {"expo": 0.6}})
    retriever.corrections = {"wenn does the hedgehog sleep": "when does the hedgehog sleep"}
    answer = await answerer(retriever, BY_NEARNESS).answer(ask("wenn does the hedgehog sleep"))
    assert answer.citations[0].key == key("metro")


async def test_a_conversation_in_another_script_is_searched_in_its_own():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    retriever.letters = {"kanda konuk keldi": "канча конук келди", "kachan": "качан"}
    await answerer(retriever).answer(ask("kanda konuk keldi", history=(told("kachan"),)))
    assert retriever.asked == ["канча конук келди", "качан канча конук келди"]


async def test_what_was_asked_before_in_another_language_keeps_its_letters():
    retriever = GivenRetriever([EXPO], {"expo": 0.9}, letters={"kachan": "качан"})
    before = replace(told("kachan"), locale=Locale.UZ)
    await answerer(retriever).answer(ask("and where does it take place", history=(before,)))
    assert retriever.asked == ["and where does it take place", "kachan and where does it take place"]


async def test_the_question_before_is_made_ready_for_the_search_like_the_message():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    before = told("WHAT ABOUT\nTHE EXPOOOO LAST YEAR")
    await answerer(retriever).answer(ask("and the fair this year?", history=(before,)))
    assert retriever.asked == ["and the fair in 2026?", "what about the expo in 2026 and the fair in 2026?"]


async def test_what_only_names_another_year_is_searched_for_in_full():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    history = (told("what about the expo last year"), told("thanks", outcome=Outcome.THANKS))
    answer = await answerer(retriever).answer(ask("and this year?", history=history))
    assert retriever.asked == ["what about the expo in 2026"]
    assert answer.outcome is Outcome.ANSWERED


async def test_letters_held_down_for_emphasis_are_searched_once():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    await answerer(retriever).answer(ask("whennnn is the expoooo pls"))
    assert retriever.asked == ["when is the expo"]


async def test_a_message_in_capitals_is_searched_in_small_letters():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    await answerer(retriever).answer(ask("WHEN IS THE EXPO"))
    assert retriever.asked == ["when is the expo"]


async def test_T09_a_question_of_any_length_is_cut_before_it_is_searched():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    await answerer(retriever).answer(ask("where is the expo " * 300))
    assert 500 < len(retriever.asked[0]) <= 600


async def test_a_year_that_is_counted_from_today_is_searched_for_by_its_number():
    retriever = GivenRetriever([section("expo", "In 2025 the expo was in July.")], {"expo": 0.9})
    answer = await answerer(retriever).answer(ask("when was the expo last year"))
    assert retriever.asked == ["when was the expo in 2025"]
    assert answer.outcome is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("asked", "outcome"), [("how much was it in 2022", Outcome.ANSWERED), ("how much was it in 2024", Outcome.UNKNOWN)]
)
async def test_a_year_of_which_the_section_says_nothing_speaks_against_it(asked, outcome):
    sections = [section("trade", "In 2022 it was 8.1 billion."), section("train", "In 2024.")]
    wary = calibrated(4.0, lacks_year=-20.0)
    assert (await answerer(GivenRetriever(sections, {"trade": 0.9}), wary).answer(ask(asked))).outcome is outcome


@pytest.mark.parametrize("asked", ["when is the expo next year", "the 2031 expo in Paris, which hall?"])
async def test_L15_however_sure_the_search_is_a_year_that_no_file_names_is_not_known(asked):
    retriever = GivenRetriever([section("expo", "In 2025 the expo was in July.")], {"expo": 0.9})
    answer = await answerer(retriever).answer(ask(asked))
    assert (answer.outcome, answer.citations) == (Outcome.UNKNOWN, ())
    assert (await answerer(retriever).answer(ask("the 2025 expo, which hall?"))).outcome is Outcome.ANSWERED


WORDS = st.sampled_from(
    ["when", "is", "it", "there", "Expo", "exhibtion", "last year", "и", "где", "展览", "hello", "the"]
)
SENTENCES = st.builds(
    lambda said, mark: " ".join(said) + mark, st.lists(WORDS, min_size=1, max_size=10), st.sampled_from("?.!？")
)
MESSAGES = st.lists(SENTENCES, min_size=1, max_size=5).map(" ".join)
HISTORIES = st.lists(
    st.builds(
        lambda said, outcome, names: told(said, *names, outcome=outcome),
        MESSAGES,
        st.sampled_from([Outcome.ANSWERED, Outcome.OFFERED, Outcome.THANKS, Outcome.COMPLAINT]),
        st.sampled_from([(), ("expo",), ("metro", "expo")]),
    ),
    max_size=3,
).map(tuple)


@given(MESSAGES, HISTORIES)
@settings(deadline=None)  # the first Chinese text reads a table
async def test_few_texts_are_embedded_for_one_message(message, history):
    class Mistyped(GivenRetriever):
        async def corrected(self, text, locale):
            return text.replace("exhibtion", "exhibition")

    retriever = Mistyped([EXPO, METRO], {"expo": 0.9, "metro": 0.5})
    await answerer(retriever, TIMID).answer(ask(message, history=history))
    assert 1 <= len(set(retriever.asked)) <= MOST_TEXTS == 6


@given(MESSAGES, HISTORIES)
@settings(deadline=None)  # the first Chinese text reads a table
async def test_discontent_takes_no_text_more(message, history):
    retriever = GivenRetriever([examples(ReplyKind.COMPLAINT), EXPO], {"complaint": 0.9, "expo": 0.2})
    answer = await answerer(retriever).answer(ask(message, history=history))
    assert answer.outcome is Outcome.COMPLAINT
    assert 1 <= len(set(retriever.asked)) <= MOST_TEXTS


async def test_discontent_with_a_question_that_is_not_remembered_is_searched_together_with_it():
    retriever = GivenRetriever([examples(ReplyKind.COMPLAINT), EXPO, METRO], {"complaint": 0.9, "expo": 0.2})
    retriever.by_word = {"how do I get there": {"expo": 0.8, "metro": 0.7, "complaint": 0.1}}
    turn = told("how do I get there", "expo")
    answer = await answerer(retriever).answer(ask("that is wrong", history=(turn,)))
    assert len(retriever.asked) == MOST_OF_THE_WHOLE
    assert [suggestion.key for suggestion in answer.suggestions] == [key("metro")]


async def test_discontent_with_a_question_that_is_remembered_is_searched_by_it_alone():
    retriever = GivenRetriever([examples(ReplyKind.COMPLAINT), EXPO, METRO], {"complaint": 0.9, "expo": 0.2})
    retriever.remembered = ("how do I get there",)
    retriever.by_word = {
        "how do I get there that is wrong": {"expo": 0.8, "complaint": 0.9},
        "how do I get there": {"expo": 0.8, "metro": 0.7},
    }
    answer = await answerer(retriever).answer(ask("that is wrong", history=(told("how do I get there", "expo"),)))
    assert len(retriever.asked) == 3
    assert [suggestion.key for suggestion in answer.suggestions] == [key("metro")]


# What is no question.


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (ReplyKind.GREETING, Outcome.GREETING),
        (ReplyKind.THANKS, Outcome.THANKS),
        (ReplyKind.FAREWELL, Outcome.FAREWELL),
        (ReplyKind.ABOUT_BOT, Outcome.ABOUT_BOT),
        (ReplyKind.UNSUBSCRIBE, Outcome.UNSUBSCRIBE),
        (ReplyKind.POLITICS, Outcome.DECLINED_POLITICS),
        (ReplyKind.ADVICE, Outcome.DECLINED_ADVICE),
        (ReplyKind.HARM, Outcome.DECLINED_HARM),
    ],
)
async def test_L11_L12_L13_a_message_like_the_examples_of_a_kind_gets_the_reply_to_it(reply, outcome):
    retriever = GivenRetriever([examples(reply), EXPO], {reply: 0.9, "expo": 0.2})
    answer = await answerer(retriever).answer(ask("a message of that kind in other words"))
    assert (answer.outcome, answer.sentences, answer.citations, answer.suggestions) == (outcome, (), (), ())


async def test_a_question_that_is_only_a_little_like_the_examples_is_a_question():
    retriever = GivenRetriever([examples(ReplyKind.POLITICS), EXPO], {"politics": 0.35, "expo": 0.33})
    answer = await answerer(retriever, TIMID).answer(ask("why is that so"))
    assert (answer.outcome, answer.sentences) == (Outcome.UNKNOWN, ())


async def test_what_holds_no_word_needs_no_search():
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    for message in ("   ", "…", "?!", "©"):
        assert (await answerer(retriever).answer(ask(message))).outcome is Outcome.EMPTY
    assert retriever.asked == []


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("👍", Outcome.OK),
        ("👍🏽👍🏽", Outcome.OK),
        ("😂", Outcome.OK),
        ("❤️", Outcome.PRAISE),
        ("🙏🏻", Outcome.THANKS),
        ("👋!", Outcome.GREETING),
        ("👎", Outcome.COMPLAINT),
        ("😂 👎", Outcome.COMPLAINT),
        ("🆘", Outcome.EMERGENCY),
        ("🇰🇿", Outcome.OK),
        ("👩\u200d👩\u200d👧", Outcome.OK),
    ],
)
async def test_emoji_alone_are_understood_without_a_search(message, outcome):
    retriever = GivenRetriever([EXPO], {"expo": 0.9})
    assert (await answerer(retriever).answer(ask(message))).outcome is outcome
    assert retriever.asked == []


async def test_a_thumb_down_leads_to_other_sections_of_the_question_before():
    retriever = GivenRetriever([EXPO, METRO], {"expo": 0.8, "metro": 0.7})
    answer = await answerer(retriever).answer(ask("👎", history=(told("how do I get there", "expo"),)))
    assert answer.outcome is Outcome.COMPLAINT
    assert [suggestion.key for suggestion in answer.suggestions] == [key("metro")]
    assert retriever.asked == ["how do I get there"]


async def test_emoji_beside_words_change_nothing():
    answer = await answerer(GivenRetriever([EXPO], {"expo": 0.9})).answer(ask("when is the expo 👎"))
    assert answer.outcome is Outcome.ANSWERED


GREETS = replace(examples(ReplyKind.GREETING), questions=("Hello!", "good morning everyone", "你好"))
GIVES_THANKS = replace(
    examples(ReplyKind.THANKS), questions=("thanks", "thank you so much", "谢谢", "谢谢你，现在知道了", "مہربانی")
)


@pytest.mark.parametrize(
    ("message", "opening"),
    [
        ("Hello dear bot! When is the expo?", ReplyKind.GREETING),
        ("hello, and when is the expo?", ReplyKind.GREETING),
        ("HELLO WHEN IS THE EXPO", ReplyKind.GREETING),
        ("Good morning. When is the expo?", ReplyKind.GREETING),
        ("你好，博览会什么时候举行？", ReplyKind.GREETING),
        ("Thanks! And when is the expo?", ReplyKind.THANKS),
        ("Thank you, when is the expo?", ReplyKind.THANKS),
        ("When is the expo? Thank you so much.", ReplyKind.THANKS),
        ("谢谢你，博览会什么时候举行？", ReplyKind.THANKS),
        ("Hello, thanks, when is the expo?", ReplyKind.GREETING),
        ("When is the expo?", None),
        ("Please, when is the expo?", None),
        ("请问，博览会什么时候举行？", None),
        ("مہربانی کر کے بتائیں، ایکسپو کب ہے؟", None),
        ("Thanks to whom is there an expo?", None),
        ("Othello. When is the expo?", None),
    ],
)
async def test_a_question_beside_a_greeting_or_thanks_is_answered_with_a_word_of_it(message, opening):
    retriever = GivenRetriever([GREETS, GIVES_THANKS, EXPO], {"expo": 0.9, "greeting": 0.3, "thanks": 0.2})
    answer = await answerer(retriever).answer(ask(message))
    assert (answer.outcome, answer.opening) == (Outcome.ANSWERED, opening)
    assert answer.sentences == ("The expo is in July.",)


async def test_a_question_is_searched_for_without_the_greeting_before_it():
    retriever = GivenRetriever([GREETS, GIVES_THANKS, EXPO], {"expo": 0.9})
    for message in ("Hello, and when is the expo?", "thank you! when is the expo", "Hello, how are you?"):
        await answerer(retriever).answer(ask(message))
    halves = ["how are you?", "Hello"]
    assert retriever.asked == ["and when is the expo?", "when is the expo", "Hello, how are you?", *halves]


async def test_a_greeting_alone_is_greeted_once():
    retriever = GivenRetriever([GREETS, EXPO], {"greeting": 0.9, "expo": 0.1})
    answer = await answerer(retriever).answer(ask("hello"))
    assert (answer.outcome, answer.opening) == (Outcome.GREETING, None)


async def test_an_emergency_wins_over_a_question_in_the_same_message():
    retriever = GivenRetriever([examples(ReplyKind.EMERGENCY), EXPO], {})
    retriever.by_word = {
        "Where is the hall": {"expo": 0.9, "emergency": 0.3},
        "fainted": {"emergency": 0.9, "expo": 0.1},
    }
    answer = await answerer(retriever).answer(ask("Where is the hall 2? My wife fainted, can you help?"))
    assert answer.outcome is Outcome.EMERGENCY


async def test_discontent_leads_to_other_sections_of_the_question_before():
    retriever = GivenRetriever([examples(ReplyKind.COMPLAINT), EXPO, METRO], {"complaint": 0.9, "expo": 0.2})
    retriever.by_word = {"how do I get there": {"expo": 0.8, "metro": 0.7}}
    turn = told("so how do I get there", "expo")
    answer = await answerer(retriever).answer(ask("that is the wrong answer", history=(turn,)))
    assert answer.outcome is Outcome.COMPLAINT
    assert [suggestion.key for suggestion in answer.suggestions] == [key("metro")]


async def test_discontent_with_nothing_before_it_leads_nowhere():
    retriever = GivenRetriever([examples(ReplyKind.COMPLAINT), EXPO], {"complaint": 0.9, "expo": 0.1})
    answer = await answerer(retriever).answer(ask("you are useless"))
    assert (answer.outcome, answer.suggestions) == (Outcome.COMPLAINT, ())


# Reading on.


async def test_the_evidence_for_a_fuller_answer_is_what_was_told_and_the_next_best():
    retriever = GivenRetriever([METRO, EXPO], {"metro": 0.3, "expo": 0.9})
    _, evidence = await answerer(retriever).answer_with_evidence(ask("when is the expo"))
    assert evidence == (EXPO, METRO)


def test_topics_and_documents_show_what_can_be_read_today():
    gap = section("gap", "Unknown.", answerable=False)
    old = section("old", "Over.", valid_until=date(2020, 1, 1))
    house = answerer(GivenRetriever([EXPO, gap, old], {}))
    assert [(view.topic, view.documents) for view in house.topics(TODAY)] == [("topic", 1)]
    (document,) = house.documents("topic", Locale.EN, TODAY)
    assert [one.key for one in document.sections] == [key("expo")]
    assert house.section(key("old"), Locale.EN, TODAY) is None
    assert house.section(key("expo"), Locale.EN, TODAY).sentences == ("The expo is in July.",)
