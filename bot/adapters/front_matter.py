"""The front matter of a knowledge file: YAML, read without surprises, each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import yaml
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.ingestion.model import Audience
from bot.vocabulary import Locale
from bot.writing.cleaning import one_line

_LONGEST = 16_384
_LONGEST_LINE = 500
_WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YEAR_OR_MONTH = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True)
class MatterFault:
    """What is wrong on which line of the file."""

    line: int
    reason: str


def _line(text: str) -> str:
    line = one_line(text, limit=_LONGEST_LINE)
    if not line:
        raise ValueError("must not be empty")
    return line


Line = Annotated[str, AfterValidator(_line)]


def _only_whole_dates(value: object) -> object:
    """Pydantic would take a bare number for seconds since 1970."""
    if not _WHOLE_DATE.fullmatch(str(value)):
        raise PydanticCustomError("date_form", "no date")
    return value


def _whole_date_or_none(value: object) -> object:
    """A source that bears only a year or a month has no day to show: none is better than an invented one."""
    return None if _YEAR_OR_MONTH.fullmatch(str(value)) else value


Day = Annotated[date, BeforeValidator(_only_whole_dates)]
SourceDate = Annotated[Day | None, BeforeValidator(_whole_date_or_none)]


class SourceMatter(BaseModel):
    """Where a fact was read. The address may be called `url` or `address`."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    publisher: Line
    title: Line | None = None
    date: SourceDate = None
    url: HttpUrl = Field(validation_alias=AliasChoices("url", "address"))


class FrontMatter(BaseModel):
    """What stands between the two `---` lines."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    title: Line
    as_of: Day
    topic: Line | None = None
    lang: Locale | None = None
    source: SourceMatter | None = None
    sources: dict[str, SourceMatter] = Field(default_factory=dict)
    audience: Audience = Audience.PUBLIC
    owner: str = ""
    valid_from: Day | None = None
    valid_until: Day | None = None
    answerable: bool = True
    decline: Literal["politics", "advice", "harm"] | None = None


def read_front_matter(text: str, *, first_line: int) -> FrontMatter | list[MatterFault]:
    """The front matter, or all its faults; `first_line` is the line of the file on which `text` begins."""
    if len(text) > _LONGEST:
        return [MatterFault(first_line, f"the front matter is longer than {_LONGEST} characters")]
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
        values = _PlainLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [MatterFault(first_line + (mark.line if mark else 0), f"the front matter is no YAML: {error.problem}")]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return [MatterFault(first_line, f"the front matter is no YAML: {error}")]
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        return [MatterFault(first_line, "the front matter must be lines of the form `key: value`")]
    lines = {path: first_line + line for path, line in _lines(node, ())}
    try:
        matter = FrontMatter.model_validate(values)
    except ValidationError as error:
        return [_explain(fault, lines, first_line) for fault in error.errors(include_url=False)]
    return _check(matter, lines, first_line) or matter


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML without aliases (a few lines of them can stand for gigabytes) and without a key given twice.

    Dates stay text, so that a wrong one is told with its key.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _lines(node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, value in node.value:
        here = (*path, str(key.value))
        yield here, key.start_mark.line
        if isinstance(value, yaml.MappingNode):
            yield from _lines(value, here)


def _explain(fault: ErrorDetails, lines: dict[tuple[str, ...], int], first_line: int) -> MatterFault:
    path = tuple(str(part) for part in fault["loc"])
    name = ".".join(path)
    line = next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), first_line)
    match fault["type"]:
        case "missing":
            reason = f"{name} is missing"
        case "extra_forbidden":
            reason = f"unknown key {name}; known are {', '.join(_known_keys(path))}"
        case kind if kind.startswith("date"):
            reason = f"{name} must be a date like 2026-01-19, not {fault['input']!r}"
        case kind if kind.startswith("url"):
            reason = f"{name} must be an address that begins with https:// or http://, not {fault['input']!r}"
        case "enum" | "literal_error":
            reason = f"{name} must be one of {_choices(fault)}, not {fault['input']!r}"
        case _:
            reason = f"{name}: {fault['msg'].removeprefix('Value error, ')}"
    return MatterFault(line, reason)


def _known_keys(path: tuple[str, ...]) -> list[str]:
    return sorted((FrontMatter if len(path) == 1 else SourceMatter).model_fields)


def _choices(fault: ErrorDetails) -> str:
    return str(fault.get("ctx", {}).get("expected", "the known values"))


def _check(matter: FrontMatter, lines: dict[tuple[str, ...], int], first_line: int) -> list[MatterFault]:
    """What no single key can tell."""
    faults = []
    if matter.answerable and matter.decline is None and matter.source is None and not matter.sources:
        faults.append(MatterFault(first_line, "source is missing (only a file with `answerable: false` needs none)"))
    if matter.valid_from and matter.valid_until and matter.valid_from > matter.valid_until:
        faults.append(MatterFault(lines["valid_until",], "valid_until lies before valid_from"))
    return faults
