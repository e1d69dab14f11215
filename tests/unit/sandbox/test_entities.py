import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import formatted
from bot.sandbox.limits import utf16_length
from bot.sandbox.wire import ApiError


def marked(text, mode="HTML", given=None):
    """Text, and its entities as (type, the text that they mark)."""
    kept = formatted(text, mode, given)
    units = kept.text.encode("utf-16-le")
    found = [
        (one["type"], units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"))
        for one in kept.entities
    ]
    return kept.text, found


def refusal(text, mode="HTML", given=None):
    with pytest.raises(ApiError) as caught:
        formatted(text, mode, given)
    return caught.value.description


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<b>x</b>", "bold"),
        ("<strong>x</strong>", "bold"),
        ("<i>x</i>", "italic"),
        ("<em>x</em>", "italic"),
        ("<u>x</u>", "underline"),
        ("<ins>x</ins>", "underline"),
        ("<s>x</s>", "strikethrough"),
        ("<strike>x</strike>", "strikethrough"),
        ("<del>x</del>", "strikethrough"),
        ("<tg-spoiler>x</tg-spoiler>", "spoiler"),
        ('<span class="tg-spoiler">x</span>', "spoiler"),
        ("<code>x</code>", "code"),
        ("<pre>x</pre>", "pre"),
        ("<blockquote>x</blockquote>", "blockquote"),
        ("<blockquote expandable>x</blockquote>", "expandable_blockquote"),
        ("<B>x</b >", "bold"),
        ("<b>x</>", "bold"),
        ('<tg-time unix="1647531900" format="wDT">x</tg-time>', "date_time"),
        ('<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>', "custom_emoji"),
    ],
)
def test_html_tags_become_entities(markup, kind):
    assert marked(markup) == ("x", [(kind, "x")])


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é<p>x</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b x>y</b>", 'Expected equal sign in declaration of an attribute of the tag "b" at byte offset 0'),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=a/b>y</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            "&#xD83D;",
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units",
        ),
    ],
)
def test_html_faults_are_told_in_telegrams_words(markup, reason):
    assert refusal(markup) == f"Bad Request: can't parse entities: {reason}"


def test_html_references_are_decoded_and_others_stay():
    assert formatted("&lt;&gt;&amp;&quot;&#65;&#x42; &nbsp; &copy & AT&T", "HTML").text == '<>&"AB &nbsp; &copy & AT&T'


def test_offsets_are_utf16_units():
    kept = formatted("😀<b>یک</b>", "HTML")
    assert kept.entities == ({"type": "bold", "offset": 2, "length": 2},)


def test_a_code_block_has_its_language():
    block = formatted('<pre><code class="language-python">x = 1</code></pre>', "HTML")
    assert block.entities == ({"type": "pre", "offset": 0, "length": 5, "language": "python"},)


def test_links_are_normalised_and_bad_ones_fall_away_in_silence():
    kept = formatted(
        '<a href="HTTP://scoda.cn">a</a> <a href="javascript:alert(1)">b</a> <a href="tg://user?id=7">c</a>', "HTML"
    )
    assert kept.text == "a b c"
    assert [(one["type"], one.get("url"), one.get("user", {}).get("id")) for one in kept.entities] == [
        ("text_link", "http://scoda.cn/", None),
        ("text_mention", None, 7),
    ]


def test_nothing_is_marked_inside_code():
    assert marked("<b>a<code>b #tag</code>c</b>") == ("ab #tagc", [("bold", "a"), ("code", "b #tag"), ("bold", "c")])


def test_entities_that_cross_are_cut():
    given = [
        {"type": "bold", "offset": 0, "length": 4},
        {"type": "text_link", "offset": 2, "length": 4, "url": "http://a.org/"},
    ]
    assert marked("abcdef", "", given)[1] == [("bold", "ab"), ("text_link", "cdef"), ("bold", "cd")]


def test_markdown_v2_nests_quotes_and_links():
    markup = "*b _i __u___* ||s|| `c\\`` [l](http://e.org/a\\)b)\n```py\nx\n```\n>q\n>r||\nend\\."
    text, found = marked(markup, "MarkdownV2")
    assert text == "b i u s c` l\nx\n\nq\nr\nend."
    assert found == [
        ("bold", "b i u"),
        ("italic", "i u"),
        ("underline", "u"),
        ("spoiler", "s"),
        ("code", "c`"),
        ("text_link", "l"),
        ("pre", "x\n"),
        ("expandable_blockquote", "q\nr"),
    ]


@pytest.mark.parametrize(
    ("markup", "mode", "reason"),
    [
        ("a.b", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("é*b", "MarkdownV2", "Can't find end of Bold entity at byte offset 2"),
        ("[l](x", "MarkdownV2", "Can't find end of a URL at byte offset 3"),
        ("a _b", "Markdown", "Can't find end of the entity starting at byte offset 2"),
    ],
)
def test_markdown_faults_are_told_in_telegrams_words(markup, mode, reason):
    assert refusal(markup, mode) == f"Bad Request: can't parse entities: {reason}"


def test_the_old_markdown_is_read():
    assert marked("*b* _i_ `c` [l](e.org) \\*x", "Markdown") == (
        "b i c l *x",
        [("bold", "b"), ("italic", "i"), ("code", "c"), ("text_link", "l")],
    )


def test_an_unknown_mode_is_refused():
    assert refusal("x", "BBCode") == "Bad Request: unsupported parse_mode"


def test_apps_and_servers_find_entities_themselves():
    text = "/start@scoda_sandbox_bot see (https://scoda.cn/a), www.sco.org. Mail a.b@c.cn or @someone about #эспо"
    assert marked(text, "")[1] == [
        ("bot_command", "/start@scoda_sandbox_bot"),
        ("url", "https://scoda.cn/a"),
        ("url", "www.sco.org"),
        ("email", "a.b@c.cn"),
        ("mention", "@someone"),
        ("hashtag", "#эспо"),
    ]


def test_fractions_versions_and_halves_of_words_are_no_entities():
    assert marked("1/2 and/or 3.5 v1.2.3 a@b 12:30 #1", "")[1] == []


def test_a_text_is_trimmed_with_its_entities():
    kept = formatted("\n <b> x </b> \n", "HTML")
    assert kept.text == " x"
    assert kept.entities == ({"type": "bold", "offset": 0, "length": 2},)


@given(st.text())
def test_any_text_parses_or_is_refused(text):
    for mode in ("HTML", "MarkdownV2", "Markdown", ""):
        try:
            kept = formatted(text, mode)
        except ApiError:
            continue
        assert all(one["offset"] + one["length"] <= utf16_length(kept.text) for one in kept.entities)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Cn"]), min_size=1))
def test_escaped_text_survives_html(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert formatted(f"<b>{escaped}</b>", "HTML").text.strip() == text.strip()


@given(
    st.lists(
        st.sampled_from(
            [
                "<b>",
                "</b>",
                "<i>",
                "</i>",
                "<code>",
                "</code>",
                "<a href='a.b'>",
                "</a>",
                "&lt;",
                "&",
                "<",
                ">",
                "x",
                "😀",
                "*",
                "_",
                "`",
                "[",
                "](",
                ")",
                "||",
                ">",
                "\n",
                "\\",
            ]
        )
    )
)
def test_any_markup_parses_or_is_refused(parts):
    test_any_text_parses_or_is_refused.hypothesis.inner_test("".join(parts))
