"""Every address of the control API, with the fields that it knows: of its body, or of the query of a GET."""

from __future__ import annotations

from starlette.routing import Route

from bot.sandbox.attachments import ORDER_FIELDS
from bot.sandbox.control.cast import PERSONA_WORDS, CastActions
from bot.sandbox.control.instruments import RATES, InstrumentActions
from bot.sandbox.control.json_routes import json_route
from bot.sandbox.control.personas import PersonaActions
from bot.sandbox.control.watching import Watching
from bot.sandbox.engine import SandboxEngine

_PLACE = ("bot", "chat_id")
"""Where a persona acts: with which bot, and in a group if named."""
_GROUP_WORDS = ("type", "title", "username", "members", "with_bot", "bot_is_admin", "bot")
"""The fields of a new group."""
_FAULT_WORDS = ("kind", "method", "chat_id", "count", "skip", "retry_after", "description", "effect")
"""The fields of an order for a fault."""


def control_routes(sandbox: SandboxEngine) -> list[Route]:
    """All routes under /sandbox/."""
    watching = Watching(sandbox)
    return [
        *_cast_routes(CastActions(sandbox)),
        *_persona_routes(PersonaActions(sandbox)),
        *_instrument_routes(InstrumentActions(sandbox)),
        Route("/sandbox/events", watching.events, methods=["GET"]),
        Route("/sandbox/files/{file_id}", watching.file, methods=["GET"]),
    ]


def _cast_routes(cast: CastActions) -> list[Route]:
    return [
        json_route("GET", "/state", cast.state),
        json_route("POST", "/personas", cast.add_persona, *PERSONA_WORDS, "count", "started", "bot"),
        json_route("PATCH", "/personas/{id:int}", cast.change_persona, *PERSONA_WORDS, "deactivated"),
        json_route("POST", "/groups", cast.add_group, *_GROUP_WORDS),
        json_route("POST", "/groups/{id}/migrate", cast.migrate),
        json_route("POST", "/groups/{id}/remove_bot", cast.remove_bot, "bot"),
        json_route("POST", "/bots", cast.add_bot, "token", "username", "first_name"),
        json_route("POST", "/bots/{id:int}", cast.change_bot, "reads_all_group_messages", "username", "token"),
        json_route("POST", "/bots/{id:int}/revoke", cast.revoke),
    ]


def _persona_routes(personas: PersonaActions) -> list[Route]:
    here = "/personas/{id:int}"
    return [
        json_route("GET", f"{here}/commands", personas.commands, *_PLACE),
        json_route("POST", f"{here}/send", personas.send, "text", "reply_to_message_id", "entities", *_PLACE),
        json_route("POST", f"{here}/start", personas.start, "payload", "bot"),
        json_route("POST", f"{here}/edit", personas.edit, "message_id", "text", *_PLACE),
        json_route("POST", f"{here}/press", personas.press, "message_id", "callback_data", "wait_s", *_PLACE),
        json_route("POST", f"{here}/attach", personas.attach, *ORDER_FIELDS, "reply_to_message_id", *_PLACE),
        json_route("POST", f"{here}/block", personas.block, "bot"),
        json_route("POST", f"{here}/unblock", personas.unblock, "bot"),
        json_route("POST", f"{here}/inline", personas.inline, "query", "offset", "wait_s", *_PLACE),
        json_route("POST", f"{here}/inline/choose", personas.choose, "result_id", "query", *_PLACE),
        json_route("GET", "/chats/{id}/messages", personas.messages, "bot"),
    ]


def _instrument_routes(instruments: InstrumentActions) -> list[Route]:
    return [
        json_route("POST", "/updates", instruments.inject, "update", "update_id", "bot"),
        json_route("POST", "/flood", instruments.set_flood, "enabled", *RATES),
        json_route("GET", "/faults", instruments.faults),
        json_route("POST", "/faults", instruments.order_fault, *_FAULT_WORDS),
        json_route("DELETE", "/faults", instruments.clear_faults),
        json_route("GET", "/calls", instruments.calls, "since", "method", "chat_id", "limit"),
    ]
