"""Names: how many file names a second are made safe and unique; all of them are checked first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    _check(given, rules)
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


def _check(given: Sequence[tuple[str | None, str | None]], rules: Names) -> None:
    """Hold every name against the rules: whole, idempotent, unique in its package, short enough."""
    for first in range(0, len(given), _IN_PACKAGE):
        taken, seen = Taken(), set[str]()
        for original, extension in given[first : first + _IN_PACKAGE]:
            name = unique(safe_name(original, extension, rules).name, taken, rules)
            assert name, "every file has a name"
            assert len(name.encode()) <= rules.max_bytes, name
            assert name.casefold() not in seen, name
            assert safe_name(name, extension, rules).name == name, name
            seen.add(name.casefold())
    print(
        f"{len(given):,} names: each whole, idempotent, unique and at most {rules.max_bytes} bytes"
    )
