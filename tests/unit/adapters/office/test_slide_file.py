from __future__ import annotations

from bot.adapters.office.outcome import Converted, RefusalReason, Refused, RemarkKind
from bot.adapters.office.work import convert
from tests.support.office_files import pptx, shape, slide_table


def converted(content: bytes) -> Converted:
    outcome = convert(content, "talk.pptx")
    assert isinstance(outcome, Converted), outcome
    return outcome


def test_each_slide_is_a_section_by_its_title():
    found = converted(
        pptx(
            [shape(["博览会"], "ctrTitle"), shape(["В Циндао"], "subTitle")],
            [shape(["Hours"], "title"), shape(["с девяти", "शाम तक"], "body"), shape(["7"], "sldNum")],
            [shape(["Trains"], "title"), slide_table([["Train", "To", "At"], ["X9", "آستانه", "9:00"]])],
        )
    )
    assert (
        found.markdown
        == """# 博览会

В Циндао

## Hours {#hours}

- с девяти
- शाम तक

## Trains {#trains}

- Train: X9; To: آستانه; At: 9:00
"""
    )


def test_hidden_slides_notes_and_what_is_out_of_sight_are_left_out_and_told():
    off = '<a:xfrm><a:off x="-9000000" y="0"/><a:ext cx="100" cy="100"/></a:xfrm>'
    found = converted(
        pptx(
            [
                shape(["Shown"], "title"),
                shape(["Text."]),
                shape(["off"], place=off),
                shape(["tiny"], properties=' sz="100"'),
            ],
            [shape(["Hidden"], "title"), shape(["secret"])],
            hidden=2,
            noted=1,
        )
    )
    assert found.markdown == "# Shown\n\nText.\n"
    assert [(one.kind, one.count) for one in found.remarks] == [
        (RemarkKind.HIDDEN_TEXT, 7),
        (RemarkKind.NOTES, 1),
        (RemarkKind.HIDDEN_PARTS, 1),
    ]


def test_a_presentation_that_lacks_a_slide_is_damaged():
    whole = pptx([shape(["Text."])])
    broken = whole.replace(b"slides/slide1.xml", b"slides/slide9.xml")
    outcome = convert(broken, "talk.pptx")
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.DAMAGED
