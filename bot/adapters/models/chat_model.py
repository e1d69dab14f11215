"""Any chat model that LangChain speaks to, as `bot.answering.generation.ports.ChatModel`.

One retry layer (this one), one deadline over all tries, an answer that may not grow without bound, and errors that
repeat neither the key nor what a visitor wrote. LangChain's parts are imported with the first use: they take a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from bot.answering.generation.model import ChatMessage, Completion, estimated_tokens
from bot.backoff import Backoff
from bot.errors import ModelError, SettingsError
from bot.operations.addresses import is_loopback

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk
    from langchain_core.messages.ai import UsageMetadata

log = structlog.get_logger(__name__)

OnText = Callable[[str], None]

_RETRYING = Backoff(first_s=0.25, longest_s=4.0)
"""Seconds before the next try, doubled each time: by reasoning, short beside any deadline."""
_BYTES_PER_TOKEN = 16
"""No tokeniser packs more of any writing into one token, spaces apart: what is longer was not limited by the server."""
_PIECES_PER_TOKEN = 4
"""Pieces that a stream may bring for each token: servers send one, some a few."""
_SPARE_PIECES = 64
"""Pieces on top, for those that bring no text (the first, the last, the use)."""
_TRY_AGAIN_AT = frozenset({408, 409, 425, 429})
"""HTTP statuses below 500 that pass: time-out, conflict, too early, too many calls."""
_NOT_UNDERSTOOD = frozenset({400, 422})
"""What servers answer to a parameter that they don't know, or to a prompt that is too long."""
_PROBE_S = 3.0
"""Seconds that the probe may take: by reasoning."""
_PROBE_EVERY_S = 30.0
"""Seconds between two probes of a server that failed: by reasoning, so that looking after it does not load it."""


@dataclass(slots=True)
class Connection:
    """A model of LangChain's, how to close it, and how to ask its server whether it is there.

    Not every model knows the parameter `max_tokens`; without it the answer is cut off here. `takes_schemas` is whether
    its server sees to it that an answer follows a JSON Schema, as far as is known.
    """

    model: BaseChatModel
    close: Callable[[], Awaitable[object]]
    probe: Callable[[], Awaitable[object]] | None = None
    limits_tokens: bool = True
    takes_schemas: bool = False


class LangChainChatModel:
    """Implements `bot.answering.generation.ports.ChatModel`.

    `connect` makes the model when it is needed first, in a thread. `name` stands in errors and in the log. `clock` and
    `pause` count seconds.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        name: str,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._connect = connect
        self._clock = clock
        self._pause = pause
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._trouble = ""
        self._probed_at = float("-inf")

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        deadline_s: float,
        on_text: OnText | None = None,
        schema: Mapping[str, object] | None = None,
    ) -> Completion:
        """See the port. Whatever fails for a moment is tried again while the deadline lasts."""
        wanted = _Wanted(messages, max_tokens, on_text, schema)
        try:
            async with asyncio.timeout(deadline_s):
                completion = await self._tried(wanted, self._clock() + deadline_s)
        except TimeoutError:
            self._trouble = f"no answer within {deadline_s:g} s"
            raise ModelError(f"the language model {self.name} gave no whole answer within {deadline_s:g} s") from None
        except ModelError as error:
            self._trouble = str(error)
            raise
        self._trouble = ""
        return completion

    async def load(self) -> None:
        """Import and set up what the first call needs, and find out whether the server is there.

        What is wrong is kept for `state`: a bot without its model runs all the same.
        """
        await self._probe()

    async def state(self) -> str:
        """`ok`, or what was wrong with the last call. A server that failed is asked again, but not often."""
        if self._trouble and self._clock() - self._probed_at >= _PROBE_EVERY_S:
            await self._probe()
        return self._trouble or "ok"

    async def close(self) -> None:
        """Let go of the connections; twice is as good as once."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None:
                self._connection = await asyncio.to_thread(self._connect)
            return self._connection

    async def _probe(self) -> None:
        """Ask the server for its models, where it has such a list; the answer itself does not matter."""
        self._probed_at = self._clock()
        try:
            connection = await self._connected()
            if connection.probe is not None:
                async with asyncio.timeout(_PROBE_S):
                    await connection.probe()
                self._trouble = ""
        except ModelError as error:
            self._trouble = str(error)
        except TimeoutError:
            self._trouble = f"no answer within {_PROBE_S:g} s"
        except Exception as error:  # noqa: BLE001 - every provider has errors of its own
            # A server that answers 404 is there and has no list of models.
            self._trouble = "" if _status_of(error) == 404 else _what_happened(error)
        if self._trouble:
            log.warning("model_unavailable", reason=self._trouble)

    async def _tried(self, wanted: _Wanted, ends_at: float) -> Completion:
        """Without the schema, from now on, where the server takes the call only so."""
        connection = await self._connected()
        if wanted.schema is None or not connection.takes_schemas:
            return await self._repeated(connection, wanted, ends_at)
        try:
            return await self._repeated(connection, wanted, ends_at)
        except _NotUnderstoodError:
            completion = await self._repeated(connection, replace(wanted, schema=None), ends_at)
        connection.takes_schemas = False
        log.info("model_takes_no_schema", model=self.name)
        return completion

    async def _repeated(self, connection: Connection, wanted: _Wanted, ends_at: float) -> Completion:
        attempt = 0
        while True:
            try:
                return await _read(connection, wanted)
            except ModelError:
                raise
            except TimeoutError as error:
                if self._clock() >= ends_at:
                    raise
                failure: Exception = error
            except Exception as error:  # noqa: BLE001 - every provider has errors of its own
                failure = error
            pause_s = _pause_before_next(failure, attempt)
            if pause_s is None or self._clock() + pause_s >= ends_at:
                # The foreign error is left behind: its text may repeat the key or the question.
                kind = _NotUnderstoodError if _status_of(failure) in _NOT_UNDERSTOOD else ModelError
                raise kind(f"the language model {self.name} failed: {_what_happened(failure)}") from None
            log.debug("model_tried_again", reason=_what_happened(failure), attempt=attempt + 1)
            await self._pause(pause_s)
            attempt += 1


class _NotUnderstoodError(ModelError):
    """The server does not take the call as it is."""


def openai_compatible(*, base_url: str, model: str, api_key: SecretStr, temperature: float) -> LangChainChatModel:
    """A model behind an OpenAI-compatible address: DeepSeek, Qwen, Ollama, vLLM, llama.cpp, gateways."""

    def connect() -> Connection:
        import openai  # noqa: PLC0415 - takes a second to import
        from langchain_openai.chat_models.base import BaseChatOpenAI  # noqa: PLC0415 - as above

        heeds_proxies = not is_loopback(urlsplit(base_url).hostname or "")
        http = openai.DefaultHttpxClient(trust_env=heeds_proxies)
        async_http = openai.DefaultAsyncHttpxClient(trust_env=heeds_proxies)
        # ChatOpenAI would send `max_completion_tokens`, which only OpenAI's own server knows; its base does not.
        chat = BaseChatOpenAI(
            base_url=base_url.rstrip("/"),
            model=model,
            api_key=api_key if api_key.get_secret_value() else SecretStr("none"),
            temperature=temperature,
            max_retries=0,
            stream_usage=True,
            stream_chunk_timeout=None,
            http_client=http,
            http_async_client=async_http,
        )

        async def close() -> None:
            http.close()
            await async_http.aclose()

        async def probe() -> None:
            await chat.root_async_client.with_options(max_retries=0).models.list()

        return Connection(chat, close, probe, takes_schemas=True)

    return LangChainChatModel(connect, name=f"{model} at {urlsplit(base_url).hostname}")


def any_langchain(model: str, *, api_key: SecretStr, temperature: float) -> LangChainChatModel:
    """A model by LangChain's own name, `provider:model`; its package must be installed."""

    def connect() -> Connection:
        from langchain.chat_models import init_chat_model  # noqa: PLC0415 - takes a second to import

        given: dict[str, Any] = {"temperature": temperature, "max_retries": 0}
        if api_key.get_secret_value():
            given["api_key"] = api_key.get_secret_value()
        try:
            chat = init_chat_model(model, **given)
        except Exception as error:  # noqa: BLE001 - a package that is missing, an unknown name, a key that is needed
            raise ModelError(
                f"LangChain can't make the model {model!r} ({type(error).__name__}): [model] model needs the form "
                "provider:model, and that provider's langchain package must be installed"
            ) from None
        names = {name for key, field in type(chat).model_fields.items() for name in (key, field.alias)}
        return Connection(chat, _nothing_to_close, limits_tokens="max_tokens" in names)

    if ":" not in model:
        raise SettingsError(f"setting [model] model: {model!r} needs the form provider:model with provider langchain")
    return LangChainChatModel(connect, name=model)


async def _nothing_to_close() -> None:
    return


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a call is made with."""

    messages: Sequence[ChatMessage]
    max_tokens: int
    on_text: OnText | None
    schema: Mapping[str, object] | None

    def options(self, connection: Connection) -> dict[str, Any]:
        """What the server is told besides the messages."""
        options: dict[str, Any] = {"max_tokens": self.max_tokens} if connection.limits_tokens else {}
        if self.schema is not None and connection.takes_schemas:
            shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": self.schema}}
            # As LangChain's own `response_format` the client would read the answer itself, and fail where it is cut.
            options["extra_body"] = {"response_format": shape}
        return options


@dataclass(slots=True)
class _Answer:
    """What has been streamed so far, within bounds."""

    max_tokens: int
    text: str = ""
    size: int = 0
    pieces: int = 0
    usage: UsageMetadata | None = field(default=None)

    def take(self, chunk: AIMessageChunk) -> bool:
        """Add a chunk; whether it brought text.

        Raises:
            ModelError: it is no text, or there is more of it than was asked for.
        """
        from langchain_core.messages.ai import add_usage  # noqa: PLC0415 - LangChain is here already

        _refuse_what_is_no_text(chunk)
        if chunk.usage_metadata is not None:
            self.usage = add_usage(self.usage, chunk.usage_metadata)
        piece = str(chunk.text)
        self.pieces += 1
        self.size += len(piece.encode("utf-8", "surrogatepass"))
        if (
            self.size > self.max_tokens * _BYTES_PER_TOKEN
            or self.pieces > self.max_tokens * _PIECES_PER_TOKEN + _SPARE_PIECES
        ):
            raise ModelError(f"the language model wrote more than the {self.max_tokens} tokens it was asked for")
        self.text += piece
        return bool(piece)


async def _read(connection: Connection, wanted: _Wanted) -> Completion:
    """One call to its end."""
    answer = _Answer(wanted.max_tokens)
    asked = [(message.role.value, message.text) for message in wanted.messages]
    async with aclosing(connection.model.astream(asked, **wanted.options(connection))) as stream:  # type: ignore[type-var]  # it is a generator, typed as an iterator
        async for chunk in stream:
            if answer.take(chunk) and wanted.on_text is not None:
                wanted.on_text(answer.text)
    if not answer.text.strip():
        raise ModelError("the language model refused, or had nothing to say")
    usage = answer.usage
    return Completion(
        answer.text,
        prompt_tokens=usage["input_tokens"] if usage else sum(estimated_tokens(one.text) for one in wanted.messages),
        completion_tokens=usage["output_tokens"] if usage else estimated_tokens(answer.text),
    )


def _refuse_what_is_no_text(chunk: AIMessageChunk) -> None:
    if chunk.tool_call_chunks or chunk.tool_calls or chunk.invalid_tool_calls:
        raise ModelError("the language model called a tool: it has none")
    if chunk.response_metadata.get("finish_reason") == "content_filter":
        raise ModelError("the language model's provider cut the answer short")


def _pause_before_next(error: Exception, attempt: int) -> float | None:
    """How long to wait before the call is made again; None when that would not help."""
    status = _status_of(error)
    if status is None and not _is_of_the_network(error):
        return None
    if status is not None and status < 500 and status not in _TRY_AGAIN_AT:
        return None
    return _asked_pause(error) or _RETRYING.pause_s(attempt)


def _status_of(error: Exception) -> int | None:
    """The HTTP status that an error of any provider's client carries."""
    for carrier in (error, getattr(error, "response", None)):
        status = getattr(carrier, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _is_of_the_network(error: BaseException | None) -> bool:
    """Whether the connection failed: the clients wrap httpx's errors, under either of its names, in their own."""
    if error is None:
        return False
    if isinstance(error, OSError) or any(kind.__name__ == "TransportError" for kind in type(error).__mro__):
        return True
    return _is_of_the_network(error.__cause__)


def _asked_pause(error: Exception) -> float:
    """The seconds of `Retry-After`, 0 without one."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except (TypeError, ValueError):
        return 0.0


def _what_happened(error: Exception) -> str:
    """Class and status: the text of a foreign error may repeat the key or what a visitor wrote."""
    status = _status_of(error)
    return type(error).__name__ if status is None else f"{type(error).__name__}, HTTP {status}"
