"""Passages and questions about invented things in each of the twelve languages: a set to check on.

The wording of facts and questions stands in two tables, one kind of fact a line: language, kind, passage, and two
questions, one in other words than the passage and one that takes up a few of its words. Names, people, figures and
goods are drawn by chance, each language for itself, so that no passage is a translation of another. All facts of one
invented place name it, and so do facts of its neighbours: a question is about one of them.

`OUTSIDE`, towns, firms and fairs, is made without looking at what any retrieval finds, and is worth something only as
long as nobody tunes for it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.ids import Locale

OUTSIDE = Path(__file__).with_name("outside_texts.tsv")
_THINGS = "things"
_IN_A_FILE = 25

_SYLLABLES = """
la ла لا ला 拉|mir мир میر मीर 米尔|or ор اور और 奥|ven вен ون वेन 文|ka ка کا का 卡|dol дол دول डोल 多尔|
su су سو सु 苏|bre бре بره ब्रे 布雷|ti ти تی ती 蒂|gan ган گان गान 甘|ro ро رو रो 罗|shel шел شل शेल 谢尔|
na на نا ना 纳|pol пол پول पोल 波|zi зи زی ज़ी 齐|tar тар تار तार 塔|mo мо مو मो 莫|lin лин لین लिन 林|
fe фе فه फे 费|dur дур دور दुर 杜|ba ба با बा 巴|sen сен سن सेन 森|vi ви وی वी 维|kor кор کور कोर 科尔
"""
_SCRIPTS = ("latin", "cyrillic", "arabic", "devanagari", "han")
_SCRIPT_OF = {
    Locale.EN: "latin",
    Locale.UZ: "latin",
    Locale.ZH: "han",
    Locale.FA: "arabic",
    Locale.UR: "arabic",
    Locale.HI: "devanagari",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """Two facts about one thing, and a question for each."""

    locale: Locale
    number: int
    text: str
    questions: tuple[str, str]

    @property
    def path(self) -> str:
        """The document it stands in; no two languages share one."""
        return f"facts/{self.locale}-{self.number // _IN_A_FILE}.md"

    @property
    def section(self) -> str:
        """Its section in that document."""
        return f"fact-{self.number}"


@dataclass(frozen=True, slots=True)
class _Fact:
    kind: str
    passage: str
    questions: tuple[str, str]


def passages(locale: Locale, *, each: int = 25, texts: Path = OUTSIDE) -> list[Passage]:
    """The passages of a language: every kind of fact about `each` things of every kind in `texts`."""
    chance = random.Random(f"{texts.stem.removesuffix('_texts')} {locale}")
    facts, things = _wording(texts, locale)
    names = _names(_SCRIPT_OF.get(locale, "cyrillic"), chance)
    kinds = list(dict.fromkeys(fact.kind for fact in facts))
    subjects = {kind: [next(names) for _ in range(each)] for kind in kinds}
    places = subjects[kinds[0]]
    made = []
    for fact in facts:
        for name in subjects[fact.kind]:
            other = chance.choice([place for place in places if place != name])
            values = {
                "name": name,
                "other": other,
                "person": next(names),
                "thing": chance.choice(things),
                "year": chance.randint(1710, 1989),
                "n": 10 * chance.randint(12, 980),
                "m": chance.randint(4, 48),
            }
            reworded, similar = (question.format(**values) for question in fact.questions)
            made.append((fact.passage.format(**values), (reworded, similar)))
    chance.shuffle(made)
    return [Passage(locale, number, text, questions) for number, (text, questions) in enumerate(made)]


def write_knowledge(folder: Path, found: Sequence[Passage]) -> None:
    """Write plain Markdown: one passage a section, no front matter, no questions, no headings that say anything."""
    bodies: dict[str, list[str]] = {}
    for passage in found:
        section = f"## {passage.number} {{#{passage.section}}}\n\n{passage.text}\n"
        bodies.setdefault(f"{passage.locale}/{passage.path}", []).append(section)
    for name, sections in bodies.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(sections), encoding="utf-8")


def _wording(texts: Path, locale: Locale) -> tuple[list[_Fact], list[str]]:
    facts, things = [], []
    for line in texts.read_text(encoding="utf-8").splitlines():
        code, kind, *wording = line.split("\t")
        if code != locale:
            continue
        if kind == _THINGS:
            things = wording[0].split(",")
        else:
            passage, reworded, similar = wording
            facts.append(_Fact(kind.partition("-")[0], passage, (reworded, similar)))
    return facts, things


def _names(script: str, chance: random.Random) -> Iterator[str]:
    """Invented names of two or three syllables in the script, each once."""
    column = _SCRIPTS.index(script)
    syllables = [row.split()[column] for row in _SYLLABLES.replace("\n", "").split("|")]
    used = set()
    while True:
        name = "".join(chance.sample(syllables, chance.choice((2, 3)))).capitalize()
        if name not in used:
            used.add(name)
            yield name
