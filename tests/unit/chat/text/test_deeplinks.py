import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text.deeplinks import DeepLink, LinkKind, question_payload, read_payload, section_payload, topic_payload
from bot.ids import DocumentPath, SectionKey


def test_a_question_in_any_script_survives_the_link():
    for question in ("Where is it?", "Где это?", "在哪里？", "کجاست؟"):
        assert read_payload(question_payload(question)) == DeepLink(LinkKind.ASK, question)


def test_a_question_too_long_for_a_link_has_none():
    assert question_payload("x" * 46) is None
    assert len(question_payload("x" * 45)) == 64


@pytest.mark.parametrize("topic", ["x" * 59, "getting there", "дорога", "a/b", ""])
def test_a_topic_that_no_link_can_hold_has_none(topic):
    assert topic_payload(topic) is None


def test_topics_and_sections_have_links():
    assert read_payload(topic_payload("expo")) == DeepLink(LinkKind.TOPIC, "expo")
    payload = section_payload(SectionKey(DocumentPath("a" * 100 + ".md"), "b" * 100))
    assert read_payload(payload).kind is LinkKind.SECTION
    assert len(payload) <= 64


@given(st.text(max_size=80) | st.from_regex(r"(ask|topic|s|admin)-[A-Za-z0-9_-]{0,70}", fullmatch=True))
def test_no_payload_makes_the_bot_fail(payload):
    link = read_payload(payload)
    assert link is None or (link.argument and len(payload) <= 64)
