"""The question sets: what is learned from, fitted on and looked at must not be what is measured by."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from bot.answering.question_lines import asked_in
from bot.calibrating.written_sections import WRITTEN
from bot.writing.folding import word_count, words

TESTS = Path(__file__).parents[1]
KNOWLEDGE, SETS = TESTS.parent / "knowledge", TESTS / "sets"
GREETING_WORDS = 2
"""Whoever greets or thanks in no more words says what everybody says: such stand in the examples and in the unseen sets."""
MEASURED_TWICE = {
    "who won the champions league in 2019",
    "за сколько фура доезжает из scoda до москвы",
    "маргааш улаанбаатарт цас орох уу",
    "як завуць прэзидэнта инстытута эканомики и гандлю китай шас",
}
"""In the golden sets and in the unseen ones, by chance: both were finished when that was seen, and neither is fitted on."""

CRIES_FOR_HELP = {
    "i dont want to live anymore",
    "не хочу больше жить",
    "омир сургим келмейди",
    "دیگه نمیخوام زنده باشم",
}
"""In the examples and in the unseen sets: whoever writes just this must be understood, figures or not."""

FILES = {
    "training": [*KNOWLEDGE.rglob("*.md"), *(SETS / "training").rglob("*.md"), *(SETS / "training").rglob("*.jsonl")],
    "calibration": [*(SETS / "calibration").glob("*.jsonl")],
    "worked": [*(SETS / "worked").glob("*.jsonl")],
    "golden": [*(TESTS / "golden").glob("*.jsonl")],
    "unseen": [*(SETS / "unseen").rglob("*.md"), *(SETS / "unseen").rglob("*.jsonl")],
}
GAPS = {"gaps, fitted on": [SETS / "gaps" / "fitting.jsonl"], "gaps": [SETS / "gaps" / "questions.jsonl"]}
"""Far smaller sets: of what the knowledge does not hold."""

KNOWN_TO_STAND_IN = {("golden", "unseen"): MEASURED_TWICE, ("training", "unseen"): CRIES_FOR_HELP}
Places = dict[str, list[str]]


def asked_in_lines(file: Path) -> Iterator[tuple[str, str]]:
    """Each question or conversation of a file, with its place: what is stored in knowledge files, or asked in lines."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        place = f"{file.relative_to(TESTS.parent)}:{number}"
        if file.parent == SETS / WRITTEN:
            section = json.loads(line)
            yield from ((one["text"], place) for one in (*section["questions"], *section["near"]))
        elif file.suffix == ".jsonl" and line.strip():
            yield "\n".join(asked_in(json.loads(line)).turns), place
        elif file.suffix == ".md" and line.startswith("? "):
            yield line.removeprefix("? "), place


def folded(asked: str) -> str:
    return "\n".join(" ".join(words(turn)) for turn in asked.split("\n"))


@pytest.fixture(scope="module")
def kinds() -> dict[str, Places]:
    """By the kind of set, where each folded question or whole conversation stands."""
    found: dict[str, Places] = {}
    for kind, files in (FILES | GAPS).items():
        places: Places = defaultdict(list)
        for file in sorted(files):
            for asked, place in asked_in_lines(file):
                places[folded(asked)].append(place)
        found[kind] = places
    return found


@pytest.mark.nightly
def test_every_kind_of_set_is_there(kinds):
    assert min(len(kinds[kind]) for kind in FILES) > 1000


@pytest.mark.nightly
@pytest.mark.parametrize(("one", "other"), list(combinations(FILES | GAPS, 2)))
def test_no_question_stands_in_two_kinds_of_sets(kinds, one, other):
    shared = {asked for asked in kinds[one].keys() & kinds[other].keys() if not is_greeting(asked)}
    known = KNOWN_TO_STAND_IN.get((one, other), set())
    assert {asked: (kinds[one][asked], kinds[other][asked]) for asked in shared - known} == {}
    assert known <= shared


@pytest.mark.parametrize(("kind", "things"), [("gaps, fitted on", 12), ("gaps", 30)])
def test_each_thing_that_nobody_can_answer_is_asked_ten_times_in_at_least_six_languages(kind, things):
    asked = [json.loads(line) for line in GAPS[kind][0].read_text(encoding="utf-8").splitlines()]
    languages = defaultdict(list)
    for one in asked:
        languages[one["gap"]].append(one["lang"])
    assert len(languages) == things
    assert {len(those) for those in languages.values()} == {10}
    assert min(len(set(those)) for those in languages.values()) >= 6
    assert len({one["lang"] for one in asked}) == 12
    assert len({one["id"] for one in asked}) == len(asked)


@pytest.mark.nightly
def test_few_greetings_of_everybody_stand_in_the_examples_and_in_the_unseen_sets(kinds):
    shared = kinds["training"].keys() & kinds["unseen"].keys()
    assert len([asked for asked in shared if is_greeting(asked)]) <= 36


def is_greeting(asked: str) -> bool:
    return "\n" not in asked and word_count(asked) <= GREETING_WORDS
