from __future__ import annotations

import pytest

from bot.adapters.office.outcome import Converted, FileKind, RemarkKind
from bot.adapters.office.work import convert


def converted(page: str) -> Converted:
    outcome = convert(page.encode(), "page.html")
    assert isinstance(outcome, Converted), outcome
    assert outcome.kind is FileKind.HTML
    return outcome


def test_a_page_becomes_headings_paragraphs_entries_and_rows():
    found = converted(
        "<!doctype html><html><head><title>Expo</title><style>p {color: red}</style></head><body>"
        "<h2>Часы</h2><p>展览会<b>开放</b>。<p>Второй&nbsp;абзац<br>и строка"
        "<ul><li>प्रवेश<ul><li>निःशुल्क</ul><li>ورود</ul>"
        "<table><thead><tr><th>Train<th>To<th>At<tbody><tr><td>X9<td>Мінск<td>9:00</table>"
        '<p>See <a href="https://example.org/a_b">the site</a>, <a href="https://example.org/">example.org</a>'
        "<script>let x = 1</script>"
    )
    assert (
        found.markdown
        == """# Часы

展览会开放。

Второй абзац

и строка

- प्रवेश
  - निःशुल्क
- ورود
- Train: X9; To: Мінск; At: 9:00

See the site (https://example.org/a_b), example.org
"""
    )
    assert found.remarks == ()


def test_a_page_without_a_leading_heading_has_the_title_of_its_head():
    assert converted("<html><head><title>Expo &amp; fair</title></head><p>Text.").markdown == "# Expo & fair\n\nText.\n"


def test_pairs_and_names_in_the_first_column_are_told_as_pairs():
    page = "<table><tr><td>Phone<td>123<tr><td>Desk<td>5</table><table><tr><th>A<td>1<td>2<tr><th>B<td>3<td>4</table>"
    assert converted(page).markdown.endswith("- Phone: 123\n- Desk: 5\n- A: 1; 2\n- B: 3; 4\n")


@pytest.mark.parametrize(
    "piece",
    [
        "<p style='display:none'>secret",
        "<p hidden>secret",
        "<span style='font-size:0'>secret</span>",
        "<span style='font-size: 1px'>secret</span>",
        "<font color=white>secret</font>",
        "<p style='color:rgb(255, 255, 255)'>secret",
        "<div style='position:absolute;left:-9999px'>secret</div>",
        "<div style='opacity:0'>secret</div>",
        "<style>.a, #b {visibility: hidden}</style><p id=b>secret",
        "<noscript>secret</noscript>",
        "<template>secret</template>",
    ],
)
def test_what_a_style_hides_is_left_out_and_told(piece: str):
    found = converted(f"<html><body><p>Shown.</p>{piece}<p>Seen.")
    assert found.markdown == "# page\n\nShown.\n\nSeen.\n"
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.HIDDEN_TEXT, 6)]


@pytest.mark.parametrize(
    "piece",
    [
        "<p style='font-size:0.9em'>shown",
        "<p style='opacity:0.9'>shown",
        "<div style='background:#003'><p style='color:white'>shown</div>",
        "<table><tr bgcolor=navy><td><font color=white>shown</font></table>",
        "<p style='color:#fff000'>shown",
        "<p style='font-size:12px'>shown",
    ],
)
def test_what_a_reader_sees_is_read(piece: str):
    found = converted(f"<html><body>{piece}")
    assert "shown" in found.markdown
    assert found.remarks == ()


def test_links_that_no_browser_should_open_are_told():
    found = converted("<html><p><a href='javascript:x()'>a</a> <a href='#b'>b</a> <a href='mailto:c@d'>c</a>")
    assert found.markdown == "# page\n\na b c\n"
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.LINKS, 1)]


def test_comments_and_marked_sections_of_office_are_no_words():
    found = converted(
        "<body><p>Open at 9:00.</p><!--[if mso]><p>unseen</p><![endif]--><![if !mso]><p>Bus 3.</p><![endif]>"
        "<!--[if !mso]><!--><p>Seen.</p><!--<![endif]--><script>if (a<!--b) { }</script><p>Free.</p><!-- a note -->"
        "<!-- never ended <p>and this"
    )
    assert found.markdown.split("\n\n") == ["# page", "Open at 9:00.", "Bus 3.", "Seen.", "Free.\n"]
    assert {remark.kind: remark.count for remark in found.remarks}[RemarkKind.COMMENTS] == 2
