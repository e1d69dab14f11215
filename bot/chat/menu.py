"""The bot's commands and descriptions in Telegram, in every language; set again only where they differ."""

from __future__ import annotations

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.announcements.model import ORGANISER_ROLES, STAFF_ROLES, Role
from bot.chat.text import announcement_texts, knowledge_texts, life_texts, staff_texts, statistics_texts, texts
from bot.i18n.translator import Catalogs, Translator
from bot.ids import Locale, VisitorId

log = structlog.get_logger(__name__)

_FOR_ALL_OTHERS = None
"""No language code: what is shown to people whose app speaks none of ours."""


async def publish_menu(bot: Bot, catalogs: Catalogs) -> int:
    """Set what differs; returns how many texts were set. What fails is tried again at the next start."""
    changed = 0
    try:
        for locale in Locale:
            t = catalogs.translator(locale)
            code = _FOR_ALL_OTHERS if locale is Locale.EN else locale.value
            changed += await _commands(bot, t, code)
            changed += await _descriptions(bot, t, code)
    except TelegramError as error:
        log.warning("menu_not_published", error=type(error).__name__)
    if changed:
        log.info("menu_published", changed=changed)
    return changed


async def publish_commands_for(bot: Bot, person: VisitorId, t: Translator, *, roles: frozenset[Role]) -> None:
    """Show whoever has a role their commands besides the public ones, in their private chat only; none takes them away.

    Raises:
        telegram.error.TelegramError: Telegram did not take it.
    """
    scope = BotCommandScopeChat(person)
    if not roles:
        await bot.delete_my_commands(scope=scope)
        return
    of_organisers = announcement_texts.COMMANDS if roles & ORGANISER_ROLES else ()
    of_staff = (*staff_texts.COMMANDS, *life_texts.COMMANDS, *knowledge_texts.COMMANDS) if roles & STAFF_ROLES else ()
    of_all = (*announcement_texts.ROLE_COMMANDS, *statistics_texts.COMMANDS)
    sentences = (*of_organisers, *of_staff, *of_all, *texts.COMMANDS)
    await bot.set_my_commands([BotCommand(name, sentence(t)) for name, sentence in sentences], scope=scope)


async def _commands(bot: Bot, t: Translator, code: str | None) -> int:
    wanted = [BotCommand(name, sentence(t)) for name, sentence in texts.COMMANDS]
    if list(await bot.get_my_commands(language_code=code)) == wanted:
        return 0
    await bot.set_my_commands(wanted, language_code=code)
    return 1


async def _descriptions(bot: Bot, t: Translator, code: str | None) -> int:
    changed = 0
    long, short = texts.bot_description(t), texts.bot_short_description(t)
    if (await bot.get_my_description(language_code=code)).description != long:
        await bot.set_my_description(long, language_code=code)
        changed += 1
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)
        changed += 1
    return changed
