"""The outcome figures on hand-made deals: each rule of the definitions, with exact values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deals.models import Deal
from lib import periods
from lib.versioned import revise
from metrics import scopes
from metrics.kpis import kpis, kpis_many
from metrics.windows import Window
from reps.models import TeamMembership
from tests import make
from tests.cast import Cast
from tests.metrics.reading import by_rep, by_team

SEPTEMBER = periods.named("2026-09")
AUGUST = periods.named("2026-08")


def test_a_company_without_deals_has_counts_of_zero_and_no_rates(cast: Cast) -> None:
    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.won_count.value, found.lost_count.value, found.open_count.value) == (0, 0, 0)
    assert found.won_value.value == 0
    assert (found.win_rate.value, found.win_rate.reason) == (None, "no_denominator")
    assert (found.median_cycle_days.value, found.median_cycle_days.reason) == (None, "no_denominator")
    assert (found.average_deal.value, found.average_deal.reason) == (None, "no_denominator")


def test_value_count_and_average_of_the_deals_won_in_the_period(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=30_000_000, on=date(2026, 9, 1))
    make.won(owner=cast.budi, amount=10_000_001, on=date(2026, 9, 16))
    make.won(owner=cast.ana, amount=99_000_000, on=date(2026, 8, 31))

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert found.won_count.value == 2
    assert found.won_value.value == Decimal(40_000_001)
    assert found.average_deal.value == Decimal("20000000.5")


def test_no_decision_counts_as_lost_unless_the_company_says_otherwise(cast: Cast) -> None:
    for _ in range(12):
        make.won(owner=cast.ana)
    for _ in range(26):
        make.lost(owner=cast.ana)
    for _ in range(9):
        make.deal(owner=cast.ana, outcome=Deal.Outcome.NO_DECISION)

    found = kpis(scopes.COMPANY, SEPTEMBER)
    assert found.lost_count.value == 35
    assert round(found.win_rate.value, 4) == Decimal("0.2553")

    cast.company.no_decision_is_lost = False
    found = kpis(scopes.COMPANY, SEPTEMBER, company=cast.company)
    assert (found.lost_count.value, found.left_out.no_decision_out) == (26, 9)
    assert round(found.win_rate.value, 4) == Decimal("0.3158")


def test_a_misfit_before_it_qualified_is_out_and_after_it_is_lost(cast: Cast) -> None:
    make.won(owner=cast.ana)
    make.deal(owner=cast.ana, stage="Lead", outcome=Deal.Outcome.DISQUALIFIED)
    make.deal(owner=cast.ana, stage="Qualified", outcome=Deal.Outcome.DISQUALIFIED)

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.lost_count.value, found.left_out.disqualified) == (1, 1)
    assert found.win_rate.value == Decimal("0.5")


def test_a_deal_lost_before_it_qualified_is_lost_and_not_in_the_win_rate(cast: Cast) -> None:
    make.won(owner=cast.ana)
    make.deal(owner=cast.ana, stage="Lead", outcome=Deal.Outcome.LOST)

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.lost_count.value, found.left_out.lost_unqualified) == (1, 1)
    assert found.win_rate.value == 1


def test_a_win_passed_every_stage(cast: Cast) -> None:
    make.won(owner=cast.ana, stage="Lead")

    assert kpis(scopes.COMPANY, SEPTEMBER).win_rate.value == 1


def test_the_cycle_is_the_median_and_leaves_out_deals_of_unknown_opening(cast: Cast) -> None:
    on = date(2026, 9, 10)
    for days in (12, 30, 31, 45):
        make.won(owner=cast.ana, on=on, opened_on=date.fromordinal(on.toordinal() - days))
    Deal.objects.filter(pk=make.won(owner=cast.ana, on=on).pk).update(opened_on=None)
    make.lost(owner=cast.ana, on=on, opened_on=on)

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.median_cycle_days.value, found.median_cycle_days.n) == (Decimal("30.5"), 4)
    assert (found.median_cycle_days_closed.value, found.median_cycle_days_closed.n) == (Decimal(30), 5)
    assert (found.left_out.won_undated, found.left_out.closed_undated) == (1, 1)


def test_open_deals_are_those_at_the_end_of_the_period_unknown_openings_included(cast: Cast) -> None:
    make.deal(owner=cast.ana, opened_on=date(2026, 8, 31))
    make.won(owner=cast.ana, opened_on=date(2026, 8, 1), on=date(2026, 9, 1))
    make.deal(owner=cast.ana, opened_on=date(2026, 9, 1))
    Deal.objects.filter(pk=make.deal(owner=cast.budi).pk).update(opened_on=None)

    august, september = kpis_many(scopes.COMPANY, [AUGUST, SEPTEMBER])

    assert (august.open_count.value, september.open_count.value) == (3, 3)
    assert august.left_out.open_undated == 1


def test_a_win_without_a_rate_leaves_the_sum_unknown_and_is_never_worth_one_to_one(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=30_000_000)
    singapore = make.deal(owner=cast.ana, amount=5000, currency="SGD", outcome="won", closed_on=date(2026, 9, 15))
    credit = singapore.credits.get()
    credit.__class__.objects.filter(pk=credit.pk).update(superseded_at=credit.recorded_at)
    make.credit(singapore, cast.ana, fx=None)

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.won_value.value, found.won_value.reason, found.won_value.known) == (None, "missing_fx", Decimal(30_000_000))
    assert (found.average_deal.value, found.average_deal.reason) == (None, "missing_fx")
    assert found.left_out.without_rate == 1
    assert found.won_count.value == 2


def test_a_rep_who_changed_team_leaves_both_teams_past_unchanged(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=10, on=date(2026, 8, 20))
    make.won(owner=cast.ana, amount=7, on=date(2026, 9, 2))
    revise(TeamMembership, subject={"rep": cast.ana.rep}, start=date(2026, 9, 1), values={"team": cast.south}, actor=None)

    north, south = scopes.of_team(cast.north), scopes.of_team(cast.south)

    assert [row.won_value.value for row in kpis_many(north, [AUGUST, SEPTEMBER])] == [10, 0]
    assert [row.won_value.value for row in kpis_many(south, [AUGUST, SEPTEMBER])] == [0, 7]
    assert kpis(scopes.of_team(cast.whole), periods.named("2026")).won_value.value == 17


def test_a_deal_shared_by_two_teammates_counts_once_in_the_team(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, amount=100, outcome="won", closed_on=date(2026, 9, 10))
    deal.credits.update(superseded_at=deal.created_at)
    make.credit(deal, cast.ana, share=Decimal("0.6"))
    make.credit(deal, cast.budi, share=Decimal("0.4"))

    team = kpis(scopes.of_team(cast.north), SEPTEMBER)
    rows = by_rep(scopes.of_team(cast.north), SEPTEMBER)

    assert (team.won_count.value, team.won_value.value) == (1, 100)
    assert (rows[cast.ana.rep.pk].won_count.value, rows[cast.ana.rep.pk].won_value.value) == (1, 60)
    assert (rows[cast.budi.rep.pk].won_count.value, rows[cast.budi.rep.pk].won_value.value) == (0, 40)


def test_rates_of_a_team_are_ratios_of_sums(cast: Cast) -> None:
    make.won(owner=cast.ana)
    for _ in range(3):
        make.lost(owner=cast.budi)

    assert kpis(scopes.of_team(cast.north), SEPTEMBER).win_rate.value == Decimal("0.25")


def test_the_table_of_teams_adds_up_and_names_those_without_a_team(cast: Cast) -> None:
    loner = make.rep("Loner")
    make.won(owner=cast.ana, amount=1)
    make.won(owner=cast.outsider, amount=2)
    make.won(owner=loner, amount=4)

    rows = by_team(scopes.COMPANY, SEPTEMBER)

    assert {team: row.won_value.value for team, row in rows.items()} == {cast.north.pk: 1, cast.south.pk: 2, 0: 4}


def test_a_running_period_ends_today(cast: Cast) -> None:
    make.won(owner=cast.ana, on=date(2026, 9, 17), opened_on=date(2026, 9, 1))
    later = make.deal(owner=cast.ana, opened_on=date(2026, 9, 20))

    found = kpis(scopes.COMPANY, SEPTEMBER)

    assert (found.won_count.value, found.open_count.value) == (0, 1)
    assert later.is_open


def test_a_window_may_be_any_span_and_open_deals_are_counted_only_where_wanted(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=5, on=date(2026, 7, 4))
    make.won(owner=cast.ana, amount=6, on=date(2026, 9, 10))
    make.deal(owner=cast.ana)
    windows = [periods.named("2026-07"), Window(date(2026, 9, 1), date(2026, 9, 10)), SEPTEMBER]

    found = kpis_many(scopes.COMPANY, windows, open_in=(2,))

    assert [row.won_value.value for row in found] == [5, 0, 6]
    assert [row.open_count.value for row in found] == [None, None, 1]


@pytest.mark.parametrize("deals", [1, 12])
def test_figures_of_any_number_of_windows_are_one_query(cast: Cast, deals: int) -> None:
    for _ in range(deals):
        make.won(owner=cast.ana)

    with CaptureQueriesContext(connection) as asked:
        kpis_many(scopes.of_team(cast.north), [AUGUST, SEPTEMBER], company=cast.company)

    assert len(asked) == 1
