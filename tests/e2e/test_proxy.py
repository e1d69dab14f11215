"""The bot behind its proxy: `config/proxy/nginx.conf` in a real nginx, with TLS, before a bot that Telegram calls."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import httpx
import pytest

from bot.chat.wire.web_server import Address, serve
from bot.chat.wire.webhook import webhook_app
from bot.sandbox import webhooks
from tests.support.apps import running_app
from tests.support.deployment import CONFIG, told, tool
from tests.support.processes import Place, free_port
from tests.support.visitors import LIMIT_S, open_town, until

pytestmark = pytest.mark.nightly

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = b'{"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "x"}}'
_HALF = b"POST /telegram HTTP/1.1\r\nHost: bot\r\n"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running nginx, and the certificate that it shows."""

    port: int
    trusted: ssl.SSLContext

    @property
    def url(self) -> str:
        """Where Telegram would call."""
        return f"https://localhost:{self.port}/telegram"

    async def call(self, path: str = "/telegram", *, method: str = "POST", **more: object) -> httpx.Response:
        """What somebody outside gets."""
        async with httpx.AsyncClient(verify=self.trusted, trust_env=False, timeout=LIMIT_S) as client:
            return await client.request(method, f"https://localhost:{self.port}{path}", **more)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a certificate for this machine and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    made = told(
        tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", folder / "tls_key", "-out", folder / "tls_certificate",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


def configured(folder: Path, certificate: Path, *, bot: int, port: int, changes: dict[str, str]) -> Path:
    """The shipped file, for ports and folders of the test; what is changed stands in it once."""
    text = (CONFIG / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "worker_processes auto;": "worker_processes 1;\ndaemon off;",
        "pid /tmp/nginx.pid;": f"pid {folder}/nginx.pid;",
        "/dev/stdout combined;": f"{folder}/access.log combined;",
        "error_log /dev/stderr warn;": f"error_log {folder}/error.log warn;",
        "listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen 127.0.0.1:8089;": f"listen 127.0.0.1:{free_port()};",
        "/run/secrets/tls_certificate": str(certificate / "tls_certificate"),
        "/run/secrets/tls_key": str(certificate / "tls_key"),
        "set $replicas web:8081;": f"set $replicas 127.0.0.1:{bot};",
        **changes,
    }
    for before, after in changes.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    text = text.replace("_temp_path /tmp/", f"_temp_path {folder}/")
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
async def town_behind(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    """A sandbox that trusts the proxy's certificate as Telegram trusts a real one."""
    connector = partial(aiohttp.TCPConnector, ssl=ssl.create_default_context(cafile=certificate / "tls_certificate"))
    monkeypatch.setattr(webhooks.aiohttp, "TCPConnector", connector)
    async with open_town() as town:
        yield town


@contextmanager
def begun(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [tool("nginx"), "-p", file.parent, "-e", file.parent / "begin.log", "-c", file]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.terminate()


@asynccontextmanager
async def running_proxy(
    folder: Path, certificate: Path, *, bot: int, changes: dict[str, str] | None = None
) -> AsyncIterator[Proxy]:
    """nginx before a bot at this port, once it takes connections."""
    port = free_port()
    file = configured(folder, certificate, bot=bot, port=port, changes=changes or {})
    with begun(file) as process:

        async def listens() -> bool:
            assert process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            return True

        await until(listens, "the proxy's start")
        yield Proxy(port, ssl.create_default_context(cafile=certificate / "tls_certificate"))


@asynccontextmanager
async def webhook_alone(taken: list[object]) -> AsyncIterator[int]:
    """A webhook that keeps what it gets; its port."""

    async def accept(updates: object) -> None:
        taken.append(updates)

    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = webhook_app(accept, path="/telegram", secret="s")
    serving = asyncio.create_task(serve(app, Address("127.0.0.1", 0, ""), ready=port.set_result))
    try:
        yield await port
    finally:
        serving.cancel()
        await asyncio.wait({serving})


JSON = {SECRET_HEADER: "s", "Content-Type": "application/json"}


def test_nginx_takes_the_file_without_a_word(tmp_path: Path, certificate: Path):
    file = configured(tmp_path, certificate, bot=1, port=free_port(), changes={})
    said = told(tool("nginx"), "-t", "-q", "-p", tmp_path, "-e", tmp_path / "begin.log", "-c", file)
    assert (said.returncode, said.stderr) == (0, "")


async def test_a_visitor_is_answered_through_the_proxy(place: Place, town_behind, certificate: Path, tmp_path: Path):
    bot = free_port()
    async with running_proxy(tmp_path, certificate, bot=bot) as proxy:
        hook = {"webhook_url": proxy.url, "webhook_port": bot}
        async with running_app(place, town_behind, "webhook", **hook) as app:
            visitor = await town_behind.visitor("Ann", "en")
            answer = await visitor.ask("How many freight trains did SCODA handle in 2025?")
            await app.is_idle()
    assert "1,225" in answer["text"]
    assert '"POST /telegram HTTP/1.1" 200' in (tmp_path / "access.log").read_text(encoding="utf-8")


async def test_S10_through_the_proxy_there_is_the_webhook_and_nothing_else(certificate: Path, tmp_path: Path):
    taken: list[object] = []
    async with webhook_alone(taken) as bot, running_proxy(tmp_path, certificate, bot=bot) as proxy:
        assert (await proxy.call(content=UPDATE, headers=JSON)).status_code == 200
        for path in ("/", "/metrics", "/livez", "/readyz", "/telegram/", "/telegram/../livez"):
            assert (await proxy.call(path, content=UPDATE, headers=JSON)).status_code == 404, path
        assert (await proxy.call(method="GET")).status_code == 403
        assert (await proxy.call(content=UPDATE, headers={"Content-Type": "application/json"})).status_code == 403
        assert (await proxy.call(content=UPDATE, headers=JSON | {SECRET_HEADER: "other"})).status_code == 403
        too_long = await proxy.call(content=b" " * (1024 * 1024 + 1), headers=JSON)
        assert too_long.status_code == 413
    assert len(taken) == 1
    assert "nginx/" not in str(too_long.headers)


async def test_S10_where_it_is_asked_for_nobody_but_telegram_comes_in(certificate: Path, tmp_path: Path):
    taken: list[object] = []
    addresses = (CONFIG / "proxy" / "telegram-only.conf").read_text(encoding="utf-8")
    (tmp_path / "telegram-only.conf").write_text(addresses, encoding="utf-8")
    async with webhook_alone(taken) as bot, running_proxy(tmp_path, certificate, bot=bot) as proxy:
        assert (await proxy.call(content=UPDATE, headers=JSON)).status_code == 403
    assert taken == []


async def test_S10_what_lets_telegram_in_lets_others_in_only_where_they_are_named(certificate: Path, tmp_path: Path):
    """The same file with this machine beside Telegram: it is the address that decides."""
    taken: list[object] = []
    addresses = (CONFIG / "proxy" / "telegram-only.conf").read_text(encoding="utf-8")
    (tmp_path / "telegram-only.conf").write_text(f"allow 127.0.0.0/8;\nallow ::1;\n{addresses}", encoding="utf-8")
    async with webhook_alone(taken) as bot, running_proxy(tmp_path, certificate, bot=bot) as proxy:
        assert (await proxy.call(content=UPDATE, headers=JSON)).status_code == 200
        assert (await proxy.call(method="GET")).status_code == 403


async def test_a_bot_that_is_down_is_told_to_telegram_as_such(certificate: Path, tmp_path: Path):
    async with running_proxy(tmp_path, certificate, bot=free_port()) as proxy:
        assert (await proxy.call(content=UPDATE, headers=JSON)).status_code == 502


async def test_R05_half_requests_are_held_by_the_proxy_for_a_while_and_never_reach_the_bot(
    certificate: Path, tmp_path: Path
):
    """More of them than the bot holds connections, from one address that may have all of them here."""
    taken: list[object] = []
    changes = {
        "client_header_timeout 10s;": "client_header_timeout 1s;",
        "client_body_timeout 10s;": "client_body_timeout 1s;",
        "limit_conn address 100;": "limit_conn address 1000;",
    }
    half_a_body = f"{_HALF.decode()}{SECRET_HEADER}: s\r\nContent-Length: 100\r\n\r\n{{".encode()
    async with (
        webhook_alone(taken) as bot,
        running_proxy(tmp_path, certificate, bot=bot, changes=changes) as proxy,
    ):
        slow = [await _opened(proxy, _HALF if n % 2 else half_a_body) for n in range(300)]
        with ExitStack() as stack:
            for _, writer in slow:
                stack.callback(writer.transport.abort)
            assert (await proxy.call(content=UPDATE, headers=JSON)).status_code == 200
            async with asyncio.timeout(LIMIT_S):
                ended = await asyncio.gather(*(reader.read() for reader, _ in slow), return_exceptions=True)
    assert len(taken) == 1
    assert [one for one in ended if isinstance(one, bytes) and b" 200 " in one] == []
    assert (tmp_path / "access.log").read_text(encoding="utf-8").count('HTTP/1.1" 200') == 1


async def test_R05_nobody_holds_more_connections_than_telegram_opens(certificate: Path, tmp_path: Path):
    taken: list[object] = []
    async with webhook_alone(taken) as bot, running_proxy(tmp_path, certificate, bot=bot) as proxy:
        half_a_body = f"{_HALF.decode()}{SECRET_HEADER}: s\r\nContent-Length: 100\r\n\r\n{{".encode()
        held = [await _opened(proxy, half_a_body) for _ in range(100)]
        with ExitStack() as stack:
            for _, writer in held:
                stack.callback(writer.transport.abort)
            refused = await until(partial(_refused, proxy), "a refusal")
    assert refused.status_code == 429
    assert len(taken) <= 100


async def _refused(proxy: Proxy) -> httpx.Response | None:
    """The answer, once the proxy has read the heads of all that are held."""
    got = await proxy.call(content=UPDATE, headers=JSON)
    return got if got.status_code != 200 else None


async def _opened(proxy: Proxy, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", proxy.port, ssl=proxy.trusted, server_hostname="localhost"
    )
    writer.write(sent)
    await writer.drain()
    return reader, writer
