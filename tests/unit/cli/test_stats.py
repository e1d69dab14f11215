"""`scoda stats` as scripts meet it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from io import StringIO

import pytest

from bot.adapters.database.connection import open_database
from bot.adapters.database.turn_store import SqlTurnStore
from bot.answering.model import Outcome, TurnRecord
from bot.app.state import STATE_FILE
from bot.ids import ChatId, Locale, SectionKey, VisitorId
from bot.reports.statistics import COLUMNS
from tests.support.processes import Place

DAYS = ("--since", "2031-03-01", "--until", "2031-03-02")


@pytest.fixture
async def asked(place: Place) -> Place:
    """A state in which two questions are kept."""
    async with open_database(place.data / STATE_FILE) as database:
        for number, locale in enumerate((Locale.RU, Locale.FA)):
            turn = TurnRecord(
                turn_id=f"t{number}",
                chat_id=ChatId(7_000_000_011),
                visitor_id=VisitorId(7_000_000_011),
                asked_at=datetime(2031, 3, 1 + number, 1, tzinfo=UTC),
                question="a word of theirs",
                locale=locale,
                outcome=Outcome.ANSWERED,
                score=0.9,
                keys=(SectionKey.parse("expo/halls.md#where"),),
                took_ms=20.0 + number,
            )
            await SqlTurnStore(database).record(turn)
    return place


def test_the_sums_are_told_as_json_and_as_lines(asked):
    told = json.loads(asked.scoda("stats", *DAYS, "--json").stdout)
    assert told["by_day"] == {"2031-03-01": 1, "2031-03-02": 1}
    assert told["by_language"] == {"fa": 1, "ru": 1}
    assert told["by_topic"] == {"expo": 2}
    assert told["response_ms"] == {"median": 20, "p95": 21}
    assert "by outcome:\n  answered: 2" in asked.scoda("stats", *DAYS).stdout


def test_the_table_goes_to_a_file_or_to_the_output_and_names_nobody(asked):
    done = asked.scoda("stats", *DAYS, "--csv", "-")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == ",".join(COLUMNS)
    assert "7000000011" not in done.stdout
    assert "a word of theirs" not in done.stdout
    asked.scoda("stats", *DAYS, "--csv", str(asked.home / "all.csv"))
    assert list(csv.reader(StringIO((asked.home / "all.csv").read_text("utf-8-sig")))) == list(
        csv.reader(StringIO(done.stdout))
    )


def test_the_picture_is_written_in_the_language_that_is_asked_for(asked):
    for lang in ("en", "fa"):
        done = asked.scoda("stats", *DAYS, "--picture", str(asked.home / f"{lang}.png"), "--lang", lang)
        assert done.returncode == 0, done.stderr
    pictures = [(asked.home / f"{lang}.png").read_bytes() for lang in ("en", "fa")]
    assert [picture[:4] for picture in pictures] == [b"\x89PNG"] * 2
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--since", "2031-03-02", "--until", "2031-03-01"), "lies after"),
        (("--since", "yesterday"), "does not match the format"),
        (("--picture", "nowhere/p.png"), "there is no folder"),
    ],
)
def test_what_makes_no_sense_is_refused(place, options, reason):
    done = place.scoda("stats", *options)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.replace("│", " ").split())


def test_it_is_said_that_older_questions_are_not_kept(place):
    done = place.scoda("stats", "--since", "2020-01-01", "--until", "2020-01-02", "--json")
    assert "kept for 30 days" in done.stderr
    assert json.loads(done.stdout)["questions"] == 0
