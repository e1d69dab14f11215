"""Updates as Telegram's schema allows them, and a little beyond."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.faults.fuzzing import odd

_SCHEMA = json.loads((Path(__file__).parent / "bot_api_types.json").read_text(encoding="utf-8"))
_TYPES: dict[str, dict[str, list[str]]] = _SCHEMA["types"]
_UNIONS: dict[str, list[str]] = _SCHEMA["unions"]
_DEEPEST = 4
_OPTIONAL = 0.15
_BROKEN = 0.02
OWNER = 4_111_000_001
"""Who may announce, so that organisers' ways are walked as well."""
_PEOPLE = (OWNER, 4_111_000_002, 4_111_000_003, 1087968824, 136817688)
_CHATS = {"private": _PEOPLE, "group": (-4111,), "supergroup": (-1004111,), "channel": (-1004112,)}
_COMMANDS = (
    "start", "help", "topics", "news", "settings", "subscribe", "unsubscribe", "language", "privacy", "mydata", "deleteme",
    "why", "announce", "announcements", "organisers", "stats", "cancel", "status", "nonsense",
)  # fmt: skip
_COMMON = ("message", "callback_query", "inline_query", "my_chat_member")


class UpdateMaker:
    """Makes one update after the other; `buttons` is what the bot has offered to press, and may grow meanwhile."""

    def __init__(self, random: Random, buttons: Sequence[str] = ()) -> None:
        self._random = random
        self._buttons = buttons

    def make(self, update_id: int) -> dict[str, object]:
        """An update under this id: mostly of the four kinds that are asked for, now and then of another, several or none."""
        random = self._random
        kinds = [random.choice(_COMMON)]
        if random.random() < 0.15:
            kinds = random.choices(list(_TYPES["Update"])[1:], k=random.choice((0, 1, 1, 2)))
        update: dict[str, object] = {"update_id": update_id}
        for kind in kinds:
            update[kind] = self._value(_TYPES["Update"][kind], kind, 0)
            if kind in ("message", "callback_query") and random.random() < 0.8:
                self._make_usual(update[kind])
        if random.random() < 0.05:
            update[odd.text(random, 12)] = odd.anything(random)
        return update

    def _make_usual(self, body: object) -> None:
        """Most messages are words or commands from people, most presses are of the bot's own buttons."""
        if not isinstance(body, dict):
            return
        random = self._random
        person = {"id": random.choice(_PEOPLE[:3]), "is_bot": False, "first_name": odd.CANARY, "language_code": "ru"}
        body["from"] = person
        if "chat_instance" in body or "data" in body:
            body["id"], body["data"] = "1", self._callback_data()
            body["message"] = {"message_id": 5, "date": 1, "chat": {"id": person["id"], "type": "private"}}
            return
        body |= {"chat": {"id": person["id"], "type": "private"}, "date": 1_782_900_000, "message_id": 7}
        words = odd.text(random)
        if random.random() < 0.4:
            words = f"/{random.choice(_COMMANDS)}" + random.choice(["", " ", f" {words}"])[:4000]
            body["entities"] = [{"type": "bot_command", "offset": 0, "length": len(words.split()[0])}]
        body["text"] = words

    def _callback_data(self) -> str:
        """A button's data: one of the bot's own, one that is nearly it, or none of it."""
        random = self._random
        kind = random.random()
        if not self._buttons or kind < 0.2:
            return odd.text(random, 64)
        data = random.choice(self._buttons)
        if kind < 0.8:
            return data
        place = random.randrange(len(data) or 1)
        return random.choice([data[:place], data + "x", data.swapcase(), data[:place] + "\u0000" + data[place + 1 :]])

    def _value(self, types: Sequence[str], name: str, depth: int) -> object:
        random = self._random
        if random.random() < _BROKEN:
            return odd.anything(random)
        kind = random.choice([one for one in types if one != "!"])
        if kind.startswith("Array of "):
            few = 0 if depth > _DEEPEST else random.randint(0, 2)
            return [self._value([kind.removeprefix("Array of ")], name, depth + 1) for _ in range(few)]
        if kind in _UNIONS:
            return self._value([random.choice(_UNIONS[kind])] if depth < _DEEPEST else ["Boolean"], name, depth)
        if kind in _TYPES:
            return self._object(kind, depth + 1)
        return self._scalar(kind, name)

    def _object(self, kind: str, depth: int) -> dict[str, object]:
        random = self._random
        made: dict[str, object] = {}
        for name, types in _TYPES[kind].items():
            is_required = types[0] == "!"
            wanted = 1 - _BROKEN if is_required else _OPTIONAL / depth
            if random.random() < wanted and (is_required or depth <= _DEEPEST):
                made[name] = self._value(types, name, depth)
        if kind == "Chat" and "type" in made and random.random() < 0.9:
            made["type"] = random.choice(list(_CHATS))
            made["id"] = random.choice(_CHATS[str(made["type"])])
        if kind == "User" and random.random() < 0.9:
            made["id"] = random.choice(_PEOPLE)
        if kind.startswith(("ChatMember", "MessageOrigin", "ReactionType", "PaidMedia", "Background")):
            made |= _discriminator(kind)
        return made

    def _scalar(self, kind: str, name: str) -> object:
        random = self._random
        if kind == "Boolean":
            return random.random() < 0.5
        if kind == "Float":
            return random.choice([0.0, -180.0, 1e308, 39.9])
        if kind == "Integer":
            return 1_782_900_000 + random.randint(0, 10**6) if "date" in name else odd.number(random)
        return random.choice(["ru", "zh-hans-raw", "xx", ""]) if name == "language_code" else odd.text(random, 300)


def _discriminator(kind: str) -> dict[str, str]:
    """How a member of a union says which one it is."""
    words = re.findall("[A-Z][a-z]+", kind)
    if kind.startswith("ChatMember") and len(words) == 3:
        names = {"Owner": "creator", "Banned": "kicked"}
        return {"status": names.get(words[-1], words[-1].lower())}
    return {"type": "_".join(words[2:]).lower()}
