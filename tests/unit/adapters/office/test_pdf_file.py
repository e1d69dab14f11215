from __future__ import annotations

import pytest
from bidi.algorithm import get_display

from bot.adapters.office.outcome import Converted, RemarkKind
from bot.adapters.office.work import convert
from tests.support.office_files import PdfPage, pdf

_PROSE = "The expo opens its gates at nine and closes them at six on each day of"


def converted(*pages: PdfPage, label: str = "guide.pdf", title: str = "") -> Converted:
    outcome = convert(pdf(*pages, title=title), label)
    assert isinstance(outcome, Converted), outcome
    return outcome


def test_a_page_becomes_headings_paragraphs_entries_and_rows():
    page = (
        PdfPage().text(50, 780, "Expo 博览会", 20).text(50, 740, _PROSE, 10).text(50, 728, "the week but Monday.", 10)
    )
    page.text(50, 700, "Trains", 14).text(50, 680, "• Выставка открыта", 10).text(50, 666, "• प्रवेश निःशुल्क है", 10)
    page.table(50, 640, [["Train", "From", "Departs"], ["X9", "西安", "09:00"], ["X12", "Мінск", ""]])
    found = converted(page.text(50, 540, "After the table.", 10), title="Ignored")
    assert (
        found.markdown
        == f"""# Expo 博览会

{_PROSE} the week but Monday.

## Trains {{#trains}}

- Выставка открыта
- प्रवेश निःशुल्क है
- Train: X9; From: 西安; Departs: 09:00
- Train: X12; From: Мінск

After the table.
"""
    )
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.UNSURE_LETTERS, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "نمایشگاه از ساعت 9 تا 18 باز است",
        "ورود رایگان است (بجز دوشنبه)",
        "قطار X9 به آستانه می رود",
        "ساعت 9:30 تا 18:00",
    ],
)
def test_lines_from_right_to_left_are_read_in_their_order(text: str):
    found = converted(PdfPage().text(50, 700, get_display(text, base_dir="R")))
    assert found.markdown == f"# guide\n\n{text}\n"


def test_a_line_that_ends_early_ends_its_paragraph():
    page = PdfPage().text(50, 700, _PROSE).text(50, 687, "the week.").text(50, 674, "Entry is free.")
    assert converted(page).markdown == f"# guide\n\n{_PROSE} the week.\n\nEntry is free.\n"


def test_a_mark_that_stands_apart_stays_with_its_letter():
    assert converted(PdfPage().text(50, 700, "बज").text(66, 700, "े है")).markdown == "# guide\n\nबजे है\n"


def test_columns_of_prose_are_read_one_after_the_other():
    page = PdfPage().text(
        50, 730, "A line above both of them, from the left to the right of the page, is read first", 10
    )
    for number in range(8):
        page.text(50, 700 - 14 * number, f"left {number} and some words that fill the width", 10)
        page.text(320, 700 - 14 * number, f"right {number} and some words that fill all", 10)
    text = converted(page).markdown
    assert text.index("A line above") < text.index("left 7") < text.index("right 0")


def test_a_table_without_rules_is_read_row_by_row():
    page = PdfPage()
    for number in range(8):
        page.text(50, 700 - 20 * number, f"Desk {number}", 10).text(320, 700 - 20 * number, f"hall {number}", 10)
    assert "Desk 0 hall 0" in converted(page).markdown


def test_heads_and_feet_that_stand_on_most_pages_are_left_out_and_told():
    pages = [
        PdfPage()
        .text(50, 815, "Guide of the expo", 8)
        .text(50, 700, f"Text number {number}.")
        .text(280, 20, f"{number}", 8)
        for number in range(1, 5)
    ]
    found = converted(*pages)
    assert found.markdown == "# guide\n\nText number 1.\n\nText number 2.\n\nText number 3.\n\nText number 4.\n"
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.REPEATED_LINES, 8)]


def test_a_paragraph_goes_on_after_the_end_of_a_page():
    found = converted(PdfPage().text(50, 200, "It begins here and"), PdfPage().text(50, 700, "goes on there."))
    assert found.markdown == "# guide\n\nIt begins here and goes on there.\n"


def test_white_letters_on_a_dark_ground_are_read():
    page = PdfPage().rectangle(40, 690, 300, 30, color="0 0 0.4 rg").text(50, 700, "Shown", color="1 1 1 rg")
    found = converted(page.text(50, 600, "Text", 11).text(300, 600, "hid", color="1 1 1 rg"))
    assert found.markdown == "# guide\n\nShown\n\nText\n"
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.HIDDEN_TEXT, 3)]


def test_a_picture_beside_text_is_told():
    found = converted(PdfPage().picture().text(50, 700, "Text."))
    assert found.markdown == "# guide\n\nText.\n"
    assert [one.kind for one in found.remarks] == [RemarkKind.PICTURES]
