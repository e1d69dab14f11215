"""What is wrong with pins, and what is made of them for the index."""

from __future__ import annotations

from dataclasses import replace

from bot.ids import DocumentPath, Locale, SectionKey
from bot.ingestion.asked_close_by import with_near_misses
from bot.ingestion.chunking import chunks_of
from bot.ingestion.holding import held_for_removal
from bot.ingestion.inspection import inspect
from bot.ingestion.model import Document, DocumentUse, FolderReading
from tests.support.knowledge_parts import document, section

HALL = document("venue/hall.md", Locale.EN, section("size", "The hall has 1,600 seats."))
SIZE = SectionKey(DocumentPath("venue/hall.md"), "size")


def pin(name: str, *questions: str, tells: SectionKey | None = None, locale: Locale = Locale.EN) -> Document:
    text = "" if tells else "Park at gate 4."
    made = document(f"pins/{name}.md", locale, section("intro", text, *questions))
    return replace(made, use=DocumentUse.LEADS if tells else DocumentUse.TOLD, tells=tells, is_pin=True)


def inspected(*documents: Document) -> FolderReading:
    return inspect(FolderReading(documents=documents, faults=(), warnings=()))


def test_F61_a_pin_that_tells_a_section_which_is_gone_is_a_fault_that_names_those_there_are():
    lost = pin("lost", "How large?", tells=SectionKey(SIZE.path, "height"))
    nowhere = pin("nowhere", "How old?", tells=SectionKey(DocumentPath("venue/x.md"), "age"))
    faults = inspected(HALL, lost, nowhere, pin("good", "How big?", tells=SIZE)).faults
    assert [fault.path for fault in faults] == ["en/pins/lost.md", "en/pins/nowhere.md"]
    assert "venue/hall.md#height" in faults[0].reason
    assert "it has size" in faults[0].reason
    assert "no such document" in faults[1].reason


def test_a_pin_can_not_tell_an_open_question_or_another_pin():
    gap = replace(document("open/x.md", Locale.EN, section("age", "Not known.")), answerable=False)
    other = pin("other", "How old?")
    keys = [SectionKey(gap.path, "age"), SectionKey(other.path, "intro")]
    documents = [pin(f"p{number}", f"Question {number}?", tells=key) for number, key in enumerate(keys)]
    assert len(inspected(gap, other, *documents).faults) == 2


def test_two_pins_for_one_question_in_a_language_are_a_warning():
    first, second = pin("a", "Is there parking?"), pin("b", "Where is it?", "is there PARKING")
    russian = pin("c", "Is there parking?", locale=Locale.RU)
    warnings = inspected(first, second, russian).warnings
    assert [(one.path, "en/pins/a.md" in one.reason) for one in warnings] == [("en/pins/b.md", True)]


def test_a_pin_may_repeat_a_section_and_needs_no_copy_in_other_languages():
    asked = replace(HALL, sections=(section("size", "The hall has 1,600 seats.", "How large?"),))
    others = [document(f"area/{n}.md", locale, section("one", f"Text {n}.")) for n in "ab" for locale in Locale]
    assert inspected(asked, *others, pin("p", "How large?", tells=SIZE)).warnings == inspected(asked, *others).warnings


def test_only_the_questions_of_a_pin_that_tells_another_are_embedded_and_its_near_misses_stand_beside_it():
    asked = replace(section("intro", "", "Is there parking?"), near_misses=("Is there a bicycle rack?",))
    near = replace(pin("p", tells=SIZE), sections=(asked,))
    made = with_near_misses([near])
    assert [(one.path, one.is_pin) for one in made] == [("pins/p.md", True), ("pins/p.md!", True)]
    texts = [chunk.text for one in made for chunk in chunks_of(one)]
    assert texts == ["Is there parking?", "Is there a bicycle rack?"]


def test_F62_a_change_that_takes_away_what_a_pin_tells_waits_for_a_persons_word():
    told = pin("p", "How large?", tells=SIZE)
    other = document("venue/hall.md", Locale.EN, section("place", "It stands in Jiaozhou."))
    held = held_for_removal([HALL, told], [other, told])
    assert held is not None
    assert held.reasons == (
        "it would remove venue/hall.md#size, which the pin pins/p.md tells: change the pin, too",
    )  # fmt: skip
    assert held_for_removal([HALL, told], [other]) is None
    assert held_for_removal([other, told], [other, told]) is None
