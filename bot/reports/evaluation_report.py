"""The evaluation as one HTML file: figures, risk–coverage curves as pictures, and every miss.

A miss is told with what was found and the step that lost it. Self-contained (no script, no font, no address) and
readable on a phone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from bot.answering.evaluation import Case, CaseResult, LosingStep, Tally, risk_coverage, tallies
from bot.ids import Locale
from bot.reports.evaluation_tables import FigureTable, tables_of

_WIDTH, _HEIGHT, _MARGIN = 320, 200, 34
_FOUND_SHOWN = 5
"""Sections named for a miss, best first; chosen: what is lower was hardly in question."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #0a7d4f; --bad: #b3261e; --ink: #1a73e8; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: right; white-space: nowrap; }
th { vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; } tr:last-child { font-weight: 600; }
.curves { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
figure { margin: 0; } figcaption { font-size: .9rem; } svg { height: auto; width: 100%; }
svg text { fill: currentColor; font-size: 11px; } svg .axis { stroke: var(--line); }
svg polyline { fill: none; stroke: var(--ink); stroke-width: 2; }
article { border: 1px solid var(--line); border-radius: .6rem; margin: .7rem 0; padding: .7rem; }
article p { margin: .3rem 0; overflow-wrap: anywhere; } .kind { color: var(--bad); font-weight: 600; }
.none { color: var(--good); } code { font-size: .85em; }
"""


def render_report(results: Sequence[CaseResult], *, title: str) -> str:
    """The whole page."""
    misses = [result for result in results if not (result.is_right and result.is_in_language)]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *_figures(tallies(results)),
            "<h2>Risk and coverage</h2>",
            "<p>Across: the surest share of all questions. Up: how many of their answers would be wrong.</p>",
            f'<div class="curves">{"".join(_curves(results))}</div>',
            f"<h2>Misses: {len(misses)}</h2>",
            f"<p>By the step that lost them: {_steps(misses)}</p>" if _steps(misses) else "",
            *(_miss(result) for result in misses),
            '<p class="none">Nothing was missed.</p>' if not misses else "",
            "</body></html>",
        ]
    )


def _figures(rows: Sequence[Tally]) -> Iterable[str]:
    for table in tables_of(rows):
        head = "".join(f"<th>{escape(heading)}</th>" for heading in table.headings)
        body = "".join(_row(table, row) for row in rows)
        yield f'<h2>{escape(table.title)}</h2><div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _row(table: FigureTable, row: Tally) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in table.cells(row))}</tr>"


def _curves(results: Sequence[CaseResult]) -> Iterable[str]:
    yield _curve("all languages", results)
    for locale in Locale:
        group = [result for result in results if result.case.locale is locale]
        if group:
            yield _curve(locale.endonym, group)


def _curve(name: str, results: Sequence[CaseResult]) -> str:
    points = " ".join(f"{_x(coverage):.1f},{_y(risk):.1f}" for coverage, risk in risk_coverage(results))
    ticks = "".join(
        f'<line class="axis" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(share)}" y2="{_y(share)}"/>'
        f'<text x="2" y="{_y(share) + 4}">{share:.0%}</text>'
        f'<text x="{_x(share) - 10}" y="{_HEIGHT - 6}">{share:.0%}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    label = f"Risk and coverage, {escape(name)}"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH + 12} {_HEIGHT}" role="img" aria-label="{label}">'
        f'{ticks}<polyline points="{points}"/></svg>'
        f"<figcaption>{escape(name)}, {len(results)} questions</figcaption></figure>"
    )


def _x(share: float) -> float:
    return _MARGIN + share * (_WIDTH - _MARGIN)


def _y(share: float) -> float:
    return _HEIGHT - _MARGIN / 1.5 - share * (_HEIGHT - _MARGIN)


def _miss(result: CaseResult) -> str:
    case = result.case
    found = "".join(f"<li><code>{escape(str(key))}</code></li>" for key in result.found[:_FOUND_SHOWN])
    return (
        f'<article><p><code>{escape(case.case_id)}</code> <span class="kind">{escape(_kind(result))}</span> '
        f"{result.answer.score:.2f}</p>"
        f"{_lost_at(result)}"
        f'<p dir="auto"><b>{escape(" → ".join(case.turns))}</b></p>'
        f'<p dir="auto">{escape(result.text)}</p>'
        f"<p>expected: <code>{escape(_expected(case))}</code> {escape(case.section)}</p><ol>{found}</ol></article>"
    )


def _expected(case: Case) -> str:
    if case.kinds:
        return " or ".join(case.kinds)
    return " · ".join(pattern.pattern for pattern in case.expect) or "a refusal"


def _kind(result: CaseResult) -> str:
    if result.is_right:
        return "right, but in another language"
    if result.case.kinds:
        return "small talk misunderstood"
    if not result.case.is_answerable:
        return "told what it does not know" if result.is_told else "not refused"
    if result.answer.outcome.refused:
        return "refused wrongly"
    return "wrong answer" if result.is_told else "not told, but offered" if result.is_offered else "not told"


_LOST_AT = {
    LosingStep.ROUTE: "lost by the route: taken for small talk, for a question or for another kind",
    LosingStep.RETRIEVE: "lost in retrieval: the section was not found",
    LosingStep.RERANK: "lost in reranking: another section came first",
    LosingStep.JUDGE: "lost in judging: how sure it is of the first section",
    LosingStep.SELECT: "lost in selecting: the section was told, but not all that answers",
    LosingStep.UNPLACED: "lost where nobody can tell: the set does not name the section that answers",
}


def _lost_at(result: CaseResult) -> str:
    step = result.lost_at
    place = f" (place {result.rank})" if step is LosingStep.RERANK else ""
    return "" if step is None else f"<p>{escape(_LOST_AT[step] + place)}</p>"


def _steps(misses: Sequence[CaseResult]) -> str:
    """How many each step lost."""
    lost = Counter(result.lost_at for result in misses)
    return " · ".join(f"{step.value} {lost[step]}" for step in LosingStep if lost[step])
