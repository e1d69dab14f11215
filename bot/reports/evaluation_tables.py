"""The figures of an evaluation as tables, each narrow enough for 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answering.evaluation import LosingStep, Tally


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Figures that belong together: their headings, and what stands below each, a row a language."""

    title: str
    columns: tuple[tuple[str, Callable[[Tally], object]], ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """The language, then the figures."""
        return ("language", *(heading for heading, _ in self.columns))

    def cells(self, row: Tally) -> tuple[str, ...]:
        """One for each heading; a share of nothing is a dash."""
        return (row.name, *(str(figure(row)) for _, figure in self.columns))


ANSWERED = FigureTable(
    "Questions that the knowledge answers",
    (
        ("number", lambda row: row.right.of),
        ("right", lambda row: row.right),
        ("in language", lambda row: row.right_in_language),
        ("one section", lambda row: row.from_one_section),
        ("or offered", lambda row: row.offered),
        ("two told", lambda row: row.two_told),
        ("refused wrongly", lambda row: row.refused_wrongly),
        ("taken for small talk", lambda row: row.taken_for_small_talk),
    ),
)
REFUSED = FigureTable(
    "Questions that it does not answer",
    (
        ("number", lambda row: row.refused_rightly.of),
        ("refused rightly", lambda row: row.refused_rightly),
        ("or offered", lambda row: row.unanswered),
        ("near misses", lambda row: row.near_refused.of),
        ("refused rightly", lambda row: row.near_refused),
        ("or offered", lambda row: row.near_unanswered),
    ),
)
TALKED = FigureTable(
    "Conversations and small talk; time of an answer",
    (
        ("follow-ups", lambda row: row.follow_ups.of),
        ("right", lambda row: row.follow_ups),
        ("or offered", lambda row: row.follow_ups_offered),
        ("small talk", lambda row: row.small_talk.of),
        ("understood", lambda row: row.small_talk),
        ("ms", lambda row: f"{row.median_ms:.0f}"),
    ),
)
FIRST = FigureTable(
    "First messages: short, mostly without a name",
    (
        ("number", lambda row: row.first.of),
        ("right", lambda row: row.first),
        ("something else", lambda row: row.first_misled),
        ("not known", lambda row: row.first_lost),
        ("two questions", lambda row: row.both.of),
        ("both answered", lambda row: row.both),
    ),
)
LOST = FigureTable(
    "Misses, by the step that lost them",
    (
        ("misses", lambda row: sum(row.lost.values())),
        ("route", lambda row: row.lost[LosingStep.ROUTE]),
        ("retrieve", lambda row: row.lost[LosingStep.RETRIEVE]),
        ("rerank", lambda row: row.lost[LosingStep.RERANK]),
        ("judge", lambda row: row.lost[LosingStep.JUDGE]),
        ("select", lambda row: row.lost[LosingStep.SELECT]),
        ("unplaced", lambda row: row.lost[LosingStep.UNPLACED]),
        ("hit@1", lambda row: row.hit_1),
        ("hit@5", lambda row: row.hit_5),
    ),
)


def tables_of(rows: Sequence[Tally]) -> list[FigureTable]:
    """Those that have something to say of the last row, which counts all."""
    total = rows[-1]
    asked = {
        ANSWERED: total.right.of,
        REFUSED: total.refused_rightly.of,
        FIRST: total.first.of,
        TALKED: total.follow_ups.of + total.small_talk.of,
        LOST: sum(total.lost.values()),
    }
    return [table for table, number in asked.items() if number]
