"""How often the language of a message is told rightly, and how fast.

    python -m tests.bench.bench_language [--misses]

Checked on what the table of n-grams was not made from: the golden questions (standard and hard ones), and the "test" half of
the everyday messages, which are about anything but the subject. Variants are the hard golden questions, the
romanised everyday messages as people type them, and the standard ones with their special letters lost, in the other script
or typed on an Arabic keyboard. No prior is given, but for the kinds that say so: romanised Hindi and Urdu are one spoken
language, and often only the visitor's language tells which is meant.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict

from bot.adapters.models.language_id import ShortMessageIdentifier
from bot.ids import Locale
from tests.support.language_messages import OTHER, everyday, messages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="show what was told wrongly")
    show = parser.parse_args().misses
    identifier = ShortMessageIdentifier()
    started = time.perf_counter()
    identifier.warm()
    print(f"table read in {1000 * (time.perf_counter() - started):.0f} ms")
    told: dict[str, dict[Locale, list[bool]]] = defaultdict(lambda: defaultdict(list))
    foreign = 0
    spent: list[float] = []
    for message in messages():
        started = time.thread_time()
        guess = identifier.identify(message.text, prior=message.prior)
        spent.append(time.thread_time() - started)
        is_right = guess is not None and guess.locale is message.locale
        told[message.kind][message.locale].append(is_right)
        foreign += guess is not None and guess.is_foreign
        if show and not is_right:
            print(f"  {message.kind} {message.locale}: {message.text!r} → {guess}")
    _print_shares(told)
    spent.sort()
    print(
        f"median {1000 * spent[len(spent) // 2]:.2f} ms, 99 of 100 within {1000 * spent[len(spent) * 99 // 100]:.2f} ms"
    )
    print(f"in the twelve, but taken for none of them: {foreign} of {len(spent)}")
    strangers = [identifier.identify(text, prior=None) for code, text in everyday("test") if code == OTHER]
    print(
        f"in none of them, and known as such: {sum(guess.is_foreign for guess in strangers if guess)} of {len(strangers)}"
    )


def _print_shares(told: dict[str, dict[Locale, list[bool]]]) -> None:
    for kind, by_locale in told.items():
        every = [one for results in by_locale.values() for one in results]
        shares = "  ".join(f"{locale} {100 * sum(results) / len(results):.1f}" for locale, results in by_locale.items())
        print(f"{kind} ({len(every)}): {100 * sum(every) / len(every):.1f} %   {shares}")


if __name__ == "__main__":
    main()
