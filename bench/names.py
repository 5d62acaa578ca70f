"""Names: how many file names a second are made safe, and what is held of every one of them."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from bench.odd_names import odd_names
from bench.rounds import Figure, interleaved, print_table
from config.settings import Names
from gateway.road.name import Taken, safe_name, unique

_COUNT = 100_000
_IN_PACKAGE = 200


def each() -> list[Figure]:
    """100,000 odd names made safe and unique, in packages of 200: names a second."""
    given = list(odd_names(_COUNT))
    rules = Names()

    def run() -> float:
        start = perf_counter()
        for first in range(0, _COUNT, _IN_PACKAGE):
            taken = Taken()
            for original, extension in given[first : first + _IN_PACKAGE]:
                unique(safe_name(original, extension, rules).name, taken, rules)
        return _COUNT / (perf_counter() - start)

    runners: dict[str, Callable[[], float]] = {"safe and unique": run}
    rounds = interleaved(runners)
    print_table("Names", "a second", rounds, "safe and unique")
    return [
        Figure(
            "odd names made safe and unique",
            rounds.median("safe and unique"),
            "a second",
            1000,
            at_least=True,
        )
    ]
