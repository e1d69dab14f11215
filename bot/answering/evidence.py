"""How sure it is that the best section answers the question: a calibrated probability, not one cosine."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field

from bot.answering.lexicon import AskedKind
from bot.answering.ranking import Candidate
from bot.vocabulary import Locale
from bot.writing.folding import fold, words

_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万两]")
_TELEPHONE = re.compile(r"\+?\d[\d\s()-]{6,}\d")
_ADDRESS = re.compile(r"https?://|www\.")
_MONEY = re.compile(
    r"yuan|dollar|rmb|cny|usd|\bfree\b|%|[¥$€]|元|美元|免费|юан|доллар|бесплат|юань|доллор|"
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
CONTACTS = (AskedKind.PHONE, AskedKind.EMAIL, AskedKind.WEBSITE)
"""What is never guessed: without one in the text there is no answer."""

_NEAREST = 10
_SHARPNESS = 12.0
_LONG_QUESTION_WORDS = 20
_LEAD_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against the best section.

    `score` and `margin` are logits of the ranking: its own, and its lead over the next answerable section;
    `open_lead` is its lead over the best open question, at most 10. `open_share` is the share, 0 to 1, of open
    questions among the stored questions nearest to this one. `passage_mean`, `question_mean` and `coverage` are the
    section's, `sentence` the similarity of its nearest sentence. `lacks_kind` is 1 when a number, a price, a telephone
    … is asked for and the section holds none, `lacks_contact` is 1 when that is a telephone, e-mail or web address;
    `missing` counts the question's numbers that it does not hold; `length`
    is the number of words, 20 and more being 1. `in_context` is 1 when the question was read together with the one
    before it.
    """

    score: float
    margin: float
    open_lead: float
    open_share: float
    passage_mean: float
    question_mean: float
    coverage: float
    sentence: float
    lacks_kind: float
    lacks_contact: float
    missing: float
    length: float
    in_context: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over the evidence: one weight a field, in the order of the fields, and a constant.

    `by_locale` moves the constant for the language of the question: the model is not equally good in all of them.

    Fitted by tests/bench/calibrate.py on the calibration questions and one half of the golden ones, checked on the
    other half. The weight of `in_context` is set by hand: there are too few conversations among them to fit it.
    """

    weights: tuple[float, ...]
    constant: float
    by_locale: Mapping[Locale, float] = field(default_factory=dict)

    def probability(self, evidence: Evidence, locale: Locale) -> float:
        """The probability, 0 to 1, that the section answers the question, which is written in `locale`."""
        logit = (
            self.constant
            + self.by_locale.get(locale, 0.0)
            + sum(w * x for w, x in zip(self.weights, astuple(evidence), strict=True))
        )
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


CALIBRATION = Calibration(
    weights=(-0.080, 0.018, 0.326, -2.369, -3.425, 5.003, 4.969, 2.748, -0.514, -8.0, 0.551, 5.505, 1.5),
    constant=-4.881,
    by_locale={
        Locale.EN: -0.74,
        Locale.ZH: 3.22,
        Locale.RU: 0.28,
        Locale.KK: 0.17,
        Locale.KY: -0.25,
        Locale.TG: -0.47,
        Locale.UZ: 0.05,
        Locale.FA: -0.61,
        Locale.UR: -1.14,
        Locale.HI: -0.15,
        Locale.BE: -0.02,
        Locale.MN: -0.35,
    },
)

BARE_CALIBRATION = Calibration(
    weights=(0.0, 0.182, 0.0, 0.0, 0.0, 0.0, 2.719, 4.365, -1.065, -8.0, 1.281, 0.0, 1.5),
    constant=-1.60,
)
"""For sections without stored questions, as in a folder that was not written for us.

Fitted by `calibrate --bare` on the knowledge without its questions and open questions. It tells less apart (an AUC of
0.75 where the questions give 0.98), so its constant was moved by 0.85 towards answering.
"""


def holds_kind(text: str, kind: AskedKind) -> bool:
    """Whether `text` holds the kind of thing that is asked for."""
    return _PROOFS[kind].search(fold(text) if kind is not AskedKind.EMAIL else text) is not None


def weigh(
    question: str,
    answerable: Sequence[Candidate],
    unanswered: Sequence[Candidate],
    *,
    sentence: float,
    lacks_kind: bool,
    lacks_contact: bool,
    in_context: bool,
) -> Evidence:
    """Put together what speaks for the first of `answerable`; both lists are best first."""
    best = answerable[0]
    return Evidence(
        score=best.score,
        margin=best.score - answerable[1].score if len(answerable) > 1 else 0.0,
        open_lead=max(-_LEAD_LIMIT, min(_LEAD_LIMIT, best.score - unanswered[0].score)) if unanswered else _LEAD_LIMIT,
        open_share=_open_share(answerable, unanswered),
        passage_mean=best.match.passage_mean,
        question_mean=best.match.question_mean,
        coverage=best.match.coverage,
        sentence=sentence,
        lacks_kind=float(lacks_kind),
        lacks_contact=float(lacks_contact),
        missing=float(min(2, best.numbers_missing)),
        length=min(len(words(question)), _LONG_QUESTION_WORDS) / _LONG_QUESTION_WORDS,
        in_context=float(in_context),
    )


def _open_share(answerable: Sequence[Candidate], unanswered: Sequence[Candidate]) -> float:
    votes = [(candidate.match.question, False) for candidate in answerable]
    votes += [(candidate.match.question, True) for candidate in unanswered]
    nearest = sorted(votes, reverse=True)[:_NEAREST]
    weights = [(math.exp(_SHARPNESS * similarity), is_open) for similarity, is_open in nearest]
    total = sum(weight for weight, _ in weights)
    return sum(weight for weight, is_open in weights if is_open) / total if total else 0.0
