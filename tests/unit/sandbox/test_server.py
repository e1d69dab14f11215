import asyncio

import httpx
import pytest

from bot.sandbox.server import SandboxServer, serve_sandbox
from tests.support.sandbox_keys import KEYS, person_client, sandbox_server


async def test_it_serves_until_it_is_cancelled():
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_sandbox("127.0.0.1", 0, keys=KEYS, ready=port.set_result))
    address = f"http://127.0.0.1:{await port}"
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        assert (await client.get("/bot7000001:sandbox/getMe")).json()["ok"] is True
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        with pytest.raises(httpx.ConnectError):
            await client.get("/")


async def test_a_port_that_is_taken_is_an_error():
    async with SandboxServer() as server:
        with pytest.raises(OSError, match="in use"):
            await SandboxServer(port=server.port).__aenter__()


async def test_stopping_ends_polls_streams_and_hanging_calls(clock):
    async with (
        sandbox_server() as server,
        person_client(server.base_url) as client,
    ):
        poll = asyncio.create_task(client.get("/bot7000001:sandbox/getUpdates", params={"timeout": 50}))
        stream = asyncio.create_task(client.get("/sandbox/events"))
        await client.post("/sandbox/faults", json={"kind": "hang", "method": "getMe"})
        hanging = asyncio.create_task(client.get("/bot7000001:sandbox/getMe"))
        async with asyncio.timeout(20):
            while len((await client.get("/sandbox/calls")).json()["calls"]) < 2 or not server.sandbox.events._watchers:
                pass
        await server.__aexit__(None, None, None)
        assert (await poll).json() == {"ok": True, "result": []}
        assert (await stream).text == ": connected\n\n"
        with pytest.raises(httpx.TransportError):
            await hanging
        await client.aclose()
