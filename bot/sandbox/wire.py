"""What crosses the wire: JSON objects, Telegram's errors, and the parameters of a call in any of its four forms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""One JSON object of the Bot API. Stored objects are replaced, never changed, so they may be shared."""

_TRUE = frozenset({"true", "yes", "1"})
"""What counts as yes, in any case of letters.

The same as `to_bool` in https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp.
"""


class ApiError(Exception):
    """A refusal in Telegram's own words; the HTTP status is its code."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def envelope(self) -> Json:
        """The answer's body."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(reason: str) -> ApiError:
    """400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {reason}")


def too_many_requests(retry_after_s: int) -> ApiError:
    """429 that says how long to wait."""
    description = f"Too Many Requests: retry after {retry_after_s}"
    return ApiError(429, description, {"retry_after": retry_after_s})


@dataclass(frozen=True, slots=True)
class Described:
    """A result with the sentence that Telegram puts beside it."""

    result: object
    description: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that came with a call."""

    name: str
    mime_type: str
    content: bytes


class Params:
    """The parameters of one call: from a query or form they are strings, from JSON they have types."""

    __slots__ = ("_files", "_values")

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, InputFile] | None = None) -> None:
        self._values = values
        self._files = files or {}

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string; other JSON types are written out."""
        value = self._values.get(name)
        if value is None:
            return default
        text = value if isinstance(value, str) else json.dumps(value)
        if not is_unicode(text):
            raise bad_request("strings must be encoded in UTF-8")
        return text

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; what isn't one counts as the default, as on the official server."""
        try:
            return int(self._values.get(name, default))
        except (TypeError, ValueError):
            return default

    def number(self, name: str) -> float | None:
        """A decimal number, or None where there is none."""
        try:
            return float(self._values[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """Whether the parameter says yes."""
        value = self._values.get(name)
        return value if isinstance(value, bool) else str(value).lower() in _TRUE

    def items(self, name: str, *, what: str) -> list[Any]:
        """A JSON list; empty where the parameter is missing.

        Raises:
            ApiError: 400 "can't parse {what} JSON object".
        """
        value = self._structure(name, what=what)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_request(f"can't parse {what} JSON object")
        return value

    def fields(self, name: str, *, what: str) -> Json:
        """A JSON object; empty where the parameter is missing.

        Raises:
            ApiError: 400 "can't parse {what} JSON object".
        """
        value = self._structure(name, what=what)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {what} JSON object")
        return value

    def _structure(self, name: str, *, what: str) -> object:
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise bad_request(f"can't parse {what} JSON object") from error

    def upload(self, name: str) -> InputFile | None:
        """The file in the parameter itself, or the one that it points to with `attach://`."""
        value = self._values.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            return self._files.get(value.removeprefix("attach://"))
        return self._files.get(name)

    def attached(self, reference: str) -> InputFile | None:
        """The file that an `attach://name` inside a JSON value points to."""
        return self._files.get(reference.removeprefix("attach://"))

    def logged(self) -> Json:
        """A copy for the list of calls: files by name and size only."""
        record = dict(self._values)
        for name, upload in self._files.items():
            record[name] = {"file_name": upload.name, "file_size": len(upload.content)}
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


def is_unicode(text: str) -> bool:
    """Whether the text holds no half of a surrogate pair, which no app can send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
