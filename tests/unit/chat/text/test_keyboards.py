from datetime import timedelta

from bot.chat.text.keyboards import Key, build_keyboard, column, grid, new_token, pairs
from bot.chat_state.model import ButtonAction
from bot.ids import ChatId, VisitorId
from tests.support.chat_rig import NOW


def build(rows):
    tokens = iter(f"token-{number}" for number in range(100))
    return build_keyboard(rows, chat_id=ChatId(1), visitor_id=VisitorId(2), now=NOW, token=lambda: next(tokens))


def test_tokens_have_22_url_safe_characters_and_do_not_repeat():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {22}
    assert all(token.isascii() and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_what_a_button_does_stays_on_the_server():
    keyboard = build([[Key("Кнопка", ButtonAction.ASK, "a long argument " * 20)]])
    [[button]] = keyboard.markup.inline_keyboard
    assert (button.text, button.callback_data) == ("Кнопка", "token-0")
    [stored] = keyboard.buttons
    assert (stored.chat_id, stored.visitor_id, stored.action) == (1, 2, ButtonAction.ASK)


def test_a_confirming_button_works_once_and_not_for_long():
    [often], [once] = (
        build([[Key("a", ButtonAction.HELP)]]).buttons,
        build([[Key("b", ButtonAction.DELETE_ME, single_use=True)]]).buttons,
    )
    assert (often.single_use, once.single_use) == (False, True)
    assert often.expires_at - NOW == timedelta(days=7)
    assert once.expires_at - NOW == timedelta(minutes=15)


def test_R08_buttons_of_answers_live_for_a_week_and_what_one_decides_for_a_month():
    keys = [
        Key("a", action)
        for action in (ButtonAction.MORE, ButtonAction.ASK, ButtonAction.CONSENT, ButtonAction.APPROVAL)
    ]
    days = [(button.expires_at - NOW).days for button in build([keys]).buttons]
    assert days == [7, 7, 30, 30]


def test_long_labels_are_cut_and_no_buttons_make_no_keyboard():
    [[button]] = build([[Key("слово " * 50, ButtonAction.HELP)]]).markup.inline_keyboard
    assert len(button.text) <= 64
    assert button.text.endswith("…")
    assert build([]) is None
    assert build([[]]) is None


def test_rows_hold_one_button_or_as_many_as_asked():
    keys = [Key(str(number), ButtonAction.HELP) for number in range(5)]
    assert [len(row) for row in column(keys)] == [1] * 5
    assert [len(row) for row in grid(keys, columns=3)] == [3, 2]


def test_two_buttons_share_a_row_only_when_both_can_be_read_whole():
    labels = ["Expo", "Venue", "Alliance", "Comprehensive platform", "Money", "SCO", "Entry"]
    rows = pairs([Key(label, ButtonAction.TOPIC) for label in labels])
    assert [[key.label for key in row] for row in rows] == [
        ["Expo", "Venue"],
        ["Alliance"],
        ["Comprehensive platform"],
        ["Money", "SCO"],
        ["Entry"],
    ]
    assert pairs([]) == ()
