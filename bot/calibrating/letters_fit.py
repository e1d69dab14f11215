"""Fits what the letters of a message say of its kind: multinomial logistic regression by Adam."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.answering.message_letters import BUCKETS, MessageLetters, Weights, places_of
from bot.ids import ReplyKind

_ROUNDS = 8
"""Passes over all messages. Chosen: it takes half a minute."""
_BATCH = 512
"""Messages in a step. Chosen."""
_STEP, _LAST_STEP = 0.03, 0.002
"""Adam's step at the beginning and at the end. Chosen."""
_MOMENTUM, _SPREAD_MEMORY, _TINY = 0.9, 0.99, 1e-8
"""Adam's memories, and what keeps it from dividing by 0: as in `bot.ingestion.discriminant`."""
QUESTIONS = 24_000
"""Questions that are looked at, drawn by lot. Chosen: nine of ten messages are questions, and about so many here."""
NOISE = 2_500
"""Messages of noise. Chosen: about as many as of the other kinds together in four languages."""
_REPLY = re.compile(r"^reply: (\w+)$", re.MULTILINE)

Labelled = tuple[str, ReplyKind | None]


def fit_letters(folder: Path) -> MessageLetters:
    """Fit to the example questions of a knowledge folder, and to noise; the same each time."""
    draw = random.Random(0)  # noqa: S311 - drawn alike each time
    found = list(_labelled(folder))
    asked = [one for one in found if one[1] is None]
    examples = [one for one in found if one[1] is not None]
    asked = draw.sample(asked, min(QUESTIONS, len(asked)))
    mash = [(text, ReplyKind.UNCLEAR) for text in noise(draw, NOISE)]
    return _fitted([*asked, *examples, *mash])


def _labelled(folder: Path) -> Iterator[Labelled]:
    for file in sorted(folder.glob("*/*/*.md")):
        whole = file.read_text(encoding="utf-8")
        reply = _REPLY.search(whole)
        kind = ReplyKind(reply[1]) if reply else None
        yield from ((line[2:].strip(), kind) for line in whole.splitlines() if line.startswith("? "))


def _fitted(messages: Sequence[Labelled]) -> MessageLetters:
    kinds: tuple[ReplyKind | None, ...] = (None, *sorted({kind for _, kind in messages if kind is not None}))
    right = np.array([kinds.index(kind) for _, kind in messages])
    hashed = [places_of(text) for text, _ in messages]
    weights, constants = (np.zeros((size, len(kinds)), dtype=np.float32) for size in (BUCKETS, 1))
    memory = [np.zeros_like(one) for one in (weights, weights, constants, constants)]
    batches = list(_batches(len(messages)))
    for count, rows in enumerate(batches, start=1):
        step = _STEP * (_LAST_STEP / _STEP) ** (count / len(batches))
        places, owner, share = _flattened([hashed[row] for row in rows])
        logits = np.zeros((len(rows), len(kinds)), dtype=np.float32)
        np.add.at(logits, owner, weights[places] * share[:, None])
        wrong = _wrong(logits + constants, right[rows]) / np.float32(len(rows))
        gradient = np.zeros_like(weights)
        np.add.at(gradient, places, wrong[owner] * share[:, None])
        _move(weights, gradient, (memory[0], memory[1]), count=count, step=step)
        _move(constants, wrong.sum(axis=0, keepdims=True), (memory[2], memory[3]), count=count, step=step)
    return MessageLetters(kinds, weights, constants[0])


def _batches(size: int) -> Iterator[npt.NDArray[np.int64]]:
    generator = np.random.default_rng(0)
    for _ in range(_ROUNDS):
        order = generator.permutation(size)
        yield from (order[start : start + _BATCH] for start in range(0, size, _BATCH))


def _flattened(hashed: Sequence[npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Weights]:
    """All places one after the other, whose they are, and what each counts."""
    sizes = np.array([len(one) for one in hashed])
    share = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return np.concatenate(hashed), np.repeat(np.arange(len(hashed)), sizes), share


def _wrong(logits: Weights, right: npt.NDArray[np.int64]) -> Weights:
    powers: Weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Weights = powers / powers.sum(axis=1, keepdims=True)
    shares[np.arange(len(right)), right] -= 1
    return shares


def _move(value: Weights, gradient: Weights, memory: tuple[Weights, Weights], *, count: int, step: float) -> None:
    """A step of Adam (Kingma and Ba, 2015)."""
    mean, spread = memory
    mean += (1 - _MOMENTUM) * (gradient - mean)
    spread += (1 - _SPREAD_MEMORY) * (gradient * gradient - spread)
    scaled = np.sqrt(spread / (1 - _SPREAD_MEMORY**count)) + _TINY
    value -= step * (mean / (1 - _MOMENTUM**count)) / scaled


_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "ضصثقفغعهخحج", "شسیبلاتنمک")
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщыэюя",
    "ابپتثجچحخدذرزسشصضطظعغفقکگلمنوهی",
    "अआइईउऊएऐओऔकखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道水火山石田土日月天云雨风花草木鸟鱼虫",
)


def noise(draw: random.Random, size: int) -> list[str]:
    """Random letters and keyboard mash in all scripts: what nobody means anything by."""
    return [_noise(draw) for _ in range(size)]


def _noise(draw: random.Random) -> str:
    lot = draw.random()
    if lot < 1 / 3:
        row = draw.choice(_KEYS)
        start = draw.randrange(len(row) - 2)
        return row[start : start + draw.randint(2, 6)] * draw.randint(1, 3)
    alphabet = draw.choice(_ALPHABETS)
    if lot < 1 / 2:
        return draw.choice(".!-/ ").join(draw.choice(alphabet) * draw.randint(1, 3) for _ in range(draw.randint(2, 6)))
    sizes = (draw.randint(2, 9) for _ in range(draw.randint(1, 4)))
    return " ".join("".join(draw.choice(alphabet) for _ in range(size)) for size in sizes)
