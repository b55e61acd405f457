"""Quota and attainment against the fixed examples of the domain."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import targets
from metrics.targets import Band, RollUp, Segment, Workday
from reps.calendars import WorkingCalendar, working_days
from tests.inventions import invented

SEPTEMBER = (date(2026, 9, 1), date(2026, 10, 1))
D = Decimal


def september(**facts):
    """The 22 working days of September 2026 with what is known of somebody."""
    month = facts.pop("month", SEPTEMBER)
    week = WorkingCalendar("1111100", frozenset(), None)  # type: ignore[arg-type]
    days = list(week.days(month[0] - timedelta(days=40), month[1] + timedelta(days=40)))
    return targets.presence(days, month=month, away=facts.pop("away", {}), **facts)


def away(first: date, last: date, share: str = "0") -> dict[date, Decimal]:
    return {first + timedelta(days=n): D(share) for n in range((last - first).days + 1)}


def test_september_2026_has_22_working_days():
    assert working_days(*SEPTEMBER) == len(september()) == 22


def test_a_full_month_keeps_the_quota():
    assert targets.effective(D(40_000), september(), currency="USD") == D("40000.00")


def test_who_joins_on_the_14th_answers_for_13_of_22_days():
    assert targets.effective(D(40_000), september(joined_on=date(2026, 9, 14)), currency="USD") == D("23636.36")


def test_a_new_rep_at_a_quarter_of_the_quota():
    days = september(joined_on=date(2026, 9, 14), ramp=[(date(2026, 9, 1), D("0.25"))])
    assert targets.effective(D(40_000), days, currency="USD") == D("5909.09")


def test_ten_working_days_of_leave():
    days = september(away=away(date(2026, 9, 7), date(2026, 9, 18)))
    assert targets.effective(D(40_000), days, currency="USD") == D("21818.18")


def test_a_ramp_step_inside_the_month():
    days = september(ramp=[(date(2026, 9, 1), D("0.25")), (date(2026, 9, 20), D("0.50"))])
    assert sum(day.ramp_share == D("0.25") for day in days) == 14
    assert targets.effective(D(40_000), days, currency="USD") == D("13636.36")


def test_four_days_of_leave_give_no_relief_and_five_do():
    four = september(away=away(date(2026, 9, 7), date(2026, 9, 10)))
    five = september(away=away(date(2026, 9, 7), date(2026, 9, 11)))
    assert targets.effective(D(22_000), four, currency="USD") == D(22_000)
    assert targets.effective(D(22_000), five, currency="USD") == D(17_000)


def test_leave_over_a_weekend_and_into_the_month_is_one_run():
    days = september(away=away(date(2026, 8, 28), date(2026, 9, 3)))  # Friday to Thursday: five working days
    assert targets.effective(D(22_000), days, currency="USD") == D(19_000)


def test_half_time_leave_halves_its_days():
    days = september(away=away(date(2026, 9, 7), date(2026, 9, 18), "0.5"))
    assert targets.effective(D(22_000), days, currency="USD") == D(17_000)


def test_who_left_answers_for_the_days_before():
    assert targets.effective(D(22_000), september(left_on=date(2026, 9, 7)), currency="USD") == D(5_000)


def test_counts_keep_four_decimals():
    days = september()[:11]
    assert targets.effective(D(20), [*days, *[Workday(day.day, D(0)) for day in september()[11:]]]) == D("10.0000")


def test_a_month_without_working_days_asks_nothing():
    assert targets.effective(D(40_000), [], currency="USD") == 0


def test_the_steps_of_a_new_rep():
    assert [targets.ramp_share(month) for month in range(5)] == [D(0), D("0.25"), D("0.50"), 1, 1]


def test_a_year_is_spread_to_the_cent():
    months = targets.spread(D("120001.00"), [1] * 12, "USD")
    assert months == [D("10000.09")] * 4 + [D("10000.08")] * 8


def test_each_month_and_the_year_to_date():
    quotas, actuals = [D(50_000)] * 3, [D(42_500), D(55_000), D(52_500)]
    sums = [(sum(actuals[: n + 1]), sum(quotas[: n + 1])) for n in range(3)]
    assert [targets.shown_percent(targets.attainment(*pair)) for pair in sums] == [D("85.0"), D("97.5"), D("100.0")]
    assert targets.shown_percent(targets.attainment(D(60_000), D(80_000))) == D("75.0")


def test_a_change_of_role_inside_the_month():
    half = Segment(11, D(9), D(10), "meetings_held"), Segment(11, D(24_000), D(30_000), "won_value")
    assert targets.composite(half) == D("0.85")
    assert targets.composite([Segment(11, D(5), D(10), "x"), Segment(11, D(30), D(30), "x")]) == D("0.875")
    assert targets.composite([Segment(11, D(5), None, "x")]) is None


def test_a_team_counts_everybody_and_asks_for_what_was_promised():
    street = RollUp(D(260_000), None, D(200_000))
    assert street.attainment == D("1.3")
    assert RollUp(D(240_000), None, D(200_000)).attainment == D("1.2")


def test_the_manager_s_number_and_the_street_s():
    team = RollUp(D(430_000), D(450_000), D(500_000))
    assert round(team.attainment, 4) == D("0.9556")
    assert team.street_attainment == D("0.86")
    assert round(team.over_assignment, 4) == D("0.1111")
    assert D("1.1") * D("1.1") - 1 == D("0.21")


def test_over_assignment_warns_above_a_quarter_only():
    assert not targets.is_over_assigned(D(125), D(100))
    assert targets.is_over_assigned(D("125.0001"), D(100))
    assert targets.is_over_assigned(D(540), D(425))
    assert not targets.is_over_assigned(D(540), None)


def test_pace_after_14_of_22_days():
    found = targets.pace(D(24_000), D(40_000), elapsed=14, total=22)
    assert [round(found.expected, 2), round(found.ratio, 4), round(found.run_rate, 2)] == [
        D("25454.55"), D("0.9429"), D("37714.29"),
    ]  # fmt: skip
    assert targets.pace(D(0), D(40_000), elapsed=0, total=22).ratio is None
    assert targets.pace(D(30_000), D(40_000), elapsed=22, total=22).ratio == D("0.75")


def test_coverage_of_what_is_missing():
    assert targets.coverage(D(4_800_000), D(4_000_000), D(2_400_000)) == (D(3), "")
    assert targets.coverage(D(1), D(100), D(100)) == (None, "quota_met")
    assert targets.coverage(D(1), None, D(0)) == (None, "no_quota")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("49.99", Band.CRITICAL), ("50", Band.UNDER), ("79.99", Band.UNDER), ("80", Band.NEAR), ("99.96", Band.NEAR),
     ("100", Band.MET), ("119.99", Band.MET), ("120", Band.OVER), ("-5", Band.CRITICAL)],
)  # fmt: skip
def test_the_lower_bound_belongs_to_the_band(actual, expected):
    assert targets.band(D(actual), D(100)) is expected


def test_almost_is_never_shown_as_reached():
    assert targets.shown_percent(D("0.9996")) == D("99.9")
    assert targets.band(D("99.96"), None) is None


@invented(50)
@given(st.integers(0, 10**12), st.lists(st.sampled_from(["0", "0.5", "1"]), min_size=1, max_size=31))
def test_more_absence_never_raises_a_quota(base, shares):
    day = SEPTEMBER[0]
    full = [Workday(day) for _ in shares]
    some = [Workday(day, D(share)) for share in shares]
    left = targets.effective(D(base), some, currency="IDR")
    assert 0 <= left <= targets.effective(D(base), full, currency="IDR") == base
