"""The commands as other people's scripts meet them: questions, sets of questions, and the fields of an answer."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from bot.answering.model import Answer, Offer, Outcome
from bot.cli.answers import TerminalAnswers
from bot.ids import DocumentPath, Locale, SectionKey
from bot.settings import Settings
from tests.support.chat_rig import FakeAnswerer
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place, running_bot
from tests.support.visitors import Town

QUESTION = "How many freight trains ran in 2025?"
ANSWER_FIELDS = [
    "id",
    "answer",
    "html",
    "language",
    "outcome",
    "refused",
    "score",
    "version",
    "pinned",
    "sources",
    "offered",
    "took_ms",
    "steps",
]
SOURCE_FIELDS = ["title", "url", "as_of", "path", "section"]


def _one_line(text: str) -> str:
    """Without the frame and the line breaks that a terminal gets."""
    return re.sub(r"[│╭╰─╮╯\s]+", " ", text)


def test_ask_explains_itself(built_place: Place):
    told = built_place.scoda("ask", "--help")
    assert told.returncode == 0
    assert all(word in told.stdout.lower() for word in ("--lang", "--json", "--jsonl", "question"))


def test_ask_prints_what_a_visitor_would_read(built_place: Place):
    asked = built_place.scoda("ask", QUESTION)
    assert asked.returncode == 0, asked.stderr
    assert TRAINS_IN_2025 in asked.stdout
    assert "Source: Xinhua" in asked.stdout
    assert "<" not in asked.stdout


def test_ask_json_has_exactly_the_agreed_fields(built_place: Place):
    asked = built_place.scoda("ask", "--json", "--lang", "ru", QUESTION)
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert list(answer) == ANSWER_FIELDS
    assert (answer["id"], answer["outcome"], answer["refused"]) == (None, "answered", False)
    assert answer["language"] in {"en", "ru"}
    assert 0 < answer["score"] <= 1
    assert answer["took_ms"] > 0
    assert answer["offered"] == []
    assert isinstance(answer["steps"], dict)
    assert "<i>" in answer["html"]
    [source] = answer["sources"]
    assert list(source) == SOURCE_FIELDS
    assert source["path"] == f"{answer['language']}/logistics/trains.md"
    assert (source["section"], source["as_of"]) == ("trains-2025", "2026-01-19")
    assert source["url"] == "https://example.org/logistics"


def test_ask_jsonl_answers_each_line_in_order(built_place: Place):
    lines = [
        {"id": "a", "question": QUESTION},
        {"id": 2, "turns": ["How large is the Pearl exhibition hall?", "and which city is that in?"]},
        {"id": "c", "question": "Where can I park my car?"},
        {"id": "d", "question": "hello", "lang": "fa"},
        {"id": "e", "question": "2025 yilda nechta yuk poyezdi qatnagan?"},
        {"id": "f", "turns": [{"question": "Сколько грузовых поездов прошло в 2025 году?"}]},
    ]
    asked = built_place.scoda("ask", "--jsonl", given="\n\n".join(json.dumps(line) for line in lines))
    assert asked.returncode == 0, asked.stderr
    answers = [json.loads(line) for line in asked.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "2", "c", "d", "e", "f"]
    assert all(list(answer) == ANSWER_FIELDS for answer in answers)
    by_id = {answer["id"]: answer for answer in answers}
    assert TRAINS_IN_2025 in by_id["a"]["answer"]
    assert "Jiaozhou" in by_id["2"]["answer"]
    assert (by_id["c"]["outcome"], by_id["c"]["refused"], by_id["c"]["sources"]) == ("unknown", True, [])
    assert (by_id["d"]["outcome"], by_id["d"]["language"], by_id["d"]["refused"]) == ("greeting", "fa", False)
    assert by_id["e"]["language"] == "ru", "there is no Uzbek text: it is answered with the Russian one"
    assert "Русский" in by_id["e"]["answer"]
    assert by_id["f"]["language"] == "ru"


@pytest.fixture
def answers() -> TerminalAnswers:
    """Offers two sections for every question."""
    path = DocumentPath("logistics/trains.md")
    offered = Answer(
        Outcome.OFFERED,
        Locale.EN,
        Locale.EN,
        score=0.31,
        offers=(
            Offer(SectionKey(path, "volumes"), "Volumes", Locale.EN),
            Offer(SectionKey(path, "routes"), "Маршруты", Locale.RU),
        ),
        steps={"search": 12.34567, "rank": 0.5},
    )
    answerer = FakeAnswerer(lambda question: offered)
    core = SimpleNamespace(answerer=answerer, extractive=answerer, settings=Settings())
    return TerminalAnswers(core)


async def test_what_is_offered_is_listed_best_first_and_is_no_refusal(answers: TerminalAnswers):
    line = await answers.answer("a", ("trains",), None)
    assert list(line) == ANSWER_FIELDS
    assert (line["outcome"], line["refused"], line["sources"]) == ("offered", False, [])
    assert line["offered"] == [
        {"title": "Volumes", "language": "en", "path": "en/logistics/trains.md", "section": "volumes"},
        {"title": "Маршруты", "language": "ru", "path": "ru/logistics/trains.md", "section": "routes"},
    ]
    assert line["answer"].splitlines()[-3:] == ["• Volumes", "", "• Русский · Маршруты"]


async def test_the_steps_of_an_answer_are_told_in_milliseconds(answers: TerminalAnswers):
    line = await answers.answer("a", ("trains",), None)
    assert line["steps"] == {"search": 12.346, "rank": 0.5}


def test_a_broken_line_is_named_and_what_came_before_it_is_answered(built_place: Place):
    asked = built_place.scoda("ask", "--jsonl", given=json.dumps({"id": "a", "question": "hello"}) + '\n{"id": "b"}\n')
    assert asked.returncode == 1
    assert "line 2: it asks nothing" in _one_line(asked.stderr)
    assert "Traceback" not in asked.stderr
    assert [json.loads(answer)["id"] for answer in asked.stdout.splitlines()] == ["a"]


@pytest.mark.nightly
async def test_ask_and_status_work_beside_a_running_bot_and_write_nothing(place: Place, town: Town):
    async with running_bot(place, town.base_url) as bot:
        before = sorted(file.name for file in (place.data / "index").iterdir())
        asked = place.scoda("ask", "--json", QUESTION)
        assert asked.returncode == 0, asked.stderr
        assert TRAINS_IN_2025 in json.loads(asked.stdout)["answer"]
        status = place.scoda("knowledge", "status")
        assert status.returncode == 0, status.stderr
        assert "13 documents" in status.stdout
        assert sorted(file.name for file in (place.data / "index").iterdir()) == before

        for arguments in (("run",), ("knowledge", "sync")):
            second = place.scoda(*arguments, telegram_base_url=town.base_url)
            assert second.returncode == 1
            assert f"the data folder {place.data} is in use by another process" in _one_line(second.stderr)
        assert await bot.stop() == 0


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"", "questions.jsonl holds no question"),
        (b"\xff", "questions.jsonl: 'utf-8' codec can't decode byte 0xff"),
        (b"\n[]\n", "questions.jsonl: line 2: it must be an object"),
    ],
)
def test_a_question_set_that_cannot_be_used_is_named_with_its_reason(place: Place, written: bytes, told: str):
    (place.home / "questions.jsonl").write_bytes(written)
    ended = place.scoda("evaluate", "questions.jsonl")
    assert ended.returncode == 1
    assert told in _one_line(ended.stderr)
    assert "Traceback" not in ended.stderr


def test_the_figures_of_a_question_set_can_be_read_in_80_columns(place: Place):
    lines = (
        {
            "id": "1",
            "question": "When is the Example Expo?",
            "lang": "en",
            "expect": "2031",
            "section": "expo/dates.md",
        },
        {"id": "2", "question": "What does a stand cost?", "lang": "en", "expect": "refuse", "stratum": "near"},
        {"id": "3", "turns": ["hello", "who won in 1998?"], "lang": "ru", "expect": "no such thing"},
        {"id": "4", "question": "thank you", "lang": "kk", "kind": "thanks"},
    )
    (place.home / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ended = place.scoda("evaluate", "questions.jsonl")
    assert ended.returncode == 0, ended.stderr
    printed = ended.stdout.splitlines()
    assert max(map(len, printed)) <= 80
    assert "…" not in ended.stdout
    assert sum(line.startswith("all ") for line in printed) == 4
