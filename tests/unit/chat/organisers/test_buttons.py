"""Organisers' buttons say what they do in the same text for ever, and each verb has its handler."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.announcements.model import AnnouncementId
from bot.chat.organisers import announcements, composing, roles
from bot.chat.organisers.buttons import (
    ApprovalButton,
    ApprovalVerb,
    DraftButton,
    DraftEdit,
    DraftPage,
    DraftStep,
    ItemButton,
    ItemVerb,
    RoleButton,
    RoleVerb,
)
from bot.chat.text.keyboards import Key
from bot.chat_state.model import Button, ButtonAction
from bot.ids import ChatId
from tests.support.chat_rig import NOW

NAME = AnnouncementId("abcdefgh")
STORED = [
    (DraftButton(NAME, DraftPage.TOPIC), "abcdefgh topic"),
    (DraftButton(NAME, DraftEdit.TOPIC, "forum"), "abcdefgh topic forum"),
    (DraftButton(NAME, DraftEdit.DROP_TEXT, "ru"), "abcdefgh drop ru"),
    (DraftButton(NAME, DraftEdit.FALLBACK, "en"), "abcdefgh fall en"),
    (DraftButton(NAME, DraftEdit.HOLD), "abcdefgh hold"),
    (DraftButton(NAME, DraftEdit.ZONE, "Asia/Almaty"), "abcdefgh zone Asia/Almaty"),
    (DraftButton(NAME, DraftStep.SOURCE, "zh"), "abcdefgh source zh"),
    (DraftButton(NAME, DraftStep.SUBMIT), "abcdefgh submit"),
    (ItemButton(ItemVerb.LIST), "list"),
    (ItemButton(ItemVerb.CORRECT_IN, "abcdefgh.1 ru"), "correct_in abcdefgh.1 ru"),
    (ApprovalButton(ApprovalVerb.RETURN, NAME, 7), "return abcdefgh 7"),
    (RoleButton(RoleVerb.LIST), "list"),
    (RoleButton(RoleVerb.REMOVED, "12 owner"), "removed 12 owner"),
]


def stored(key: Key) -> Button:
    return Button("token", ChatId(1), None, key.action, key.argument, NOW, key.single_use)


@pytest.mark.parametrize(("button", "text"), STORED)
def test_a_button_of_earlier_days_is_read_as_what_it_was(button, text):
    key = button.key("Label")
    assert key.argument == text
    assert type(button).read(stored(key)) == button


def test_no_two_buttons_of_a_draft_are_stored_alike():
    verbs = [*DraftPage, *((edit, "x") for edit in DraftEdit), *((step, "x") for step in DraftStep)]
    assert len({str(verb) for verb in verbs}) == len(verbs)
    bare = {*DraftPage} & {DraftEdit.HOLD, DraftEdit.NOW, DraftEdit.ROLES, *set(DraftStep) - {DraftStep.SOURCE}}
    assert not bare, "what takes no argument would be taken for the page of the same name"


@pytest.mark.parametrize("kind", [DraftButton, ItemButton, RoleButton])
def test_a_verb_that_there_is_not_is_no_button(kind):
    unknown = replace(stored(Key("", ButtonAction.DRAFT)), argument="abcdefgh nonsense")
    with pytest.raises(ValueError, match=r"nonsense|abcdefgh"):
        kind.read(unknown)


@pytest.mark.parametrize(
    ("verbs", "handlers"),
    [
        (DraftPage, composing.PAGES),
        (DraftEdit, composing.EDITS),
        (DraftStep, composing.STEPS),
        (ItemVerb, announcements.HANDLERS),
        (RoleVerb, roles.HANDLERS),
    ],
)
def test_every_verb_has_a_handler(verbs, handlers):
    assert set(handlers) == set(verbs)
