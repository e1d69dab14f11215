"""`scoda calibrate`: asks folders from which something was taken away, and fits the numbers of answering to that.

A section may have example questions or none, all its translations or one, and an open question may ask for what it
says: in each folder that is drawn section by section (drop-out), so that one model serves rich and poor sections. The
questions that were taken away are asked, and with them the sets of a folder: cases (`*.jsonl`), plain files with their
questions (`plain/`) and foreign collections (`outside`).
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import ValidationError

from bot.answering import calibration, routing
from bot.answering.calibration import CalibrationFile
from bot.answering.confidence import WEIGHED_KINDS, ConfidenceModel
from bot.answering.evaluation import Case, comparable, last_context, read_cases
from bot.answering.fitting import Matrix, TrainingChoice, fit_choices, fit_logistic
from bot.answering.judging import Circumstances, Finding, fused, judge
from bot.answering.pipeline import Context
from bot.answering.ports import StoredSection
from bot.answering.reading import last_question
from bot.answering.reranking import Candidate, Ranking, rerank
from bot.app.core import open_core
from bot.errors import CalibrationError
from bot.ids import Locale, ReplyKind
from bot.settings import Settings

RANKED = {"stored": 0.4, "example": 1.0, "case": 3.0, "plain": 4.0}
"""What an example of each source counts where the ranking is fitted: stored questions were written with their section
in sight, those on plain files are few."""
FOREIGN = 0.3
"""What it counts there where the right section stands in other languages only.

Drop-out makes such questions a third of all, which nobody's are. With 1 the right section was among the first five
for 75 and 89 % of the questions on plain files in their own language (56 that no fit saw, 132 fitted on), with .3 for
89 and 94 %; in another language for 80 and 72 %, where 55 % is enough. Public passages in twelve languages, asked each
in its own: the right one first for 83.7 and 85.0 % of 1,800.
"""
JUDGED = {"stored": 1.2, "example": 0.0, "case": 3.0, "plain": 1.0}
"""What it counts where the confidence is fitted: the stored questions hold most of the near misses."""
TOWARDS_ANSWERING = 0.25
"""By how much the constant of the confidence is moved: near misses are more among the examples than among visitors."""
FOLDERS = 2
"""Folders with drop-out, besides one from which only every sixth question is taken."""
WHOLE = 8.0
"""What the folder without drop-out counts against each of the others.

With 1 the right section came first for 89 % of the calibration cases in the whole folder and 58 % of the questions on
plain files in their own language, with 8 for 92 and 83 %; in the folders with drop-out for 71 and 74 %.
"""
HELD_OUT = 6
DROPPED = 1 / 3
"""How often a section loses its example questions, its translations but one, or an open question itself."""
GAPPED = 0.1
"""How often a section's example questions become those of an open question: what it says must win all the same."""
ASKED = 1200
"""Questions of each kind that are asked of each folder."""
_HEADING = re.compile(r"#+ .*\{#([\w-]+)")
_EXAMPLES, _OPEN = "bot/", "open/"
_PLAIN = "training/plain"
IN_USE = Path(calibration.__file__).parent
"""Where the numbers in use stand."""


@dataclass(frozen=True, slots=True)
class CalibrationQuestion:
    """A question and what it asks for: a section, by key, a kind of reply, or neither where it has no answer.

    `case` tells by its patterns whether an answer is right, where there is one.
    """

    source: str
    turns: tuple[str, ...]
    locale: Locale
    wanted: str = ""
    reply: ReplyKind | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """What was found for a question, and all that is needed to weigh it anew; `weight` is what its folder counts."""

    asked: CalibrationQuestion
    context: Context
    at: Circumstances
    weight: float = 1.0


@dataclass(slots=True)
class Dropped:
    """What is taken from a folder, section by section, and the questions that were."""

    draw: random.Random
    without_questions: set[str] = field(default_factory=set)
    only_in: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    gapped: set[str] = field(default_factory=set)
    gaps: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    asked: list[CalibrationQuestion] = field(default_factory=list)

    def draw_sections(self, locales: Mapping[str, Sequence[str]]) -> None:
        """Decide what each section loses; `locales` are the languages that it stands in."""
        for name, found in sorted(locales.items()):
            if name.startswith(_EXAMPLES):
                continue
            if name.startswith(_OPEN):
                if self.draw.random() < DROPPED:
                    self.forgotten.add(name)
                continue
            lot = self.draw.random()
            if lot < DROPPED:
                self.without_questions.add(name)
            elif lot < DROPPED + GAPPED:
                self.gapped.add(name)
            if self.draw.random() < DROPPED:
                self.only_in[name] = self.draw.choice(sorted(found))


def dropped_copy(knowledge: Path, folder: Path, *, seed: int, drops: bool) -> list[CalibrationQuestion]:
    """Copy the knowledge into `folder` with less in it; returns the questions that were taken away."""
    dropped = Dropped(random.Random(seed))  # noqa: S311 - drawn alike each time
    files = sorted(knowledge.glob("*/*/*.md"))
    if drops:
        dropped.draw_sections(_locales_of_sections(files))
    for file in files:
        _copy_file(file, folder / file.relative_to(knowledge), dropped)
    for locale, gaps in dropped.gaps.items():
        _write_gaps(folder / locale / "open" / "gapped.md", gaps)
    (folder / "vectors").mkdir()
    for vectors in (knowledge / "vectors").glob("*.vec"):
        (folder / "vectors" / vectors.name).symlink_to(vectors.resolve())
    return dropped.asked


def _locales_of_sections(files: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := _HEADING.match(line):
                found[_name(file, heading[1])].append(file.parts[-3])
    return found


def _name(file: Path, section: str) -> str:
    return f"{file.parts[-2]}/{file.name}#{section}"


def _copy_file(file: Path, target: Path, dropped: Dropped) -> None:
    locale, name, is_dropped, kept, told = file.parts[-3], "", False, [], False
    reply = re.search(r"^reply: (\w+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(keepends=True)):
        if heading := _HEADING.match(line):
            name = _name(file, heading[1])
            is_dropped = dropped.only_in.get(name, locale) != locale or name in dropped.forgotten
            told = told or not is_dropped
        if line.startswith("? ") and name:
            text = line.removeprefix("? ").strip()
            if number % HELD_OUT and not is_dropped and name not in dropped.without_questions:
                if name in dropped.gapped:
                    dropped.gaps[locale][name].append(text)
                    continue
            else:
                wanted = "" if reply or name.startswith(_OPEN) else name
                dropped.asked.append(
                    CalibrationQuestion(
                        "example" if reply else "stored",
                        (text,),
                        Locale(locale),
                        wanted,
                        ReplyKind(reply[1]) if reply else None,
                    )
                )
                continue
        if not is_dropped:
            kept.append(line)
    if told:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(kept), encoding="utf-8")


def _write_gaps(file: Path, gaps: Mapping[str, Sequence[str]]) -> None:
    body = "---\ntitle: Not known\ntopic: open\nas_of: 2026-01-01\nanswerable: false\n---\n\n"
    for name, questions in sorted(gaps.items()):
        lines = "".join(f"? {question}\n" for question in questions)
        body += f"## Not known {{#{re.sub('[^a-z0-9]', '-', name)}}}\n\nThis is not known.\n\n{lines}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")


def sampled(asked: Sequence[CalibrationQuestion], draw: random.Random) -> list[CalibrationQuestion]:
    """At most `ASKED` of the questions of each kind."""
    kinds: dict[tuple[str, bool], list[CalibrationQuestion]] = defaultdict(list)
    for one in asked:
        kinds[one.source, bool(one.wanted)].append(one)
    return [one for group in kinds.values() for one in draw.sample(group, min(ASKED, len(group)))]


def cases_in(folder: Path) -> list[CalibrationQuestion]:
    """The cases of a folder of question sets."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return [_asked(case, "case") for case in read_cases(lines)]


def plain_in(folder: Path) -> list[CalibrationQuestion]:
    """The questions on plain files."""
    return [_asked(case, "plain") for case in read_cases((folder / "questions.jsonl").read_text("utf-8").splitlines())]


def _asked(case: Case, source: str) -> CalibrationQuestion:
    assert case.locale is not None
    wanted = case.section if case.is_answerable else ""
    return CalibrationQuestion(source, case.turns, case.locale, wanted, case=case if case.is_answerable else None)


async def examples_of(settings: Settings, asked: Sequence[CalibrationQuestion], today: date) -> list[Example]:
    """Ask one folder: publishes it in the data folder, which may be a used one, and answers every question."""
    async with open_core(settings) as core:
        await core.make_answerable()
        found = []
        for one in asked:
            context = await last_context(core.extractive, one.turns, today=today, app_locale=one.locale)
            if context.retrieved:
                found.append(Example(one, _light(context), context.circumstances))
        return found


def _light(context: Context) -> Context:
    """Without what can be made again, and without the similarities of all rows."""
    retrieved = [replace(one, sentence_scores=_no_scores) for one in context.retrieved]
    return replace(context, retrieved=retrieved, candidates=(), findings=())


def _no_scores(section: StoredSection) -> Sequence[float]:
    return [0.0] * len(section.sentences)


RANKING_FEATURES = (
    "passage",
    "passage_mean",
    "question",
    "question_mean",
    "sentence",
    "coverage",
    "foreign_coverage",
    "log_posterior",
    "numbers",
    "is_native",
    "has_questions",
    "in_conversation",
    "foreign_question_mean",
)
CONFIDENCE_FEATURES = (
    "lead",
    "posterior",
    "question_lead",
    "coverage",
    "words_lead",
    "lacks_kind",
    "lacks_year",
    "needs_context",
    "length",
    "rich_question",
    "rich_question_mean_lead",
    "rich_open_odds",
    *(kind.value for kind in WEIGHED_KINDS),
)


def fit_ranking(examples: Sequence[Example]) -> Ranking:
    """Which section answers, from the examples that one does."""
    choices = [choice for example in examples for choice in _choices(example)]
    weights = fit_choices(choices, l2=0.02)
    names = (*RANKING_FEATURES, *Locale)
    by_name = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    return Ranking({name: by_name[name] for name in RANKING_FEATURES}, {locale: by_name[locale] for locale in Locale})


def _choices(example: Example) -> Iterator[TrainingChoice]:
    if not example.asked.wanted:
        return
    locale = example.at.languages.written
    for candidates in _reranked(example, _EQUAL):
        right = next((place for place, one in enumerate(candidates) if _is_wanted(one, example)), None)
        if right is not None and len(candidates) > 1:
            rows = np.array([_row(one, locale) for one in candidates])
            counts = RANKED[example.asked.source] * example.weight
            counts *= 1.0 if candidates[right].section.is_native else FOREIGN
            yield TrainingChoice(rows, right, counts / len(example.context.readings))


_EQUAL = Ranking({})


def _row(candidate: Candidate, locale: Locale) -> list[float]:
    own = [candidate.features["coverage"] if other is locale else 0.0 for other in Locale]
    return [candidate.features[name] for name in RANKING_FEATURES] + own


def _reranked(example: Example, ranking: Ranking) -> list[list[Candidate]]:
    """The candidates of each reading, best first."""
    history = example.context.question.history
    before = last_question(history)
    told = {key.path for key in before.keys} if before else set()
    return [
        rerank(
            retrieved.sections,
            reading,
            ranking,
            knowledge=example.at.knowledge,
            locale=example.at.languages.written,
            told=told,
        )
        for reading, retrieved in zip(example.context.readings, example.context.retrieved, strict=True)
    ]


def _is_wanted(candidate: Candidate, example: Example) -> bool:
    return example.asked.wanted in {str(candidate.key), candidate.key.path}


def judged(example: Example, ranking: Ranking, model: ConfidenceModel) -> list[Finding]:
    """What each reading leads to with these numbers."""
    readings = zip(example.context.readings, example.context.retrieved, _reranked(example, ranking), strict=True)
    return [judge(reading, found, candidates, model=model, at=example.at) for reading, found, candidates in readings]


def is_right(example: Example, finding: Finding) -> bool:
    """Whether telling the first section would answer: it is the one, or it says all that the case looks for."""
    if not example.asked.wanted or not finding.answerable:
        return False
    if _is_wanted(finding.answerable[0], example):
        return True
    copy = example.at.copy(finding.answerable[0])
    case = example.asked.case
    return copy is not None and case is not None and all(p.search(comparable(copy.text)) for p in case.expect)


def fit_confidence(examples: Sequence[Example], ranking: Ranking) -> ConfidenceModel:
    """How sure the first section answers, from all readings of all examples that are questions."""
    nothing = ConfidenceModel({}, 0.0)
    rows, right, counts = [], [], []
    for example in examples:
        if example.asked.reply is not None:
            continue
        findings = [finding for finding in judged(example, ranking, nothing) if finding.features and not finding.reason]
        for finding in findings:
            assert finding.features is not None
            own = [float(locale is example.at.languages.written) for locale in Locale]
            rows.append([finding.features[name] for name in CONFIDENCE_FEATURES] + own)
            right.append(is_right(example, finding))
            counts.append(JUDGED[example.asked.source] * example.weight / len(findings))
    weights, constant = fit_logistic(np.array(rows), np.array(right), np.array(counts), l2=0.003)
    by_name = {name: round(float(w), 3) for name, w in zip((*CONFIDENCE_FEATURES, *Locale), weights, strict=True)}
    return ConfidenceModel(
        {name: by_name[name] for name in CONFIDENCE_FEATURES},
        round(constant + TOWARDS_ANSWERING, 3),
        {locale: by_name[locale] for locale in Locale},
    )


ROUTER_FEATURES = (
    "odds",
    "nearest",
    "mean",
    "coverage",
    "held",
    "known_words",
    "known_elsewhere",
    "passage",
    "sentence",
    "asks",
    "marked",
    "follows",
)
KIND_FEATURES = ("log_posterior", "question", "question_mean", "coverage")


def fit_router(examples: Sequence[Example]) -> routing.Router:
    """What is no question, and which kind it is."""
    kinds = _fit_kinds(examples)
    kind_of = routing.Router({}, 0.0, kinds)
    rows, is_talk, counts = [], [], []
    for example in examples:
        message = _routed(example)
        replies, others = routing.parted(message.sections, message.knowledge)
        if replies:
            kind = replies[max(replies, key=kind_of.kind_score)]
            weighed = routing.features(message, kind, list(replies), others)
            rows.append([weighed[name] for name in ROUTER_FEATURES])
            is_talk.append(example.asked.reply is not None)
            counts.append(RANKED["plain"] if example.asked.source == "plain" else 1.0)
    talk, each = np.array(is_talk), np.array(counts)
    balanced = each * np.where(talk, 0.5 / max(talk.sum(), 1), 0.5 / max((~talk).sum(), 1))
    weights, constant = fit_logistic(np.array(rows), talk, balanced, l2=0.0003)
    return routing.Router(_named(ROUTER_FEATURES, weights), round(constant, 3), kinds)


def _routed(example: Example) -> routing.Routed:
    """The message as it was typed."""
    at, context = example.at, example.context
    text, sections = context.readings[0].text, context.retrieved[0].sections
    return routing.Routed(text, at.languages.written, sections, at.knowledge, is_follow_up=at.is_follow_up)


def _fit_kinds(examples: Sequence[Example]) -> Mapping[str, float]:
    choices = []
    for example in examples:
        replies, _ = routing.parted(example.context.retrieved[0].sections, example.at.knowledge)
        kinds = list(replies.values())
        if example.asked.reply in kinds and len(kinds) > 1:
            table = [[routing.kind_features(one)[name] for name in KIND_FEATURES] for one in replies]
            choices.append(TrainingChoice(np.array(table), kinds.index(example.asked.reply)))
    return _named(KIND_FEATURES, fit_choices(choices, l2=0.01))


def _named(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


@dataclass(frozen=True, slots=True)
class Fitted:
    """New numbers, and how the examples that no fit saw fare with them and with those in use, a line each."""

    file: CalibrationFile
    report: tuple[str, ...]
    before: tuple[str, ...]


async def calibrate(settings: Settings, sets: Path, *, today: date, say: Callable[[str], None]) -> Fitted:
    """Collect examples from folders with drop-out and fit all numbers to two thirds of them.

    `sets` holds `calibration/*.jsonl` and `training/plain/`, with `knowledge/` and `questions.jsonl`.

    Raises:
        CalibrationError: a set is missing, or there are too few questions to fit anything to.
    """
    _refuse_missing(sets)
    examples: list[Example] = []
    for seed in range(FOLDERS + 1):
        with TemporaryDirectory() as work:
            asked = _prepared(settings, sets, Path(work), seed)
            say(f"folder {seed + 1} of {FOLDERS + 1}: {len(asked)} questions")
            copy = settings.model_copy(
                update={
                    "store": settings.store.model_copy(update={"data": Path(work) / "data"}),
                    "knowledge": settings.knowledge.model_copy(update={"folder": Path(work) / "knowledge"}),
                }
            )
            found = await examples_of(copy, asked, today)
            examples += [replace(example, weight=1.0 if seed else WHOLE) for example in found]
    fitted = [example for example in examples if not _is_checked(example)]
    _refuse_too_few(fitted)
    ranking = fit_ranking(fitted)
    model, router = fit_confidence(fitted, ranking), fit_router(fitted)
    async with open_core(settings) as core:
        identity = core.embedder.identity
    hashes = _hashes(settings.knowledge.folder, sets)
    file = written(identity=identity, today=today, hashes=hashes, ranking=ranking, model=model, router=router)
    checked = [example for example in examples if _is_checked(example)]
    in_use = calibration.calibration_of(identity)
    return Fitted(
        file,
        report=(*report(checked, ranking, model, router), *_without_weight(ranking, model)),
        before=tuple(report(checked, in_use.ranking, in_use.confidence, in_use.router)),
    )


def _refuse_missing(sets: Path) -> None:
    needed = ("calibration/*.jsonl", f"{_PLAIN}/questions.jsonl", f"{_PLAIN}/knowledge/*/*/*.md")
    missing = [name for name in needed if not any(sets.glob(name))]
    if missing:
        raise CalibrationError(f"{sets} holds no {', no '.join(missing)}: name the folder of the sets with --sets")


def _refuse_too_few(fitted: Sequence[Example]) -> None:
    """Each fit needs something to tell apart."""
    for what, is_there in (
        ("question with an answer", any(next(_choices(example), None) for example in fitted)),
        ("question without an answer", any(not one.asked.wanted and one.asked.reply is None for one in fitted)),
        ("two kinds of small talk", len({one.asked.reply for one in fitted} - {None}) > 1),
    ):
        if not is_there:
            raise CalibrationError(
                f"there are too few examples to fit to: no {what}; add some to the knowledge or the sets"
            )


def _prepared(settings: Settings, sets: Path, work: Path, seed: int) -> list[CalibrationQuestion]:
    folder, draw = work / "knowledge", random.Random(seed)  # noqa: S311 - as above
    asked = sampled(dropped_copy(settings.knowledge.folder, folder, seed=seed, drops=seed > 0), draw)
    for file in (sets / _PLAIN / "knowledge").glob("*/*/*.md"):
        target = folder / file.relative_to(sets / _PLAIN / "knowledge")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    cases = cases_in(sets / "calibration")
    return asked + (draw.sample(cases, len(cases) // 3) if seed else cases) + plain_in(sets / _PLAIN)


def _is_checked(example: Example) -> bool:
    """A third of the questions, whatever folder they are asked of, is only looked at."""
    return hashlib.sha256(example.asked.turns[-1].encode()).digest()[0] % 3 == 0


def _hashes(knowledge: Path, sets: Path) -> dict[str, str]:
    files = [*sorted((sets / "calibration").glob("*.jsonl")), sets / _PLAIN / "questions.jsonl"]
    hashes = {file.relative_to(sets).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    whole = hashlib.sha256()
    for file in sorted(knowledge.glob("*/*/*.md")):
        whole.update(file.read_bytes())
    return hashes | {"knowledge": whole.hexdigest()}


def written(
    *,
    identity: str,
    today: date,
    hashes: Mapping[str, str],
    ranking: Ranking,
    model: ConfidenceModel,
    router: routing.Router,
) -> CalibrationFile:
    """The numbers as they stand in the file, with the thresholds that are set by hand."""
    return CalibrationFile.model_validate(
        {
            "identity": identity,
            "fitted_at": today.isoformat(),
            "fitted_on": hashes,
            "ranking": {"weights": ranking.weights, "coverage_by_locale": ranking.coverage_by_locale},
            "confidence": {"weights": model.weights, "constant": model.constant, "by_locale": model.by_locale},
            "router": {"weights": router.weights, "constant": router.constant, "kinds": router.kinds},
            "thresholds": THRESHOLDS,
        }
    )


THRESHOLDS = {"offer_from": 0.45, "suggest_from": 0.25, "route_from": 0.45}
"""Chosen on the calibration cases. Offers from .4 instead of .45 on: 1 % more of those with an answer, in conversations
none, would be offered it, and 4 and 5 % more of the others something that does not answer them."""


def report(
    checked: Sequence[Example], ranking: Ranking, model: ConfidenceModel, router: routing.Router
) -> Iterator[str]:
    """How the checked examples fare, by source."""
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for example in checked:
        if example.asked.reply is None:
            best = fused(judged(example, ranking, model))
            name = f"{example.asked.source}, {'answerable' if example.asked.wanted else 'no answer'}"
            groups[name].append((0.0 if best.reason else best.probability, is_right(example, best)))
    for name, found in sorted(groups.items()):
        told = ", ".join(
            f"from {at}: told rightly {_share(p >= at and right for p, right in found)} "
            f"wrongly {_share(p >= at and not right for p, right in found)}"
            for at in (0.3, 0.5, 0.7)
        )
        first = f"right first {_share(right for _, right in found)}, " if name.endswith("answerable") else ""
        yield f"{name} ({len(found)}): {first}{told}"
    routes = [(example.asked.reply, router.route(_routed(example)).probability) for example in checked]
    talk = [probability for reply, probability in routes if reply is not None]
    asked = [probability for reply, probability in routes if reply is None]
    for at in (0.5, 0.7, 0.85, 0.95):
        caught, lost = _share(one >= at for one in talk), _share(one >= at for one in asked)
        yield f"small talk from {at}: {caught} of {len(talk)} known as such, {lost} of {len(asked)} questions lost"


def _without_weight(ranking: Ranking, model: ConfidenceModel) -> Iterator[str]:
    if unfitted := [name for name, weight in {**ranking.weights, **model.weights}.items() if not weight]:
        yield f"without weight: {', '.join(unfitted)}. {_UNFITTED}"


_UNFITTED = "If the numbers that were in use could not be read, no conversation was led with them: calibrate once more."


def _share(flags: Iterable[bool]) -> str:
    listed = list(flags)
    return f"{sum(listed) / len(listed):.2%}" if listed else "–"


def file_of(identity: str, folder: Path = IN_USE) -> Path:
    """Where the numbers for an embedding stand."""
    return folder / f"{identity.partition(':')[0]}.json"


def moved(new: CalibrationFile, folder: Path = IN_USE) -> Iterator[tuple[str, float | None, float | None]]:
    """Every number that is another than in the file in use: its name, old and new; None where there is none."""
    try:
        old = _numbers(CalibrationFile.model_validate_json(file_of(new.identity, folder).read_bytes()))
    except (OSError, ValidationError):
        old = {}
    numbers = _numbers(new)
    for name in dict.fromkeys([*old, *numbers]):
        if old.get(name) != numbers.get(name):
            yield name, old.get(name), numbers.get(name)


def _numbers(file: CalibrationFile) -> dict[str, float]:
    """All of them by dotted names."""
    found: dict[str, float] = {}
    for part in (file.ranking, file.confidence, file.router, file.thresholds):
        named = type(part).__name__.removeprefix("_").removesuffix("File").lower()
        for name, value in part.model_dump(mode="json").items():
            several = {f"{named}.{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {}
            found |= several or {f"{named}.{name}": value}
    return found


def write(file: CalibrationFile, folder: Path = IN_USE) -> Path:
    """Put the numbers to use from the next start on; whole, or not at all.

    Raises:
        CalibrationError: the folder can't be written.
    """
    target = file_of(file.identity, folder)
    part = target.with_suffix(".part")
    try:
        part.write_text(file.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.chmod(0o644)  # whoever runs the bot reads it, not only who fitted it
        part.replace(target)
    except OSError as error:
        raise CalibrationError(f"{target} can't be written ({error}): install where it may be") from error
    return target
