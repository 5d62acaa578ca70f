"""The office calendar: the file is the manual, and a promise is always one that can be kept."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.calendar import CALENDAR_FILE, Holidays, Hours, OfficeCalendar, Rules, load
from config.settings import SettingsFault

EASTERN = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = load("America/New_York")
DAY_AND_NIGHT = ("00:00-24:00",)
NEVER_CLOSED = Hours(
    monday=DAY_AND_NIGHT,
    tuesday=DAY_AND_NIGHT,
    wednesday=DAY_AND_NIGHT,
    thursday=DAY_AND_NIGHT,
    friday=DAY_AND_NIGHT,
    saturday=DAY_AND_NIGHT,
    sunday=DAY_AND_NIGHT,
)


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def test_the_file_is_the_typed_defaults() -> None:
    assert tomllib.loads(CALENDAR_FILE.read_text()) == Rules().model_dump(mode="json")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("promis = '10:00'", "promis: no such setting"),
        ("[hours]\nmonday = ['8-18']", "hours.monday: write '8-18' as hours of one day"),
        ("[hours]\nmonday = ['18:00-08:00']", "a closing hour has to come after its opening"),
        ("[hours]\nmonday = ['08:00-12:00', '11:00-18:00']", "without overlap"),
        ("[hours]\nmonday = ['08:00-24:30']", "as hours of one day"),
        ("[hours]\nfunday = []", "hours.funday: no such setting"),
        ("promise = '10 am'", "write promise as an hour"),
        ("promise = '06:00'", "an hour at which the office is never open"),
        ("lead_minutes = 0", "lead_minutes: Input should be greater than 0"),
        ("time_zone = 'Mars'", "name a zone of the IANA list"),
        ("[holidays]\nevery_year = ['25.12.']", "write '25.12.' as month-day"),
        ("[holidays]\nevery_year = ['02-30']", "write '02-30' as month-day"),
        ("[holidays]\non = ['2026-02-29']", "holidays.on.0"),
        ("not toml", "not readable as TOML"),
    ],
)
def test_what_is_wrong_stops_the_start_and_says_the_fix(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(text)
    with pytest.raises(SettingsFault) as caught:
        load("UTC", file)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="No such file"):
        load("UTC", tmp_path / "none.toml")


def test_its_own_zone_goes_before_that_of_the_service(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text("time_zone = 'Europe/Berlin'")
    assert load("America/New_York", file).zone.key == "Europe/Berlin"
    assert load("America/New_York").zone.key == "America/New_York"


@pytest.mark.parametrize(
    ("after", "by"),
    [
        # well before the hour, and not: Monday
        ("2026-11-23T07:59", "2026-11-23T10:00"),
        ("2026-11-23T08:00", "2026-11-23T10:00"),
        ("2026-11-23T08:01", "2026-11-24T10:00"),
        ("2026-11-23T10:00", "2026-11-24T10:00"),
        ("2026-11-23T17:59", "2026-11-24T10:00"),
        ("2026-11-23T23:59", "2026-11-24T10:00"),
        ("2026-11-24T00:00", "2026-11-24T10:00"),
        # a weekend
        ("2026-11-20T18:00", "2026-11-23T10:00"),
        ("2026-11-21T15:42", "2026-11-23T10:00"),
        ("2026-11-22T23:59", "2026-11-23T10:00"),
        # Thanksgiving and the day after it
        ("2026-11-25T07:00", "2026-11-25T10:00"),
        ("2026-11-25T09:00", "2026-11-30T10:00"),
        ("2026-11-26T07:00", "2026-11-30T10:00"),
        ("2026-11-27T12:00", "2026-11-30T10:00"),
        # the end of a year: Christmas of 2026 and the New Year after it are Fridays
        ("2026-12-24T12:00", "2026-12-28T10:00"),
        ("2026-12-31T17:00", "2027-01-04T10:00"),
        ("2027-12-31T12:00", "2028-01-03T10:00"),
        # leap day, a Tuesday
        ("2028-02-28T12:00", "2028-02-29T10:00"),
        ("2028-02-29T12:00", "2028-03-01T10:00"),
        # to summer time on Sunday, March 14, and from it on Sunday, November 1
        ("2027-03-12T12:00", "2027-03-15T10:00"),
        ("2026-10-30T12:00", "2026-11-02T10:00"),
    ],
)
def test_the_promise_is_the_hour_of_the_next_day_that_has_time_for_it(after: str, by: str) -> None:
    assert OFFICE.promise(eastern(after)) == eastern(by)


@pytest.mark.parametrize(
    ("zone", "before", "hour"),
    [
        (EASTERN, "2027-03-12T17:00+00:00", "2027-03-15T14:00+00:00"),
        (EASTERN, "2026-10-30T17:00+00:00", "2026-11-02T15:00+00:00"),
        (BERLIN, "2027-03-26T13:00+00:00", "2027-03-29T08:00+00:00"),
        (BERLIN, "2026-10-23T13:00+00:00", "2026-10-26T09:00+00:00"),
    ],
)
def test_a_change_of_the_clock_moves_the_hour_in_utc_and_not_on_the_wall(
    zone: ZoneInfo, before: str, hour: str
) -> None:
    by = OfficeCalendar(Rules(), zone).promise(datetime.fromisoformat(before))
    assert by == datetime.fromisoformat(hour)
    assert by.tzinfo is UTC
    assert by.astimezone(zone).hour == 10


@pytest.mark.parametrize(
    ("zone", "changes", "open_hours"),
    [
        (EASTERN, date(2027, 3, 14), 23),
        (EASTERN, date(2026, 11, 1), 25),
        (BERLIN, date(2027, 3, 28), 23),
        (BERLIN, date(2026, 10, 25), 25),
    ],
)
def test_a_day_and_night_office_works_an_hour_less_or_more_on_those_days(
    zone: ZoneInfo, changes: date, open_hours: int
) -> None:
    office = OfficeCalendar(Rules(hours=NEVER_CLOSED), zone)
    midnight = datetime(changes.year, changes.month, changes.day, tzinfo=zone)
    end = office.add_working(midnight, timedelta(hours=open_hours))
    assert end.astimezone(zone).replace(tzinfo=None) == datetime.combine(
        changes + timedelta(days=1), datetime.min.time()
    )


def test_the_hour_that_summer_time_leaves_out_is_not_worked() -> None:
    hours = Hours(sunday=("02:15-02:45", "08:00-12:00"))
    office = OfficeCalendar(Rules(hours=hours), EASTERN)
    midnight = datetime(2027, 3, 14, tzinfo=EASTERN)
    # 02:15 to 02:45 is 03:15 to 03:45 of that day.
    assert office.next_opening(midnight) == datetime(2027, 3, 14, 7, 15, tzinfo=UTC)
    assert office.add_working(midnight, timedelta(minutes=30)) == eastern("2027-03-14T08:00")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T07:59", False),
        ("2026-11-23T08:00", True),
        ("2026-11-23T17:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-21T12:00", False),
        ("2026-11-26T12:00", False),
        ("2026-12-25T12:00", False),
        ("2027-12-25T12:00", False),
        ("2028-02-29T12:00", True),
    ],
)
def test_when_the_office_is_open(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(eastern(moment)) is is_open
    assert (OFFICE.next_opening(eastern(moment)) == eastern(moment)) is is_open


def test_working_days_and_working_time_skip_what_is_closed() -> None:
    assert not OFFICE.is_working_day(date(2026, 11, 26))
    assert OFFICE.is_working_day(date(2026, 11, 25))
    friday = eastern("2026-11-20T17:30")
    assert OFFICE.add_working(friday, timedelta(hours=1)) == eastern("2026-11-23T08:30")
    assert OFFICE.add_working(friday, timedelta()) == friday
    assert OFFICE.next_opening(eastern("2026-11-25T18:00")) == eastern("2026-11-30T08:00")


def test_leap_day_can_be_a_holiday_of_the_years_that_have_it() -> None:
    office = OfficeCalendar(Rules(holidays=Holidays(every_year=("02-29",), on=())), EASTERN)
    assert not office.is_working_day(date(2028, 2, 29))
    assert office.promise(eastern("2028-02-28T12:00")) == eastern("2028-03-01T10:00")
    assert office.promise(eastern("2027-02-26T12:00")) == eastern("2027-03-01T10:00")


_MINUTE = st.integers(0, 24 * 60)


@st.composite
def _days(draw: st.DrawFn) -> tuple[str, ...]:
    at = sorted(draw(st.lists(_MINUTE, max_size=4, unique=True)))
    spans = zip(at[::2], at[1::2], strict=False)
    return tuple(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)


@st.composite
def _offices(draw: st.DrawFn) -> OfficeCalendar:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    week = {name: draw(_days()) for name in names}
    opens = [span.partition("-")[0] for day in week.values() for span in day]
    if not opens:
        week["monday"], opens = ("08:00-18:00",), ["10:00"]
    dates = st.dates(date(2024, 1, 1), date(2024, 12, 31))
    yearly = draw(st.lists(dates, max_size=40, unique=True))
    off = draw(st.lists(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=30))
    rules = Rules(
        promise=draw(st.sampled_from(opens)),
        lead_minutes=draw(st.integers(1, 24 * 60)),
        hours=Hours(**week),
        holidays=Holidays(every_year=tuple(f"{one:%m-%d}" for one in yearly), on=tuple(off)),
    )
    zones = ("America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/Santiago", "UTC")
    return OfficeCalendar(rules, ZoneInfo(draw(st.sampled_from(zones))))


_MOMENTS = st.timedeltas(timedelta(), timedelta(days=1200)).map(
    lambda since: datetime(2025, 12, 1, tzinfo=UTC) + since
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(_offices(), _MOMENTS, st.timedeltas(timedelta(), timedelta(days=10)))
def test_every_promise_can_be_kept(
    office: OfficeCalendar, after: datetime, later: timedelta
) -> None:
    promise = office.promise(after)
    assert promise > after
    assert office.is_open(promise)
    assert office.promise(after + later) >= promise
    # There is the working time that was asked for before it.
    assert office.add_working(after, timedelta(minutes=office.rules.lead_minutes - 1)) < promise


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(_offices(), _MOMENTS)
def test_the_next_opening_is_the_first(office: OfficeCalendar, moment: datetime) -> None:
    opening = office.next_opening(moment)
    assert opening >= moment
    assert office.is_open(opening)
    assert opening == moment or not office.is_open(moment)
    halfway = moment + (opening - moment) / 2
    assert halfway == opening or not office.is_open(halfway)


@given(_MOMENTS)
def test_the_zone_in_which_a_moment_is_written_does_not_matter(moment: datetime) -> None:
    written = moment.astimezone(BERLIN)
    assert OFFICE.promise(written) == OFFICE.promise(moment)
    assert OFFICE.is_open(written) == OFFICE.is_open(moment)
