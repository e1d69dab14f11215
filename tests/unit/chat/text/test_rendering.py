import html
from html.parser import HTMLParser
from typing import ClassVar

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.text.rendering import (
    Html,
    blockquote,
    bold,
    italic,
    join,
    lines,
    link,
    plain,
    quoted,
    safe_url,
    said,
    split,
    utf16_length,
)
from bot.ids import Locale
from bot.sandbox.markup_html import parse_html
from bot.writing.cleaning import clean

LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
EMOJI_AND_SCRIPTS = st.text(alphabet="aя中ی\u200cक\u093f👩\u200d🚀🇨🇳e\u0301<>&\"' \n", max_size=80)


class StrictTelegram(HTMLParser):
    """Takes what Telegram's HTML mode takes and nothing else; collects the visible text."""

    allowed: ClassVar = {"b": [], "i": [], "a": ["href"], "blockquote": ["expandable"]}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        assert tag in self.allowed
        assert all(name in self.allowed[tag] for name, _value in attributes)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def visible(content: Html) -> str:
    assert not regex.search(r"&(?!(?:lt|gt|amp|quot);)", content.source)
    parser = StrictTelegram()
    parser.feed(content.source)
    parser.close()
    assert parser.open == []
    assert parse_html(content.source).text == parser.text
    return parser.text


@given(text=LETTERS | EMOJI_AND_SCRIPTS, locale=st.sampled_from(list(Locale)))
def test_any_text_gives_html_that_telegram_takes(text, locale):
    content = join(
        [bold(quoted(text, locale)), italic(said(text, locale)), blockquote(quoted(text, locale), expandable=True)],
        "\n",
    )
    assert plain(content) == visible(content)


@given(text=LETTERS)
def test_quoted_text_is_seen_as_it_is_but_for_what_is_hidden(text):
    assert plain(quoted(text, Locale.EN)) == clean(text)


def tree(text: str, url: str) -> Html:
    return join(
        [
            bold(quoted(text, Locale.EN)),
            link(italic(quoted(text, Locale.EN)), url),
            blockquote(quoted(text, Locale.EN)),
        ],
        "\n",
    )


@settings(max_examples=200)
@given(text=LETTERS | EMOJI_AND_SCRIPTS, limit=st.integers(1, 50))
def test_T10_pieces_join_to_the_same_text_and_none_is_too_long(text, limit):
    content = tree(text, "https://example.org/?a=1&b=2")
    pieces = split(content, limit=limit)
    assert all(utf16_length(visible(piece)) <= max(limit, 2) for piece in pieces)
    assert all(visible(piece).strip() for piece in pieces)
    joined = "".join(visible(piece) for piece in pieces)
    assert joined.split() == plain(content).split() or "".join(joined.split()) == "".join(plain(content).split())


@given(text=EMOJI_AND_SCRIPTS, limit=st.integers(30, 60))
def test_T10_no_cut_falls_into_a_character_as_people_see_it(text, limit):
    content = quoted(text * 3, Locale.EN)
    whole = plain(content)
    borders = {match.end() for match in regex.finditer(r"\X", whole)}
    longest = max((utf16_length(match.group()) for match in regex.finditer(r"\X", whole)), default=0)
    position = 0
    for piece in split(content, limit=limit):
        position = whole.index(visible(piece), position) + len(visible(piece))
        assert longest > limit or position in borders


def test_T10_an_emoji_sequence_at_the_border_moves_to_the_next_message():
    family = "👩\u200d👩\u200d👧\u200d👦"
    first, second = split(Html("a" * 4090 + family + "b"))
    assert plain(first) == "a" * 4090
    assert plain(second) == family + "b"


def test_a_long_text_is_cut_at_a_paragraph_or_sentence_and_tags_are_opened_again():
    content = bold(quoted("First sentence. " * 200 + "\n\n" + "Second part. " * 200, Locale.EN))
    pieces = split(content)
    assert len(pieces) == 2
    assert all(piece.source.startswith("<b>") and piece.source.endswith("</b>") for piece in pieces)
    assert plain(pieces[0]).endswith("\n\n")


def test_blank_text_gives_no_message():
    assert split(Html(" \n ")) == ()
    assert split(Html()) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/a?b=c&d=1#e",
        "https://sub.scoda.gov.cn/путь",
        "https://1.2.3.4/x",
    ],
)
def test_plain_web_addresses_become_links(url):
    shown = link(Html("x"), url)
    assert shown.source == f'<a href="{html.escape(url)}">x</a>'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "tg://user?id=1", "https://t.me/+AbCdEf", "https://t.me/joinchat/x",
        "https://user:pw@example.org", "https://example.org@evil.example", "https://xn--e1afmkfd.xn--p1ai", "https://скода.рф",
        "https://exаmple.org", "//example.org", "https://", "https://example", "data:text/html,x", "https://a b.org",
        'https://a.org/"onclick', "https://a.org/\u202egpj", "https://a.org:99999", "https://[::1", "ftp://a.org", "x" * 3000, "",
    ],
)  # fmt: skip
def test_T03_other_addresses_are_shown_as_text(url):
    assert safe_url(url) is None
    assert link(Html("x"), url).source == "x"


@pytest.mark.parametrize(
    "host", ["t.me", "www.t.me", "T.ME", "telegram.me", "www.telegram.me", "telegram.dog", "t.me:443"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/+AbC", "//+AbC", "/%2BAbC", "/%252BAbC", "/%25252bAbC", "/%20/+AbC", "/./+AbC", "/x/../+AbC",
        "/joinchat/AbC", "/JoinChat/AbC", "/%6aoinchat/AbC", "//joinchat//AbC", "/joinchat", "/addlist/AbC", "/proxy?server=x",
        "/socks?server=x", "/login/12345", "/$AbC", "/c/12/3", "/%2f%2f+AbC", "/+", "/+79990000000", "/scoda/+AbC", "/joinchat;x",
    ],
)  # fmt: skip
def test_T03_no_way_to_write_an_invitation_gets_through(host, path):
    assert safe_url(f"https://{host}{path}") is None


@pytest.mark.parametrize(
    "url", ["https://joinchat.t.me/AbC", "https://scoda.t.me/+AbC", "https://web.telegram.org/k/#?tgaddr=x"]
)
def test_T03_nor_do_other_addresses_of_telegram_that_lead_there(url):
    assert safe_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://t.me/scoda_bot?start=q_1", "https://t.me/SCODA/15", "https://t.me/s/scoda", "https://scoda.t.me", "https://www.t.me/",
        "https://notat.me/+AbC", "https://telegram.org/faq", "https://example.org/joinchat/+x%2B",
    ],
)  # fmt: skip
def test_public_pages_of_telegram_and_others_stay_links(url):
    assert safe_url(url) == url


def test_empty_parts_leave_no_trace():
    assert bold(Html()).source == italic(Html()).source == blockquote(Html()).source == ""
    assert lines(Html("a"), Html(), Html("b")).source == "a\nb"


def test_utf16_units_are_counted_as_telegram_does():
    assert utf16_length("a👍é中") == len("a👍é中".encode("utf-16-le")) // 2
