"""How the questions that no fit saw fare with some numbers, in lines for whoever decides to use these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.answering.confidence import ConfidenceModel
from bot.answering.judging import fused
from bot.answering.reranking import Ranking
from bot.answering.routing import Router
from bot.calibrating.examples import Example, is_right, judged, routed

_TOLD_FROM = (0.3, 0.5, 0.7)
"""Probabilities at which it is shown what would be told: around the .5 that is set by default."""
_TALK_FROM = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Probabilities at which it is shown what would be taken for small talk."""


def report(
    checked: Sequence[Example], ranking: Ranking, model: ConfidenceModel, routers: Sequence[Router]
) -> Iterator[str]:
    """How the checked examples fare, by source; `routers` never saw those of their folder."""
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
            for at in _TOLD_FROM
        )
        first = f"right first {_share(right for _, right in found)}, " if name.endswith("answerable") else ""
        yield f"{name} ({len(found)}): {first}{told}"
    routes = [(example, routers[example.folder].route(routed(example))) for example in checked]
    talk = [(example.asked.reply, route) for example, route in routes if example.asked.reply is not None]
    asked = [route for example, route in routes if example.asked.reply is None]
    for at in _TALK_FROM:
        caught = _share(route.is_taken(at) for _, route in talk)
        right = _share(route.is_taken(at) and route.reply is kind for kind, route in talk)
        lost = _share(route.is_taken(at) for route in asked)
        yield (
            f"small talk from {at}: {caught} of {len(talk)} known as such, {right} as what it is, "
            f"{lost} of {len(asked)} questions lost"
        )


def without_weight(ranking: Ranking, model: ConfidenceModel) -> Iterator[str]:
    """A line that names the features that got no weight, where some did not: no example had them."""
    if unfitted := [name for name, weight in {**ranking.weights, **model.weights}.items() if not weight]:
        yield f"without weight: {', '.join(unfitted)}. {_UNFITTED}"


_UNFITTED = "If the numbers that were in use could not be read, no conversation was led with them: calibrate once more."


def _share(flags: Iterable[bool]) -> str:
    listed = list(flags)
    return f"{sum(listed) / len(listed):.2%}" if listed else "–"
