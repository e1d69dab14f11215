"""The front matter of a knowledge file: YAML, read without surprises, each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated

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

try:
    from yaml import CSafeLoader as QuickSafeLoader
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as QuickSafeLoader  # type: ignore[assignment]

from bot.ids import DocumentPath, Locale, ReplyKind, SectionKey
from bot.ingestion.model import Readership
from bot.writing.cleaning import one_line

_LONGEST = 16_384
"""Characters of a whole front matter: by reasoning, many times what any needs."""
_LONGEST_LINE = 500
"""Characters of a title or name: what is longer is cut."""
_DEEPEST = 20
"""Levels of lists and mappings, by reasoning: a front matter has three."""
_TOO_DEEP = f"lists and mappings stand more than {_DEEPEST} deep in one another"
_WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YEAR_OR_MONTH = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?")

_WITH_COLON = re.compile(
    r"^(?P<key> *(?:title|publisher|owner): +)"
    r"(?P<value>[^\s\"'|>&*!\[{#].*?:(?: .*?)?)"
    r"(?P<after> *(?: #.*)?)$",
    re.MULTILINE,
)
"""A line whose value is a name and holds a colon, which YAML takes for a key's."""
_ABOUT_COLONS = ("mapping values are not allowed here", "mapping values are not allowed in this context")
_QUOTE = "; write a value that holds a colon between quotes, like title: 'Parking: where and how'"

_MUST_BE = {
    "date": "a date like 2026-01-19",
    "url": "an address that begins with https:// or http://",
    "bool": "true or false",
    "string": "one line of text",
    "model": "a publisher and a url, each on a line of its own set in below it",
    "dict": "names on lines of their own, each with a publisher and a url set in below it",
}
"""By the first word of Pydantic's kind of error."""


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


MatterLine = Annotated[str, AfterValidator(_line)]


def _only_whole_dates(value: object) -> object:
    """Pydantic would take a bare number for seconds since 1970."""
    if not _WHOLE_DATE.fullmatch(str(value)):
        raise PydanticCustomError("date_form", "no date")
    return value


def _whole_date_or_none(value: object) -> object:
    """A source that bears only a year or a month has no day to show: none is better than an invented one."""
    return None if _YEAR_OR_MONTH.fullmatch(str(value)) else value


WholeDate = Annotated[date, BeforeValidator(_only_whole_dates)]
SourceDate = Annotated[WholeDate | None, BeforeValidator(_whole_date_or_none)]


def _section_key(value: object) -> SectionKey:
    path, _, section = str(value).rpartition("#")
    if not (path.endswith(".md") and section):
        raise ValueError(f"must name a section like logistics/trains.md#tickets, not {value!r}")
    return SectionKey(DocumentPath(path), section)


SectionName = Annotated[SectionKey, BeforeValidator(_section_key)]


class SourceMatter(BaseModel):
    """Where a fact was read. The address may be called `url` or `address`."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    publisher: MatterLine
    title: MatterLine | None = None
    date: SourceDate = None
    url: HttpUrl = Field(validation_alias=AliasChoices("url", "address"))


class FrontMatter(BaseModel):
    """What stands between the two `---` lines."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    title: MatterLine
    as_of: WholeDate
    topic: MatterLine | None = None
    lang: Locale | None = None
    source: SourceMatter | None = None
    sources: dict[str, SourceMatter] = Field(default_factory=dict)
    audience: Readership = Readership.PUBLIC
    owner: str = ""
    valid_from: WholeDate | None = None
    valid_until: WholeDate | None = None
    answerable: bool = True
    reply: ReplyKind | None = None
    pinned: bool = False
    tells: SectionName | None = None

    @property
    def is_pin(self) -> bool:
        """Whether its questions are answered by it before all else."""
        return self.pinned or self.tells is not None


def read_front_matter(text: str, *, first_line: int) -> FrontMatter | list[MatterFault]:
    """The front matter, or all its faults; `first_line` is the line of the file on which `text` begins."""
    if len(text) > _LONGEST:
        return [MatterFault(first_line, f"the front matter is longer than {_LONGEST} characters")]
    try:
        node = _compose_leniently(text)
        lines = {path: first_line + line for path, line in _lines(node, ())}
        values = None if node is None else _Constructor().construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"the front matter is no YAML: {error.problem}{_QUOTE if error.problem in _ABOUT_COLONS else ''}"
        return [MatterFault(first_line + (mark.line if mark else 0), reason)]
    except (yaml.YAMLError, ValueError) as error:
        return [MatterFault(first_line, f"the front matter is no YAML: {error}")]
    except (LookupError, AttributeError):  # PyYAML's own, for `!!bool maybe` and the like
        return [MatterFault(first_line, "the front matter is no YAML: a value is not what its tag (!!…) says")]
    if not isinstance(values, dict):
        return [MatterFault(first_line, "the front matter must be lines of the form `key: value`")]
    try:
        matter = FrontMatter.model_validate(values)
    except ValidationError as error:
        return [_explain(fault, lines, first_line) for fault in error.errors(include_url=False)]
    return _check(matter, lines, first_line) or matter


def _compose_leniently(text: str) -> yaml.Node | None:
    """As it stands, else with «title: Parking: where» read as people mean it."""
    try:
        return _compose(text)
    except yaml.MarkedYAMLError:
        quoted = _WITH_COLON.sub(_with_quotes, text)
        if quoted == text:
            raise
        with suppress(yaml.MarkedYAMLError):
            return _compose(quoted)
        raise


def _with_quotes(line: re.Match[str]) -> str:
    value = line["value"].replace("'", "''")
    return f"{line['key']}'{value}'{line['after']}"


def _compose(text: str) -> yaml.Node | None:
    """The C parser takes a twentieth of the time; what it refuses, Python's refuses, too, and says better why.

    A tab that YAML forbids is passed by the one and told by the other.
    """
    with suppress(yaml.YAMLError):
        if "\t" not in text and _is_plain(node := _QuickLoader(text).get_single_node()):
            return node
    return _StrictLoader(text).get_single_node()


def _is_plain(root: yaml.Node | None) -> bool:
    """Whether no node is there twice, as an alias would have it, and none too deep."""
    waiting = [(root, 1)]
    seen: set[int] = set()
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen or depth > _DEEPEST:
            return False
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            waiting.extend((part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((part, depth + 1) for part in node.value)
    return True


_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""Dates stay text, so that a wrong one is told with its key."""


class _QuickLoader(QuickSafeLoader):
    """The parser in C where PyYAML brings it."""

    yaml_implicit_resolvers = _RESOLVERS


class _StrictLoader(yaml.SafeLoader):
    """Refuses aliases (a few lines of them can stand for gigabytes) and depths that no front matter has."""

    yaml_implicit_resolvers = _RESOLVERS
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not allowed", mark)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise yaml.composer.ComposerError(None, None, _TOO_DEEP, mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Constructor(yaml.constructor.SafeConstructor):
    """Makes the values, and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a list or mapping can't be a key", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _lines(node: yaml.Node | None, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = (*path, str(key.value))
        yield here, key.start_mark.line
        yield from _lines(value, here)


def _explain(fault: ErrorDetails, lines: dict[tuple[str, ...], int], first_line: int) -> MatterFault:
    path = tuple(str(part) for part in fault["loc"])
    name = ".".join(path)
    line = next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), first_line)
    return MatterFault(line, _reason(name, path, fault))


def _reason(name: str, path: tuple[str, ...], fault: ErrorDetails) -> str:
    kind = fault["type"]
    family = kind.partition("_")[0]
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return f"unknown key {name}; known are {', '.join(_known_keys(path))}"
    if fault["input"] is None:
        return f"{name} has no value: write one, or take the line out"
    if family in ("enum", "literal"):
        return f"{name} must be one of {_choices(fault)}, not {fault['input']!r}"
    if family in _MUST_BE:
        return f"{name} must be {_MUST_BE[family]}, not {fault['input']!r}"
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"


def _known_keys(path: tuple[str, ...]) -> list[str]:
    return sorted((FrontMatter if len(path) == 1 else SourceMatter).model_fields)


def _choices(fault: ErrorDetails) -> str:
    return str(fault.get("ctx", {}).get("expected", "the known values"))


def _check(matter: FrontMatter, lines: dict[tuple[str, ...], int], first_line: int) -> list[MatterFault]:
    """What no single key can tell."""
    faults = []
    if matter.is_pin and not (matter.answerable and matter.reply is None and matter.audience is Readership.PUBLIC):
        line = lines.get(("pinned",), lines.get(("tells",), first_line))
        faults.append(MatterFault(line, "a pin is told to visitors: take out answerable, reply and audience"))
    has_source = matter.source is not None or matter.sources or matter.tells is not None
    if matter.answerable and matter.reply is None and not has_source:
        faults.append(MatterFault(first_line, "source is missing (only a file with `answerable: false` needs none)"))
    if matter.valid_from and matter.valid_until and matter.valid_from > matter.valid_until:
        faults.append(MatterFault(lines["valid_until",], "valid_until lies before valid_from"))
    return faults
