"""How sure it is that the best section answers the question: a calibrated probability, not one cosine."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from bot.answering.lexicon import AskedKind
from bot.answering.ranking import Candidate
from bot.writing.folding import fold

_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两]")
_TELEPHONE = re.compile(r"\+?\d[\d\s()-]{6,}\d")
_ADDRESS = re.compile(r"https?://|www\.")
_MONEY = re.compile(
    r"yuan|dollar|rmb|cny|usd|\bfree\b|%|[¥$€]|元|美元|免费|юан|доллар|бесплат|юань|доллор|yuan|dollar|"
    r"یوان|دلار|رایگان|ڈالر|مفت|युआन|डॉलर|मुफ्त|निःशुल्क|даляр|бясплат|төгрөг|тегін|акысыз|ройгон|bepul"
)
_PROOFS = {
    AskedKind.WHEN: _NUMBER,
    AskedKind.COUNT: _NUMBER,
    AskedKind.PRICE: _MONEY,
    AskedKind.PHONE: _TELEPHONE,
    AskedKind.EMAIL: re.compile(r"\S@\S"),
    AskedKind.WEBSITE: _ADDRESS,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best section; each about 0 to 1.

    `passage`, `question` and `coverage` are the candidate's; `sentence` is its nearest sentence; `margin` is how far
    it is ahead of the next section, `open_lead` how far the best open question is ahead of it (0 when behind);
    `lacks_kind` is 1 when a number, price, telephone … is asked for and the section holds none.
    """

    passage: float
    question: float
    coverage: float
    sentence: float
    margin: float
    open_lead: float
    lacks_kind: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over the evidence: one weight a field, in the order of the fields, and a constant.

    Fitted by tests/bench/calibrate.py on one half of the golden questions and checked on the other.
    """

    weights: tuple[float, ...]
    constant: float

    def probability(self, evidence: Evidence) -> float:
        """The probability, 0 to 1, that the section answers the question."""
        logit = self.constant + sum(w * x for w, x in zip(self.weights, astuple(evidence), strict=True))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


CALIBRATION = Calibration(weights=(6.0, 9.0, 3.0, 4.0, 3.0, -12.0, -3.0), constant=-5.0)


def holds_kind(text: str, kind: AskedKind) -> bool:
    """Whether `text` holds the kind of thing that is asked for."""
    return _PROOFS[kind].search(fold(text) if kind is not AskedKind.EMAIL else text) is not None


def weigh(
    best: Candidate,
    others: Sequence[Candidate],
    *,
    sentence: float,
    open_score: float,
    lacks_kind: bool,
) -> Evidence:
    """Put the evidence for `best` together; `others` are the answerable sections behind it, best first."""
    return Evidence(
        passage=best.passage,
        question=best.question,
        coverage=best.coverage,
        sentence=sentence,
        margin=best.score - others[0].score if others else 0.0,
        open_lead=max(0.0, open_score - best.meaning),
        lacks_kind=float(lacks_kind),
    )
