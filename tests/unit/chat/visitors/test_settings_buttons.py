"""Buttons of the settings say what they do in the same text for ever, and each change has its handler."""

from __future__ import annotations

import pytest

from bot.chat.visitors.settings import EDITS
from bot.chat.visitors.settings_buttons import Consent, SettingsButton, SettingsEdit, SettingsPage
from bot.chat_state.model import Button, ButtonAction
from bot.ids import ChatId
from tests.support.chat_rig import NOW

CHAT = ChatId(-100)
STORED = [
    (SettingsButton(CHAT, SettingsPage.OVERVIEW), "-100 page"),
    (SettingsButton(CHAT, SettingsPage.TOPICS), "-100 topics"),
    (SettingsButton(CHAT, SettingsEdit.ON), "-100 on"),
    (SettingsButton(CHAT, SettingsEdit.TOPIC, "forum"), "-100 topic forum"),
    (SettingsButton(CHAT, SettingsEdit.ZONE, "Asia/Almaty"), "-100 zone Asia/Almaty"),
    (SettingsButton(CHAT, SettingsEdit.HOURS, "22:00 07:00"), "-100 hours 22:00 07:00"),
    (SettingsButton(CHAT, SettingsEdit.HOURS), "-100 hours"),
    (SettingsButton(CHAT, SettingsEdit.LOCALE, "kk"), "-100 locale kk"),
]


@pytest.mark.parametrize(("button", "text"), STORED)
def test_a_button_of_earlier_days_is_read_as_what_it_was(button, text):
    key = button.key("Label")
    assert (key.action, key.argument) == (ButtonAction.SETTINGS, text)
    assert SettingsButton.read(Button("token", CHAT, None, key.action, key.argument, NOW)) == button


def test_every_change_has_its_handler():
    assert EDITS.keys() == set(SettingsEdit)
    assert not {*map(str, SettingsPage)} & {*map(str, SettingsEdit)}


def test_the_question_for_consent_is_stored_in_a_word():
    assert [answer.key("Label").argument for answer in Consent] == ["yes", "no", "later"]
