"""Telegram's side: server, token, webhook, certificate, and the clock by the server's."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.adapters.system.certificate import certificate_of
from bot.adapters.system.clock import utc_now
from bot.chat.wire.envelope import ALLOWED_UPDATES
from bot.chat.wire.server_look import OFFICIAL_ADDRESS, ServerAnswer, ask_server
from bot.operations.examining import Diagnoses, Diagnosis, error, fine, warning
from bot.settings import Settings

_A_LITTLE_S, _MUCH_S = 2.0, 30.0
"""Seconds by which the clock may be wrong before somebody should know, and before announcements go out visibly wrong:
by reasoning; a request to the server and back takes well below the first."""
_MANY_WAIT = 100
"""Updates that wait at Telegram: by reasoning, more than a restart lets pile up."""
_RECENT = timedelta(hours=1)
"""A failure of the webhook that is older tells of what was, by reasoning."""
_DAYS_LEFT, _LAST_DAYS = 21, 7
"""Of a certificate: renewal usually begins 30 days before the end, so by reasoning it has failed by now; and a week
before the end somebody must act."""
_ASK_S = 8.0
"""Seconds for a call: by reasoning, well below a check's limit, which covers two."""

AskBot = Callable[[str], Awaitable[ServerAnswer]]
"""Calls a method of the Bot API that only looks."""


def asking(settings: Settings, *, now: Callable[[], datetime] = utc_now) -> AskBot:
    """By the server and the token of the settings."""
    base_url = (settings.telegram.base_url or OFFICIAL_ADDRESS).rstrip("/")
    token = settings.telegram.token.get_secret_value()

    async def ask(method: str) -> ServerAnswer:
        return await ask_server(base_url, token, method, timeout_s=_ASK_S, now=now)

    return ask


async def look_at_telegram(ask: AskBot) -> Diagnoses:
    """Whether the server is reached, takes the token, and has the same time.

    Raises:
        TelegramError: it is not reached.
    """
    answer = await ask("getMe")
    return [_token(answer), *_clock(answer)]


def _token(answer: ServerAnswer) -> Diagnosis:
    if answer.refuses_token:
        return error(
            f"the server refuses the bot's token ({answer.status} {answer.description})",
            where="[telegram] token",
            advice="set SCODA_TELEGRAM_TOKEN to the one that @BotFather gave (/token), or make a new one (/revoke)",
        )
    if answer.status != 200 or not answer.result.get("is_bot"):
        return error(
            f"the server answered {answer.status} {answer.description}",
            where="[telegram] base_url",
            advice="look whether this is a Bot API server, and whether a proxy stands in between",
        )
    return fine(f"reached, and the token is that of @{answer.result.get('username')}")


def _clock(answer: ServerAnswer) -> Iterator[Diagnosis]:
    if answer.ahead_s is None:
        yield fine("the server tells no time to compare the clock with")
        return
    told = f"the clock is {abs(answer.ahead_s):.1f} s {'ahead of' if answer.ahead_s > 0 else 'behind'} the server's"
    advice = "set the clock: timedatectl set-ntp true, or chronyc makestep; in a container on its host"
    if abs(answer.ahead_s) > _MUCH_S:
        yield error(f"{told}: announcements go out at the wrong time", where="system clock", advice=advice)
    elif abs(answer.ahead_s) > _A_LITTLE_S:
        yield warning(told, where="system clock", advice=advice)
    else:
        yield fine(told)


async def look_at_webhook(settings: Settings, ask: AskBot, *, is_running: bool, now: datetime) -> Diagnoses:
    """How updates come, compared with how they are set to come.

    Raises:
        TelegramError: the server is not reached.
    """
    answer = await ask("getWebhookInfo")
    if answer.status != 200:
        return [fine("not looked at, since the server does not take the token")]
    webhook, chosen = answer.result, settings.telegram
    found = list(_waiting(webhook, settings.limits.waiting_updates))
    if chosen.mode == "polling":
        found += _polling(str(webhook.get("url", "")), is_running=is_running)
    else:
        found += _set_as_wanted(webhook, settings, is_running=is_running)
        found += _failures(webhook, now)
    return found or [fine(f"{chosen.mode}, {webhook.get('pending_update_count', 0)} updates wait at the server")]


def _waiting(webhook: Mapping[str, object], most: int) -> Iterator[Diagnosis]:
    waiting = int(str(webhook.get("pending_update_count", 0)))
    told = f"{waiting} updates wait at the server"
    advice = (
        "look whether the bot runs, and in its log why it takes none; questions that are too old are apologised for"
    )
    if waiting > most:
        yield error(f"{told}: more than the bot answers before it says «busy»", where="getWebhookInfo", advice=advice)
    elif waiting > _MANY_WAIT:
        yield warning(told, where="getWebhookInfo", advice=advice)


def _polling(url: str, *, is_running: bool) -> Iterator[Diagnosis]:
    if not url:
        return
    told = f"mode is polling, but the webhook {url} is set: the server gives no updates to whoever polls"
    if is_running:
        yield error(
            told,
            where="getWebhookInfo",
            advice="another process with this token has set it: stop that one, then start this bot again",
        )
    else:
        yield warning(
            told,
            where="getWebhookInfo",
            advice="the next start of this bot removes it: make sure that nobody else runs it by webhook",
        )


def _set_as_wanted(webhook: Mapping[str, object], settings: Settings, *, is_running: bool) -> Iterator[Diagnosis]:
    url, wanted = str(webhook.get("url", "")), settings.telegram.webhook_url
    grave = error if is_running else warning
    if url != wanted:
        yield grave(
            f"the webhook is {url or 'not set'}, and webhook_url is {wanted}",
            where="[telegram] webhook_url",
            advice="start the bot (again): it sets its webhook at its start; if it changes back, another process with "
            "this token runs: stop that one",
        )
        return
    kinds = webhook.get("allowed_updates")
    if isinstance(kinds, list) and set(kinds) != set(ALLOWED_UPDATES):
        missing = sorted(set(ALLOWED_UPDATES) - set(map(str, kinds)))
        yield warning(
            f"the webhook brings other kinds of updates than wanted (missing: {', '.join(missing) or 'none'})",
            where="getWebhookInfo allowed_updates",
            advice="start the bot again: it sets them at its start",
        )
    connections = min(settings.limits.chats_at_once, 100)
    if webhook.get("max_connections") not in {None, connections}:
        yield warning(
            f"the server may open {webhook.get('max_connections')} connections, and {connections} are wanted",
            where="getWebhookInfo max_connections",
            advice="start the bot again: it sets it at its start",
        )


def _failures(webhook: Mapping[str, object], now: datetime) -> Iterator[Diagnosis]:
    message, at = webhook.get("last_error_message"), webhook.get("last_error_date")
    if not message or not isinstance(at, int):
        return
    age = timedelta(seconds=now.timestamp() - at)
    if age < _RECENT:
        yield error(
            f"{age.total_seconds() / 60:.0f} min ago the server could not deliver: {message}",
            where="getWebhookInfo last_error_message",
            advice="look at the proxy before the bot: its certificate, that it passes the path on to webhook_port, "
            "and that it answers 200",
        )


def look_at_certificate(url: str, now: datetime) -> Diagnoses:
    """The certificate that Telegram sees: trusted, for this name, and for how long. Blocks."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or 443
    place, trust = f"{host}:{port}", "use one of a public authority, with its whole chain, for this name"
    if address.scheme != "https":
        return [fine("the address is not of https: there is no certificate", url)]
    try:
        shown = certificate_of(host, port, timeout_s=_ASK_S)
    except ssl.SSLError as broken:
        return [error(f"it speaks no TLS ({broken.reason})", where=place, advice="put a proxy with TLS there")]
    except OSError as broken:
        return [
            warning(
                f"it can't be reached from here ({broken.strerror or broken}), so its certificate is not known",
                where=place,
                advice="if that is the network's rule, look at it from outside: openssl s_client -connect " + place,
            )
        ]
    if shown.ends_at is None:
        return [error(f"Telegram will not trust the certificate: {shown.fault}", where=place, advice=trust)]
    days = (shown.ends_at - now).days
    advice = "renew it, and look why that was not done by itself (certbot renew --dry-run, the proxy's log)"
    if days < _DAYS_LEFT:
        grave = error if days < _LAST_DAYS else warning
        return [grave(f"the certificate ends in {days} days", where=place, advice=advice)]
    return [fine(f"trusted, {days} days left", place)]
