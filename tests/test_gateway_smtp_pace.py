"""The pace of a connection, by a clock of the test's own."""

from __future__ import annotations

from gateway.smtp.pace import Pace


def test_nothing_for_as_long_as_it_may_be() -> None:
    pace = Pace(300, now=1000)
    assert pace.fault(1299) is None
    assert pace.silent(1299) == 299
    assert pace.fault(1300) == "connection_idle"


def test_a_byte_now_and_then_is_next_to_nothing() -> None:
    pace = Pace(300, now=0)
    for second in range(10, 301, 10):
        pace.heard(1, second)
    assert pace.fault(299) is None
    assert pace.fault(301) == "connection_slow"


def test_a_slow_line_is_honest() -> None:
    pace = Pace(300, now=0)
    for second in range(10, 3000, 10):
        pace.heard(300, second)
        assert pace.fault(second) is None


def test_each_count_is_for_itself() -> None:
    pace = Pace(300, now=0)
    pace.heard(1_000_000, 1)
    pace.heard(1, 300)
    assert pace.fault(301) is None
    pace.heard(1, 500)
    assert pace.fault(602) == "connection_slow"


def test_what_we_were_waited_for_does_not_count() -> None:
    pace = Pace(300, now=0)
    pace.heard(100, 1)
    pace.begin(290)
    pace.heard(100, 400)
    assert pace.fault(589) is None
