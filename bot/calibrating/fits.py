"""The three models that are fitted: which section answers, how sure it does, and what is no question at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bot.answering import routing
from bot.answering.confidence import WEIGHED_KINDS, ConfidenceModel
from bot.answering.message_letters import MessageLetters
from bot.answering.reranking import Candidate, Ranking
from bot.calibrating.examples import Example, is_right, is_wanted, judged, reranked, routed
from bot.calibrating.regression import Matrix, TrainingChoice, fit_choices, fit_logistic
from bot.ids import Locale

RANKED = {"stored": 0.4, "example": 1.0, "case": 3.0, "message": 2.0, "plain": 4.0}
"""What an example of each source counts where the ranking is fitted. Chosen: stored questions were written with their
section in sight, those on plain files are few."""
FOREIGN = 0.3
"""What it counts there where the right section stands in other languages only.

Drop-out makes such questions a third of all, which nobody's are. With 1 the right section was among the first five
for 75 and 89 % of the questions on plain files in their own language (56 that no fit saw, 132 fitted on), with .3 for
89 and 94 %; in another language for 80 and 72 %, where 55 % is enough. Public passages in twelve languages, asked each
in its own: the right one first for 83.7 and 85.0 % of 1,800.
"""
JUDGED = {"stored": 1.2, "example": 0.0, "case": 3.0, "message": 1.0, "plain": 1.0}
"""What it counts where the confidence is fitted. Chosen: the stored questions hold most of the near misses."""
_L2_RANKING, _L2_KINDS, _L2_CONFIDENCE, _L2_ROUTER = 0.02, 0.01, 0.003, 0.0003
"""What draws the weights of scaled features towards 0, against a mean logarithmic loss. Chosen: the more examples there
are for each weight, the less."""
ROUTED = {"plain": 0.3, "message": 6.0}
"""What it counts where the router is fitted, if not 1. Chosen: short first messages are what visitors begin with."""
FOLLOWING = 3.0
"""What a question that leans on the one before counts there: in a conversation most do. Chosen: of 600 such seven are
taken for remarks, with 1 nine; were remarks asked alone only, none, but 115 instead of 34 of 624 remarks be missed."""
TALK = 0.2
"""The share of small talk that the router is fitted to: in life it is one message in ten.

Of 897 first messages that no fit saw .4 % are taken for small talk, and of 300 examples that none saw 87 % are known;
with a share of .3 it is .7 and 89 %, with .4 1.1 and 91 %.
"""
DECIMALS = 3
"""Of the numbers as they are written. Chosen: fine enough for logits, and still read by people in a comparison."""

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
    weights = fit_choices(choices, l2=_L2_RANKING)
    by_name = _named((*RANKING_FEATURES, *Locale), weights)
    return Ranking({name: by_name[name] for name in RANKING_FEATURES}, {locale: by_name[locale] for locale in Locale})


def has_choice(examples: Sequence[Example]) -> bool:
    """Whether some example tells which of several sections is right: without one no ranking can be fitted."""
    return any(next(_choices(example), None) for example in examples)


def _choices(example: Example) -> Iterator[TrainingChoice]:
    if not example.asked.wanted and not example.asked.also:
        return
    locale = example.at.languages.written
    for candidates in reranked(example, _EQUAL):
        right = next((place for place, one in enumerate(candidates) if is_wanted(one, example)), None)
        if right is not None and len(candidates) > 1:
            rows = np.array([_row(one, locale) for one in candidates])
            counts = RANKED[example.asked.source] * example.weight
            counts *= 1.0 if candidates[right].section.is_native else FOREIGN
            yield TrainingChoice(rows, right, counts / len(example.context.readings))


_EQUAL = Ranking({})


def _row(candidate: Candidate, locale: Locale) -> list[float]:
    own = [candidate.features["coverage"] if other is locale else 0.0 for other in Locale]
    return [candidate.features[name] for name in RANKING_FEATURES] + own


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
    weights, constant = fit_logistic(np.array(rows), np.array(right), np.array(counts), l2=_L2_CONFIDENCE)
    by_name = {
        name: round(float(w), DECIMALS) for name, w in zip((*CONFIDENCE_FEATURES, *Locale), weights, strict=True)
    }
    return ConfidenceModel(
        {name: by_name[name] for name in CONFIDENCE_FEATURES},
        round(constant, DECIMALS),
        {locale: by_name[locale] for locale in Locale},
    )


ROUTER_FEATURES = (
    "odds",
    "letters",
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
KIND_FEATURES = ("log_posterior", "letters", "question", "question_mean", "coverage")


def fit_router(examples: Sequence[Example], letters: Sequence[MessageLetters]) -> routing.Router:
    """What is no question, and which kind it is; `letters` are those that never saw the examples of each folder.

    Only the folder without drop-out counts: without their example questions all questions are nearer to remarks. What
    was asked alone counts half as if it were said in the middle of a conversation: remarks are asked alone only.
    """
    examples = [example for example in examples if example.folder == 0]
    kinds = _fit_kinds(examples, letters)
    of_folder = [routing.Router({}, 0.0, kinds, one) for one in letters]
    rows, is_talk, counts = [], [], []
    for example in examples:
        message = routed(example)
        replies, others = routing.parted(message.sections, message.knowledge)
        if replies:
            route = of_folder[example.folder].route(message)
            assert route.reply is not None
            weighed = routing.features(message, route.reply, replies, others, proof=route.proof)
            for follows in {weighed["follows"], 1.0}:
                rows.append([{**weighed, "follows": follows}[name] for name in ROUTER_FEATURES])
                is_talk.append(example.asked.reply is not None)
                counts.append(ROUTED.get(example.asked.source, 1.0) * (FOLLOWING if message.is_follow_up else 0.5))
    talk, each = np.array(is_talk), np.array(counts)
    weighed_so = each * np.where(talk, TALK / max(talk.sum(), 1), (1 - TALK) / max((~talk).sum(), 1))
    weights, constant = fit_logistic(np.array(rows), talk, weighed_so, l2=_L2_ROUTER)
    return routing.Router(_named(ROUTER_FEATURES, weights), round(constant, DECIMALS), kinds)


def _fit_kinds(examples: Sequence[Example], letters: Sequence[MessageLetters]) -> Mapping[str, float]:
    choices = []
    for example in examples:
        replies, _ = routing.parted(example.context.retrieved[0].sections, example.at.knowledge)
        kinds = list(replies.values())
        if example.asked.reply in kinds and len(kinds) > 1:
            odds = letters[example.folder].odds(routed(example).text)
            table = [
                [routing.kind_features(one, odds.get(kind, 0.0))[name] for name in KIND_FEATURES]
                for one, kind in replies.items()
            ]
            choices.append(TrainingChoice(np.array(table), kinds.index(example.asked.reply)))
    return _named(KIND_FEATURES, fit_choices(choices, l2=_L2_KINDS))


def _named(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {name: round(float(weight), DECIMALS) for name, weight in zip(names, weights, strict=True)}
