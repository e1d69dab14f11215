"""The commands as other people's scripts meet them: help, and what a wrong line is told."""

from __future__ import annotations

import re

import pytest

from tests.support.processes import Place


def _one_line(text: str) -> str:
    """Without the frame and the line breaks that a terminal gets."""
    return re.sub(r"[│╭╰─╮╯\s]+", " ", text)


def test_help_names_every_command_and_where_the_settings_are(built_place: Place):
    told = built_place.scoda("--help")
    assert told.returncode == 0
    for word in ("run", "sandbox", "ask", "evaluate", "knowledge", "--knowledge", "--data", "config/bot.toml"):
        assert word in told.stdout


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
