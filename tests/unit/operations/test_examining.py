"""Checks one after the other: limits, checks that break, and nothing secret."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.errors import DatabaseError
from bot.operations.examining import Check, Severity, error, examine, fine, in_thread, warning

TOKEN = "7000001:AAbbCCddEEff"


async def _all(*checks: Check):
    return [examination async for examination in examine(checks)]


async def _two():
    return [fine("good"), warning("so so", where="there", advice="mend it")]


async def test_the_worst_finding_is_the_checks_severity():
    [done, empty] = await _all(Check("a", _two), Check("b", in_thread(list)))
    assert (done.check, done.severity) == ("a", Severity.WARNING)
    assert [one.what for one in done.found] == ["good", "so so"]
    assert (empty.found, empty.severity) == ((), Severity.FINE)


async def test_a_check_that_breaks_is_a_finding_and_the_others_go_on():
    def broken():
        raise RuntimeError("a bug")

    async def refused():
        raise DatabaseError("the database is away: start it")

    [first, second, third] = await _all(
        Check("broken", in_thread(broken)), Check("refused", refused), Check("whole", _two)
    )
    assert [one.severity for one in (first, second, third)] == [Severity.ERROR, Severity.ERROR, Severity.WARNING]
    assert "RuntimeError: a bug" in first.found[0].what
    assert second.found[0].what == "the database is away: start it"


@pytest.mark.parametrize("blocks", [True, False])
async def test_a_check_that_takes_too_long_is_given_up_and_holds_up_nobody(blocks):
    never, ended = threading.Event(), asyncio.Event()

    def wait():
        never.wait()
        return [fine("at last")]

    look = in_thread(wait) if blocks else ended.wait
    [slow, after] = await _all(Check("slow", look, limit_s=0.01), Check("after", _two))
    never.set()
    assert slow.severity is Severity.ERROR
    assert "longer than 0.01 s" in slow.found[0].what
    assert after.severity is Severity.WARNING


async def test_nothing_secret_leaves_a_check():
    def leak():
        return [
            error(
                f"refused {TOKEN}",
                where=f"https://api.telegram.org/bot{TOKEN}/getMe",
                advice="postgresql://me:hunter22@db/x",
            )
        ]

    [told] = await _all(Check("leaks", in_thread(leak)))
    assert TOKEN not in str(told)
    assert "hunter22" not in str(told)


def test_the_exit_code_is_the_severity():
    assert [int(one) for one in Severity] == [0, 1, 2]
