"""How long a section holds by what its copies say, and what ends soon."""

from __future__ import annotations

from datetime import date

import pytest

from bot.ids import Locale, ReplyKind
from bot.ingestion.model import Document, Readership
from bot.ingestion.validity import expiring, with_shared_validity
from tests.support.knowledge_parts import document, section

NOV, DEC, JAN = date(2026, 11, 30), date(2026, 12, 1), date(2027, 1, 1)
TODAY = date(2026, 11, 28)


def copy(locale: Locale, **more: object) -> Document:
    return document("venue/hall.md", locale, section("a", "It opens at 9:00.", **more))


@pytest.mark.parametrize(
    ("english", "russian", "held"),
    [
        (DEC, None, (DEC, DEC)),
        (None, DEC, (DEC, DEC)),
        (JAN, DEC, (JAN, DEC)),
        (NOV, DEC, (NOV, NOV)),
        (None, None, (None, None)),
    ],
    ids=["forgotten", "forgotten by the reference", "renewed in the reference", "brought forward", "no end"],
)
def test_a_copy_holds_no_longer_than_the_leading_one(
    english: date | None, russian: date | None, held: tuple[date | None, date | None]
) -> None:
    told = with_shared_validity([copy(Locale.RU, valid_until=russian), copy(Locale.EN, valid_until=english)])
    assert [one.locale for one in told] == [Locale.RU, Locale.EN]
    assert (told[1].sections[0].valid_until, told[0].sections[0].valid_until) == held


def test_a_copy_without_an_end_takes_the_earliest_of_all() -> None:
    copies = [copy(Locale.EN, valid_until=JAN), copy(Locale.ZH, valid_until=DEC), copy(Locale.RU)]
    assert with_shared_validity(copies)[2].sections[0].valid_until == DEC


def test_a_start_counts_as_an_end_does() -> None:
    copies = [copy(Locale.EN, valid_from=DEC), copy(Locale.RU), copy(Locale.ZH, valid_from=NOV)]
    assert {one.sections[0].valid_from for one in with_shared_validity(copies)} == {DEC}


def test_documents_that_nothing_narrows_stay_the_same_objects() -> None:
    copies = (copy(Locale.EN, valid_until=DEC), copy(Locale.RU, valid_until=DEC), document("x.md", Locale.EN))
    assert all(one is other for one, other in zip(with_shared_validity(copies), copies, strict=True))


def test_what_only_the_staff_may_read_shortens_nothing() -> None:
    internal = document("venue/hall.md", Locale.EN, section("a", "x", valid_until=NOV), audience=Readership.STAFF)
    assert with_shared_validity([internal, copy(Locale.RU)])[1].sections[0].valid_until is None


def test_copies_that_end_together_are_one_line_with_its_owner() -> None:
    english = document(
        "venue/hall.md", Locale.EN, section("a", "It opens at 9:00.", heading="Hours", valid_until=DEC), owner="venue"
    )
    russian = document("venue/hall.md", Locale.RU, section("a", "В 9:00.", heading="Часы", owner="press"))
    (one,) = expiring([russian, english], today=TODAY, days=14)
    assert (str(one.key), one.ends_on, one.owner) == ("venue/hall.md#a", DEC, "venue")
    assert one.files == ("en/venue/hall.md", "ru/venue/hall.md")
    assert one.heading(Locale.RU) == (Locale.RU, "Часы")
    assert one.heading(Locale.ZH) == (Locale.EN, "Hours")


def test_a_section_s_own_owner_goes_before_the_document_s() -> None:
    owned = document("x.md", Locale.EN, section("a", "x", owner="press", valid_until=DEC), owner="venue")
    assert expiring([owned], today=TODAY, days=14)[0].owner == "press"


def test_what_ends_within_the_days_or_has_ended_is_listed_by_date() -> None:
    documents = [
        document("b.md", Locale.EN, section("late", "x", valid_until=date(2026, 12, 13))),
        document("a.md", Locale.EN, section("last", "x", valid_until=date(2026, 12, 12)), section("open", "x")),
        document("c.md", Locale.EN, section("over", "x", valid_until=date(2020, 1, 1))),
        document("d.md", Locale.EN, section("staff", "x", valid_until=DEC), audience=Readership.STAFF),
        document("e.md", Locale.EN, section("reply", "x", valid_until=DEC), reply=ReplyKind.GREETING),
    ]
    assert [one.key.section_id for one in expiring(documents, today=TODAY, days=14)] == ["over", "last"]
