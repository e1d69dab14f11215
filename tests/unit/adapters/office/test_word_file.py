from __future__ import annotations

from bot.adapters.office.outcome import Converted, FileKind, RemarkKind
from bot.adapters.office.work import convert
from tests.support.office_files import docx, entry, link, paragraph, run, table


def converted(*body: str, **more: object) -> Converted:
    outcome = convert(docx(*body, **more), "guide.docx")  # type: ignore[arg-type]
    assert isinstance(outcome, Converted), outcome
    return outcome


def test_a_document_becomes_headings_paragraphs_entries_and_rows():
    found = converted(
        paragraph("上合博览会 Expo", "Title"),
        paragraph("Выставка *открыта* с 9."),
        paragraph("Часы работы", "Heading1"),
        entry("प्रवेश निःशुल्क है"),
        entry("ورود رایگان است"),
        paragraph(run("See ") + link("the site") + run(".")),
        paragraph("Trains", "Heading2"),
        table([["Train", "From", "Departs"], ["X9", "西安", "09:00"], ["X12", "Мінск", ""]]),
    )
    assert found.kind is FileKind.DOCX
    assert found.title == "上合博览会 Expo"
    assert (
        found.markdown
        == """# 上合博览会 Expo

Выставка \\*открыта\\* с 9.

## Часы работы {#part-1}

- प्रवेश निःशुल्क है
- ورود رایگان است

See the site (https://example.org/).

### Trains {#trains}

- Train: X9; From: 西安; Departs: 09:00
- Train: X12; From: Мінск
"""
    )
    assert found.remarks == ()


def test_a_document_without_a_title_is_called_by_its_file_and_keeps_its_headings():
    found = converted(
        paragraph("Hours", "Heading1"), paragraph("Nine."), paragraph("Way", "Heading1"), paragraph("Bus.")
    )
    assert found.markdown.splitlines()[::4] == ["# guide", "Nine.", "Bus."]


def test_a_single_highest_heading_is_the_title():
    found = converted(paragraph("Guide", "Heading1"), paragraph("Hours", "Heading2"), paragraph("Nine."))
    assert found.markdown == "# Guide\n\n## Hours {#hours}\n\nNine.\n"


def test_white_letters_on_a_ground_of_their_own_are_read():
    white = run("Shown", '<w:color w:val="FFFFFF"/>')
    shaded = paragraph(white, more='<w:shd w:val="clear" w:fill="003366"/>')
    marked = paragraph(run("Marked", '<w:color w:val="FFFFFF"/><w:highlight w:val="black"/>'))
    found = converted(shaded, marked, paragraph(run("Not", '<w:color w:val="FFFFFF"/>')))
    assert found.markdown == "# guide\n\nShown\n\nMarked\n"
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.HIDDEN_TEXT, 3)]


def test_a_style_that_hides_by_another_is_seen_through():
    styles = (
        '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:style w:type="character" w:styleId="A"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="C"><w:basedOn w:val="D"/></w:style><w:style w:type="paragraph" w:styleId="D"><w:basedOn w:val="C"/></w:style>'
        "</w:styles>"
    )
    found = converted(
        paragraph("Hidden", "B"),
        paragraph(run("Hidden", '<w:rStyle w:val="A"/>')),
        paragraph("Round", "C"),
        paragraph(run("Off", '<w:vanish w:val="0"/>')),
        more={"word/styles.xml": styles},
    )
    assert found.markdown == "# guide\n\nRound\n\nOff\n"
    assert found.remarks[0].count == 12


def test_what_was_deleted_is_gone_and_comments_are_told():
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    deleted = "<w:del><w:r><w:delText>Old</w:delText></w:r></w:del>"
    found = converted(
        paragraph(run("New") + deleted),
        more={"word/comments.xml": f"<w:comments {space}><w:comment w:id='1'><w:p/></w:comment></w:comments>"},
    )
    assert found.markdown == "# guide\n\nNew\n"
    assert [one.kind for one in found.remarks] == [RemarkKind.COMMENTS]
