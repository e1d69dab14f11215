"""The chat model over real HTTP: a stub server that speaks the OpenAI protocol, well and in every bad way."""

from __future__ import annotations

import asyncio
import gc
import socket
import traceback
from collections.abc import AsyncIterator, Sequence

import pytest
from langchain_core.language_models import FakeListChatModel
from pydantic import SecretStr

from bot.adapters.models.chat_model import Connection, LangChainChatModel, any_langchain, openai_compatible
from bot.answering.generation.model import ChatMessage, ChatRole, Completion, estimated_tokens
from bot.answering.generation.ports import ChatModel
from bot.errors import ModelError, SettingsError
from tests.support.model_server import KEY, MODEL, Manner, ModelServer, composed, open_model_server

ASKED = (ChatMessage(ChatRole.SYSTEM, "Rules."), ChatMessage(ChatRole.USER, "Сколько поездов?"))
ANSWER = composed("The hall is open.")
LONG_S = 60.0
"""Longer than any of these calls takes."""
SHORT_S = 0.5


class Pauses:
    """Pauses that take no time and are written down."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with open_model_server() as server:
        yield server


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[LangChainChatModel]:
    model = openai_compatible(base_url=server.base_url, model=MODEL, api_key=SecretStr(KEY), temperature=0.0)
    model._pause = Pauses()
    yield model
    await model.close()
    gc.collect()


async def ask(model: ChatModel, *, deadline_s: float = LONG_S, max_tokens: int = 200, on_text=None) -> Completion:
    return await model.complete(ASKED, max_tokens=max_tokens, deadline_s=deadline_s, on_text=on_text)


async def test_the_answer_comes_with_its_tokens(server: ModelServer, model: LangChainChatModel):
    assert await ask(model) == Completion(ANSWER, prompt_tokens=5, completion_tokens=21)
    sent = server.requests[0]
    assert sent["messages"] == [
        {"role": "system", "content": "Rules."},
        {"role": "user", "content": "Сколько поездов?"},
    ]
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == (MODEL, 0.0, 200)
    assert server.keys == [f"Bearer {KEY}"]
    assert await model.state() == "ok"


SCHEMA = {"type": "object", "properties": {"passages": {"type": "array"}}, "required": ["passages"]}


async def ask_to_schema(model: ChatModel) -> Completion:
    return await model.complete(ASKED, max_tokens=200, deadline_s=LONG_S, schema=SCHEMA)


async def test_the_schema_of_the_answer_is_sent_where_one_is_wanted(server: ModelServer, model: LangChainChatModel):
    assert (await ask_to_schema(model)).text == ANSWER, "what comes is not held against it here"
    assert server.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA},
    }
    await ask(model)
    assert "response_format" not in server.requests[1]


async def test_a_server_that_takes_no_schema_is_asked_without_from_then_on(
    server: ModelServer, model: LangChainChatModel
):
    server.script.append(Manner.TAKES_NO_SCHEMA)
    for _ in range(2):
        assert (await ask_to_schema(model)).text == ANSWER
    assert ["response_format" in request for request in server.requests] == [True, False, False]
    assert model._pause.taken == []


async def test_a_call_that_fails_without_the_schema_too_says_nothing_about_schemas(
    server: ModelServer, model: LangChainChatModel
):
    server.script.extend([Manner.TAKES_NO_SCHEMA, Manner.TAKES_NO_SCHEMA])
    with pytest.raises(ModelError, match="HTTP 400"):
        await ask_to_schema(model)
    await ask_to_schema(model)
    assert ["response_format" in request for request in server.requests] == [True, False, True]


async def test_a_model_of_another_provider_is_told_nothing_of_schemas():
    connection = Connection(FakeListChatModel(responses=["{}"]), asyncio.Event().wait, limits_tokens=False)
    other = LangChainChatModel(lambda: connection, name="other")
    assert (await ask_to_schema(other)).text == "{}"


async def test_the_text_grows_while_it_is_written(server: ModelServer, model: LangChainChatModel):
    server.gate = asyncio.Event()
    seen: list[str] = []
    has_begun = asyncio.Event()

    def on_text(text: str) -> None:
        seen.append(text)
        has_begun.set()

    asking = asyncio.create_task(ask(model, on_text=on_text))
    await has_begun.wait()
    assert not asking.done()
    assert ANSWER.startswith(seen[-1])
    server.gate.set()
    assert (await asking).text == ANSWER == seen[-1]
    assert seen == sorted(seen, key=len)
    assert len(seen) > 2


async def test_tokens_are_estimated_where_the_server_does_not_count(server: ModelServer, model: LangChainChatModel):
    server.manner = Manner.WITHOUT_USAGE
    completion = await ask(model)
    assert completion.prompt_tokens == sum(estimated_tokens(message.text) for message in ASKED) >= 10
    assert completion.completion_tokens == estimated_tokens(ANSWER)


@pytest.mark.parametrize("manner", [Manner.TOO_MANY, Manner.BROKEN, Manner.RESETS])
async def test_L08_what_fails_for_a_moment_is_tried_again(
    server: ModelServer, model: LangChainChatModel, manner: Manner
):
    server.script.extend([manner, manner])
    assert (await ask(model)).text == ANSWER
    assert len(server.requests) == 3, "ours is the only layer that repeats"
    assert model._pause.taken == [0.25, 0.5]


async def test_L08_the_pause_that_the_server_asks_for_is_kept(server: ModelServer, model: LangChainChatModel):
    server.script.append(Manner.TOO_MANY_WAIT)
    server.retry_after = 7
    assert (await ask(model)).text == ANSWER
    assert model._pause.taken == [7.0]


async def test_L08_a_pause_that_outlasts_the_deadline_is_not_begun(server: ModelServer, model: LangChainChatModel):
    server.manner = Manner.TOO_MANY_WAIT
    server.retry_after = LONG_S + 1
    with pytest.raises(ModelError, match="HTTP 429"):
        await ask(model)
    assert (len(server.requests), model._pause.taken) == (1, [])


@pytest.mark.parametrize("manner", [Manner.HANGS, Manner.TRICKLES])
async def test_L08_a_server_that_does_not_finish_is_left_at_the_deadline(
    server: ModelServer, model: LangChainChatModel, manner: Manner
):
    server.manner = manner
    await model._connected()
    with pytest.raises(ModelError, match="whole answer within"):
        await ask(model, deadline_s=SHORT_S, max_tokens=100_000)
    assert len(server.requests) == 1
    assert "0.5 s" in await state_without_probe(model)


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.ENDLESS, "more than the 200 tokens"),
        (Manner.LONG, "more than the 200 tokens"),
        (Manner.EMPTY, "nothing to say"),
        (Manner.REFUSES, "refused"),
        (Manner.FILTERED, "cut the answer short"),
        (Manner.TOOL_CALL, "called a tool"),
        (Manner.INVALID_JSON, "JSONDecodeError"),
        (Manner.WRONG_KEY, "HTTP 401"),
    ],
)
async def test_L08_what_is_no_answer_is_an_error_at_once(
    server: ModelServer, model: LangChainChatModel, manner: Manner, reason: str
):
    server.manner = manner
    with pytest.raises(ModelError, match=reason):
        await ask(model)
    assert len(server.requests) == 1


@pytest.mark.parametrize("manner", [Manner.BROKEN_ANSWER, Manner.REFUSES_IN_WORDS])
async def test_L08_words_of_any_kind_are_an_answer_for_the_reader_to_judge(
    server: ModelServer, model: LangChainChatModel, manner: Manner
):
    server.manner = manner
    assert (await ask(model)).text


async def test_L09_a_wrong_key_is_neither_told_nor_kept(server: ModelServer, model: LangChainChatModel):
    server.manner = Manner.WRONG_KEY
    with pytest.raises(ModelError) as refusal:
        await ask(model)
    shown = "".join(traceback.format_exception(refusal.value))
    assert "HTTP 401" in shown
    assert KEY not in shown
    assert KEY not in repr(model) + await state_without_probe(model)


async def test_L09_a_server_that_is_not_there_is_told_at_the_start_and_noticed_when_it_comes(server: ModelServer):
    now = [0.0]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    model = openai_compatible(
        base_url=f"http://127.0.0.1:{port}/v1", model=MODEL, api_key=SecretStr(""), temperature=0.0
    )
    model._clock = lambda: now[0]
    await model.load()
    assert "APIConnectionError" in await model.state()
    model._connection.model.root_async_client.base_url = server.base_url
    assert await model.state() != "ok", "it is not asked at every look"
    now[0] += 60
    assert await model.state() == "ok"
    await model.close()
    await model.close()
    gc.collect()


async def test_L09_a_wrong_key_is_noticed_at_the_start(server: ModelServer, model: LangChainChatModel):
    server.manner = Manner.WRONG_KEY
    await model.load()
    assert "HTTP 401" in await state_without_probe(model)


async def test_a_caller_who_gives_up_closes_the_stream(server: ModelServer, model: LangChainChatModel):
    server.gate = asyncio.Event()
    asking = asyncio.create_task(ask(model))
    await server.seen.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    server.gate.set()
    assert (await ask(model)).text == ANSWER


async def test_a_real_model_is_spoken_to_like_the_stub(real_model: str):
    model = openai_compatible(base_url=real_model, model="smollm2", api_key=SecretStr(""), temperature=0.0)
    await model.load()
    assert await model.state() == "ok"
    seen: list[str] = []
    completion = await ask(model, max_tokens=24, on_text=seen.append)
    assert completion.text == seen[-1]
    assert len(seen) > 1
    assert 0 < completion.completion_tokens <= 24
    assert completion.prompt_tokens > 10
    await model.close()

    hurried = openai_compatible(base_url=real_model, model="smollm2", api_key=SecretStr(""), temperature=0.0)
    await hurried._connected()  # and by a new connection: the server may have closed the old one just now
    with pytest.raises(ModelError, match="whole answer within"):
        await ask(hurried, max_tokens=1000, deadline_s=0.05)
    await hurried.close()
    gc.collect()


# ── any other model of LangChain's ──


def given_by_langchain(answers: Sequence[str]) -> LangChainChatModel:
    async def close() -> None:
        return

    return LangChainChatModel(
        lambda: Connection(FakeListChatModel(responses=list(answers)), close, limits_tokens=False), name="a model"
    )


async def test_any_model_of_langchains_will_do():
    model = given_by_langchain([ANSWER])
    seen: list[str] = []
    assert (await ask(model, on_text=seen.append)).text == ANSWER == seen[-1]
    await model.load()
    assert await model.state() == "ok"
    await model.close()


async def test_a_model_is_made_by_langchains_own_name():
    model = any_langchain(f"openai:{MODEL}", api_key=SecretStr(KEY), temperature=0.0)
    connection = await model._connected()
    assert connection.model.model_name == MODEL
    assert connection.model.max_retries == 0
    assert connection.limits_tokens
    await model.close()


async def test_a_package_that_is_missing_is_told():
    model = any_langchain("ollama:qwen3", api_key=SecretStr(""), temperature=0.0)
    with pytest.raises(ModelError, match="langchain package must be installed"):
        await ask(model)
    await model.load()
    assert "ollama:qwen3" in await model.state()


def test_a_name_without_a_provider_is_refused():
    with pytest.raises(SettingsError, match="provider:model"):
        any_langchain("qwen3", api_key=SecretStr(""), temperature=0.0)


async def state_without_probe(model: LangChainChatModel) -> str:
    """What is known of the last call, before the server is asked anew."""
    model._probed_at = model._clock()
    return await model.state()
