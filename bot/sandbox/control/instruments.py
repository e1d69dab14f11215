"""What a test needs beyond a person's reach: faults, flood control, updates made by hand, and the list of calls."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from starlette.requests import Request

from bot.sandbox import groups, person
from bot.sandbox.control.json_routes import number_or_none
from bot.sandbox.engine import SandboxEngine
from bot.sandbox.faults import FaultKind, FaultOrder
from bot.sandbox.flood import FloodRules
from bot.sandbox.person import PersonError
from bot.sandbox.wire import Json

RATES = ("overall_per_s", "chat_per_s", "group_per_min")
"""The rates of flood control that a request sets; the names are those of `FloodRules`."""


class InstrumentActions:
    """The actions under `/updates`, `/flood`, `/faults` and `/calls`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

    async def inject(self, _request: Request, body: Json) -> Json:
        """Gives a bot an update made by hand, or an old one again."""
        update = body.get("update")
        if not isinstance(update, dict):
            raise PersonError('the body is {"update": {"<kind>": {…}}, "bot"?: id, "update_id"?: number}')
        update_id = number_or_none(body.get("update_id", update.get("update_id")))
        bot = person.bot_or_default(self._sandbox, body.get("bot"))
        return groups.inject(self._sandbox, bot, update, update_id)

    async def set_flood(self, _request: Request, body: Json) -> Json:
        """Switches flood control; rates that are not named go back to Telegram's."""
        rates = {name: max(int(body[name]), 1) for name in RATES if name in body}
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
        """Cancels all orders for faults."""
        self._sandbox.faults.clear()
        return {"faults": []}

    async def calls(self, request: Request, _body: Json) -> Json:
        """The calls after number `since`; `method` in any case, `chat_id` and `limit` if wanted."""
        query = request.query_params
        method, chat_id = query.get("method", "").lower(), query.get("chat_id")
        since, limit = number_or_none(query.get("since")) or 0, number_or_none(query.get("limit"))
        found = (
            call.as_json()
            for call in self._sandbox.calls.calls
            if call.number > since
            and method in {"", call.method.lower()}
            and chat_id in {None, str(call.params.get("chat_id"))}
        )
        return {"calls": list(islice(found, limit))}


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
        retry_after=number_or_none(body.get("retry_after")),
        description=str(body.get("description") or ""),
        effect=None if effect is None else bool(effect),
    )
