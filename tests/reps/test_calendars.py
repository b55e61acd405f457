"""Working days, and the holiday files that come with the product."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reps.calendars import WorkingCalendar, days_off, is_working_day, working_calendar, working_days
from reps.holiday_files import read, read_day, shipped
from reps.models import Company, Holiday, HolidayCalendar
from tests import make

SEPTEMBER = (date(2026, 9, 1), date(2026, 10, 1))
MARCH = (date(2026, 3, 1), date(2026, 4, 1))


def indonesia(year: int, *kinds: str) -> frozenset[date]:
    """Days off of a shipped year."""
    found = next(item for item in shipped() if item.year == year)
    return frozenset(day.day_on for day in found.read("en").days if not kinds or day.kind in kinds)


def test_september_2026_has_22_working_days() -> None:
    assert working_days(*SEPTEMBER) == 22


def test_march_2026_in_indonesia_has_17_working_days_with_joint_leave_and_21_without() -> None:
    assert working_days(*MARCH, holidays=indonesia(2026)) == 17
    assert working_days(*MARCH, holidays=indonesia(2026, Holiday.Kind.PUBLIC)) == 21


def test_a_span_that_ends_before_it_starts_has_none() -> None:
    assert working_days(date(2026, 9, 2), date(2026, 9, 1)) == 0


def test_a_saturday_counts_where_it_is_worked() -> None:
    assert is_working_day(date(2026, 9, 19), "1111110")
    assert not is_working_day(date(2026, 9, 19))


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    span=st.integers(0, 500),
    weekmask=st.text("01", min_size=7, max_size=7),
    holidays=st.frozensets(st.dates(date(2020, 1, 1), date(2031, 1, 1)), max_size=40),
)
def test_counting_by_weeks_equals_counting_day_by_day(start: date, span: int, weekmask: str, holidays: frozenset[date]) -> None:
    days = [start + timedelta(days=offset) for offset in range(span)]
    assert working_days(start, start + timedelta(days=span), weekmask, holidays) == sum(
        is_working_day(day, weekmask, holidays) for day in days
    )


def a_calendar(weekmask: str = "1111100", *holidays: date) -> WorkingCalendar:
    return WorkingCalendar(weekmask, frozenset(holidays), Company().zone)


def test_the_next_working_day_skips_weekend_and_holidays() -> None:
    calendar = a_calendar("1111100", date(2026, 9, 21))
    assert calendar.next_day(date(2026, 9, 18)) == date(2026, 9, 18)
    assert calendar.next_day(date(2026, 9, 19)) == date(2026, 9, 22)


def test_three_working_days_after_a_thursday_is_a_tuesday() -> None:
    assert a_calendar().after(date(2026, 9, 17), 3) == date(2026, 9, 22)


def test_a_week_without_work_and_the_last_day_of_all_do_no_harm() -> None:
    nothing = a_calendar("0000000")
    assert nothing.count(date.min, date.max) == 0
    assert nothing.next_day(date(2026, 9, 16)) == date(2026, 9, 16)
    assert a_calendar().next_day(date.max) == date.max
    assert a_calendar().count(date.min, date.max) == 2_608_614


def test_the_days_of_a_week_come_in_order() -> None:
    days = list(a_calendar("1111100", date(2026, 9, 16)).days(date(2026, 9, 14), date(2026, 9, 21)))
    assert [day.day for day in days] == [14, 15, 17, 18]


# Files.


@pytest.mark.parametrize(("year", "public", "joint"), [(2025, 17, 11), (2026, 17, 8), (2027, 18, 8)])
def test_each_shipped_year_holds_its_decreed_days(year: int, public: int, joint: int) -> None:
    found = next(item for item in shipped() if item.year == year).read("id")
    kinds = [day.kind for day in found.days]
    assert (kinds.count("public"), kinds.count("joint_leave"), found.faults) == (public, joint, ())
    assert {day.day_on.year for day in found.days} == {year}
    assert found.source.startswith("Joint decree of three ministers no. ")


def test_names_come_in_the_language_asked_for() -> None:
    found = next(item for item in shipped() if item.year == 2026)
    assert found.read("en").days[0].name == "New Year's Day"
    assert found.read("id").days[0].name == "Tahun Baru 2026 Masehi"


def test_a_spreadsheet_of_an_indonesian_excel_is_read() -> None:
    found = read("\ufeffTanggal;Keterangan;Jenis\n17/08/2026;Kemerdekaan;Libur nasional\n24.12.2026;Natal;Cuti bersama\n")
    assert [(day.day_on, day.name, day.kind) for day in found.days] == [
        (date(2026, 8, 17), "Kemerdekaan", "public"), (date(2026, 12, 24), "Natal", "joint_leave"),
    ]  # fmt: skip


def test_a_row_that_cannot_be_read_is_named_and_the_rest_is_kept() -> None:
    found = read("day,name,kind\n2026-02-30,Nothing,\n2026-02-28,Founders' day,company\n2026-03-01,,\n2026-03-02,Odd,party\n")
    assert [day.name for day in found.days] == ["Founders' day"]
    assert found.faults == (
        "Row 2: write the day as 2026-03-19 or 19/03/2026.",
        "Row 4: give the day a name.",
        "Row 5: the kind is public, joint_leave or company.",
    )


def test_a_file_without_the_columns_says_which_it_needs() -> None:
    assert read("a,b\n1,2\n").faults == ("The first row must name the columns “day” and “name”.",)
    assert read("").days == ()


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "1/2/26", "9999-12-31", "0001-01-01", "2026-1-1"])
def test_odd_days_are_not_read(text: str) -> None:
    assert read_day(text) is None


# What holds for a team.


@pytest.fixture
def bali(db: None) -> HolidayCalendar:
    calendar = HolidayCalendar.objects.create(name="Bali")
    Holiday.objects.create(calendar=calendar, day_on=date(2026, 11, 18), name="Galungan")
    Holiday.objects.create(calendar=calendar, day_on=date(2026, 3, 18), name="Joint leave", kind="joint_leave")
    return calendar


def test_a_team_without_a_calendar_uses_that_of_the_team_above(bali: HolidayCalendar) -> None:
    company = Company.load()
    region = make.team("Bali and Nusa", calendar=bali, time_zone="Asia/Makassar")
    team = make.team("Denpasar", parent=region)
    found = working_calendar(company, team)
    assert found.holidays == {date(2026, 11, 18), date(2026, 3, 18)}
    assert found.zone.key == "Asia/Makassar"


def test_the_company_calendar_holds_elsewhere(bali: HolidayCalendar) -> None:
    company = Company.load()
    company.calendar = bali
    assert working_calendar(company, make.team()).holidays == working_calendar(company).holidays
    assert working_calendar(Company.load(), make.team()).holidays == frozenset()


def test_joint_leave_is_worked_where_the_company_does_not_take_it(bali: HolidayCalendar) -> None:
    assert days_off(bali.pk, joint_leave_is_off=False) == {date(2026, 11, 18)}
