"""The commands as other people's scripts meet them: names, fields, exit codes, and what bad input is told."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from types import SimpleNamespace

import pytest

from bot.answering.model import Answer, Offer, Outcome
from bot.cli.main import _Desk
from bot.ids import DocumentPath, Locale, SectionKey
from bot.operations.log_ids import FILE_NAME, LogIds
from tests.support.chat_rig import FakeAnswerer
from tests.support.little_knowledge import TRAINS_IN_2025
from tests.support.processes import Place, environment, free_port, running_bot
from tests.support.sandbox_keys import SANDBOX_TOKEN
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
    "sources",
    "offered",
    "took_ms",
    "steps",
]
SOURCE_FIELDS = ["title", "url", "as_of", "path", "section"]


def _one_line(text: str) -> str:
    """Without the frame and the line breaks that a terminal gets."""
    return re.sub(r"[│╭╰─╮╯\s]+", " ", text)


# ── help ──


def test_help_names_every_command_and_where_the_settings_are(built_place: Place):
    told = built_place.scoda("--help")
    assert told.returncode == 0
    for word in ("run", "sandbox", "ask", "evaluate", "knowledge", "--knowledge", "--data", "config/bot.toml"):
        assert word in told.stdout


def test_ask_explains_itself(built_place: Place):
    told = built_place.scoda("ask", "--help")
    assert told.returncode == 0
    assert all(word in told.stdout.lower() for word in ("--lang", "--json", "--jsonl", "question"))


# ── ask ──


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
def desk() -> _Desk:
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
    core = SimpleNamespace(
        answerer=answerer, extractive=answerer, settings=SimpleNamespace(telegram=SimpleNamespace(contact=""))
    )
    return _Desk(core)


async def test_what_is_offered_is_listed_best_first_and_is_no_refusal(desk: _Desk):
    line = await desk.answer("a", ("trains",), None)
    assert list(line) == ANSWER_FIELDS
    assert (line["outcome"], line["refused"], line["sources"]) == ("offered", False, [])
    assert line["offered"] == [
        {"title": "Volumes", "language": "en", "path": "en/logistics/trains.md", "section": "volumes"},
        {"title": "Маршруты", "language": "ru", "path": "ru/logistics/trains.md", "section": "routes"},
    ]
    assert line["answer"].splitlines()[-3:] == ["• Volumes", "", "• Русский · Маршруты"]


async def test_the_steps_of_an_answer_are_told_in_milliseconds(desk: _Desk):
    line = await desk.answer("a", ("trains",), None)
    assert line["steps"] == {"search": 12.346, "rank": 0.5}


def test_a_broken_line_is_named_and_what_came_before_it_is_answered(built_place: Place):
    asked = built_place.scoda("ask", "--jsonl", given=json.dumps({"id": "a", "question": "hello"}) + '\n{"id": "b"}\n')
    assert asked.returncode == 1
    assert "line 2: it asks nothing" in _one_line(asked.stderr)
    assert "Traceback" not in asked.stderr
    assert [json.loads(answer)["id"] for answer in asked.stdout.splitlines()] == ["a"]


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


# ── bad input ──


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ask", "--lang", "xx", "hi"), "'xx' is not one of 'en', 'zh', 'ru'"),
        (("ask",), "give a question, or --jsonl"),
        (("sandbox", "--port", "many"), "Invalid value for '--port'"),
        (("sandbox", "--port", "65536"), "less than or equal to 65535"),
        (("--config", "missing.toml", "knowledge", "status"), "file 'missing.toml' does not exist"),
        (("evaluate", "missing.jsonl"), "file 'missing.jsonl' does not exist"),
        (("evaluate", "knowledge/translations.sum", "--json", "missing/out"), "there is no folder missing: make it"),
        (("announce", "report", "0", "--csv", "missing/out"), "there is no folder missing: make it"),
        ((), "Usage: "),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_a_hint(built_place: Place, arguments: tuple[str, ...], told: str):
    ended = built_place.scoda(*arguments)
    assert ended.returncode == 2
    assert told in _one_line(ended.stdout + ended.stderr)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"telegram_tokken": "1"}, "unknown environment variable SCODA_TELEGRAM_TOKKEN"),
        ({"limits_chats_at_once": "0"}, "setting [limits] chats_at_once"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(built_place: Place, settings: dict[str, str], told: str):
    ended = built_place.scoda("knowledge", "check", **settings)
    assert ended.returncode == 1
    assert told in _one_line(ended.stderr)
    assert "Traceback" not in ended.stderr


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


def test_webhook_mode_without_its_secret_does_not_start(place: Place):
    ended = place.scoda("run", telegram_token=SANDBOX_TOKEN, telegram_mode="webhook")
    assert ended.returncode == 1
    assert "SCODA_TELEGRAM_WEBHOOK_SECRET" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("taken", ["sandbox_port", "health_port"])
def test_a_port_that_is_in_use_is_named(place: Place, taken: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ports = {"sandbox_port": free_port(), "health_port": free_port()} | {taken: port}
        ended = place.scoda("run", **ports)
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert f"SCODA_{taken.upper()}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_sandbox_names_a_port_that_is_in_use(built_place: Place):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = built_place.scoda("sandbox", "--port", str(port))
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["run", "sandbox"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_X12_a_sandbox_that_others_reach_needs_to_be_meant(built_place: Place, command: str, host: str):
    ended = built_place.scoda(command, sandbox_host=host, sandbox_port=0)
    assert ended.returncode == 1
    assert "--expose" in ended.stderr
    assert host in ended.stderr


@pytest.mark.parametrize("options", [(), ("--host", "0.0.0.0", "--expose")], ids=["here", "exposed"])
def test_X12_the_sandbox_says_where_it_is_what_opens_it_and_who_reaches_it(
    built_place: Place, options: tuple[str, ...]
):
    line = built_place.command("sandbox", "--port", "0", *options)
    keys = {"sandbox_token": SANDBOX_TOKEN}
    with subprocess.Popen(line, env=environment(keys), stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline().strip() for _ in range(4 if options else 3)]
        process.terminate()
    address, bot_token, control = (one.partition(": ")[2] for one in said[:3])
    assert re.fullmatch(rf"http://{'0.0.0.0' if options else '127.0.0.1'}:\d+/", address)
    assert bot_token == SANDBOX_TOKEN
    assert said[2].startswith("X-Sandbox-Token: ")
    assert len(control) >= 32
    assert not options or said[3].startswith("Warning: other machines")


# ── knowledge ──


def test_knowledge_commands_tell_what_is_wrong_by_file_and_line_and_change_only_what_they_say(place: Place):
    trains = place.knowledge / "en/logistics/trains.md"
    good = trains.read_text(encoding="utf-8")
    trains.write_text(good.replace("as_of: 2026-01-19", "as_of: soon"), encoding="utf-8")

    checked = place.scoda("knowledge", "check")
    assert checked.returncode == 1
    assert re.search(r"en/logistics/trains\.md:9: ", checked.stderr)
    assert "1 faults" in checked.stdout

    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 1
    assert "en/logistics/trains.md:9: " in synced.stderr
    assert TRAINS_IN_2025 in place.scoda("ask", QUESTION).stdout

    trains.write_text(good.replace(TRAINS_IN_2025, "1,300"), encoding="utf-8")
    (place.knowledge / "ru/venue/pearl.md").unlink()
    status = place.scoda("knowledge", "status")
    assert status.returncode == 0
    assert "changed: en/logistics/trains.md" in status.stdout
    assert "removed: ru/venue/pearl.md" in status.stdout

    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 0, synced.stderr
    assert re.search(r"Published version \d+: 12 documents", synced.stdout)
    embedded = int(re.search(r"(\d+) embedded", synced.stdout)[1])
    assert 0 < embedded < 20
    assert "1,300" in place.scoda("ask", QUESTION).stdout
    assert "Nothing changed" in place.scoda("knowledge", "sync").stdout


def test_an_empty_knowledge_folder_never_replaces_what_is_published(place: Place):
    published = place.scoda("knowledge", "status").stdout.partition(",")[0]
    for file in place.knowledge.rglob("*.md"):
        file.unlink()
    synced = place.scoda("knowledge", "sync")
    assert synced.returncode == 1
    assert "no readable document" in _one_line(synced.stderr)
    assert published.startswith("Generation ")
    assert place.scoda("knowledge", "status").stdout.partition(",")[0] == published


def test_a_missing_knowledge_folder_is_named(built_place: Place):
    place = Place(built_place.home, built_place.home / "nowhere", built_place.home / "other")
    for arguments in (("knowledge", "check"), ("ask", "hi")):
        ended = place.scoda(*arguments)
        assert ended.returncode == 1
        assert "nowhere" in ended.stderr
        assert "Traceback" not in ended.stderr


# ── logs ──


def test_P06_an_id_in_the_logs_has_the_name_that_its_folder_s_key_gives_it(tmp_path):
    places = [Place(tmp_path, tmp_path, tmp_path / name) for name in ("one", "two")]
    assert "no log line has named anybody yet" in places[0].scoda("logs", "id", "7").stderr.replace("\n", " ")
    names = []
    for place in places:
        file = place.data / "sandbox" / FILE_NAME
        lasting = LogIds(file)
        names.append(lasting(None, "", {"event": "chat_migrated", "chat_id": 7, "new_chat_id": -1007, "count": 7}))
        assert file.stat().st_mode & 0o777 == 0o600
        assert place.scoda("logs", "id", "7").stdout == names[-1]["chat_id"] + "\n"
        assert place.scoda("logs", "id", "-1007").stdout == names[-1]["new_chat_id"] + "\n"
    assert len({name for line in names for name in (line["chat_id"], line["new_chat_id"])}) == 4
    assert names[0]["count"] == 7


def test_P06_without_a_usable_key_lines_are_written_all_the_same(tmp_path):
    file = tmp_path / "sandbox" / FILE_NAME
    file.parent.mkdir()
    file.write_bytes(b"not a key")
    line = LogIds(file)(None, "", {"event": "chat_gone", "chat_id": 7})
    assert line["chat_id"] != 7
    told = Place(tmp_path, tmp_path, tmp_path).scoda("logs", "id", "7")
    assert told.returncode == 1
    assert "holds 9 bytes, not a key" in told.stderr.replace("\n", " ")
