"""A copy goes out with the body that was approved, and a body is hashed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.announcements import content as content_module
from bot.announcements.content import ApprovedBodies, body_hash, hash_by_name, message_of
from bot.announcements.model import Content, Delivery, DeliveryState, OccurrenceId
from bot.ids import ChatId, Locale
from tests.support.stored_announcements import approved

DUE = datetime(2026, 11, 2, tzinfo=UTC)
CONTENT = Content(source=Locale.EN, texts={Locale.EN: "Hall 3.", Locale.RU: "Зал 3."})
ANNOUNCEMENT = approved("hall", CONTENT, due_at=DUE)


def row(chat_id: int, *, locale: Locale = Locale.EN, body: str = "") -> Delivery:
    return Delivery(
        occurrence_id=OccurrenceId("hall.1"),
        chat_id=ChatId(chat_id),
        locale=locale,
        zone="",
        state=DeliveryState.SENDING,
        body_hash=body or ANNOUNCEMENT.body_hashes.get(locale, "none"),
        not_before=DUE,
    )


def test_each_body_is_hashed_once_however_many_copies_there_are(monkeypatch: pytest.MonkeyPatch):
    hashed: list[Locale] = []

    def counted(content: Content, locale: Locale) -> str:
        hashed.append(locale)
        return body_hash(content, locale)

    monkeypatch.setattr(content_module, "body_hash", counted)
    bodies = ApprovedBodies(ANNOUNCEMENT)
    messages = [message_of(bodies, row(number, locale=locale)) for number in range(50) for locale in CONTENT.texts]
    assert {(message.chat_id, message.text) for message in messages if message is not None} == {
        (number, text) for number in range(50) for text in CONTENT.texts.values()
    }
    assert sorted(hashed) == [Locale.EN, Locale.RU]


def test_a_body_other_than_the_approved_one_is_not_sent():
    other = replace(ANNOUNCEMENT, content=replace(CONTENT, texts={**CONTENT.texts, Locale.EN: "Send money."}))
    assert message_of(ApprovedBodies(other), row(1)) is None
    assert message_of(ApprovedBodies(other), row(1, locale=Locale.RU)) is not None
    assert message_of(ApprovedBodies(ANNOUNCEMENT), row(1, locale=Locale.ZH)) is None


def test_a_hash_of_before_files_were_told_apart_by_content_still_holds():
    assert message_of(ApprovedBodies(ANNOUNCEMENT), row(1, body=hash_by_name(CONTENT, Locale.EN))) is not None
