"""Which metrics a PromQL expression names, and with which labels: enough of its grammar for our own expressions.

https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    | (?P<duration>\[[0-9smhdwy:]+\])
    | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    | (?P<number>[0-9.]+(?:e[+-]?[0-9]+)?[smhdwy]?)
    | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>@])
    | (?P<blank>\s+|\#[^\n]*)
    """,
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan", "atan2", "group_left", "group_right"})
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric, the values that its labels are compared with by `=` or `=~`, and all labels that are named for it."""

    metric: str
    labels: tuple[tuple[str, str, str], ...]
    """Name, operator, value."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What an expression names."""

    selectors: tuple[Selector, ...]
    grouped_by: frozenset[str]


def parsed(expression: str) -> Expression:
    """The parts of an expression.

    Raises:
        ValueError: a sign is not of the grammar, or a bracket is not closed.
    """
    tokens = _tokens(expression)
    selectors: list[Selector] = []
    grouped: set[str] = set()
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        following = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        if kind == "name" and text in _GROUPING and following == "(":
            names, place = _until(tokens, place + 1, "(", ")")
            grouped.update(one for what, one in names if what == "name")
        elif kind == "name" and text not in _WORDS and following == "{":
            inside, place = _until(tokens, place + 1, "{", "}")
            selectors.append(Selector(text, _matchers(inside)))
        elif kind == "name" and text not in _WORDS and following != "(" and not _is_aggregation(tokens, place):
            selectors.append(Selector(text, ()))
            place += 1
        else:
            place += 1
    return Expression(tuple(selectors), frozenset(grouped))


def _tokens(expression: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, open_brackets = 0, 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise ValueError(f"no PromQL from here: {expression[place : place + 40]!r}")
        place = match.end()
        if match.lastgroup != "blank":
            found.append((str(match.lastgroup), match.group()))
            open_brackets += (match.group() in "({") - (match.group() in ")}") if match.lastgroup == "operator" else 0
    if open_brackets:
        raise ValueError(f"a bracket is not closed: {expression!r}")
    return found


def _is_aggregation(tokens: list[tuple[str, str]], place: int) -> bool:
    """`sum by (le) (…)`: the name stands before the grouping."""
    return place + 1 < len(tokens) and tokens[place + 1][1] in ("by", "without")


def _until(tokens: list[tuple[str, str]], place: int, opening: str, closing: str) -> tuple[list[tuple[str, str]], int]:
    if place >= len(tokens) or tokens[place][1] != opening:
        raise ValueError(f"{opening} is missing")
    end = next(number for number in range(place, len(tokens)) if tokens[number][1] == closing)
    return tokens[place + 1 : end], end + 1


def _matchers(inside: list[tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
    texts = [text for _kind, text in inside if text != ","]
    if len(texts) % 3:
        raise ValueError(f"labels are not compared: {texts}")
    return tuple(
        (name, operator, value[1:-1]) for name, operator, value in zip(*(texts[at::3] for at in range(3)), strict=True)
    )
