"""Row P07 of tests/faults/README.md: /mydata holds the event loop and the memory for no longer and no more than a message does."""

from __future__ import annotations

import asyncio
import json
import random
import tracemalloc
from io import BytesIO
from zipfile import ZipFile

from bot.chat.visitors.personal_file import personal_file
from bot.visitors.model import PersonalRows


async def pages(*found: PersonalRows):
    for page in found:
        yield page


def questions(count: int, length: int = 1000) -> PersonalRows:
    letters = random.Random(7)
    rows = ({"turn_id": str(number), "question": letters.randbytes(length).hex()} for number in range(count))
    return PersonalRows("turns", tuple(rows))


async def test_the_file_holds_every_row_under_its_table_as_json():
    one, two, three = ({"turn_id": name, "question": "क्या\ud800 «это»?\n"} for name in "123")
    file = await personal_file(
        pages(
            PersonalRows("visitors", ({"visitor_id": 1, "chosen": None},)),
            PersonalRows("turns", (one, two)),
            PersonalRows("turns", (three,)),
            PersonalRows("feedback", ()),
            PersonalRows("buttons", ({"count": 7},)),
        )
    )
    assert file.filename == "my-data.json"
    assert json.loads(file.content) == {
        "visitors": [{"visitor_id": 1, "chosen": None}],
        "turns": [row | {"question": "क्या? «это»?\n"} for row in (one, two, three)],
        "feedback": [],
        "buttons": [{"count": 7}],
    }


async def test_a_long_file_is_zipped():
    file = await personal_file(pages(*[questions(250)] * 4))
    assert file.filename == "my-data.zip"
    with ZipFile(BytesIO(file.content)) as archive:
        assert len(json.loads(archive.read("my-data.json"))["turns"]) == 1000
    assert len(file.content) < 1_300_000


async def test_P07_a_file_that_telegram_would_not_take_is_cut_short_and_says_so():
    file = await personal_file(pages(*[questions(100)] * 50), most_bytes=2_000_000)
    assert len(file.content) < 2_300_000
    with ZipFile(BytesIO(file.content)) as archive:
        found = json.loads(archive.read("my-data.json"))
    assert 0 < len(found["turns"]) < 5000
    assert found["cut_short"]


async def test_P07_rows_are_written_in_a_thread_and_never_stand_in_memory_together(monkeypatch):
    in_threads = []

    async def to_thread(function, *arguments):
        in_threads.append(function.__name__)
        return function(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    page = PersonalRows("turns", tuple({"question": "How many trains? " * 60} for _ in range(250)))
    tracemalloc.start()
    await personal_file(pages(*[page] * 40))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert in_threads == ["add"] * 40 + ["finished"]
    assert peak < 5_000_000, "of 10 MB of JSON"
