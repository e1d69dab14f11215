"""Rows X01–X09 of tests/faults/README.md: only the sandbox's own page, and who holds a key, is obeyed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.sandbox.gate import TOKEN_HEADER, is_loopback
from bot.sandbox.keys import BOT_VARIABLE, CONTROL_VARIABLE
from tests.support.sandbox_keys import CONTROL, KEYS, SANDBOX_TOKEN, person_client, sandbox_server

ME = f"/bot{SANDBOX_TOKEN}/getMe"
PLACES = ["/", "/page/app.js", ME, "/sandbox/state", "/sandbox/events", f"/file/bot{SANDBOX_TOKEN}/x", "/anything"]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def stranger(telegram):
    """Somebody on this machine who has no key."""
    async with httpx.AsyncClient(base_url=telegram.base_url, trust_env=False, timeout=20) as client:
        yield client


@pytest.mark.parametrize("place", PLACES)
async def test_X01_a_name_that_was_led_here_from_outside_is_not_answered(telegram, place):
    port = telegram.server.port
    for host in (f"evil.example:{port}", f"127.0.0.1:{port + 1}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", ""):
        refused = await telegram.client.get(place, headers={"Host": host})
        assert refused.status_code == 421, host
        assert str(port) in refused.json()["error"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_X01_the_names_of_this_machine_are_answered(telegram, name):
    assert (await telegram.client.get(ME, headers={"Host": f"{name}:{telegram.server.port}"})).status_code == 200


async def test_X01_a_server_for_every_address_answers_to_numbers_which_no_name_server_can_lead_here():
    async with sandbox_server(host="0.0.0.0") as server, person_client(server.base_url) as client:
        for name, status in (("192.0.2.7", 200), ("0.0.0.0", 200), ("[2001:db8::1]", 200), ("evil.example", 421)):
            assert (await client.get(ME, headers={"Host": f"{name}:{server.port}"})).status_code == status


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
async def test_X02_other_web_pages_are_refused_wherever_they_knock(telegram, place, headers):
    assert (await telegram.client.get(place, headers=headers)).status_code == 403


async def test_X02_an_image_on_another_page_does_not_end_the_bots_poll(telegram):
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    address = f"/bot{SANDBOX_TOKEN}/setWebhook?url=http://127.0.0.1:9/x"
    assert (await telegram.client.get(address, headers=image)).status_code == 403
    assert (await telegram.call("getWebhookInfo"))["url"] == ""


async def test_X02_a_link_may_lead_to_the_page_and_the_page_may_ask(telegram):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await telegram.client.get("/", headers=link)).status_code == 200
    assert (await telegram.client.get("/sandbox/state", headers=link)).status_code == 403
    own = {"Origin": telegram.base_url, "Sec-Fetch-Site": "same-origin"}
    assert (await telegram.client.get("/sandbox/state", headers=own)).status_code == 200


@pytest.mark.parametrize("shown", [None, "", "wrong", KEYS.reading, KEYS.bot, "ключ".encode()], ids=str)
async def test_X03_the_persons_side_needs_its_token(stranger, shown):
    headers = {} if shown is None else {TOKEN_HEADER: shown}
    for address in ("/sandbox/state", "/sandbox/calls", "/sandbox/events", "/sandbox/files/x"):
        refused = await stranger.get(address, headers=headers)
        assert refused.status_code == 401
        assert "SCODA_SANDBOX_CONTROL_TOKEN" in refused.json()["error"]
    refused = await stranger.post("/sandbox/personas", json={"first_name": "X"}, headers=headers)
    assert refused.status_code == 401


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_X03_a_body_that_a_form_could_send_is_refused(telegram, kind):
    before = len((await telegram.see("state"))["personas"])
    body = json.dumps({"first_name": "X"}).encode()
    refused = await telegram.client.post("/sandbox/personas", content=body, headers={"Content-Type": kind})
    assert refused.status_code == 415
    assert "application/json" in refused.json()["error"]
    assert len((await telegram.see("state"))["personas"]) == before


async def test_X04_the_page_brings_the_token_and_a_cookie_that_only_reads(telegram, stranger):
    page = await stranger.get("/")
    assert re.search(r'<meta name="sandbox-token" content="([^"]+)">', page.text)[1] == KEYS.control
    cookie = page.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/sandbox"} <= set(cookie.split("; "))
    assert KEYS.control not in cookie
    file = await telegram.act(f"personas/{telegram.wei}/attach", kind="photo")
    file_id = file["message"]["photo"][0]["file_id"]
    assert (await stranger.get(f"/sandbox/files/{file_id}")).status_code == 200
    async with stranger.stream("GET", "/sandbox/events") as events:
        assert events.status_code == 200
    assert (await stranger.get("/sandbox/state")).status_code == 401
    assert (await stranger.post("/sandbox/flood", json={})).status_code == 401


async def test_X04_nobody_may_show_the_page_inside_another_or_keep_it(telegram):
    page = await telegram.client.get("/")
    for name, word in (
        ("content-security-policy", "frame-ancestors 'none'"),
        ("content-security-policy", "default-src 'none'"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ):
        assert word in page.headers[name]
    for place in ("/page/app.js", "/sandbox/state", "/sandbox/nowhere"):
        assert "frame-ancestors 'none'" in (await telegram.client.get(place)).headers["content-security-policy"]


async def test_X05_an_unknown_token_makes_no_bot(telegram):
    for number in range(50):
        assert (await telegram.raw("getMe", f"{number}:abcdefgh")).status_code == 401
        assert (await telegram.raw("setWebhook", f"{number}:abcdefgh", url="http://127.0.0.1:9/")).status_code == 401
    assert (await telegram.raw("getMe", "٤٢:abcdefgh")).status_code == 404
    assert len((await telegram.see("state"))["bots"]) == 1


async def test_X05_no_more_bots_than_an_account_may_have(telegram):
    made = [await telegram.act("bots") for _ in range(19)]
    assert len({bot["token"] for bot in made}) == 19
    assert (await telegram.raw("getMe", made[-1]["token"])).json()["result"]["id"] == made[-1]["id"]
    refused = await telegram.client.post("/sandbox/bots", json={})
    assert refused.status_code == 400
    assert "20 bots" in refused.json()["error"]


@pytest.mark.parametrize("token", ["5", "5:a", "x:abcdefgh", "5:abc def", "5:" + "a" * 65])
async def test_X05_a_token_that_no_bot_can_bear_is_refused(telegram, token):
    for address in ("bots", f"bots/{telegram.bot_id}"):
        refused = await telegram.client.post(f"/sandbox/{address}", json={"token": token})
        assert (refused.status_code, "token must be" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize("count", [0, -1, 10_001, 10**9])
async def test_X06_a_crowd_has_a_bound(telegram, count):
    refused = await telegram.client.post("/sandbox/personas", json={"count": count})
    assert (refused.status_code, "1 to 10000" in refused.json()["error"]) == (400, True)
    assert len((await telegram.see("state"))["personas"]) == 13


async def test_X06_a_body_and_a_picture_have_a_bound(telegram):
    text = {"text": "x" * 1_100_000}
    assert (await telegram.client.post(f"/sandbox/personas/{telegram.wei}/send", json=text)).status_code == 413
    picture = {"kind": "photo", "content_base64": "A" * 14_000_000}
    refused = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/attach", json=picture)
    assert (refused.status_code, "10485760" in refused.json()["error"]) == (413, True)
    file = {"kind": "document", "content_base64": "A" * 30_000_000}
    assert (await telegram.client.post(f"/sandbox/personas/{telegram.wei}/attach", json=file)).status_code == 413
    field = json.dumps({"text": "x" * 9_000_000}).encode()
    assert (await telegram.client.post(ME, content=field, headers=JSON)).status_code == 413


async def test_X07_a_field_that_is_misspelt_is_named_with_those_that_are_known(telegram):
    await telegram.start()
    button = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    message = await telegram.call("sendMessage", chat_id=telegram.wei, text="x", reply_markup=button)
    body = {"message_id": message["message_id"], "data": "b"}
    refused = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/press", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"] == (
        "unknown data; what this address knows: bot, callback_data, chat_id, message_id, wait_s"
    )
    del body["data"]
    refused = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/press", json=body)
    assert "callback_data is missing" in refused.json()["error"]
    assert not await telegram.call("getUpdates")


@pytest.mark.parametrize(
    ("address", "known"), [("calls?metod=getMe", "chat_id, limit, method, since"), ("state?x=1", "none")]
)
async def test_X07_so_is_a_word_of_a_query(telegram, address, known):
    refused = await telegram.client.get(f"/sandbox/{address}")
    assert (refused.status_code, refused.json()["error"].endswith(f"knows: {known}")) == (400, True)


@pytest.mark.parametrize(
    "mime_type", ["text/plain\r\nX-Evil: 1", "text/plain\n", "text", "текст/plain", "a/" + "b" * 70]
)
async def test_X08_a_type_that_no_header_can_hold_is_refused(telegram, mime_type):
    body = {"kind": "document", "mime_type": mime_type}
    refused = await telegram.client.post(f"/sandbox/personas/{telegram.wei}/attach", json=body)
    assert (refused.status_code, "application/pdf" in refused.json()["error"]) == (400, True)


async def test_X08_a_file_of_a_bot_is_shown_whatever_type_the_bot_gave_it(telegram):
    await telegram.start()
    files = {"document": ("a.unheard", b"hello", "text/x;\u00ad\u0416")}
    sent = await telegram.client.post(
        f"/bot{SANDBOX_TOKEN}/sendDocument", data={"chat_id": str(telegram.wei)}, files=files
    )
    shown = await telegram.client.get(f"/sandbox/files/{sent.json()['result']['document']['file_id']}")
    assert (shown.status_code, shown.content) == (200, b"hello")
    assert shown.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("0.0.0.0", False),
     ("::", False), ("192.168.1.7", False), ("sandbox.example", False)],
)  # fmt: skip
def test_X09_it_is_known_which_addresses_others_reach(host, is_here):
    assert is_loopback(host) is is_here


def test_X09_the_process_of_the_sandbox_takes_its_keys_from_the_environment_alone():
    keys = {BOT_VARIABLE: "42:given-by-hand", CONTROL_VARIABLE: KEYS.control}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])} | keys
    line = [sys.executable, "-m", "bot.sandbox", "127.0.0.1", "0"]
    with subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        base_url = process.stdout.readline().strip()
        with httpx.Client(base_url=base_url, trust_env=False, headers=CONTROL) as client:
            assert client.get("/bot42:given-by-hand/getMe").json()["result"]["id"] == 42
            assert client.get("/sandbox/state").status_code == 200
        process.stdin.close()
        assert process.wait(20) == 0
