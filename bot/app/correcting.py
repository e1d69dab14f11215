"""Putting a wrong fact right: its stores, the text that comes by itself, and orders to a running bot."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.database.connection import Database
from bot.adapters.database.manifest_store import SqlManifestStore
from bot.adapters.database.told_store import SqlTellingStore
from bot.adapters.system.clock import Clock, utc_now
from bot.app.announcing import Announcing
from bot.chat.text import correction_texts
from bot.correcting.model import FoundFact, MadeCorrection, Wanted, WrongCopy, WrongFact
from bot.correcting.service import CorrectionDesk, DeskParts
from bot.correcting.tellings import by_language
from bot.errors import CorrectionError
from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale, SectionKey, VisitorId
from bot.settings import Settings

_ORDERS_EVERY = timedelta(seconds=1)
"""Somebody waits at a terminal; by reasoning: it costs a look into a folder."""
OrderValues = Mapping[str, object]


def correction_desk_of(database: Database, parts: Announcing, settings: Settings) -> CorrectionDesk:
    """Looks at what the state holds; makes announcements by the same services as the chat."""
    return CorrectionDesk(
        DeskParts(
            versions=SqlManifestStore(database),
            tellings=SqlTellingStore(database),
            announcements=parts.stores.announcements,
            outbox=parts.stores.outbox,
            edits=parts.stores.corrections,
            composer=parts.composer,
            workflow=parts.workflow,
            word=worded,
            keeps=timedelta(days=settings.privacy.keep_questions_days),
        )
    )


def worded(fact: WrongFact) -> Mapping[Locale, str]:
    """What was told, what is right, and an apology, in the sentences of each language's own copy."""
    catalogs = Catalogs()
    return {copy.locale: _worded(copy, catalogs.translator(copy.locale)) for copy in fact.latest}


def _worded(copy: WrongCopy, t: Translator) -> str:
    blank = "" if copy.locale is Locale.ZH else " "
    was, now = blank.join(copy.was), blank.join(copy.now)
    parts = (correction_texts.told_wrong(t, was), correction_texts.right_is(t, now) if now else "")
    told = "\n\n".join((*filter(None, parts), correction_texts.sorry(t)))
    return html.escape(told, quote=False).replace("{", "{{").replace("}", "}}")


class CorrectionOrders:
    """Orders of `scoda knowledge correct`, carried out by who holds the state: a running bot, or this process."""

    def __init__(self, desk: CorrectionDesk, *, now: Callable[[], datetime] = utc_now) -> None:
        self._desk = desk
        self._now = now

    async def execute(self, order: OrderValues) -> dict[str, object]:
        """Do what an order says.

        Raises:
            CorrectionError: it can't be read, or is not possible.
        """
        actor, texts = order.get("actor"), order.get("texts")
        if order.get("order") != "correct_fact":
            raise CorrectionError(f"unknown order {order.get('order')!r}")
        if not isinstance(actor, int) or isinstance(actor, bool) or actor <= 0:
            raise CorrectionError("say who acts with --as: the numeric Telegram id of an organiser")
        written = {Locale(code): str(text) for code, text in texts.items()} if isinstance(texts, dict) else {}
        again = bool(order.get("again"))
        found, made = await self._desk.correct(
            wanted_in(order), written, actor=VisitorId(actor), again=again, now=self._now()
        )
        return {"ok": True, **found_values(found), "correction": made_values(made)}


def correction_spool_of(data: Path) -> CommandSpool:
    """Where these orders wait, beside those about announcements."""
    return CommandSpool(data / "corrections", look_with="scoda knowledge correct")


def schedule_corrections(clock: Clock, desk: CorrectionDesk, data: Path) -> None:
    """Look each second for what `scoda knowledge correct` has ordered."""
    spool, orders = correction_spool_of(data), CorrectionOrders(desk)
    spool.recover()

    async def serve(_now: datetime) -> None:
        await spool.serve(orders.execute)

    clock.every(_ORDERS_EVERY, "correction_orders", serve)


def order_of(wanted: Wanted) -> dict[str, object]:
    """What is meant, as plain values for an order: `wanted_in` reads it."""
    return {
        "order": "correct_fact",
        "section": str(wanted.key),
        "since": _plain(wanted.since),
        "until": _plain(wanted.until),
        "words": wanted.words,
        "with_announcements": wanted.with_announcements,
    }


def wanted_in(order: OrderValues) -> Wanted:
    """What an order means.

    Raises:
        CorrectionError: it can't be read.
    """
    try:
        return Wanted(
            key=SectionKey.parse(str(order.get("section"))),
            since=_bound(order.get("since")),
            until=_bound(order.get("until")),
            words=str(order.get("words") or ""),
            with_announcements=bool(order.get("with_announcements")),
        )
    except ValueError as error:
        raise CorrectionError(str(error)) from error


def found_values(found: FoundFact) -> dict[str, object]:
    """What is told of a wrong fact: sections, sums and announcements; nobody's id."""
    told = found.told
    return {
        "section": str(found.fact.key),
        "wrong": [
            {
                "language": copy.locale.value,
                "heading": copy.heading,
                "versions": list(copy.versions),
                "was": list(copy.was),
                "now": list(copy.now),
            }
            for copy in found.fact.copies
        ],
        "still_wrong": sorted(locale.value for locale in found.fact.still_wrong),
        "told": {
            "people": len(told.people),
            "by_language": dict(by_language(told)),
            "by_day": {day.isoformat(): number for day, number in told.by_day.items()},
            "from_versions_not_kept": told.not_kept,
            "by_announcements_alone": told.by_announcements,
        },
        "announcements": [
            {
                "id": one.announcement.announcement_id,
                "stage": one.announcement.stage.value,
                "label": one.announcement.label,
                "got": one.got,
                "words": {locale.value: list(words) for locale, words in sorted(one.words.items())},
            }
            for one in found.quoting
        ],
        "corrections": [{"id": one.announcement_id, "stage": one.stage.value} for one in found.earlier],
    }


def made_values(made: MadeCorrection) -> dict[str, object]:
    """The announcement that puts it right, and whether there was one already."""
    announcement, told = made.announcement, made.announcement.audience.told
    return {
        "id": announcement.announcement_id,
        "stage": announcement.stage.value,
        "new": made.is_new,
        "people": told.people if told else 0,
        "texts": {locale.value: text for locale, text in sorted(announcement.content.texts.items())},
    }


def _plain(bound: int | date | None) -> int | str | None:
    return bound.isoformat() if isinstance(bound, date) else bound


def _bound(value: object) -> int | date | None:
    """A version or a day.

    Raises:
        ValueError: it is neither.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return read_bound(str(value))


def read_bound(text: str) -> int | date:
    """A version, or a day as in 2026-11-03.

    Raises:
        ValueError: it is neither; the message says so.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a version nor a day such as 2026-11-03") from None
