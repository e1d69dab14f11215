"""Every sentence in every language: it can be said, holds its values, and fits where it stands."""

from __future__ import annotations

import inspect
from datetime import date

import pytest

from bot.announcements.actions import CommandOutcome
from bot.announcements.checking import Trouble
from bot.announcements.model import ChangeRequestKind, DeliveryState, OccurrenceState, Role, Stage
from bot.chat.text import announcement_texts, knowledge_texts, life_texts, staff_texts, texts
from bot.chat.text.keyboards import LABEL_LIMIT
from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale, NewsTopic
from bot.proposals.model import ProposalKind, ProposalState, UnreadableFile, Weight
from bot.proposals.rules import ProposalOutcome
from bot.reports.report_picture import CopyOutcome
from bot.writing.utf16 import utf16_length
from tests.support.chat_rig import LOCALES

VALUES = {
    "date": date(2026, 6, 15),
    "int": 3,
    "float": 0.4,
    "str": "Value-42",
    "Locale": Locale.ZH,
    "NewsTopic": NewsTopic.FORUM,
    "date | None": date(2026, 6, 15),
}
SENTENCES = [
    function
    for name, function in inspect.getmembers(texts, inspect.isfunction)
    if function.__module__ == texts.__name__ and not name.startswith("_")
]
CATALOGS = Catalogs(LOCALES)


def say(sentence, t: Translator) -> str:
    parameters = list(inspect.signature(sentence).parameters.values())[1:]
    return sentence(t, *(VALUES[parameter.annotation] for parameter in parameters))


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_can_be_said_and_no_placeholder_is_left(locale):
    t = CATALOGS.translator(locale)
    for sentence in SENTENCES:
        text = say(sentence, t)
        assert text.strip(), sentence.__name__
        assert "{" not in text, sentence.__name__
        if "str" in [parameter.annotation for parameter in inspect.signature(sentence).parameters.values()]:
            assert "Value-42".casefold() in text.replace(" ", "-").casefold(), sentence.__name__


@pytest.mark.parametrize("locale", list(Locale))
def test_buttons_notices_commands_and_descriptions_fit(locale):
    t = CATALOGS.translator(locale)
    for sentence in SENTENCES:
        name, length = sentence.__name__, utf16_length(say(sentence, t))
        if name.startswith("button_") and name not in ("button_expired", "button_stop_topic"):
            assert length <= 24, name
        elif name.startswith("topic_") or name == "button_stop_topic":
            assert length <= LABEL_LIMIT, name
    assert all(1 <= utf16_length(description(t)) <= 256 for _name, description in texts.COMMANDS)
    assert utf16_length(texts.bot_description(t)) <= 512
    assert utf16_length(texts.bot_short_description(t)) <= 120
    assert utf16_length(texts.button_expired(t)) <= 200
    assert utf16_length(texts.feedback_thanks(t)) <= 200


@pytest.mark.parametrize("locale", [locale for locale in Locale if not locale.is_rtl])
def test_every_topic_of_the_knowledge_has_a_title(locale):
    t = CATALOGS.translator(locale)
    for topic in ("area", "institute", "platforms", "industry", "logistics", "expo", "forum", "alliance", "venue", "sco", "entry", "money", "transport", "open"):  # fmt: skip
        assert texts.topic(t, topic)
    assert texts.topic(t, "new_topic") == "New topic"


def test_the_source_line_says_what_is_known():
    t = CATALOGS.translator(Locale.EN)
    day, other = date(2026, 1, 5), date(2026, 6, 1)
    assert texts.source_line(t, "SCODA", day, other) == "Source: SCODA, January 5, 2026 · as of: June 1, 2026"
    assert texts.source_line(t, "SCODA", day, day) == "Source: SCODA, January 5, 2026"
    assert texts.source_line(t, "SCODA", None, other) == "Source: SCODA · as of: June 1, 2026"
    assert texts.source_line(t, "SCODA", None, None) == "Source: SCODA"


# ── What organisers read ──

CHOICES = {
    "Stage": Stage,
    "OccurrenceState": OccurrenceState,
    "DeliveryState": DeliveryState,
    "CopyOutcome": CopyOutcome,
    "ChangeRequestKind": ChangeRequestKind,
    "Role": Role,
    "CommandOutcome": CommandOutcome,
    "Trouble": Trouble,
    "ProposalKind": ProposalKind,
    "ProposalState": ProposalState,
    "ProposalOutcome": ProposalOutcome,
    "UnreadableFile": UnreadableFile,
    "Weight": Weight,
}
ORGANISERS_SENTENCES = [
    function
    for name, function in inspect.getmembers(announcement_texts, inspect.isfunction)
    if function.__module__ == announcement_texts.__name__ and not name.startswith("_")
]


def say_in_every_way(sentence, t: Translator) -> list[str]:
    """The sentence, once for each value of the choice that it words."""
    kinds = [parameter.annotation for parameter in list(inspect.signature(sentence).parameters.values())[1:]]
    choice = next((CHOICES[kind] for kind in kinds if kind in CHOICES), None)
    return [sentence(t, *(value if kind in CHOICES else VALUES[kind] for kind in kinds)) for value in choice or (None,)]


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_of_organisers_can_be_said_and_no_placeholder_is_left(locale):
    t = CATALOGS.translator(locale)
    for sentence in ORGANISERS_SENTENCES:
        told = say_in_every_way(sentence, t)
        assert all(text.strip() for text in told), sentence.__name__
        assert len(set(told)) == len(told), sentence.__name__
        if sentence is not announcement_texts.ask_text:  # it shows how a name in braces is written
            assert not any("{" in text for text in told), sentence.__name__


@pytest.mark.parametrize("locale", list(Locale))
def test_buttons_and_commands_of_organisers_fit(locale):
    t = CATALOGS.translator(locale)
    for sentence in ORGANISERS_SENTENCES:
        if sentence.__name__.startswith("button_"):
            assert utf16_length(sentence(t)) <= 24, sentence.__name__
    assert all(
        1 <= utf16_length(description(t)) <= 256
        for _name, description in (*announcement_texts.COMMANDS, *announcement_texts.ROLE_COMMANDS)
    )


# ── What the staff of the knowledge read ──

STAFF_SENTENCES = [
    function
    for module in (staff_texts, life_texts, knowledge_texts)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("locale", list(Locale))
def test_every_sentence_of_the_staff_can_be_said_and_buttons_and_commands_fit(locale):
    t = CATALOGS.translator(locale)
    for sentence in STAFF_SENTENCES:
        told = say_in_every_way(sentence, t)
        assert all(text.strip() and "{" not in text for text in told), sentence.__name__
        assert len(set(told)) == len(told), sentence.__name__
        if sentence.__name__.startswith("button_"):
            assert all(utf16_length(text) <= 24 for text in told), sentence.__name__
    assert all(
        1 <= utf16_length(description(t)) <= 256
        for _name, description in (*staff_texts.COMMANDS, *life_texts.COMMANDS, *knowledge_texts.COMMANDS)
    )
