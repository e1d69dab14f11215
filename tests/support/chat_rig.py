"""A Telegram that remembers every call, an answerer with fixed answers, and updates as Telegram sends them."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from telegram.request import BaseRequest, RequestData

from bot.answering.model import Answer, Citation, DocumentView, OnSentence, Outcome, Question, Suggestion, TopicView
from bot.chat.application import build_application
from bot.chat.context import AppContext, VisitorRules
from bot.chat.dispatch import UpdateDispatcher
from bot.chat.options import ChatOptions
from bot.chat.wire.envelope import read_update
from bot.chat.wire.sender import Sender
from bot.chat.wire.triage import Treatment
from bot.i18n.translator import Catalogs
from bot.ids import DocumentPath, Locale, SectionKey
from bot.visitors.model import Visitor
from tests.support.fakes import FakeButtonStore, FakeInbox, FakeState, FakeTurnStore, FakeVisitorStore

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TOKEN = "7000001:unit-test-token"
BOT_ID = 7000001
USERNAME = "scoda_test_bot"
LOCALES = Path(__file__).resolve().parents[2] / "locales"
KEY = SectionKey(DocumentPath("logistics/trains.md"), "volumes")
CITATION = Citation(
    key=KEY,
    title="Freight trains",
    heading="Volumes",
    publisher="SCODA",
    source_title="Yearly report",
    url="https://example.org/report",
    source_date=date(2026, 1, 5),
    as_of=date(2026, 6, 1),
    valid_until=None,
    locale=Locale.EN,
)
ANSWER = Answer(
    Outcome.ANSWERED,
    Locale.EN,
    Locale.EN,
    sentences=("The hub handled 1,225 trains in 2025.",),
    rest=("Most of them went to Central Asia.",),
    citations=(CITATION,),
    suggestions=(Suggestion(KEY, "Where do the trains go?"),),
    score=0.9,
)


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    params: dict


RULES = VisitorRules(answer_deadline_s=5.0)


class FakeTelegram(BaseRequest):
    """Answers like Telegram; `script` puts other answers, or errors, before the usual one."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.scripts: dict[str, deque] = defaultdict(deque)
        self._message_ids = count(1)

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_timeouts: object, **_more: object
    ) -> tuple[int, bytes]:
        name = url.rsplit("/", 1)[1]
        params = {key: _decoded(value) for key, value in (request_data.json_parameters if request_data else {}).items()}
        self.calls.append(Call(name, params))
        if self.scripts[name]:
            scripted = self.scripts[name].popleft()
            if isinstance(scripted, Exception):
                raise scripted
            status, body = scripted
            return status, body if isinstance(body, bytes) else json.dumps(body).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, params)}).encode()

    def script(self, method: str, *answers: object) -> None:
        self.scripts[method].extend(answers)

    def refuse(self, method: str, code: int, description: str, **parameters: int) -> None:
        body = {"ok": False, "error_code": code, "description": description}
        self.script(method, (code, body | ({"parameters": parameters} if parameters else {})))

    def sent(self, method: str = "sendMessage") -> list[dict]:
        return [call.params for call in self.calls if call.method == method]

    def texts(self) -> list[str]:
        return [call.params["text"] for call in self.calls if call.method in ("sendMessage", "editMessageText")]

    def keyboard(self) -> list[dict]:
        """The buttons of the last keyboard, row after row."""
        markups = [call.params["reply_markup"] for call in self.calls if "reply_markup" in call.params]
        return [button for row in markups[-1]["inline_keyboard"] for button in row]

    def button(self, part: str) -> str:
        """The callback data of the last keyboard's button whose label holds `part`."""
        return next(button["callback_data"] for button in self.keyboard() if part in button["text"])

    def _result(self, name: str, params: dict) -> object:
        if name == "getMe":
            return {"id": BOT_ID, "is_bot": True, "first_name": "SCODA", "username": USERNAME}
        if name in ("sendMessage", "editMessageText", "sendDocument"):
            chat = {"id": int(params["chat_id"]), "type": "private"}
            return {"message_id": next(self._message_ids), "date": 1, "chat": chat, "text": "…"}
        if name == "getMyCommands":
            return []
        if name == "getMyDescription":
            return {"description": ""}
        if name == "getMyShortDescription":
            return {"short_description": ""}
        return True


@dataclass
class FakeAnswerer:
    """Answers everything alike, and remembers what was asked."""

    answer_to: Callable[[Question], Answer] = lambda question: ANSWER
    section_is_there: bool = True
    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Answer:
        self.asked.append(question)
        return self.answer_to(question)

    def section(self, key: SectionKey, locale: Locale, today: date) -> Answer | None:
        return (
            Answer(Outcome.ANSWERED, locale, Locale.EN, ("A whole section.",), citations=(CITATION,))
            if self.section_is_there
            else None
        )

    def topics(self, today: date) -> Sequence[TopicView]:
        return [TopicView("logistics", 1), TopicView("expo", 0)]

    def documents(self, topic: str, locale: Locale, today: date) -> Sequence[DocumentView]:
        if topic != "logistics":
            return []
        return [DocumentView("logistics/trains.md", "Freight trains", topic, Locale.EN, (Suggestion(KEY, "Volumes"),))]


async def no_pause(_seconds: float) -> None:
    """Time does not pass in tests; others get their turn."""
    await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Let the others work until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is a row in a fake store, which tells nobody
            await asyncio.sleep(0.001)


class Rig:
    """The handlers over a fake Telegram and fake stores; one call handles one update with all that is stored."""

    def __init__(self, *, rules: VisitorRules = RULES, **changes: Any) -> None:
        self.telegram = FakeTelegram()
        self.state = FakeState()
        self.answerer = FakeAnswerer()
        self.inbox = FakeInbox(self.state)
        self.now = NOW
        self._rules = rules
        self._changes = changes
        self._ids = count(1)

    async def open(self) -> Rig:
        application = build_application(ChatOptions(token=TOKEN), self.telegram, FakeTelegram())
        await application.initialize()
        self.telegram.calls.clear()
        self.application = application
        self.sender = Sender(application.bot, deadline_s=5.0, pause=no_pause)
        context = AppContext(
            bot=application.bot,
            sender=self.sender,
            answerer=self.answerer,
            visitors=FakeVisitorStore(self.state),
            buttons=FakeButtonStore(self.state),
            turns=FakeTurnStore(self.state),
            catalogs=Catalogs(LOCALES),
            rules=self._rules,
        )
        self.dispatcher = UpdateDispatcher(replace(context, **self._changes), now=lambda: self.now)
        return self

    async def handle(self, raw: dict, treatment: Treatment = Treatment.NORMAL) -> None:
        update_id = next(self._ids)
        effects = await self.dispatcher.handle(read_update({"update_id": update_id} | raw), treatment)
        async with self.state.transaction():
            for effect in effects:
                await effect()

    async def write(self, text: str, **more: Any) -> None:
        await self.handle(message(text, **more))

    async def press(self, data: str, **more: Any) -> None:
        await self.handle(press(data, **more))

    def visitor(self, visitor_id: int = 11) -> Visitor | None:
        return self.state.visitors.get(visitor_id)


def person(user_id: int = 11, language: str | None = "en", name: str = "Ann") -> dict:
    return {"id": user_id, "is_bot": False, "first_name": name} | ({"language_code": language} if language else {})


def message(
    text: str | None,
    *,
    user: dict | None = None,
    chat: dict | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> dict:
    user = user if user is not None else person()
    chat = chat or {"id": user["id"], "type": "private", "first_name": user["first_name"]}
    body = {"message_id": 5, "date": int(at.timestamp()), "chat": chat, "from": user} | fields
    if text is not None:
        body["text"] = text
        entities = _entities(text)
        if entities:
            body["entities"] = entities
    return {"message": body}


def group_message(text: str, *, user: dict | None = None, **fields: Any) -> dict:
    return message(text, user=user, chat={"id": -1001, "type": "supergroup", "title": "G"}, **fields)


def press(data: str, *, user: dict | None = None, chat_id: int | None = None) -> dict:
    user = user or person()
    chat = {"id": chat_id or user["id"], "type": "private" if (chat_id or 1) > 0 else "supergroup"}
    query = {
        "id": "q1",
        "from": user,
        "chat_instance": "c",
        "data": data,
        "message": {"message_id": 5, "date": int(NOW.timestamp()), "chat": chat, "text": "…"},
    }
    return {"callback_query": query}


def member(old: str, new: str, *, chat: dict | None = None, user: dict | None = None) -> dict:
    """The bot's own membership of a chat changes."""
    user = user or person()
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "SCODA"}

    def status(name: str) -> dict:
        return {"user": bot, "status": name} | ({"until_date": 0} if name == "kicked" else {})

    chat = chat or {"id": user["id"], "type": "private"}
    body = {"chat": chat, "from": user, "date": 1, "old_chat_member": status(old), "new_chat_member": status(new)}
    return {"my_chat_member": body}


def _entities(text: str) -> list[dict]:
    entities = []
    if text.startswith("/"):
        entities.append({"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])})
    if f"@{USERNAME}" in text:
        entities.append({"type": "mention", "offset": text.index(f"@{USERNAME}"), "length": len(USERNAME) + 1})
    return entities


def _decoded(value: str) -> object:
    try:
        return json.loads(value) if value[:1] in "[{" else value
    except ValueError:
        return value
