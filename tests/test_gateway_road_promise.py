"""The promised time: in the words that name one, computed from the office calendar."""

from __future__ import annotations

from datetime import UTC, datetime

from config.calendar import load
from gateway.road.package import Trouble
from gateway.road.promise import promised
from gateway.telling.part_words import problem_words
from tests.packages import package

OFFICE = load("America/New_York")
FRIDAY = datetime(2026, 11, 20, 20, 42, tzinfo=UTC)
BY = "10:00 am Eastern on Monday, November 23"


def test_what_speaks_of_a_time_is_given_it_and_nothing_else_is_touched() -> None:
    other = Trouble("case_not_found", {"value": "24-999999"})
    given = package().but(troubles=(Trouble("consultant_unknown"), other))
    first, second = promised(given, OFFICE, FRIDAY).troubles
    assert first.fields == {"time": BY}
    assert second is other


def test_a_time_that_a_step_has_given_stays() -> None:
    given = package().but(troubles=(Trouble("duplicate", {"n": 2, "time": "then", "r": "x"}),))
    assert promised(given, OFFICE, FRIDAY) == given


def test_the_sender_reads_it() -> None:
    given = package().but(troubles=(Trouble("consultant_unknown"),))
    assert problem_words("consultant_unknown", promised(given, OFFICE, FRIDAY)) == (
        "We could not tell who handles this. Our team will match it, usually by "
        f"{BY}; that takes longer than with a case number."
    )
