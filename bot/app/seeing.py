"""Who looks on at a running bot: metrics always, traces where OpenTelemetry's variables ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bot.adapters.observing.trace_settings import traces_are_wanted
from bot.adapters.observing.words import RESULTS, Words
from bot.announcements.model import DeliveryState, SendOutcome
from bot.answering.model import LostBy, Outcome
from bot.answering.pipeline import STEPS
from bot.chat.wire.envelope import UpdateKind
from bot.chat.wire.pace_terms import Priority
from bot.chat.wire.seeing import CALL_RESULTS, METHODS, UPDATE_RESULTS, word
from bot.chat.wire.triage import Treatment
from bot.ids import Locale
from bot.observing import NOBODY, Observer

if TYPE_CHECKING:
    from bot.adapters.observing.metrics import Metrics

FAILURES = ("cut_short", "nothing_published", "failed")
"""What a question may end with instead of an answer."""
COMPONENTS = (
    "database",
    "inbox",
    "intake",
    "knowledge",
    "publication",
    "vectors",
    "model",
    "telegram",
    "announcements",
    "restore",
    "backup",
)
"""The parts that /readyz names."""
SYNC_RESULTS = ("published", "unchanged", "held")


@dataclass(frozen=True, slots=True)
class Sight:
    """Who is told, and the metrics that can be scraped; without them nobody looks on."""

    observer: Observer = NOBODY
    metrics: Metrics | None = None


NO_SIGHT = Sight()
"""For commands and tests: nobody looks on."""


def all_words() -> Words:
    """Every word that may stand in a metric or a trace."""
    lists: dict[str, tuple[str, ...]] = {
        "kind": tuple(map(word, UpdateKind)),
        "treatment": tuple(map(word, Treatment)),
        "priority": tuple(map(word, Priority)),
        "result": (*RESULTS, *UPDATE_RESULTS, *CALL_RESULTS, *SYNC_RESULTS, *SendOutcome),
        "outcome": (*Outcome, *FAILURES),
        "language": tuple(Locale),
        "composed": ("yes", "no"),
        "lost_by": tuple(LostBy),
        "step": (*STEPS, "embed", "model"),
        "method": METHODS,
        "component": COMPONENTS,
        "state": tuple(DeliveryState),
        "direction": ("prompt", "completion"),
    }
    return Words({name: frozenset(map(str, words)) for name, words in lists.items()})


@asynccontextmanager
async def open_sight(variables: Mapping[str, str]) -> AsyncIterator[Sight]:
    """Look on until the end, when the last traces are sent. `variables` are those of the environment.

    Raises:
        SettingsError: the variables ask for traces in a way that is not there.
    """
    from bot.adapters.observing.metrics import Metrics  # noqa: PLC0415 - 0.05 s to import, for `scoda run` alone

    words = all_words()
    metrics = Metrics(words, version=_version())
    if not traces_are_wanted(variables):
        yield Sight(metrics, metrics)
        return
    from bot.adapters.observing.both import Both  # noqa: PLC0415 - as below
    from bot.adapters.observing.traces import Traces  # noqa: PLC0415 - 0.15 s to import, and few want traces

    traces = Traces(words)
    try:
        yield Sight(Both((metrics, traces)), metrics)
    finally:
        await traces.close()


def _version() -> str:
    try:
        return version("scoda-bot")
    except PackageNotFoundError:
        return ""
