"""What a change of the documents is told to be."""

from __future__ import annotations

from bot.ids import Locale
from bot.ingestion.diffing import ChangeKind, Rewording, diff_of, summary_of
from bot.ingestion.translations import content_hash
from tests.support.knowledge_parts import document, section

HALL = document(
    "venue/hall.md",
    Locale.EN,
    section("size", "The hall has 160,000 square metres. It was opened in 2021.", "How large is it?"),
    section("place", "It stands in Jiaozhou."),
)


def test_facts_are_told_as_added_removed_and_changed_by_section():
    now = document(
        "venue/hall.md",
        Locale.EN,
        section("size", "The hall has 170,000 square metres. Entry is free.", "How large is it?"),
        section("hours", "It opens at nine."),
    )

    hours, place, size = diff_of([HALL], [now]).sections

    assert (hours.kind, hours.added) == (ChangeKind.ADDED, ("It opens at nine.",))
    assert (place.kind, place.removed) == (ChangeKind.REMOVED, ("It stands in Jiaozhou.",))
    assert size.kind is ChangeKind.CHANGED
    assert size.reworded == (Rewording("The hall has 160,000 square metres.", "The hall has 170,000 square metres."),)
    assert (size.added, size.removed) == (("Entry is free.",), ("It was opened in 2021.",))
    assert summary_of([HALL], [now]) == "1 section added (en), 1 section removed (en), 1 section changed (en)"


def test_what_changes_beside_the_text_is_named():
    asked = document("venue/hall.md", Locale.EN, section("place", "It stands in Jiaozhou.", "Where is it?", as_of=None))
    was = document("venue/hall.md", Locale.EN, section("place", "It stands in Jiaozhou."))
    [change] = diff_of([was], [asked]).sections
    assert (change.also, change.added, change.removed) == (("questions", "dates"), (), ())


def test_equal_documents_differ_in_nothing():
    diff = diff_of([HALL], [HALL])
    assert (diff.sections, diff.stale) == ((), ())
    assert summary_of([HALL], [HALL]) == ""


def test_translations_are_left_behind_unless_they_change_too_or_are_recorded():
    def copies(text: str, russian: str) -> list:
        return [
            document("a.md", Locale.EN, section("s", text)),
            document("a.md", Locale.RU, section("s", russian)),
            document("a.md", Locale.ZH, section("s", "一")),
        ]

    before, now = copies("One.", "Один."), copies("Two.", "Два.")
    assert diff_of(before, now).stale == ("zh/a.md",)
    assert diff_of(before, now, {"zh/a.md": content_hash(now[0])}).stale == ()
