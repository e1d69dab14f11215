"""Rows R05 and S07 to S10 of tests/faults/README.md: what others on the machine and on the network can reach, and what the bot reaches."""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import resource
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from random import Random
from urllib.request import urlopen

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bot.adapters.database.connection import open_database
from bot.adapters.models.vector_files import write_vectors
from bot.answering.model import Question
from bot.app.core import open_core
from bot.app.seeing import all_words
from bot.chat.text.answers import answer_text
from bot.chat.text.rendering import plain
from bot.chat.wire import web_server
from bot.chat.wire.web_server import Address, serve
from bot.chat.wire.webhook import webhook_app
from bot.i18n.translator import Catalogs
from bot.ids import Locale
from bot.operations.open_files import allow_many_open_files
from bot.settings import KnowledgeSettings, Settings, StoreSettings
from tests.support.apps import running_app
from tests.support.little_knowledge import write_document
from tests.support.processes import Place, environment
from tests.support.sandbox_keys import SANDBOX_TOKEN
from tests.support.visitors import LIMIT_S, Town

SECRET = "webhookSecret"
TODAY = date(2026, 11, 3)

# ── files ──


@pytest.fixture
def empty_place(tmp_path: Path) -> Place:
    """Nothing is known yet, and nothing kept."""
    (tmp_path / "knowledge").mkdir()
    return Place(tmp_path, tmp_path / "knowledge", tmp_path / "data")


def _open_to_others(folder: Path) -> list[str]:
    found = [folder, *folder.rglob("*")]
    return [str(one) for one in found if one.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_S09_whatever_the_umask_the_state_is_for_its_own_user_alone(empty_place: Place):
    made = subprocess.run(
        empty_place.command("knowledge", "sync", "--allow-empty"),
        cwd=empty_place.home,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        umask=0o022,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (empty_place.data / "sandbox" / "state.sqlite3").exists()
    assert _open_to_others(empty_place.data) == []
    assert "data_folder_open_to_others" not in made.stderr


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
async def test_S09_a_data_folder_that_others_can_enter_is_left_so_and_named_with_the_cure(tmp_path: Path, mode: int):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    with capture_logs() as logs:
        async with open_database(folder / "state.sqlite3"):
            pass
    [warning] = [entry for entry in logs if entry["event"] == "data_folder_open_to_others"]
    assert warning["mode"] == f"{mode:04o}"
    assert f"chmod -R go= {folder}" in warning["advice"]
    assert stat.S_IMODE(folder.stat().st_mode) == mode


def test_S09_vectors_beside_the_knowledge_stay_as_readable_as_its_texts(tmp_path: Path):
    before = os.umask(0o077)
    try:
        file = write_vectors(tmp_path, "an embedding", Locale.EN, ["0" * 64], {"0" * 64: [1.0] * 16})
    finally:
        os.umask(before)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


# ── ports ──

_HALF = b"POST /hook HTTP/1.1\r\nHost: bot\r\n"
_SERVING = """
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
from bot.chat.wire.web_server import Address, serve
from bot.chat.wire.webhook import health_app
async def health(): return {"database": "ok"}
asyncio.run(serve(health_app(health), Address("127.0.0.1", 0, ""), ready=lambda port: print(port, flush=True)))
"""


@pytest.mark.nightly
def test_R05_hundreds_of_half_requests_do_not_keep_the_health_routes_from_answering():
    code = _SERVING.replace("FILES", "200")
    with (
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment({})) as server,
        ExitStack() as stack,
    ):
        stack.callback(server.kill)
        assert server.stdout is not None
        place = ("127.0.0.1", int(server.stdout.readline()))
        for _ in range(300):
            half = stack.enter_context(socket.create_connection(place, LIMIT_S))
            half.sendall(_HALF)
        answer = httpx.get(f"http://127.0.0.1:{place[1]}/livez", timeout=LIMIT_S, trust_env=False)
        assert answer.status_code == 200


@asynccontextmanager
async def _webhook() -> AsyncIterator[int]:
    """A webhook whose updates nobody stores; gives its port."""

    async def accept(raws: Sequence[object]) -> int:
        return len(raws)

    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = webhook_app(accept, path="/hook", secret=SECRET)
    serving = asyncio.create_task(serve(app, Address("127.0.0.1", 0, ""), ready=port.set_result))
    try:
        yield await port
    finally:
        serving.cancel()
        await asyncio.wait({serving})


_SENT = (
    b"",
    _HALF,
    _HALF + b"Content-Length: 1000\r\n\r\n{",
    _HALF + b"X-Telegram-Bot-Api-Secret-Token: " + SECRET.encode() + b"\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
)


@pytest.mark.parametrize("sent", _SENT, ids=["nothing", "half headers", "half a body", "half a body with the secret"])
async def test_R05_a_request_that_does_not_come_to_its_end_is_ended(monkeypatch: pytest.MonkeyPatch, sent: bytes):
    monkeypatch.setattr(web_server, "EXCHANGE_S", 0.05)
    async with asyncio.timeout(LIMIT_S), _webhook() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with suppress(ConnectionResetError):
            while await reader.read(1000):
                writer.write(b" ")  # what arrives meanwhile gains it no time
        writer.close()


async def test_R05_when_all_places_are_taken_the_longest_waiting_leaves_and_whole_requests_are_answered(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(web_server, "_MOST_CONNECTIONS", 3)
    async with asyncio.timeout(LIMIT_S), _webhook() as port, httpx.AsyncClient(trust_env=False) as client:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        first = await client.post(f"http://127.0.0.1:{port}/hook", json={"update_id": 1}, headers=headers)
        halves = []
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_HALF)
            halves.append((reader, writer))
        assert await _ended(halves[0][0]), "the one that waits longest"
        second = await client.post(f"http://127.0.0.1:{port}/hook", json={"update_id": 2}, headers=headers)
        assert (first.status_code, second.status_code) == (200, 200)
        assert not halves[-1][0].at_eof()
        for _, writer in halves:
            writer.close()


_ENDLESS = {
    "one header": (_HALF + b"X: ", b"x" * 65536),
    "headers": (_HALF, b"X: y\r\n" * 8192),
    "trailers": (_HALF + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 8192),
}


@pytest.mark.parametrize("sent", _ENDLESS.values(), ids=_ENDLESS)
async def test_R05_a_request_whose_headers_do_not_end_is_ended_before_it_fills_the_memory(sent: tuple[bytes, bytes]):
    begin, more = sent
    async with asyncio.timeout(LIMIT_S), _webhook() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        written = 0
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(more)
                await writer.drain()
                written += len(more)
                assert written < 64 * 1024 * 1024, "it takes whatever comes"
        writer.close()


async def test_R05_a_body_as_long_as_any_may_be_is_read_to_its_end():
    text = b"x" * (1024 * 1024 - 40)
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    async with _webhook() as port, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}/hook", content=b'{"update_id":1,"a":"%b"}' % text, headers=headers
        )
    assert answer.status_code == 200


async def test_R05_requests_that_come_together_are_answered_one_after_the_other():
    body = b'{"update_id":1}'
    one = _SENT[-1].partition(b"Content-Length")[0] + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    async with asyncio.timeout(LIMIT_S), _webhook() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(one * 3 + one.replace(SECRET.encode(), b"another one"))
        answers = [(await reader.readuntil(b"\r\n\r\n")).split()[1] for _ in range(4)]
        writer.close()
    assert answers == [b"200", b"200", b"200", b"403"]


async def _ended(reader: asyncio.StreamReader) -> bool:
    with suppress(ConnectionResetError):
        return await reader.read() == b""
    return True


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [(256, 1024, 1024), (256, resource.RLIM_INFINITY, 4096), (8192, 8192, 8192), (256, 256, 256)],
)
def test_R05_the_number_of_open_files_is_raised_as_far_as_the_system_lets_us(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, then: int
):
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda which, values: limits.append(values))
    allow_many_open_files()
    assert limits[-1] == (then, hard)


async def test_S10_at_the_public_address_there_is_the_webhook_and_nothing_else():
    async with _webhook() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for path in ("/readyz", "/livez", "/", "/docs", "/metrics", "/hook/", "//hook"):
            assert (await client.get(path)).status_code == 404
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            refused = await client.request(method, "/hook", headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_S08_the_health_routes_are_on_loopback_and_say_nothing_of_anybody(place: Place, town: Town, mode: str):
    question = "How many freight trains with purple umbrellas ran in 2025?"
    john = await town.visitor("John", "en")
    async with running_app(place, town, mode) as app:
        await john.ask(question)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.chat.health_port}", trust_env=False) as client:
            told = [(await client.get(path)).text for path in ("/livez", "/readyz", "/metrics")]
    assert Settings().health.host == "127.0.0.1"
    assert all("status" in one for one in told[:2])
    assert 'scoda_questions_total{language="en",outcome=' in told[2]
    for secret in (str(john.id), "John", "umbrellas", SANDBOX_TOKEN, str(place.data), "secret-for"):
        assert secret not in "".join(told)


_ODD = ("\u202e0000", "'; DROP TABLE inbox; --", '{kind="x"} 1', "a\nscoda_ready 0", "7000001:" + "Aa1" * 12, "‰" * 700)
"""Starts of messages that would show in a page of metrics, were they put there."""


async def test_S08_however_odd_what_comes_in_is_every_label_of_the_metrics_is_a_known_word(place: Place, town: Town):
    random = Random(8)
    words, canaries = all_words(), [f"canary{random.getrandbits(40):x}" for _ in range(30)]
    async with running_app(place, town) as app:
        people = [await town.visitor(f"Name{one}", "en", username=one) for one in canaries[:5]]
        for number, canary in enumerate(canaries):
            person, text = people[number % len(people)], f"{random.choice(_ODD)} {canary}"
            if number % 3 == 0:
                raw = {random.choice(("message", "poll", canary)): {"text": text, "chat": {"id": person.id}, canary: 1}}
                await town.act("updates", update=raw)
            elif number % 3 == 1:
                await person.write(random.choice(("", "/ask ", "/start ", f"/{canary} ")) + text)
            else:
                await town.act(f"personas/{person.id}/inline", query=text, wait_s=60)
        with capture_logs():
            await app.is_idle()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.chat.health_port}", trust_env=False) as client:
            page = (await client.get("/metrics")).text
    ours = [family for family in text_string_to_metric_families(page) if family.name.startswith("scoda_")]
    labels = [(name, value) for family in ours for one in family.samples for name, value in one.labels.items()]
    unknown = {(name, value) for name, value in labels if name not in ("le", "version") and value not in words.of(name)}
    assert unknown == set()
    assert len(labels) > 100
    handled = [one.value for family in ours for one in family.samples if one.name == "scoda_updates_handled_total"]
    assert sum(handled) >= len(canaries) / 3
    for secret in (*canaries, *(str(person.id) for person in people), SANDBOX_TOKEN, "DROP TABLE", str(place.data)):
        assert secret not in page


# ── links ──

_LINKS = """\
See [the metadata](http://169.254.169.254/latest/meta-data/), [a file](file:///etc/passwd),
<http://127.0.0.1:9/admin> and ![a picture](http://169.254.169.254/x.png). <img src="http://127.0.0.1:9/y.png">

<iframe src="file:///etc/passwd"></iframe><link rel="stylesheet" href="http://127.0.0.1:9/z.css">

In 2025 the bridge at the harbour was crossed by 4,711 goods trains.

? How many goods trains crossed the bridge?
"""


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Whatever is connected to or looked up by this process, which never succeeds, and the file that is linked to."""
    reached: list[object] = []
    really_open = builtins.open

    def look_on(file: object, *arguments: object, **named: object) -> object:
        if "passwd" in str(file):
            reached.append(file)
        return really_open(file, *arguments, **named)

    for module in (builtins, io):
        monkeypatch.setattr(module, "open", look_on)

    def refuse(*arguments: object, **_named: object) -> None:
        reached.append(arguments)
        raise OSError("nothing may be reached")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "create_connection", refuse)
    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", refuse)
    return reached


async def test_S07_links_in_the_knowledge_are_never_followed(place: Place, reached: list[object]):
    """From reading the files to the message as a visitor gets it, in one process."""
    write_document(place.knowledge, "en/logistics/links.md", "The bridge", f"## Bridge {{#bridge}}\n\n{_LINKS}")
    async with open_core(
        Settings(knowledge=KnowledgeSettings(folder=place.knowledge), store=StoreSettings(data=place.data))
    ) as core:
        await core.sync(tells_warnings=True)
        answer = await core.answerer.answer(Question("How many goods trains crossed the bridge?", TODAY))
        assert "4,711" in plain(answer_text(answer, Catalogs().translator(Locale.EN), near=None))
    assert reached == []


def test_S07_the_watch_would_see_a_link_that_is_followed(reached: list[object]):
    with pytest.raises(httpx.ConnectError, match="nothing may be reached"):
        httpx.get("http://169.254.169.254/latest/meta-data/", trust_env=False)
    with urlopen("file:///etc/passwd"):
        pass
    assert len(reached) == 2
