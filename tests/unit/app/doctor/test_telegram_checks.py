"""Server, token, clock, webhook and certificate, each wrong in its own way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.system.clock import utc_now
from bot.app.doctor.telegram_checks import asking, look_at_certificate, look_at_telegram, look_at_webhook
from bot.chat.wire.envelope import ALLOWED_UPDATES
from bot.chat.wire.server_look import ServerAnswer
from bot.errors import TelegramError
from bot.operations.examining import Severity
from bot.settings import Settings
from tests.support.certificates import HOST, answering, authority, tls_server
from tests.support.processes import free_port
from tests.support.sandbox_keys import SANDBOX_TOKEN

NOW = utc_now()
URL = "https://bot.example.org/hook"
WHOLE = {
    "url": URL,
    "pending_update_count": 0,
    "allowed_updates": list(ALLOWED_UPDATES),
    "max_connections": 32,
}


def _settings(**telegram: object) -> Settings:
    return Settings(telegram={"token": SANDBOX_TOKEN, **telegram})


HOOK = _settings(mode="webhook", webhook_url=URL, webhook_secret="s")


def _says(**answer):
    async def ask(_method: str) -> ServerAnswer:
        return ServerAnswer(**({"status": 200} | answer))

    return ask


async def _webhook(webhook: dict[str, object], settings: Settings = HOOK, *, is_running: bool = True):
    return await look_at_webhook(settings, _says(result=webhook), is_running=is_running, now=NOW)


# ── server, token, clock ──


async def test_the_sandbox_and_its_token_are_fine_and_a_wrong_token_is_an_error(town):
    right = Settings(telegram={"token": SANDBOX_TOKEN, "base_url": town.base_url})
    assert [one.severity for one in await look_at_telegram(asking(right))] == [Severity.FINE] * 2
    wrong = Settings(telegram={"token": "7000009:AAbbCCddEEff", "base_url": town.base_url})
    refused = (await look_at_telegram(asking(wrong)))[0]
    assert (refused.severity, refused.where) == (Severity.ERROR, "[telegram] token")
    assert "SCODA_TELEGRAM_TOKEN" in refused.advice
    assert "AAbbCC" not in str(refused)


async def test_a_server_that_is_away_and_one_that_is_none_are_told():
    away = Settings(telegram={"token": SANDBOX_TOKEN, "base_url": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(TelegramError, match="can't be reached"):
        await look_at_telegram(asking(away))
    [told, _] = await look_at_telegram(_says(status=502, description="the answer is no JSON"))
    assert (told.severity, told.where) == (Severity.ERROR, "[telegram] base_url")


@pytest.mark.parametrize(
    ("ahead_s", "severity", "words"),
    [
        (0.3, 0, "0.3 s ahead of"),
        (-2.5, 1, "2.5 s behind"),
        (29.0, 1, "29.0 s ahead of"),
        (-3600.0, 2, "3600.0 s behind"),
        (None, 0, "tells no time"),
    ],
)
async def test_a_clock_that_is_wrong_is_told_in_seconds(ahead_s, severity, words):
    [_, told] = await look_at_telegram(_says(result={"is_bot": True, "username": "it"}, ahead_s=ahead_s))
    assert told.severity == severity
    assert words in told.what


# ── webhook ──


async def test_a_webhook_as_it_is_wanted_is_fine():
    [told] = await _webhook(WHOLE)
    assert told.severity is Severity.FINE


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        ({"url": "https://elsewhere.example.org/"}, 2, "elsewhere.example.org"),
        ({"url": ""}, 2, "not set"),
        ({"pending_update_count": 101}, 1, "101 updates wait"),
        ({"pending_update_count": 5001}, 2, "5001 updates wait"),
        ({"allowed_updates": ["message"]}, 1, "missing: callback_query, inline_query, my_chat_member"),
        ({"max_connections": 40}, 1, "40 connections, and 32"),
        (
            {"last_error_message": "Connection refused", "last_error_date": int(NOW.timestamp()) - 300},
            2,
            "5 min ago the server could not deliver: Connection refused",
        ),
    ],
)
async def test_whatever_differs_of_the_webhook_is_told(change, severity, words):
    [told] = await _webhook(WHOLE | change)
    assert told.severity == severity
    assert words in told.what
    assert told.advice


async def test_a_failure_of_yesterday_and_the_usual_kinds_are_no_news():
    old = {"last_error_message": "Timeout", "last_error_date": int(NOW.timestamp()) - 86_400}
    assert [one.severity for one in await _webhook(WHOLE | old)] == [Severity.FINE]
    del (unsaid := dict(WHOLE))["allowed_updates"]
    assert [one.severity for one in await _webhook(unsaid)] == [Severity.FINE]


async def test_before_the_first_start_a_webhook_that_is_not_set_is_no_error():
    [told] = await _webhook(WHOLE | {"url": ""}, is_running=False)
    assert told.severity is Severity.WARNING


@pytest.mark.parametrize(("is_running", "severity"), [(True, 2), (False, 1)])
async def test_I03_polling_while_a_webhook_is_set_is_told_before_it_is_a_conflict(is_running, severity, town):
    settings = _settings(base_url=town.base_url)
    ask = asking(settings)
    [told] = await look_at_webhook(settings, ask, is_running=is_running, now=NOW)
    assert told.severity is Severity.FINE
    await _set_webhook(town.base_url, f"{town.base_url}/nobody")
    found = await look_at_webhook(settings, ask, is_running=is_running, now=NOW)
    [told] = [one for one in found if "is set" in one.what]
    assert told.severity == severity
    assert f"{town.base_url}/nobody" in told.what


async def _set_webhook(base_url: str, url: str) -> None:
    import httpx  # noqa: PLC0415 - of this alone

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{base_url}/bot{SANDBOX_TOKEN}/setWebhook", json={"url": url})
        assert answer.json()["ok"]


async def test_without_a_token_that_is_taken_the_webhook_is_not_judged():
    [told] = await look_at_webhook(HOOK, _says(status=401), is_running=True, now=NOW)
    assert told.severity is Severity.FINE


# ── certificate ──


@pytest.mark.parametrize(("days", "severity"), [(90, 0), (21, 0), (20, 1), (7, 1), (6, 2), (-1, 2)])
def test_the_days_that_a_certificate_has_left_are_told(tmp_path, monkeypatch, days, severity):
    made = authority(tmp_path, now=NOW)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    ends_at = NOW + timedelta(days=days, hours=1)
    with tls_server(*made.server_files(ends_at=ends_at)) as port:
        [told] = look_at_certificate(f"https://{HOST}:{port}/hook", NOW)
    assert told.severity == severity
    assert ("expired" if days < 0 else f"{days} days") in told.what
    assert told.where == f"{HOST}:{port}"


def test_a_certificate_of_ones_own_is_an_error(tmp_path):
    made = authority(tmp_path, now=NOW)
    with tls_server(*made.server_files(ends_at=NOW + timedelta(days=90))) as port:
        [told] = look_at_certificate(f"https://{HOST}:{port}/hook", NOW)
    assert told.severity is Severity.ERROR
    assert "public authority" in told.advice


def test_an_address_without_tls_is_an_error_and_one_out_of_reach_a_warning():
    with answering(lambda connection: connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")) as port:
        [told] = look_at_certificate(f"https://{HOST}:{port}/", NOW)
    assert told.severity is Severity.ERROR
    [told] = look_at_certificate(f"https://{HOST}:{free_port()}/", NOW)
    assert told.severity is Severity.WARNING
    [told] = look_at_certificate("http://127.0.0.1:1/", NOW)
    assert told.severity is Severity.FINE
