"""The reader's training: what groups are made of, that they are learned, that a killed one goes on, what is packed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bot.adapters.e5.numpy_layers import NumpyLayers
from bot.adapters.e5.passages import passages_of, question_tokens
from bot.adapters.e5.reader import PairReader
from bot.adapters.e5.reader_weights import ReaderWeights
from bot.adapters.e5.tokenizer import Tokenizer
from bot.adapters.e5.weights import ModelFile
from bot.adapters.models.embeddings import bundled_model
from bot.calibrating.reader_fit import is_unlearned
from bot.calibrating.written_sections import TrainingQuestion, TrainingSection
from bot.ids import Locale
from tools.reader.groups import NONE, Group, Part, Prepared
from tools.reader.own_groups import Neighbours, OwnGroups, Text
from tools.reader.public_groups import PublicGroups
from tools.reader.written_groups import WrittenGroups, written_texts

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[train]'")

from tools.reader.measuring import figures_of  # noqa: E402 - they import PyTorch
from tools.reader.network import Reader, Words, begin_from, begin_from_packed  # noqa: E402
from tools.reader.packing import packed  # noqa: E402
from tools.reader.training import Recipe, Training  # noqa: E402

pytestmark = pytest.mark.nightly

TOPICS = {
    "opening hours": ("when does {} open", "{} is open from 9 to 17."),
    "entry fee": ("what does {} cost", "Entry to {} costs 80 yuan."),
    "the way": ("how do I get to {}", "Bus 7 goes to {} every ten minutes."),
    "food": ("where can I eat in {}", "{} has a canteen on the first floor."),
    "contact": ("phone of {}", "Call {} under 0532 1234."),
}
PLACES = ("hall one", "the port", "the museum", "the market", "the park")


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return ModelFile(bundled_model())


@pytest.fixture(scope="module")
def tokenizer(model: ModelFile) -> Tokenizer:
    return Tokenizer(model.vocabulary())


@pytest.fixture
def prepared(tokenizer: Tokenizer) -> Prepared:
    """Twenty-five questions, each over the passage that answers and one of the same place, and over the latter alone."""
    draw, made = random.Random(1), Prepared()
    for place, topic in product(PLACES, TOPICS):
        asked, _ = TOPICS[topic]
        other = draw.choice([name for name in TOPICS if name != topic])
        passages = [
            made.number_of(passages_of(tokenizer, place, name, ["Welcome.", TOPICS[name][1].format(place)])[0])
            for name in (topic, other)
        ]
        question = question_tokens(tokenizer, asked.format(place))
        made.groups.append(Group(Part.TRAIN, "text", "en", "en", question, tuple(passages), right=0, sentence=1))
        made.groups.append(Group(Part.TRAIN, "near", "en", "en", question, tuple(passages[1:])))
    return made


def training(model: ModelFile, prepared: Prepared, steps: int) -> Training:
    torch.manual_seed(1)
    reader = Reader(2)
    begin_from(reader, model)
    ids = np.concatenate([*(one.tokens for one in prepared.passages), *(one.question for one in prepared.groups)])
    recipe = Recipe(steps=steps, groups=5, rate=2e-4, saved_every=10)
    return Training(reader, Words(model, ids), prepared, recipe)


def test_fifty_pairs_are_learned_and_which_questions_none_answers(
    model: ModelFile, prepared: Prepared, tmp_path: Path
) -> None:
    run = training(model, prepared, 150)
    before = figures_of(run, prepared, prepared.groups)
    run.run(tmp_path / "checkpoint.pt", lambda _line: None)
    after = figures_of(run, prepared, prepared.groups)
    assert max(before.first["text"], before.told_apart["text"]) < 0.8
    assert after.first["text"] == 1.0
    assert after.sentence == 1.0
    assert after.told_apart["text"] > 0.9


def test_a_killed_training_ends_where_an_unbroken_one_does(
    model: ModelFile, prepared: Prepared, tmp_path: Path
) -> None:
    unbroken = training(model, prepared, 30)
    unbroken.run(tmp_path / "unbroken.pt", lambda _line: None)
    killed = training(model, prepared, 30)
    for groups in killed._batches():
        killed._step(groups)
        if killed.done == 20:
            killed._save(tmp_path / "killed.pt")
        if killed.done == 24:
            break
    resumed = training(model, prepared, 30)
    resumed.resume(tmp_path / "killed.pt")
    assert resumed.done == 20
    resumed.run(tmp_path / "killed.pt", lambda _line: None)
    for one, other in zip(unbroken.reader.parameters(), resumed.reader.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_a_checkpoint_of_another_recipe_is_refused(model: ModelFile, prepared: Prepared, tmp_path: Path) -> None:
    training(model, prepared, 10).run(tmp_path / "checkpoint.pt", lambda _line: None)
    with pytest.raises(ValueError, match="another recipe"):
        training(model, prepared, 20).resume(tmp_path / "checkpoint.pt")


def test_what_is_packed_reads_as_what_was_trained(model: ModelFile, prepared: Prepared, tmp_path: Path) -> None:
    run = training(model, prepared, 100)
    run.run(tmp_path / "checkpoint.pt", lambda _line: None)
    packed(tmp_path / "checkpoint.pt", model, tmp_path / "reader.npz")
    weights = ReaderWeights(model, tmp_path / "reader.npz")
    reader = PairReader(model, weights, NumpyLayers(weights, keep=True))
    run.reader.eval()
    with torch.no_grad():
        trained = run.scores(prepared.groups)[0].numpy()
    read = [
        one.answers
        for group in prepared.groups
        for one in reader.read(group.question, [prepared.passages[n] for n in group.passages])
    ]
    assert np.corrcoef(trained, read)[0, 1] > 0.999


def test_a_training_goes_on_from_what_was_packed(model: ModelFile, prepared: Prepared, tmp_path: Path) -> None:
    run = training(model, prepared, 100)
    run.run(tmp_path / "checkpoint.pt", lambda _line: None)
    packed(tmp_path / "checkpoint.pt", model, tmp_path / "reader.npz")
    begun = training(model, prepared, 1)
    begin_from_packed(begun.reader, ReaderWeights(model, tmp_path / "reader.npz"))
    for one in (run, begun):
        one.reader.eval()
    with torch.no_grad():
        trained, again = (one.scores(prepared.groups)[0].numpy() for one in (run, begun))
    assert np.corrcoef(trained, again)[0, 1] > 0.999


def test_what_is_prepared_is_read_again_as_it_was(prepared: Prepared, tmp_path: Path) -> None:
    prepared.sources["knowledge"] = "0" * 64
    prepared.write(tmp_path / "groups.jsonl")
    again = Prepared.read(tmp_path / "groups.jsonl")
    assert (again.groups, again.passages, again.sources) == (prepared.groups, prepared.passages, prepared.sources)


def alike(some: Sequence[str], *, is_query: bool) -> npt.NDArray[np.float32]:
    """All texts at one place."""
    return np.ones((len(some), 4), np.float32)


def apart(some: Sequence[str], *, is_query: bool) -> npt.NDArray[np.float32]:
    """Each text by its first word that names a topic."""
    rows = np.full((len(some), 4), 0.1, np.float32)
    for row, one in zip(rows, some, strict=True):
        row[next((n for n, name in enumerate(("soup", "bus", "lorr")) if name in one), 3)] += 1
    return rows


def text(tokenizer: Tokenizer, document: str, topic: str, near: tuple[str, ...] = ()) -> Text:
    asked, said = (one.format("the port") for one in TOPICS[topic])
    passages = tuple(passages_of(tokenizer, "The port", topic, [said]))
    return Text(document, topic, Locale.EN, "text", said, passages, (asked,), near)


def test_no_group_holds_a_section_against_one_that_answers_the_same(tokenizer: Tokenizer) -> None:
    texts = [text(tokenizer, "a.md", "food"), text(tokenizer, "b.md", "the way"), text(tokenizer, "c.md", "contact")]
    texts[1] = replace(texts[1], questions=texts[0].questions)

    made = Prepared()
    OwnGroups(Neighbours(texts, alike), tokenizer, alike, random.Random(1)).add_to(made, {})
    numbers = [made.number_of(one.passages[0]) for one in texts]
    asked = [group for group in made.groups if group.passages[0] in numbers[:2]]
    assert asked
    assert all(not set(numbers[:2]) <= set(group.passages) for group in asked)


def test_near_misses_have_no_right_passage_and_documents_are_held_out_whole(tokenizer: Tokenizer) -> None:
    names = [f"plain/{number}.md" for number in range(20)]
    texts = [text(tokenizer, name, "food", near=("is the food halal",)) for name in names]

    made = Prepared()
    OwnGroups(Neighbours(texts, alike), tokenizer, alike, random.Random(1)).add_to(made, {})
    assert {group.right for group in made.groups if group.kind == "near"} == {NONE}
    held = sum(is_unlearned(name) for name in names)
    assert 0 < held < len(names)
    assert len(made.of(Part.HELD)) == 2 * held


def test_public_questions_name_the_window_and_the_sentence_of_their_answer(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    filling = " ".join(f"The {number}th year of the canal brought more ships and more goods." for number in range(20))
    context = f"{filling} The lock was built by Li Chun in 605. It still stands."
    asked = [
        {"question": "Who built the lock?", "answers": [{"text": "Li Chun", "answer_start": context.index("Li Chun")}]},
        {"question": "What did the lock cost?", "answers": []},
    ]
    paragraph = {"context": context, "qas": asked}
    (tmp_path / "known-en.json").write_text(json.dumps([{"title": "Canal", "paragraphs": [paragraph]}]), "utf-8")
    made = Prepared()
    PublicGroups(tmp_path, tokenizer, random.Random(1)).add_to(made)
    answered, unanswered = made.groups
    passage = made.passages[answered.passages[answered.right]]
    sentence = passage.tokens[passage.bounds[answered.sentence] : passage.bounds[answered.sentence + 1]]
    assert list(sentence) == tokenizer.tokens("the lock was built by li chun in 605.")
    assert unanswered.right == NONE


def test_written_questions_name_their_window_and_sentence_and_near_misses_none(tokenizer: Tokenizer) -> None:
    long = tuple(
        f"Lorry number {number} leaves from gate {number} as soon as the driver has his papers." for number in range(9)
    )
    asked = (TrainingQuestion(Locale.RU, "когда едет восьмая машина", 8), TrainingQuestion(Locale.EN, "first lorry", 0))
    missed = (TrainingQuestion(Locale.EN, "what does a lorry cost"),)
    sections = [
        TrainingSection(Locale.EN, "en-lorries", "Lorries", "Gates", long, asked, missed),
        TrainingSection(Locale.EN, "en-lorries", "Lorries", "Canteen", ("There is soup.",), (), ()),
    ]
    made = Prepared()
    known, documents = Neighbours([text(tokenizer, "a.md", "food")], alike), {"en-lorries": sections}
    written = Neighbours(list(written_texts(documents, tokenizer)), alike)
    WrittenGroups(documents, tokenizer, alike, random.Random(1), written, known).add_to(made)
    last, first, near = made.groups
    window = made.passages[last.passages[0]]
    sentence = window.tokens[window.bounds[last.sentence] : window.bounds[last.sentence + 1]]
    assert list(sentence) == tokenizer.tokens(long[8].lower())
    assert (last.asked_in, last.read_in, last.right, first.sentence) == ("ru", "en", 0, 0)
    assert (near.right, near.kind, len(near.passages)) == (NONE, "written-near", 2)


def test_written_questions_meet_the_knowledge_but_no_section_that_is_asked_the_same(tokenizer: Tokenizer) -> None:
    known = [
        replace(text(tokenizer, name, topic), whole=whole, questions=(asked,))
        for name, topic, whole, asked in (
            ("a.md", "food", "soup", "is there soup"),
            ("b.md", "the way", "bus", "which bus"),
            ("c.md", "contact", "phone", "whom to call"),
        )
    ]
    asked = {"uz-canteen": (TrainingQuestion(Locale.EN, "where is soup", 0),), "uz-tea-house": ()}
    documents = {
        name: [TrainingSection(Locale.UZ, name, "Oshxona", name, ("Osh soat 12 da.",), some, ())]
        for name, some in asked.items()
    }
    written = Neighbours(list(written_texts(documents, tokenizer)), apart)
    made = Prepared()
    for seed in range(20):  # the language of the other written sections is drawn
        WrittenGroups(documents, tokenizer, apart, random.Random(seed), written, Neighbours(known, apart)).add_to(made)
    met = {made.passages[number] for group in made.groups for number in group.passages[1:]}
    assert met == {known[1].passages[0], known[2].passages[0], written.texts[1].passages[0]}


def test_questions_on_the_knowledge_meet_written_sections_that_are_not_held_out(tokenizer: Tokenizer) -> None:
    names = [f"en-{number}" for number in range(20)]
    documents = {name: [TrainingSection(Locale.EN, name, name, "Soup", ("Soup.",), (), ())] for name in names}
    strange = Neighbours(list(written_texts(documents, tokenizer)), alike)
    own = [text(tokenizer, f"plain/{number}.md", topic) for number in range(30) for topic in ("food", "the way")]
    made = Prepared()
    OwnGroups(Neighbours(own, alike), tokenizer, alike, random.Random(1), strange).add_to(made, {})
    met = {number for group in made.of(Part.TRAIN) for number in group.passages}
    held, learned = (
        {made.number_of(one.passages[0]) for one in strange.texts if is_unlearned(one.document) is is_held}
        for is_held in (True, False)
    )
    assert held
    assert not met & held
    assert met & learned
