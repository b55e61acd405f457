"""Periods are half-open days of the business calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.clock import local_date
from lib.periods import BadPeriod, containing, fiscal, iso_week, midnight, named, shift


@pytest.mark.parametrize(
    ("start", "day", "expected"),
    [
        (4, date(2026, 3, 31), (2026, 4)),
        (4, date(2026, 4, 1), (2027, 1)),
        (10, date(2026, 12, 31), (2027, 1)),
        (1, date(2026, 12, 31), (2026, 4)),
    ],
)
def test_fiscal_year_is_named_after_the_year_it_ends_in(start: int, day: date, expected: tuple[int, int]) -> None:
    assert fiscal(day, start) == expected


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2024, 12, 30), "2025-W01"),
        (date(2025, 12, 29), "2026-W01"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
    ],
)
def test_weeks_are_iso_weeks(day: date, week: str) -> None:
    assert iso_week(day) == week
    assert containing(day, "week").label == week
    assert day in named(week)


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00", 23),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00", 25),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00", 23),
        ("Asia/Jakarta", date(2026, 9, 6), "2026-09-05T17:00", 24),
    ],
)
def test_a_day_begins_at_local_midnight_and_may_have_23_or_25_hours(zone: str, day: date, start: str, hours: int) -> None:
    begins = midnight(day, ZoneInfo(zone))
    assert begins == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert midnight(day + timedelta(days=1), ZoneInfo(zone)) - begins == timedelta(hours=hours)


def test_the_organisations_zone_decides_the_day() -> None:
    late = datetime(2026, 9, 30, 23, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert local_date(late, ZoneInfo("Asia/Jakarta")) == date(2026, 10, 1)


def test_names_mean_fiscal_years_and_quarters() -> None:
    assert (named("2017").start_on, named("2017").end_on) == (date(2017, 1, 1), date(2018, 1, 1))
    assert (named("2017-Q1").start_on, named("2017-Q1").end_on) == (date(2017, 1, 1), date(2017, 4, 1))
    assert (named("2017-03").start_on, named("2017-03").end_on) == (date(2017, 3, 1), date(2017, 4, 1))
    assert (named("2027", 4).start_on, named("2027", 4).end_on) == (date(2026, 4, 1), date(2027, 4, 1))
    assert (named("2027-Q4", 4).start_on, named("2027-Q4", 4).end_on) == (date(2027, 1, 1), date(2027, 4, 1))


@pytest.mark.parametrize("text", ["", "2017-13", "2017-Q5", "17", "2017-W54", "0000", "abc", "9999-12", "2017-03-01", "٢٠١٧-Q1x"])
def test_what_names_no_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadPeriod, match="2017-Q1"):
        named(text)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(["week", "month", "quarter", "year"]), st.integers(1, 12))
def test_periods_tile_the_calendar(day: date, grain: str, start: int) -> None:
    period = containing(day, grain, start)
    assert day in period
    assert period.end_on not in period
    assert named(period.label, start) == period
    following = shift(period, 1, start)
    assert following.start_on == period.end_on
    assert shift(following, -1, start) == period
