"""The person's side over HTTP, under `/sandbox/`: what the chat page and end-to-end tests use."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox import groups, person
from bot.sandbox.attachments import ORDER_FIELDS, attachment
from bot.sandbox.engine import SandboxEngine
from bot.sandbox.faults import FaultKind, FaultOrder
from bot.sandbox.flood import FloodRules
from bot.sandbox.keys import BOT_TOKEN, new_token
from bot.sandbox.limits import DOWNLOAD_BYTES
from bot.sandbox.person import PersonError, Place
from bot.sandbox.profile import commands_shown
from bot.sandbox.wire import ApiError, Json
from bot.sandbox.world import Bot, Group, Persona

_WAIT_S = 10.0
_MOST_AT_ONCE = 10_000
_MOST_PERSONAS = 200_000
_MOST_GROUPS = 10_000
_MOST_BOTS = 20
"""As many as @BotFather gives one account."""
_BODY_BYTES = 1024 * 1024
_FILE_BODY_BYTES = DOWNLOAD_BYTES * 4 // 3 + _BODY_BYTES
"""A file in Base64 that a bot may fetch, and the words around it."""
_PLACE = ("bot", "chat_id")
_GROUP_WORDS = ("type", "title", "username", "members", "with_bot", "bot_is_admin", "bot")
_RATES = ("overall_per_s", "chat_per_s", "group_per_min")
_FAULT_WORDS = ("kind", "method", "chat_id", "count", "skip", "retry_after", "description", "effect")
_PERSONA_WORDS = ("first_name", "last_name", "username", "language_code")
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Action = Callable[[Request, Json], Awaitable[object]]


class _JsonResponse(Response):
    """JSON in ASCII, so that even half a surrogate pair gets through."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


class Control:
    """One function for each thing that a person, or a test in its place, may do."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """All routes under /sandbox/."""
        return [
            _route("GET", "/state", self.state),
            _route("POST", "/personas", self.add_persona, *_PERSONA_WORDS, "count", "started", "bot"),
            _route("PATCH", "/personas/{id:int}", self.change_persona, *_PERSONA_WORDS, "deactivated"),
            _route("GET", "/personas/{id:int}/commands", self.commands, *_PLACE),
            _route("POST", "/personas/{id:int}/send", self.send, "text", "reply_to_message_id", "entities", *_PLACE),
            _route("POST", "/personas/{id:int}/start", self.start, "payload", "bot"),
            _route("POST", "/personas/{id:int}/edit", self.edit, "message_id", "text", *_PLACE),
            _route("POST", "/personas/{id:int}/press", self.press, "message_id", "callback_data", "wait_s", *_PLACE),
            _route("POST", "/personas/{id:int}/attach", self.attach, *ORDER_FIELDS, "reply_to_message_id", *_PLACE),
            _route("POST", "/personas/{id:int}/block", self.block, "bot"),
            _route("POST", "/personas/{id:int}/unblock", self.unblock, "bot"),
            _route("POST", "/personas/{id:int}/inline", self.inline, "query", "offset", "wait_s", *_PLACE),
            _route("POST", "/personas/{id:int}/inline/choose", self.choose, "result_id", "query", *_PLACE),
            _route("GET", "/chats/{id}/messages", self.messages, "bot"),
            _route("POST", "/groups", self.add_group, *_GROUP_WORDS),
            _route("POST", "/groups/{id}/migrate", self.migrate),
            _route("POST", "/groups/{id}/remove_bot", self.remove_bot, "bot"),
            _route("POST", "/updates", self.inject, "update", "update_id", "bot"),
            _route("POST", "/flood", self.set_flood, "enabled", *_RATES),
            _route("GET", "/faults", self.faults),
            _route("POST", "/faults", self.order_fault, *_FAULT_WORDS),
            _route("DELETE", "/faults", self.clear_faults),
            _route("GET", "/calls", self.calls, "since", "method", "chat_id", "limit"),
            _route("POST", "/bots", self.add_bot, "token", "username", "first_name"),
            _route("POST", "/bots/{id:int}", self.change_bot, "reads_all_group_messages", "username", "token"),
            _route("POST", "/bots/{id:int}/revoke", self.revoke),
            Route("/sandbox/events", self.events, methods=["GET"]),
            Route("/sandbox/files/{file_id}", self.file, methods=["GET"]),
        ]

    async def state(self, _request: Request, _body: Json) -> Json:
        """Everything that the page shows beside the chats: bots, personas, groups, flood control."""
        world = self._sandbox.world
        return {
            "bots": [_bot_state(bot) for bot in world.bots.values()],
            "personas": [persona.profile for persona in world.personas.values()],
            "groups": [_group_state(group) for group in world.groups.values() if not group.migrated_to],
            "flood": self._sandbox.flood.state(),
        }

    async def add_persona(self, _request: Request, body: Json) -> Json:
        """One persona, or with `count` many at once; `started` ones count as having written to the bot."""
        bot = person.bot_or_default(self._sandbox, body.get("bot"))
        count = int(body.get("count", 1))
        room = min(_MOST_AT_ONCE, _MOST_PERSONAS - len(self._sandbox.world.personas))
        if not 1 <= count <= room:
            raise PersonError(f"count is {count}: it must be 1 to {_MOST_AT_ONCE}, and room is for {max(room, 0)}")
        added = [self._sandbox.world.add_persona(str(body.get("first_name") or "Guest")) for _ in range(count)]
        for persona in added:
            _set_words(persona, body)
            if body.get("started"):
                persona.started.add(bot.id)
        if "count" in body:
            return {"personas": [persona.profile for persona in added]}
        self._sandbox.events.publish("persona", added[0].profile)
        return added[0].profile

    async def change_persona(self, request: Request, body: Json) -> Json:
        """Changes names or the app's language (null takes it away); `deactivated` deletes the account."""
        persona = self._persona(request)
        _set_words(persona, body)
        if "deactivated" in body:
            persona.deactivated = bool(body["deactivated"])
        self._sandbox.world.renamed(persona)
        self._sandbox.events.publish("persona", persona.profile)
        return persona.profile

    async def commands(self, request: Request, _body: Json) -> Json:
        """The commands that this persona's app shows, in a private chat or in the group `chat_id`."""
        query = request.query_params
        chat_id = _number(query.get("chat_id"))
        place = person.place_of(self._sandbox, request.path_params["id"], _number(query.get("bot")), chat_id)
        return {"commands": commands_shown(place.bot, place.persona, place.group)}

    async def send(self, request: Request, body: Json) -> Json:
        """Types and sends a text."""
        place = self._place(request, body)
        message = person.say(
            self._sandbox,
            place,
            str(body.get("text", "")),
            reply_to=_number(body.get("reply_to_message_id")),
            entities=body.get("entities"),
        )
        return {"message": message}

    async def start(self, request: Request, body: Json) -> Json:
        """Taps a deep link, or "Start" without a payload."""
        place = self._place(request, {"bot": body.get("bot")})
        return {"message": person.start(self._sandbox, place, str(body.get("payload") or ""))}

    async def edit(self, request: Request, body: Json) -> Json:
        """Edits one of the persona's own messages."""
        place = self._place(request, body)
        message_id = _required_number(body, "message_id")
        return {"message": person.edit(self._sandbox, place, message_id, str(body.get("text", "")))}

    async def press(self, request: Request, body: Json) -> Json:
        """Presses a button and waits for the bot's answer, at most `wait_s`."""
        place = self._place(request, body)
        if "callback_data" not in body:
            raise PersonError("callback_data is missing; it is what the button carries")
        callback_data = str(body["callback_data"])
        message_id = _required_number(body, "message_id")
        return await person.press(self._sandbox, place, message_id, callback_data=callback_data, wait_s=_wait_s(body))

    async def attach(self, request: Request, body: Json) -> Json:
        """Sends an attachment of the given kind."""
        place = self._place(request, body)
        content = attachment(self._sandbox.files, place.persona, body)
        reply_to = _number(body.get("reply_to_message_id"))
        return {"message": person.post(self._sandbox, place, content, reply_to=reply_to)}

    async def block(self, request: Request, body: Json) -> Json:
        """Blocks the bot."""
        place = self._place(request, {"bot": body.get("bot")})
        person.block(self._sandbox, place)
        return place.persona.profile

    async def unblock(self, request: Request, body: Json) -> Json:
        """Unblocks the bot."""
        place = self._place(request, {"bot": body.get("bot")})
        person.unblock(self._sandbox, place)
        return place.persona.profile

    async def inline(self, request: Request, body: Json) -> Json:
        """Types an inline query and waits for results, at most `wait_s`."""
        place = self._place(request, body)
        text, offset = str(body.get("query", "")), str(body.get("offset", ""))
        return await person.ask_inline(self._sandbox, place, text, offset=offset, wait_s=_wait_s(body))

    async def choose(self, request: Request, body: Json) -> Json:
        """Sends a result of the last inline queries."""
        place = self._place(request, body)
        result_id, text = str(body.get("result_id", "")), str(body.get("query", ""))
        return {"message": person.choose_inline(self._sandbox, place, result_id, text)}

    async def messages(self, request: Request, _body: Json) -> Json:
        """All messages that the chat still holds, oldest first."""
        chat_id = _required_number(request.path_params, "id")
        if chat_id < 0:
            conversation = person.group_of(self._sandbox, chat_id).conversation
        else:
            bot_id = _number(request.query_params.get("bot"))
            conversation = person.place_of(self._sandbox, chat_id, bot_id, None).conversation
        return {"messages": list(conversation.messages.values())}

    async def add_group(self, _request: Request, body: Json) -> Json:
        """`type` may be group, supergroup or channel; `bot_is_admin` gives the bot an administrator's rights."""
        if len(self._sandbox.world.groups) >= _MOST_GROUPS:
            raise PersonError(f"there are {_MOST_GROUPS} groups already; start the sandbox anew for more")
        members = [person.persona_of(self._sandbox, int(number)) for number in body.get("members", [])]
        bot = person.bot_or_default(self._sandbox, body.get("bot")) if body.get("with_bot", True) else None
        chat: Json = {"type": str(body.get("type", "supergroup")), "title": str(body.get("title") or "Group")}
        if username := body.get("username"):
            chat["username"] = str(username)
        is_admin = body.get("bot_is_admin") or chat["type"] == "channel"
        standing = "administrator" if is_admin else "member"
        return _group_state(groups.create_group(self._sandbox, chat, members, bot=bot, standing=standing))

    async def migrate(self, request: Request, _body: Json) -> Json:
        """Upgrades a group, which gets a new id."""
        return _group_state(groups.migrate(self._sandbox, self._group(request)))

    async def remove_bot(self, request: Request, body: Json) -> Json:
        """Kicks the bot out of a group."""
        group = self._group(request)
        groups.remove_bot(self._sandbox, group, person.bot_or_default(self._sandbox, body.get("bot")))
        return _group_state(group)

    async def inject(self, _request: Request, body: Json) -> Json:
        """Gives a bot an update made by hand, or an old one again."""
        update = body.get("update")
        if not isinstance(update, dict):
            raise PersonError('the body is {"update": {"<kind>": {…}}, "bot"?: id, "update_id"?: number}')
        update_id = _number(body.get("update_id", update.get("update_id")))
        bot = person.bot_or_default(self._sandbox, body.get("bot"))
        return groups.inject(self._sandbox, bot, update, update_id)

    async def set_flood(self, _request: Request, body: Json) -> Json:
        """Switches flood control; rates that are not named go back to Telegram's."""
        rates = {name: max(int(body[name]), 1) for name in _RATES if name in body}
        rules = replace(FloodRules(), enabled=bool(body.get("enabled", True)), **rates)
        self._sandbox.flood.set(rules)
        return self._sandbox.flood.state()

    async def faults(self, _request: Request, _body: Json) -> Json:
        """The faults that are still to come."""
        return {"faults": self._sandbox.faults.state()}

    async def order_fault(self, _request: Request, body: Json) -> Json:
        """`effect` decides whether the call happens before its answer is spoilt; each kind has its default."""
        fault = _fault(body)
        self._sandbox.faults.order(fault)
        return fault.state()

    async def clear_faults(self, _request: Request, _body: Json) -> Json:
        """Takes all orders for faults back."""
        self._sandbox.faults.clear()
        return {"faults": []}

    async def calls(self, request: Request, _body: Json) -> Json:
        """The calls after number `since`; `method` in any case, `chat_id` and `limit` if wanted."""
        query = request.query_params
        method, chat_id = query.get("method", "").lower(), query.get("chat_id")
        since, limit = _number(query.get("since")) or 0, _number(query.get("limit"))
        found = (
            call.as_json()
            for call in self._sandbox.calls.calls
            if call.number > since
            and method in {"", call.method.lower()}
            and chat_id in {None, str(call.params.get("chat_id"))}
        )
        return {"calls": list(islice(found, limit))}

    async def add_bot(self, _request: Request, body: Json) -> Json:
        """Makes another bot, of the given token or a made-up one; answers with the token."""
        bots = self._sandbox.world.bots
        if len(bots) >= _MOST_BOTS:
            raise PersonError(f"there are {_MOST_BOTS} bots already, as many as an account may have")
        token = _token(body["token"]) if "token" in body else new_token(max(bots) + 1)
        bot_id = int(token.partition(":")[0])
        if bot_id in bots:
            raise PersonError(f"there is a bot {bot_id} already; POST /sandbox/bots/{bot_id} changes it", 409)
        username = str(body.get("username") or f"sandbox_{bot_id}_bot")
        bot = self._sandbox.world.add_bot(token, username, str(body.get("first_name") or f"Sandbox bot {bot_id}"))
        return {**_bot_state(bot), "token": bot.token}

    async def change_bot(self, request: Request, body: Json) -> Json:
        """Changes what BotFather would: privacy mode, username, and the token to one of the same bot."""
        bot = person.bot_or_default(self._sandbox, request.path_params["id"])
        if "token" in body:
            bot.token = _token(body["token"], of=bot.id)
        if "reads_all_group_messages" in body:
            bot.reads_all_group_messages = bool(body["reads_all_group_messages"])
        if username := body.get("username"):
            bot.username = str(username)
        return _bot_state(bot)

    async def revoke(self, request: Request, _body: Json) -> Json:
        """Revokes the bot's token; answers with the new one."""
        bot = person.bot_or_default(self._sandbox, request.path_params["id"])
        bot.token = new_token(bot.id)
        return {"revoked": True, "token": bot.token}

    async def events(self, request: Request) -> Response:
        """Server-sent events of `persona` (several with commas; none means all chats)."""
        try:
            named = request.query_params.get("persona", "").split(",")
            personas = frozenset(int(number) for number in named if number)
            last = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
            after = int(last) if last else None
        except ValueError:
            return _JsonResponse({"error": "persona and Last-Event-ID are whole numbers"}, 400)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = self._sandbox.events.stream(personas, after)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def file(self, request: Request) -> Response:
        """The bytes of a file, for the page; only pictures are shown in place."""
        stored = self._sandbox.files.get(request.path_params["file_id"])
        if stored is None:
            return _JsonResponse({"error": "there is no such file in this run of the sandbox"}, 404)
        is_picture = stored.upload.mime_type in _PICTURES
        return Response(
            stored.upload.content,
            media_type=stored.upload.mime_type if is_picture else "application/octet-stream",
            headers={} if is_picture else {"Content-Disposition": "attachment"},
        )

    def _persona(self, request: Request) -> Persona:
        return person.persona_of(self._sandbox, request.path_params["id"])

    def _group(self, request: Request) -> Group:
        return person.group_of(self._sandbox, _required_number(request.path_params, "id"))

    def _place(self, request: Request, body: Json) -> Place:
        chat_id = _number(body.get("chat_id"))
        return person.place_of(self._sandbox, request.path_params["id"], _number(body.get("bot")), chat_id)


def _route(method: str, path: str, action: Action, *known: str) -> Route:
    """`known` are the fields of the body, or of the query of a GET."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request, most_bytes=_FILE_BODY_BYTES if "content_base64" in known else _BODY_BYTES)
            _refuse_unknown(request.query_params if method == "GET" else body, known)
            return _JsonResponse(await action(request, body))
        except PersonError as error:
            return _JsonResponse({"error": str(error)}, error.status)
        except ApiError as error:
            return _JsonResponse({"error": error.description}, error.code)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            return _JsonResponse({"error": f"the request does not fit this address: {error}"}, 400)

    return Route(f"/sandbox{path}", endpoint, methods=[method])


async def _body(request: Request, *, most_bytes: int) -> Json:
    given = bytearray()
    async for part in request.stream():
        given += part
        if len(given) > most_bytes:
            raise PersonError(f"the body has more than {most_bytes} bytes", 413)
    body = json.loads(given or b"{}")
    if not isinstance(body, dict):
        raise PersonError("the body must be a JSON object")
    return body


def _refuse_unknown(given: Iterable[str], known: Sequence[str]) -> None:
    """A field that is misspelt must not count as one that is left out."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) if known else "none"
        raise PersonError(f"unknown {', '.join(unknown)}; what this address knows: {names}")


def _token(value: object, of: int | None = None) -> str:
    token = str(value)
    if BOT_TOKEN.fullmatch(token) is None or of not in {None, int(token.partition(":")[0])}:
        raise PersonError(f"token must be {'a number' if of is None else of}, a colon and 5 to 64 of A-Z a-z 0-9 _ -")
    return token


def _set_words(persona: Persona, body: Json) -> None:
    for name in _PERSONA_WORDS:
        if name in body:
            setattr(persona, name, str(body[name] or ""))


def _number(value: object) -> int | None:
    return None if value is None or value == "" else int(str(value))


def _required_number(values: Json, name: str) -> int:
    number = _number(values.get(name))
    if number is None:
        raise PersonError(f"{name} is missing; it is a whole number")
    return number


def _wait_s(body: Json) -> float:
    return max(float(body.get("wait_s", _WAIT_S)), 0.0)


def _fault(body: Json) -> FaultOrder:
    try:
        kind = FaultKind(str(body.get("kind", "")))
    except ValueError as error:
        raise PersonError(f"kind must be one of {', '.join(FaultKind)}") from error
    chat_id, effect = body.get("chat_id"), body.get("effect")
    return FaultOrder(
        kind,
        method=str(body.get("method", "*")),
        chat_id="" if chat_id is None else str(chat_id),
        count=int(body.get("count", 1)),
        skip=int(body.get("skip", 0)),
        retry_after=_number(body.get("retry_after")),
        description=str(body.get("description") or ""),
        effect=None if effect is None else bool(effect),
    )


def _bot_state(bot: Bot) -> Json:
    return {
        "id": bot.id,
        "username": bot.username,
        "first_name": bot.first_name,
        "names": bot.names,
        "commands": {language: commands for (scope, language), commands in bot.commands.items() if scope == "default"},
        "descriptions": bot.descriptions,
        "short_descriptions": bot.short_descriptions,
        "menu_button": bot.menu_buttons.get(0, {"type": "commands"}),
        "reads_all_group_messages": bot.reads_all_group_messages,
        "in_use": bot.is_in_use,
    }


def _group_state(group: Group) -> Json:
    members = [number for number in group.conversation.member_ids if group.is_member(number)]
    bots = [number for number in group.standing if number not in members and group.is_member(number)]
    return {**group.conversation.chat, "members": sorted(members), "bots": bots}
