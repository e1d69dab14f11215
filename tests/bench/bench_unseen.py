"""Questions to which nothing was fitted: how many are answered and refused rightly, by language.

    python -m tests.bench.bench_unseen [--data DIR] [--knowledge DIR]

See `tests.golden`: only the figures are to be read, or the set is no longer unseen. The «hard» ones hold typing
mistakes, other scripts, capitals and long preambles. Milliseconds are those of one question after the other on all cores.
"""

from __future__ import annotations

import asyncio

from bot.answering.evaluation import HEADINGS, evaluate, read_cases, tally
from bot.app import open_core
from bot.vocabulary import Locale
from tests.bench.workshop import Workshop, parser_of, print_table
from tests.golden import TODAY, UNSEEN


async def bench(workshop: Workshop) -> None:
    files = [UNSEEN / f"{locale}.jsonl" for locale in Locale]
    cases = [case for file in files for case in read_cases(file.read_text(encoding="utf-8").splitlines())]
    async with open_core(workshop.settings) as core:
        await core.make_answerable()
        results = await evaluate(cases, core.answerer, today=TODAY, say=lambda answer: " ".join(answer.sentences))
    by_name = {locale.value: [one for one in results if one.case.locale is locale] for locale in Locale}
    by_name["all"] = list(results)
    by_name["hard"] = [one for one in results if one.case.case_id[3] == "h"]
    by_name["going on"] = [one for one in results if len(one.case.turns) > 1]
    print_table(HEADINGS, [tally(found, name).cells() for name, found in by_name.items()])


def main() -> None:
    with Workshop.of(parser_of(__doc__).parse_args()).copied() as workshop:
        asyncio.run(bench(workshop))


if __name__ == "__main__":
    main()
