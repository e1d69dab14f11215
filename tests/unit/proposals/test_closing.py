"""The mark by which an open question is answered."""

from __future__ import annotations

import pytest

from bot.ids import DocumentPath, SectionKey
from bot.proposals.closing import with_answer

BY = SectionKey(DocumentPath("venue/hall.md"), "hours")
FILE = '## Hours {#hours}\n\nI do not know.\n\n## Parking {#parking owner="A B" answered_by=x.md#y}\n\nI do not know.\n'


@pytest.mark.parametrize(
    ("section_id", "heading"),
    [
        ("hours", "## Hours {#hours answered_by=venue/hall.md#hours}"),
        ("parking", '## Parking {#parking owner="A B" answered_by=venue/hall.md#hours}'),
    ],
)
def test_the_heading_names_the_answer_and_the_rest_stays(section_id: str, heading: str) -> None:
    marked = with_answer(FILE, section_id, BY)
    assert marked is not None
    changed = [(old, new) for old, new in zip(FILE.splitlines(), marked.splitlines(), strict=True) if old != new]
    assert [new for _, new in changed] == [heading]


@pytest.mark.parametrize("section_id", ["hour", "Hours", ""])
def test_a_question_that_is_not_in_the_file_is_not_marked(section_id: str) -> None:
    assert with_answer(FILE, section_id, BY) is None
