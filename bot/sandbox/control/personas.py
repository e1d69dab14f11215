"""What one persona does in its app: it writes, taps, attaches, blocks, asks inline, and reads its chat."""

from __future__ import annotations

from starlette.requests import Request

from bot.sandbox import person
from bot.sandbox.attachments import attachment
from bot.sandbox.control.json_routes import number_or_none, required_number
from bot.sandbox.engine import SandboxEngine
from bot.sandbox.person import PersonError, Place
from bot.sandbox.profile import commands_shown
from bot.sandbox.wire import Json

_WAIT_S = 10.0
"""Seconds to wait for the bot's answer where the request names none; chosen longer than a healthy bot takes."""


class PersonaActions:
    """The actions under `/personas/{id}/` and `/chats/{id}/`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    async def commands(self, request: Request, _body: Json) -> Json:
        """The commands that this persona's app shows, in a private chat or in the group `chat_id`."""
        query = request.query_params
        chat_id = number_or_none(query.get("chat_id"))
        place = person.place_of(self._sandbox, request.path_params["id"], number_or_none(query.get("bot")), chat_id)
        return {"commands": commands_shown(place.bot, place.persona, place.group)}

    async def send(self, request: Request, body: Json) -> Json:
        """Types and sends a text."""
        place = self._place(request, body)
        message = person.say(
            self._sandbox,
            place,
            str(body.get("text", "")),
            reply_to=number_or_none(body.get("reply_to_message_id")),
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
        message_id = required_number(body, "message_id")
        return {"message": person.edit(self._sandbox, place, message_id, str(body.get("text", "")))}

    async def press(self, request: Request, body: Json) -> Json:
        """Presses a button and waits for the bot's answer, at most `wait_s`."""
        place = self._place(request, body)
        if "callback_data" not in body:
            raise PersonError("callback_data is missing; it is what the button carries")
        callback_data = str(body["callback_data"])
        message_id = required_number(body, "message_id")
        return await person.press(self._sandbox, place, message_id, callback_data=callback_data, wait_s=_wait_s(body))

    async def attach(self, request: Request, body: Json) -> Json:
        """Sends an attachment of the given kind."""
        place = self._place(request, body)
        content = attachment(self._sandbox.files, place.persona, body)
        reply_to = number_or_none(body.get("reply_to_message_id"))
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
        chat_id = required_number(request.path_params, "id")
        if chat_id < 0:
            conversation = person.group_of(self._sandbox, chat_id).conversation
        else:
            bot_id = number_or_none(request.query_params.get("bot"))
            conversation = person.place_of(self._sandbox, chat_id, bot_id, None).conversation
        return {"messages": list(conversation.messages.values())}

    def _place(self, request: Request, body: Json) -> Place:
        chat_id = number_or_none(body.get("chat_id"))
        return person.place_of(self._sandbox, request.path_params["id"], number_or_none(body.get("bot")), chat_id)


def _wait_s(body: Json) -> float:
    return max(float(body.get("wait_s", _WAIT_S)), 0.0)
