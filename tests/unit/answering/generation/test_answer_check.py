"""What the check of composed sentences lets through, sentence by sentence; tests/faults measures it on the real knowledge."""

import pytest

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.answering.generation.answer_check import Checker
from bot.answering.generation.known_terms import KnownTerms, KnownTermsByLocale
from bot.answering.generation.model import CheckedSentence, DraftSentence, Passage, RejectionReason
from bot.ids import Locale
from tests.support.answering_parts import TODAY, GivenRetriever, section

PASSAGE = (
    "The expo takes place on 17–20 July 2026 in Jiaozhou. Of the 30 halls 12 are open to visitors. "
    "The plan bears no date. The ticket by WeChat costs 50 yuan."
)


def checker(passage: str = PASSAGE, asked: Locale = Locale.EN, known_terms: KnownTerms | None = None) -> Checker:
    passages = (Passage(1, section("expo", passage)),)
    return Checker(ShortMessageIdentifier(), "q0123456789abcdef", asked, TODAY, passages, known_terms or KnownTerms())


def result(text: str) -> RejectionReason | None:
    found = checker().check_one(DraftSentence(text, (1,)))
    return found if isinstance(found, RejectionReason) else None


@pytest.mark.parametrize(
    "text",
    [
        "In July 2026, the expo takes place in Jiaozhou.",
        "12 of the 30 halls are open to visitors, says the source.",
        "The plan bears no date, and the ticket by WeChat costs 50 yuan.",
    ],
)
def test_what_is_put_in_other_words_passes(text):
    assert result(text) is None


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("The expo takes place on 20–17 July 2026 in Jiaozhou, says the source.", RejectionReason.NUMBER),
        ("Of the 12 halls 30 are open to visitors, says the source.", RejectionReason.NUMBER),
        ("The plan bears not no date, says the source.", RejectionReason.TURNED),
        ("The ticket by WeChat costs 50 yuan, says cWQyZDliMTdiMDExMjAwYjg.", RejectionReason.NAME),
        ("The ticket by McPay costs 50 yuan, says the source.", RejectionReason.NAME),
    ],
)
def test_what_is_turned_round_or_put_into_a_code_is_blocked(text, block):
    assert result(text) is block


def test_an_answer_that_grows_keeps_what_was_found_of_its_sentences():
    drafts = [DraftSentence("The plan bears no date.", (1,)), DraftSentence("The expo is cancelled.", (1,))]
    growing = checker()
    first = growing.check(drafts[:1])
    assert growing.check(drafts).sentences == first.sentences == checker().check(drafts).sentences
    assert growing.check(drafts).blocked == checker().check(drafts).blocked != {}


async def test_a_translation_needs_words_that_its_language_is_known_to_have():
    known = section("other", "展览会于2026年7月17日至20日在胶州举行。门票50元。", Locale.ZH)
    known_terms = await KnownTermsByLocale().of(GivenRetriever([known], {}), Locale.ZH)
    draft = DraftSentence("展览会于2026年7月17日至20日在胶州举行。", (1,))
    passage = "The exhibition takes place on 17–20 July 2026 in Jiaozhou."
    assert isinstance(checker(passage, Locale.ZH, known_terms).check_one(draft), CheckedSentence)
    assert checker(passage, Locale.ZH).check_one(draft) is RejectionReason.NO_EVIDENCE


async def test_the_known_terms_are_read_once_for_each_version():
    retriever = GivenRetriever([section("expo", "The expo.")], {})
    vocabularies = KnownTermsByLocale()
    first = await vocabularies.of(retriever, Locale.EN)
    retriever.sections = [section("expo", "The fair.")]
    assert await vocabularies.of(retriever, Locale.EN) is first
    retriever.version = 2
    assert "fair" in (await vocabularies.of(retriever, Locale.EN)).words
