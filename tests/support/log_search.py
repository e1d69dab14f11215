"""Searches all that the run writes for what no log may hold: keys, and what visitors wrote.

A plugin of pytest (`tests/conftest.py` registers it): a test fails in whose captured output, or in the log of whose bot,
one is found. Every key that a test gives to a bot is known here, and every text that a person of a sandbox writes.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from typing import Any

import pytest

_BOT_TOKEN = re.compile(r"(?<![\d.])\d{7,12}:[A-Za-z0-9_-]{15,}")
"""Of any bot, known or not."""
_KEY_NAMES = re.compile(r"(token|secret|api_key|password)$")
_LEAST_KEY = 8
"""Characters: a shorter one would be found in other words."""
_LEAST_WORDS = 3
"""Of a text; fewer stand in a log by chance."""
_MOST_SHOWN = 160
"""Characters of a line that are shown where something is found."""
_keys: set[str] = set()
_texts: set[str] = set()


def know_keys(settings: Mapping[str, object]) -> None:
    """From now on the secrets among these settings may stand nowhere."""
    for name, value in settings.items():
        if _KEY_NAMES.search(name):
            know_key(str(value))


def know_key(key: str) -> None:
    """From now on it may stand nowhere; of a token neither whole nor its second half."""
    for part in (key, key.partition(":")[2]):
        if len(part) >= _LEAST_KEY:
            _keys.add(part)


def know_text(text: object) -> None:
    """A person has written it: no log may repeat it."""
    if isinstance(text, str) and not text.startswith("/") and len(text.split()) >= _LEAST_WORDS:
        _texts.add(text)


def found_in(output: str, *, is_log: bool = True) -> list[str]:
    """The lines of `output` that hold a key, or where it is a log, a visitor's text; each with what is wrong."""
    found = [f"a key: {line[:_MOST_SHOWN]}" for line in _lines_with(_keys, output)]
    found += [f"a bot's token: {line[:_MOST_SHOWN]}" for line in output.splitlines() if _BOT_TOKEN.search(line)]
    if is_log:
        found += [f"a visitor's words: {line[:_MOST_SHOWN]}" for line in _lines_with(_texts, output)]
    return found


def require_clean(log: str, whose: str) -> None:
    """Fail if a log holds what none may hold."""
    found = found_in(log)
    assert not found, f"{whose} has written what no log may hold: {found}"


def _lines_with(words: Iterable[str], output: str) -> Iterable[str]:
    for word in words:
        if word in output:
            yield from (line for line in output.splitlines() if word in line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    """Fail a test that passed, though what it wrote holds a key, or its log a visitor's words."""
    report: pytest.TestReport = yield
    found = [
        f"{name}: {one}"
        for name, text in report.sections
        if name.startswith("Captured")
        for one in found_in(text, is_log="log" in name)
    ]
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} has written what no log may hold (S01):\n" + "\n".join(found)
    return report
