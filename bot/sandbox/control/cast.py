"""Who is in the sandbox: bots, personas and groups, shown, added and changed."""

from __future__ import annotations

from starlette.requests import Request

from bot.sandbox import groups, person
from bot.sandbox.control.json_routes import required_number
from bot.sandbox.engine import SandboxEngine
from bot.sandbox.keys import BOT_TOKEN, new_token
from bot.sandbox.person import PersonError
from bot.sandbox.wire import Json
from bot.sandbox.world import Bot, Group, Persona

_MOST_AT_ONCE = 10_000
"""Personas made by one request; chosen so that no request holds the server for long."""
_MOST_PERSONAS = 200_000
"""Personas at all; chosen to bound memory."""
_MOST_GROUPS = 10_000
"""Groups at all; chosen to bound memory."""
_MOST_BOTS = 20
"""As many as @BotFather gives one account."""
PERSONA_WORDS = ("first_name", "last_name", "username", "language_code")
"""The fields of a persona that a request sets."""


class CastActions:
    """The actions under `/state`, `/personas`, `/groups` and `/bots`."""

    def __init__(self, sandbox: SandboxEngine) -> None:
        self._sandbox = sandbox

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

    async def add_bot(self, _request: Request, body: Json) -> Json:
        """Makes another bot with the given token or a made-up one; answers with the token."""
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

    def _persona(self, request: Request) -> Persona:
        return person.persona_of(self._sandbox, request.path_params["id"])

    def _group(self, request: Request) -> Group:
        return person.group_of(self._sandbox, required_number(request.path_params, "id"))


def _token(value: object, of: int | None = None) -> str:
    token = str(value)
    if BOT_TOKEN.fullmatch(token) is None or of not in {None, int(token.partition(":")[0])}:
        raise PersonError(f"token must be {'a number' if of is None else of}, a colon and 5 to 64 of A-Z a-z 0-9 _ -")
    return token


def _set_words(persona: Persona, body: Json) -> None:
    for name in PERSONA_WORDS:
        if name in body:
            setattr(persona, name, str(body[name] or ""))


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
