"""Moments are said with their zone, and in UTC where they prove something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import moments

EASTERN = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        (
            datetime(2026, 11, 21, 20, 42, tzinfo=UTC),
            "America/New_York",
            "Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)",
        ),
        (
            datetime(2026, 11, 22, 2, 5, tzinfo=UTC),
            "America/New_York",
            "Saturday, November 21, 2026 at 9:05 pm Eastern (02:05 UTC on November 22)",
        ),
        (
            datetime(2026, 7, 1, 16, 0, tzinfo=UTC),
            "America/New_York",
            "Wednesday, July 1, 2026 at 12:00 pm Eastern (16:00 UTC)",
        ),
        (
            datetime(2026, 7, 1, 22, 0, tzinfo=UTC),
            "Europe/Berlin",
            "Thursday, July 2, 2026 at 12:00 am CEST (22:00 UTC on July 1)",
        ),
        (
            datetime(2026, 7, 1, 0, 0, tzinfo=UTC),
            "Asia/Kathmandu",
            "Wednesday, July 1, 2026 at 5:45 am UTC+05:45 (00:00 UTC)",
        ),
    ],
)
def test_in_full(moment: datetime, zone: str, said: str) -> None:
    assert moments.in_full(moment, ZoneInfo(zone)) == said


def test_the_hour_that_comes_twice_is_told_apart_by_utc() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert "1:30 am Eastern (05:30 UTC)" in moments.in_full(first, EASTERN)
    assert "1:30 am Eastern (06:30 UTC)" in moments.in_full(second, EASTERN)


def test_in_short_names_the_day_and_the_year_only_where_they_differ() -> None:
    now = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
    assert moments.in_short(now, EASTERN, now) == "12:00 pm today"
    assert moments.in_short(now - timedelta(days=1), EASTERN, now) == "12:00 pm on Jan 1"
    assert moments.in_short(now - timedelta(days=2), EASTERN, now) == "12:00 pm on Dec 31, 2025"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
        (86400, "1 day"),
        (3 * 86400 + 5, "3 days"),
    ],
)
def test_length(seconds: int, said: str) -> None:
    assert moments.length(timedelta(seconds=seconds)) == said


def test_a_time_to_come_is_said_with_its_day_and_zone() -> None:
    moment = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    assert moments.by(moment, ZoneInfo("America/New_York")) == (
        "10:00 am Eastern on Monday, November 30"
    )
