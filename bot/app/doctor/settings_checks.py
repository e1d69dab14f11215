"""What the settings say against each other, against Telegram's limits, and to others on this machine."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from bot.app.state import needs_sandbox
from bot.operations.addresses import is_private, is_unspecified
from bot.operations.examining import Diagnoses, Diagnosis, Severity, error, fine, warning
from bot.settings import Settings
from bot.settings.loading import secrets_in_file

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What Telegram takes as a webhook's secret: https://core.telegram.org/bots/api#setwebhook."""
_FEW_CHARACTERS = 16
"""Of a secret: fewer can be guessed, by reasoning (16 of 64 different ones are 96 bits)."""
_FREE_PER_S, _FREE_PER_CHAT_S, _FREE_PER_GROUP_MIN = 30, 1, 20
"""What Telegram lets pass for nothing: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this."""


def look_at_settings(settings: Settings, file: Path) -> Diagnoses:
    """Contradictions, and secrets in the file in place of the environment."""
    rules: tuple[Callable[[Settings], Iterator[Diagnosis]], ...] = (_webhook, _model, _ports, _people)
    found = [diagnosis for rule in rules for diagnosis in rule(settings)]
    found += _file(file)
    if all(diagnosis.severity is Severity.FINE for diagnosis in found):
        return [fine("they can be read and do not contradict each other", str(file) if file.exists() else ""), *found]
    return found


def look_at_pace(settings: Settings) -> Diagnoses:
    """Settings beyond what Telegram lets pass: it answers 429, and everybody waits."""
    chosen = settings.delivery
    limits = (
        ("messages_per_s", chosen.messages_per_s, _FREE_PER_S),
        ("chat_per_s", chosen.chat_per_s, _FREE_PER_CHAT_S),
        ("group_per_min", chosen.group_per_min, _FREE_PER_GROUP_MIN),
    )
    found = [
        warning(
            f"{name} is {value}, and Telegram's own limit is {free}: it will answer 429 and all sending pauses",
            where=f"[delivery] {name}",
            advice=f"set it to {free} or less",
        )
        for name, value, free in limits
        if value > free
    ]
    return found or [fine(f"{chosen.messages_per_s} messages a second, within Telegram's limits")]


def _webhook(settings: Settings) -> Iterator[Diagnosis]:
    chosen = settings.telegram
    if not chosen.token.get_secret_value() and chosen.base_url:
        yield error(
            "a Bot API server is named, but no token: the bot does not start",
            where="[telegram] token",
            advice="set SCODA_TELEGRAM_TOKEN, or remove base_url to try the sandbox",
        )
    secret = chosen.webhook_secret.get_secret_value()
    if chosen.mode == "polling":
        if chosen.webhook_url or secret:
            yield warning(
                "webhook_url or webhook_secret is set, but mode is polling: they are not used",
                where="[telegram] mode",
                advice='set mode = "webhook", or remove them',
            )
        return
    yield from _webhook_secret(secret)
    yield from _webhook_address(chosen.webhook_url, secret)


def _webhook_secret(secret: str) -> Iterator[Diagnosis]:
    if not secret:
        yield error(
            "webhook mode has no secret: the bot does not start",
            where="[telegram] webhook_secret",
            advice="set SCODA_TELEGRAM_WEBHOOK_SECRET to a long random text",
        )
    elif not _SECRET.fullmatch(secret):
        yield error(
            "the webhook's secret holds characters that Telegram refuses",
            where="[telegram] webhook_secret",
            advice="use 1 to 256 of A-Z a-z 0-9 _ -",
        )
    elif len(secret) < _FEW_CHARACTERS:
        yield warning(
            f"the webhook's secret has {len(secret)} characters: whoever guesses it can pretend to be Telegram",
            where="[telegram] webhook_secret",
            advice=f"use at least {_FEW_CHARACTERS} random ones",
        )


def _webhook_address(address: str, secret: str) -> Iterator[Diagnosis]:
    url = urlsplit(address)
    if not url.scheme:
        yield error(
            "webhook mode has no address: the bot does not start",
            where="[telegram] webhook_url",
            advice="set it to the public https address that Telegram calls",
        )
    elif url.scheme != "https" and not is_private(url.hostname or ""):
        yield error(
            "Telegram calls no address without https",
            where="[telegram] webhook_url",
            advice="put a proxy with a certificate before the bot and name its https address",
        )
    if secret and secret in address:
        yield error(
            "the address holds the webhook's secret, and addresses stand in logs: the bot does not start",
            where="[telegram] webhook_url",
            advice="take it out of the address",
        )


def _model(settings: Settings) -> Iterator[Diagnosis]:
    chosen = settings.model
    if chosen.provider == "none":
        if chosen.base_url or chosen.model or chosen.api_key.get_secret_value():
            yield warning(
                "a language model is described, but provider is none: it is not used",
                where="[model] provider",
                advice='set provider = "openai" or "langchain", or remove the rest of [model]',
            )
        if settings.knowledge.drafts:
            yield warning(
                "drafts are to be made by themselves, but no language model is set",
                where="[knowledge] drafts",
                advice="set [model], or drafts = false",
            )
        return
    if chosen.deadline_s >= settings.limits.answer_deadline_s:
        yield error(
            f"deadline_s is {chosen.deadline_s:g}, and [limits] answer_deadline_s is "
            f"{settings.limits.answer_deadline_s:g}: the bot does not start",
            where="[model] deadline_s",
            advice="set it below [limits] answer_deadline_s",
        )
    if chosen.timeout_s > chosen.deadline_s:
        yield warning(
            f"one call may take {chosen.timeout_s:g} s, the whole answer {chosen.deadline_s:g} s",
            where="[model] timeout_s",
            advice="set it to deadline_s or less",
        )


def _ports(settings: Settings) -> Iterator[Diagnosis]:
    used = {"[health] port": (settings.health.host, settings.health.port)}
    if settings.telegram.mode == "webhook":
        used["[telegram] webhook_port"] = settings.telegram.webhook_host, settings.telegram.webhook_port
    if needs_sandbox(settings):
        used["[sandbox] port"] = settings.sandbox.host, settings.sandbox.port
    for (name, place), (other, another) in combinations(used.items(), 2):
        if place == another and place[1]:
            yield error(
                f"{name} and {other} are both {place[1]} on {place[0]}: the bot does not start",
                where=name,
                advice="give each its own port",
            )
    host = settings.health.host
    if is_unspecified(host):
        yield fine(
            f"the health routes listen on every address of this machine: keep port {settings.health.port} private, as "
            "a container's own network does",
            "[health] host",
        )
    elif not is_private(host):
        yield warning(
            f"the health routes listen on {host}: strangers may read how the bot is",
            where="[health] host",
            advice="set it to 127.0.0.1 or an address of the own network, or keep the port behind a firewall",
        )


def _people(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.organisers.owners and not needs_sandbox(settings):
        yield warning(
            "nobody is named as an owner: unless somebody already has a role, nobody can announce or invite",
            where="[organisers] owners",
            advice="set it to your numeric Telegram id, which /mydata tells",
        )


def _file(file: Path) -> Iterator[Diagnosis]:
    if not file.exists():
        return
    for place, variable in secrets_in_file(file):
        yield warning(
            f"the secret {place} stands in the settings file, which is copied and backed up as others are",
            where=str(file),
            advice=f"set {variable} in the environment instead, and take it out of the file",
        )
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield warning(
            f"others on this machine may change the settings (mode {mode:04o})",
            where=str(file),
            advice=f"run `chmod go-w {file}`",
        )
    if file.stat().st_uid not in {os.geteuid(), 0}:
        yield warning(
            f"the settings belong to user {file.stat().st_uid}, who may change them",
            where=str(file),
            advice=f"run `chown root {file}`, or give it to the user that runs the bot",
        )
