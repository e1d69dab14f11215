"""What holds S01 to the whole run can fail: a key or a visitor's words in any output fail the test that wrote them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.log_search import found_in, know_key, know_keys, know_text, require_clean

ROOT = Path(__file__).parents[2]
QUESTION = "Which umbrellas are purple in Qingdao?"


def test_every_key_that_a_bot_is_given_is_known_whole_and_by_its_second_half():
    given = {
        "telegram_token": "7000009:halfOfAToken-x",
        "telegram_webhook_secret": "hookSecret-77",
        "model_api_key": "k" * 9,
    }
    know_keys({**given, "telegram_mode": "polling", "health_port": 8082})
    for key in (*given.values(), "halfOfAToken-x"):
        assert found_in(f'{{"event": "failed", "reason": "GET /bot{key}/getMe"}}', is_log=False), key
    assert not found_in("polling on 8082")


def test_a_token_that_nobody_has_named_is_found_too():
    assert found_in("POST /bot123456789:" + "AAF" * 10 + "/sendMessage", is_log=False)
    assert not found_in("at 2026-11-28T10:15:30 row 12345678: done")


def test_a_visitor_s_words_are_found_in_logs_alone():
    know_text(QUESTION)
    know_text("/start with a payload")
    know_text("hello")
    assert found_in(f"question_failed reason={QUESTION!r}")
    assert not found_in(f"asked {QUESTION}", is_log=False)
    assert not found_in("hello, /start with a payload")
    with pytest.raises(AssertionError, match="the bot has written"):
        require_clean(QUESTION, "the bot")


_WRITES = """
import logging, sys
from tests.support.log_search import know_key, know_text
know_key("hookSecret-78")
know_text("Which umbrellas are green?")
def test_print(): print("the key is hookSecret-78")
def test_error(): sys.stderr.write("bot123456789:" + "AAF" * 10)
def test_log(): logging.getLogger("x").warning("asked: Which umbrellas are green?")
def test_clean(): print("all is well")
"""


def test_S01_a_test_that_passes_fails_all_the_same_if_what_it_wrote_holds_a_key(tmp_path: Path):
    (tmp_path / "test_writes.py").write_text(_WRITES, encoding="utf-8")
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.support.log_search",
        "-p",
        "no:cacheprovider",
        "test_writes.py",
    ]
    ended = subprocess.run(
        line, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "3 failed, 1 passed" in ended.stdout
    for named in (
        "Captured stdout call: a key",
        "Captured stderr call: a bot's token",
        "Captured log call: a visitor's words",
    ):
        assert named in ended.stdout


def test_a_short_key_would_be_found_in_other_words_and_is_not_looked_for():
    know_key("1:sand")
    assert not found_in("the sandbox")
