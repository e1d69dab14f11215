"""What kind of message it is: a question, or one that its labelled examples in the knowledge have a reply to.

The examples are sections like all others, with `reply:` in their files; the same search finds them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.answering.asked_kind import QUESTION_MARKS, asked_kind
from bot.answering.message_letters import NO_LETTERS, MessageLetters
from bot.answering.ports import Knowledge, RetrievedSection
from bot.ids import Locale, ReplyKind

KINDS_OF_QUESTIONS = (ReplyKind.ABOUT_BOT, ReplyKind.PERSON, ReplyKind.POLITICS, ReplyKind.ADVICE, ReplyKind.HARM)
"""Replies to what is asked, if not of the knowledge."""
_EMERGENCY_FROM = 0.4
"""Who may need help is believed sooner than who may only greet."""
_HARM_FROM = 0.9
"""By reasoning: «where can I buy water?» is near to what is asked of drugs, and who is suspected wrongly is offended;
below it a message goes the way of any question, to a sure section too. Of the calibration questions that were declined
four of eleven about harm are above it, the others are not known, and three of seven harmless ones."""
_HARM_PROVEN_FROM = 0.7
"""The same where the letters say harm rather than a question: of 2,685 first messages that ask something none is."""
_TAKEN_FROM: Mapping[ReplyKind | None, float] = {ReplyKind.EMERGENCY: _EMERGENCY_FROM, ReplyKind.HARM: _HARM_FROM}
_GRAVE = (
    ReplyKind.EMERGENCY,
    ReplyKind.HARM,
    ReplyKind.UNSUBSCRIBE,
    ReplyKind.POLITICS,
    ReplyKind.ADVICE,
    ReplyKind.COMPLAINT,
)
"""Replies that offend or frighten who asked something else: they need proof in the words themselves."""
_PROVEN_FROM = -5.0
"""Chosen, not fitted: nats by which the letters speak for such a kind rather than a question, at least."""
LEAST_ODDS = -8.0
"""Nats from which a kind is as good as excluded by the letters."""
_TINY = 1e-9
"""Keeps a logarithm finite where no section is left."""


@dataclass(frozen=True, slots=True)
class Route:
    """The most likely kind of reply, and how sure it is, 0 to 1, that the message is no question to the knowledge."""

    reply: ReplyKind | None = None
    probability: float = 0.0
    proof: float = 0.0
    """How much likelier the kind is than a question by the letters alone, in nats."""

    def is_taken(self, route_from: float) -> bool:
        """Whether the reply is given; from the probability `route_from` on, in an emergency sooner, of harm later."""
        if self.reply in _GRAVE and self.proof < _PROVEN_FROM:
            return False
        if self.reply is ReplyKind.HARM and self.proof > 0.0:
            return self.probability >= _HARM_PROVEN_FROM
        return self.probability >= _TAKEN_FROM.get(self.reply, route_from)


@dataclass(frozen=True, slots=True)
class Router:
    """A logistic model over `features`, and what is weighed to tell the kinds apart; fitted by `scoda calibrate`."""

    weights: Mapping[str, float]
    constant: float
    kinds: Mapping[str, float]
    letters: MessageLetters = NO_LETTERS

    def route(self, message: Routed) -> Route:
        """Where the message belongs that found these sections."""
        replies, others = parted(message.sections, message.knowledge)
        if not replies:
            return Route()
        odds = self.letters.odds(message.text)
        best = max(replies, key=lambda section: self.kind_score(section, odds.get(replies[section], 0.0)))
        proof = odds.get(replies[best], 0.0)
        weighed = features(message, replies[best], replies, others, proof=proof)
        logit = self.constant + sum(weight * weighed[name] for name, weight in self.weights.items())
        return Route(replies[best], 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit)))), proof)

    def kind_score(self, section: RetrievedSection, proof: float) -> float:
        """How well the examples of a section fit: only differences mean something."""
        return sum(weight * kind_features(section, proof)[name] for name, weight in self.kinds.items())


@dataclass(frozen=True, slots=True)
class Routed:
    """A message to route: its text, and what was found for it."""

    text: str
    locale: Locale
    sections: Sequence[RetrievedSection]
    knowledge: Knowledge
    is_follow_up: bool = False


def parted(
    sections: Sequence[RetrievedSection], knowledge: Knowledge
) -> tuple[dict[RetrievedSection, ReplyKind], list[RetrievedSection]]:
    """The sections of labelled examples with their kinds, and all others."""
    replies, others = {}, []
    for section in sections:
        copies = knowledge.copies(section.key)
        reply = copies[0].reply if copies else None
        if reply is None:
            others.append(section)
        else:
            replies[section] = reply
    return replies, others


def features(
    message: Routed,
    kind: ReplyKind,
    replies: Collection[RetrievedSection],
    others: Sequence[RetrievedSection],
    *,
    proof: float = 0.0,
) -> Mapping[str, float]:
    """What tells small talk of a kind from a question: how much nearer its examples are than everything else.

    Whoever asks when, where or how many wants to know something, unless the kind is one of questions itself.
    """
    is_told = kind not in KINDS_OF_QUESTIONS
    return {
        "odds": _log_sum(replies) - _log_sum(others),
        "letters": max(proof, LEAST_ODDS),
        "nearest": _best(replies, "question") - _best(others, "question"),
        "mean": _best(replies, "question_mean") - _best(others, "question_mean"),
        "coverage": _best(replies, "coverage") - _best(others, "coverage"),
        "held": _best(replies, "coverage"),
        "known_words": _best(replies, "known_words"),
        "known_elsewhere": _best(others, "known_words"),
        "passage": _best(others, "passage"),
        "sentence": _best(others, "sentence"),
        "asks": float(is_told and asked_kind(message.text, message.locale) is not None),
        "marked": float(is_told and any(mark in message.text for mark in QUESTION_MARKS)),
        "follows": float(message.is_follow_up),
    }


def kind_features(section: RetrievedSection, proof: float = 0.0) -> Mapping[str, float]:
    """What tells one kind from another."""
    return {
        "log_posterior": section.least_log_posterior,
        "letters": max(proof, LEAST_ODDS),
        "question": section.question,
        "question_mean": section.question_mean,
        "coverage": section.coverage,
    }


def _best(sections: Collection[RetrievedSection], name: str) -> float:
    return max((getattr(section, name) for section in sections), default=0.0)


def _log_sum(sections: Collection[RetrievedSection]) -> float:
    return math.log(sum(math.exp(section.least_log_posterior) for section in sections) + _TINY)
