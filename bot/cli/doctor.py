"""`scoda doctor`: how a deployment is, check by check, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import out
from bot.cli.options import AsJson
from bot.cli.printing import print_json
from bot.operations.examining import Diagnosis, Examination, Severity
from bot.operations.log_ids import LogIds
from bot.operations.logs import configure_logs
from bot.settings import Settings
from bot.settings.loading import forget_variables

_STYLES = {Severity.FINE: "green", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_WORDS = {Severity.FINE: "fine", Severity.WARNING: "warning", Severity.ERROR: "error"}
_WIDTH = 19
"""Characters of the longest name of a check, and a space."""


@dataclass(frozen=True, slots=True)
class DoctorsCall:
    """What the doctor is called to: settings that may be wrong, so that they are read by the doctor itself."""

    load: Callable[[], Settings]
    file: Path

    def read(self) -> Settings:
        """As every other command does it before it begins; the log is quiet beside the findings.

        Raises:
            SettingsError: a setting is wrong.
        """
        configure_logs("error", as_json=False)
        settings = self.load()
        forget_variables()
        configure_logs("error", as_json=settings.logs.format == "json", secrets=settings.secrets(), ids=LogIds(None))
        return settings


def doctor(
    context: typer.Context,
    as_json: AsJson = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither Telegram nor a model that is not part of this program.")
    ] = False,
) -> None:
    """Look at a deployment, beside a running bot or without one: what is wrong, where, and what to do. Changes nothing.

    Ends with 0 if all is fine, 1 with warnings, 2 with errors.
    """
    call: DoctorsCall = context.obj
    show = (lambda _: None) if as_json else _print
    found = asyncio.run(_examined(call, show, is_offline=offline))
    worst = max(examination.severity for examination in found)
    if as_json:
        print_json({"severity": _WORDS[worst], "checks": list(map(_values, found))})
    else:
        counts = {one: sum(each.severity is one for e in found for each in e.found) for one in Severity}
        out.print(
            f"{len(found)} checks: {counts[Severity.ERROR]} errors, {counts[Severity.WARNING]} warnings.",
            style=_STYLES[worst],
            highlight=False,
        )
    raise typer.Exit(int(worst))


async def _examined(call: DoctorsCall, show: Callable[[Examination], object], *, is_offline: bool) -> list[Examination]:
    from bot.app.doctor.deployment import examine_deployment  # noqa: PLC0415 - it brings what no other command needs

    found = []
    async for examination in examine_deployment(call.read, call.file, is_offline=is_offline):
        show(examination)
        found.append(examination)
    return found


def _print(examination: Examination) -> None:
    """A line a diagnosis, and below it where, and what to do."""
    say = partial(out.print, markup=False, highlight=False, soft_wrap=True)
    name = examination.check
    for one in examination.found:
        say(f"{_WORDS[one.severity]:8}", style=_STYLES[one.severity], end="")
        say(f"{name:{_WIDTH}}{one.what}{f' ({one.where})' if one.where and not one.advice else ''}")
        for what, text in (("where", one.where), ("do", one.advice)):
            if text and one.advice:
                say(f"{'':{_WIDTH + 8}}{what}: {text}")
        name = ""


def _values(examination: Examination) -> dict[str, object]:
    return {
        "check": examination.check,
        "severity": _WORDS[examination.severity],
        "took_s": round(examination.took_s, 3),
        "findings": list(map(_finding, examination.found)),
    }


def _finding(one: Diagnosis) -> dict[str, str]:
    return {"severity": _WORDS[one.severity], "what": one.what, "where": one.where, "advice": one.advice}
