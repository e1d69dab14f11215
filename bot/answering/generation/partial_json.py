"""Reads the JSON that a model wrote, whole or still growing.

Strict in what counts as a sentence, forgiving in what stands around it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import regex
from pydantic import JsonValue

from bot.answering.generation.model import DraftSentence

_LONGEST = 50_000
"""Characters of a model's words that are looked at. Chosen: a hundred answers, and still read at once."""
_MOST_SENTENCES = 20
"""Sentences of an answer that is read at all. Chosen: more show that the rules, which ask for four, went unread."""
_MOST_PASSAGES = 8
"""Passages that one sentence may name: more than are ever given."""
_THOUGHTS = regex.compile(r"<think>.*?(?:</think>|\Z)", regex.DOTALL)
_LIST = regex.compile(r"\"sentences\"\s*:\s*\[|\A[^\[{]*\[\s*(?=\{)")
_CITED_IN_TEXT = regex.compile(r"\s*(?:\[\s*\d+(?:\s*,\s*\d+)*\s*\]|【\d+(?:[,，]\d+)*】)")
_DECODER = json.JSONDecoder()


def sentences_of(text: str) -> tuple[DraftSentence, ...] | None:
    """The sentences of a finished answer; None when it is not what was asked for.

    One fence or some words around the JSON are passed over. A broken object makes the whole answer unreadable: half of
    what was meant is not what was meant.
    """
    found = value_of(text)
    listed = found.get("sentences") if isinstance(found, dict) else found
    if not isinstance(listed, list) or not listed or len(listed) > _MOST_SENTENCES:
        return None
    drafts = [_draft(one) for one in listed]
    return None if None in drafts else tuple(draft for draft in drafts if draft is not None)


def growing_sentences(text: str) -> tuple[DraftSentence, ...]:
    """The sentences that are whole in an answer that still grows."""
    return tuple(_whole_objects(_THOUGHTS.sub("", text[:_LONGEST])))


def value_of(text: str) -> JsonValue:
    """The first JSON object or list in `text`; None when there is none or it is broken."""
    text = _THOUGHTS.sub("", text[:_LONGEST])
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not starts:
        return None
    return _decoded(text, min(starts))


def _decoded(text: str, start: int) -> JsonValue:
    try:
        value: JsonValue
        value, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value


def _whole_objects(text: str) -> Iterator[DraftSentence]:
    opening = _LIST.search(text)
    place = opening.end() if opening else len(text)
    for _ in range(_MOST_SENTENCES):
        start = text.find("{", place)
        if start < 0 or text[place:start].strip(" \n\t\r,"):
            return
        try:
            value, place = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        draft = _draft(value)
        if draft is None:
            return
        yield draft


def _draft(value: JsonValue) -> DraftSentence | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
        return None
    numbers = value.get("passages", [])
    numbers = numbers if isinstance(numbers, list) else [numbers]
    if len(numbers) > _MOST_PASSAGES:
        return None
    passages = tuple(_number(one) for one in numbers)
    text = _CITED_IN_TEXT.sub("", str(value["text"])).strip()
    return DraftSentence(text, tuple(number for number in passages if number is not None))


def _number(value: JsonValue) -> int | None:
    """2 from 2, "2" or "[2]"; -1, which is no passage, from anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    plain = str(value).strip(" []")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 4 else -1
