from __future__ import annotations

import pytest

from bot.writing.masking import masked


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello, my name is Anna Petrova, where is the hall?", "Hello, my name is [name], where is the hall?"),
        ("меня зовут Иван Петров, где зал?", "меня зовут [name], где зал?"),
        ("мяне завуць Алесь, дзе зала?", "мяне завуць [name], дзе зала?"),
        ("Менің атым Айгүл. Залда кафе бар ма?", "Менің атым [name]. Залда кафе бар ма?"),
        ("Менин атым Азамат, зал кайда?", "Менин атым [name], зал кайда?"),
        ("Mening ismim Bekzod, zal qayerda", "Mening ismim [name], zal qayerda"),
        ("Номи ман Фирӯз, толор дар куҷост?", "Номи ман [name], толор дар куҷост?"),
        ("Намайг Бат гэдэг, танхим хаана вэ", "Намайг [name] гэдэг, танхим хаана вэ"),
        ("我叫王小明，请问停车场在哪里？", "我叫[name]，请问停车场在哪里？"),
        ("میرا نام احمد علی ہے، پارکنگ کہاں ہے؟", "میرا نام [name] ہے، پارکنگ کہاں ہے؟"),
        ("मेरा नाम राहुल शर्मा है, हॉल कहाँ है?", "मेरा नाम [name] है, हॉल कहाँ है?"),
        ("نام من علی رضایی است، سالن کجاست؟", "نام من [name] است، سالن کجاست؟"),
    ],
)
def test_the_name_that_somebody_says_to_have_is_masked(text, left):
    assert masked(text) == left
    assert masked(left) == left


@pytest.mark.parametrize(
    "text",
    [
        "My name is on the list, is it?",
        "我叫了出租车在哪等",
        "What is the name of the hall?",
        "Как зовут директора?",
        "मेरा नाम सूची में नहीं है",
    ],
)
def test_what_only_speaks_of_names_stays(text):
    assert masked(text) == text


def test_numbers_and_addresses_are_masked_beside_a_name():
    assert masked("Call me Ann, +86 138 0013 8000 or ann@example.org") == "Call me [name], [number] or [e-mail]"
