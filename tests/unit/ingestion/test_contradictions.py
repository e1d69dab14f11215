"""Two values for one fact, in different files of one language."""

from __future__ import annotations

from datetime import date

import pytest

from bot.ids import Locale
from bot.ingestion.contradictions import contradictions
from bot.ingestion.model import Document
from tests.support.knowledge_parts import document, section

OLD, NEW = date(2025, 3, 1), date(2026, 3, 1)
HOURS = {
    Locale.EN: ("The SCO Pearl centre is open from {} to 17:00 on working days.", "9:00", "10:00"),
    Locale.ZH: ("上合之珠工作日的开放时间为{}至17:00。", "9:00", "10:00"),
    Locale.RU: ("Центр «Жемчужина ШОС» открыт по рабочим дням с {} до 17:00.", "9:00", "10:00"),
    Locale.KK: ("Аймақтың ауданы барлығы {} шаршы шақырым.", "108", "61,1"),
    Locale.KY: ("Аймактын аянты бардыгы {} чарчы километр.", "108", "61,1"),
    Locale.TG: ("Масоҳати минтақа ҳамагӣ {} километри мураббаъ аст.", "108", "61,1"),
    Locale.UZ: ("Hududning maydoni jami {} kvadrat kilometr.", "108", "61,1"),
    Locale.FA: ("مساحت منطقه روی هم {} کیلومتر مربع است.", "۱۰۸", "۶۱٫۱"),
    Locale.UR: ("علاقے کا کل رقبہ {} مربع کلومیٹر ہے۔", "108", "61.1"),
    Locale.HI: ("क्षेत्र का कुल क्षेत्रफल {} वर्ग किलोमीटर है।", "108", "61.1"),
    Locale.BE: ("Плошча зоны ў цэлым {} квадратных кіламетраў.", "108", "61,1"),
    Locale.MN: ("Бүсийн нийт талбай {} ам километр.", "108", "61.1"),
}


def _file(name: str, text: str, locale: Locale = Locale.EN, **more: object) -> Document:
    return document(f"area/{name}.md", locale, section(name, text, line=7, **more))


def _told(*documents: Document) -> list[str]:
    return [str(told) for told in contradictions(documents)]


@pytest.mark.parametrize("locale", Locale)
def test_two_values_for_one_fact_are_told_with_both_places_and_dates(locale: Locale) -> None:
    sentence, first, second = HOURS[locale]
    told = _told(
        _file("old", sentence.format(first), locale, as_of=OLD),
        _file("new", sentence.format(second), locale, as_of=NEW),
    )
    assert told == [
        (
            f"{locale}/area/new.md:7: contradicts {locale}/area/old.md:7: new says {second} (as of 2026-03-01), "
            f"old says {first} (as of 2025-03-01); mend one, or name both values in one of them"
        )
    ]


def test_the_same_value_in_another_writing_is_no_contradiction() -> None:
    one = _file("one", "The trains of the area carried 3.8 million tonnes of goods.")
    assert _told(one, _file("two", "The trains of the area carried 3,800,000 tonnes of goods.")) == []


def test_figures_of_different_times_do_not_contradict_each_other() -> None:
    one = _file("one", "From January to September 2024 SCODA handled 843 trains.")
    assert _told(one, _file("two", "From January to September 2025 SCODA handled 962 trains.")) == []


def test_different_subjects_do_not_contradict_each_other() -> None:
    one = _file("one", "The airport of Qingdao has 2 runways and a large hall.")
    assert _told(one, _file("two", "The metro line to the airport takes 38 minutes.")) == []


def test_an_event_with_two_dates_is_told() -> None:
    one = _file("one", "The metro reached the airport station in July 2021.")
    two = _file("two", "The metro reached the airport station in August 2021.")
    (told,) = _told(one, two)
    assert "one says July (as of 2026-01-19), two says August (as of 2026-01-19)" in told


def test_events_of_one_kind_with_different_dates_are_not_told() -> None:
    one = _file("one", "The fourth expo took place on 17–20 July 2025 in SCODA, beside the trade conference.")
    assert _told(one, _file("two", "The trade conference took place on 17–18 July 2025 in SCODA.")) == []


def test_a_section_that_names_both_values_explains_the_difference() -> None:
    one = _file(
        "one", "The area of SCODA is 108 square kilometres. Older sources name a core of 61.1 square kilometres."
    )
    assert _told(one, _file("two", "The area of SCODA is 61.1 square kilometres.")) == []


def test_sections_that_are_never_valid_together_do_not_contradict_each_other() -> None:
    sentence, first, second = HOURS[Locale.EN]
    one = _file("one", sentence.format(first), valid_until=date(2026, 5, 31))
    two = _file("two", sentence.format(second), valid_from=date(2026, 6, 1))
    assert _told(one, two) == []
    assert _told(two, one) == []


def test_open_questions_state_no_facts() -> None:
    sentence, first, second = HOURS[Locale.EN]
    one = document("open/one.md", Locale.EN, section("one", sentence.format(first)), answerable=False)
    assert _told(one, _file("two", sentence.format(second))) == []


def test_a_contradiction_that_stands_in_all_languages_is_told_once() -> None:
    sentences = ((locale, HOURS[locale]) for locale in Locale)
    documents = [
        _file(name, sentence.format(value), locale)
        for locale, (sentence, first, second) in sentences
        for name, value in (("one", first), ("two", second))
    ]
    assert len(_told(*documents)) == 1
