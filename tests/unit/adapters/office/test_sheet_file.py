from __future__ import annotations

from bot.adapters.office.outcome import Converted, RemarkKind
from bot.adapters.office.work import convert
from tests.support.office_files import cell, sheet, xlsx


def converted(content: bytes) -> Converted:
    outcome = convert(content, "time_table.xlsx")
    assert isinstance(outcome, Converted), outcome
    return outcome


def test_each_sheet_is_a_section_and_each_row_reads_alone():
    found = converted(
        xlsx(
            {
                "Поезда": sheet(
                    [["Valid in 2026"], ["Train", "From", "Seats"], ["X9", "西安", 1200], ["X12", "मुंबई", 0.5]]
                ),
                "Contacts": sheet([["Phone", "Desk"], ["123", "Мінск"]]),
                "Empty": sheet([]),
            }
        )
    )
    assert (
        found.markdown
        == """# time table

## Поезда {#part-1}

Valid in 2026

- Train: X9; From: 西安; Seats: 1200
- Train: X12; From: मुंबई; Seats: 0.5

## Contacts {#contacts}

- Phone: 123; Desk: Мінск
"""
    )


def test_dates_and_shares_are_shown_as_the_sheet_shows_them():
    rows = sheet([]).replace("<sheetData>", f'<sheetData><row r="1">{cell("A1", 46143, 1)}{cell("B1", 0.07, 2)}</row>')
    assert converted(xlsx({"A": rows})).markdown.endswith("- 2026-05-01: 7%\n")


def test_an_empty_row_divides_two_tables():
    rows = [["A", "B", "C"], ["1", "2", "3"], [], ["D", "E", "F"], ["4", "5", "6"]]
    assert converted(xlsx({"S": sheet(rows)})).markdown.endswith("- A: 1; B: 2; C: 3\n- D: 4; E: 5; F: 6\n")


def test_hidden_sheets_rows_and_columns_are_left_out_and_told():
    shown = sheet(
        [["Train", "Secret", "From", "To"], ["X9", "s", "a", "b"], ["X10", "s", "hidden", "b"]],
        columns='<cols><col min="2" max="2" hidden="1"/></cols>',
        hidden=3,
    )
    found = converted(xlsx({"Shown": shown, "Other": sheet([["secret"]])}, hidden="Other"))
    assert found.markdown.endswith("- Train: X9; From: a; To: b\n")
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.HIDDEN_PARTS, 3)]


def test_white_letters_without_a_ground_are_left_out():
    styles = (
        '<fonts count="2"><font/><font><color rgb="FFFFFFFF"/></font></fonts><fills count="3"><fill><patternFill/></fill>'
        '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
        '<xf fontId="1" applyFont="1"/><xf fontId="1" fillId="2" applyFont="1" applyFill="1"/></cellXfs>'
    )
    row = "".join(
        cell(f"{column}1", text, style) for column, text, style in (("A", "black", 0), ("B", "no", 1), ("C", "on", 2))
    )
    rows = sheet([]).replace("<sheetData>", f'<sheetData><row r="1">{row}</row>')
    found = converted(xlsx({"A": rows}, styles=styles))
    assert found.markdown.endswith("- black: on\n")
    assert [(one.kind, one.count) for one in found.remarks] == [(RemarkKind.HIDDEN_TEXT, 2)]
