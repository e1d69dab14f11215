"""`scoda announce draft`: the language model drafts what an announcement lacks, here or in the bot that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from bot.adapters.announcements.command_spool import CommandSpool
from bot.adapters.system.clock import utc_now
from bot.announcements.model import AnnouncementId
from bot.app.announcement_drafts import draftsman_of
from bot.app.announcing import announcing
from bot.app.core import open_core
from bot.cli.announce_ordering import PATIENCE_S, Actor, answered
from bot.cli.announcement_values import draft_as_values
from bot.cli.options import AsJson, Name
from bot.cli.printing import Values, print_done
from bot.errors import AlreadyRunningError
from bot.ids import Locale
from bot.settings import Settings


def draft(
    context: typer.Context,
    name: Name,
    actor: Actor,
    languages: Annotated[
        str, typer.Option(help="Languages, like ru,kk; all that its audience lacks if not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Have the missing texts drafted. Nobody gets a draft before a person has read it, in the chat."""
    codes = [code.strip() for code in languages.split(",") if code.strip()]
    if strange := [code for code in codes if code not in list(Locale)]:
        raise typer.BadParameter(f"{', '.join(strange)}: known are {', '.join(Locale)}")
    order: Values = {"order": "draft", "id": name, "languages": " ".join(codes), "actor": actor}
    print_done(asyncio.run(_drafted(context.obj, order)), as_json=as_json)


async def _drafted(settings: Settings, order: Values) -> Mapping[str, object]:
    """Here when nobody holds the database; else the bot that does begins with it."""
    try:
        async with open_core(settings) as core:
            parts = announcing(core.database, settings.store.data)
            await parts.appoint(settings, now=utc_now())
            told = await parts.commands(None, has_model=core.writer is not None).execute(order)
            draftsman = draftsman_of(core, parts)
            assert draftsman is not None  # or the order was refused
            await draftsman.turn()
            found = await parts.workflow.find(AnnouncementId(str(order["id"])))
            drafts = () if found is None else await parts.text_drafting.of(found)
            values = [draft_as_values(one, found.content) for one in drafts] if found is not None else []
            return {"ok": True, "id": told["id"], "stage": told["stage"], "drafts": values}
    except AlreadyRunningError:
        return answered(await CommandSpool(settings.store.data).ask(order, patience_s=PATIENCE_S))
