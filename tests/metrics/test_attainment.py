"""Attainment of reps, teams and the company, and who reads what on a leaderboard."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lib import clock
from metrics import scopes
from metrics.attainment import Board, attainment, leaderboard
from metrics.quotas import NewQuota, set_quotas
from metrics.scopes import COMPANY, of_rep, of_team
from metrics.standings import Target
from metrics.targets import Band
from metrics.windows import as_of, read_period
from reps import org
from reps.absence import give_leave
from reps.models import Company, Holiday, HolidayCalendar, Team
from tests import make
from tests.cast import NOW, Cast

D = Decimal
SEPTEMBER = date(2026, 9, 1)
PERIOD = "2026-09"


def asked(numbers: dict[Any, int], month: date = SEPTEMBER, metric: str = "won_value", deal_type: str = "") -> None:
    """Set numbers by person or team."""
    rows = [
        NewQuota(month, D(amount), **({"team_id": who.pk} if isinstance(who, Team) else {"rep_id": make.rep_of(who).pk}))
        for who, amount in numbers.items()
    ]
    set_quotas(metric=metric, deal_type=deal_type, numbers=rows, by=None, company=Company.load())


def standing(scope: scopes.Scope, cast: Cast, period: str = PERIOD, target: Target | None = None, **at: Any) -> Any:
    return attainment(scope, read_period(period, cast.company), at=as_of(cast.company, **at), company=cast.company, target=target)


def board(cast: Cast, who: Any, scope: scopes.Scope = COMPANY, **options: Any) -> Board:
    return leaderboard(
        scope, read_period(PERIOD, cast.company), viewer=who.viewer, at=as_of(cast.company), company=cast.company, **options
    )


def shown(found: Board) -> list[tuple[str, str, Band | None]]:
    return [(row.line.name, row.sees, row.band) for row in found.rows]


# ── Rep, team, company ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_rep_against_their_quota_and_pace(cast: Cast) -> None:
    asked({cast.ana: 40_000})
    make.won(owner=cast.ana, amount=D(24_000), on=date(2026, 9, 3))
    found = standing(of_rep(cast.ana.rep), cast, day=date(2026, 9, 18))
    assert (found.lines[0].attainment, found.lines[0].band, found.elapsed, found.total) == (D("0.6"), Band.UNDER, 14, 22)
    assert (round(found.pace.expected, 2), round(found.pace.ratio, 4)) == (D("25454.55"), D("0.9429"))
    assert found.gap == 16_000


def test_a_team_with_someone_without_a_quota(cast: Cast) -> None:
    """DOMAIN §3: 90 of 100, 150 of 100, and 20 without a quota are 130 %."""
    asked({cast.ana: 100, cast.budi: 100})
    third = make.user("Cici", team=cast.north)
    for who, amount in ((cast.ana, 90), (cast.budi, 150), (third, 20)):
        make.won(owner=who, amount=D(amount))
    found = standing(of_team(cast.north), cast)
    assert (found.roll_up.actual, found.roll_up.street_quota, found.roll_up.attainment) == (D(260), D(200), D("1.3"))
    assert {line.name: line.attainment for line in found.lines} == {"Ana": D("0.9"), "Budi": D("1.5"), "Cici": None}


def test_the_manager_s_own_number_is_the_denominator_and_both_are_told(cast: Cast) -> None:
    asked({cast.ana: 300, cast.budi: 200, cast.north: 450})
    make.won(owner=cast.ana, amount=D(430))
    found = standing(of_team(cast.north), cast).roll_up
    assert (found.quota, round(found.attainment, 4), found.street_attainment) == (D(450), D("0.9556"), D("0.86"))
    assert round(found.over_assignment, 4) == D("0.1111")


def test_the_company_s_number_is_that_of_its_highest_teams(cast: Cast) -> None:
    asked({cast.ana: 300, cast.outsider: 100, cast.whole: 350})
    make.won(owner=cast.outsider, amount=D(35))
    assert (standing(COMPANY, cast).roll_up.quota, standing(COMPANY, cast).roll_up.attainment) == (D(350), D("0.1"))
    asked({cast.whole: 0})
    assert standing(COMPANY, cast).roll_up.quota == D(400)


def test_a_transfer_leaves_each_team_its_part_of_quota_and_wins(cast: Cast) -> None:
    asked({cast.ana: 220})
    make.won(owner=cast.ana, amount=D(10), on=date(2026, 9, 2))
    make.won(owner=cast.ana, amount=D(7), on=date(2026, 9, 14))
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 9, 10), by=None)
    north, south = (standing(of_team(team), cast).roll_up for team in (cast.north, cast.south))
    assert ((north.actual, north.street_quota), (south.actual, south.street_quota)) == ((D(10), D(70)), (D(7), D(150)))
    assert standing(of_rep(cast.ana.rep), cast).roll_up == standing(COMPANY, cast).roll_up


def test_a_quarter_and_a_year_are_the_sums_of_their_months(cast: Cast) -> None:
    for month, quota, won in ((7, 50_000, 42_500), (8, 50_000, 55_000), (9, 50_000, 52_500)):
        asked({cast.ana: quota}, date(2026, month, 1))
        make.won(owner=cast.ana, amount=D(won), on=date(2026, month, 2))
    assert [standing(COMPANY, cast, name).roll_up.attainment for name in ("2026-07", "2026-08", "2026-09")] == [
        D("0.85"), D("1.1"), D("1.05"),
    ]  # fmt: skip
    assert standing(COMPANY, cast, "2026-Q3").roll_up.attainment == standing(COMPANY, cast, "2026").roll_up.attainment == 1


def test_only_the_all_types_quota_counts_unless_a_type_is_asked_for(cast: Cast) -> None:
    asked({cast.ana: 100})
    asked({cast.ana: 40}, deal_type="renewal")
    make.won(owner=cast.ana, amount=D(30), deal_type="renewal")
    make.won(owner=cast.ana, amount=D(20))
    assert standing(COMPANY, cast).roll_up.attainment == D("0.5")
    assert standing(COMPANY, cast, target=Target("won_value", "renewal")).roll_up.attainment == D("0.75")
    asked({cast.ana: 4}, metric="won_count", deal_type="renewal")
    assert standing(COMPANY, cast, target=Target("won_count", "renewal")).roll_up.attainment == D("0.25")


def test_leave_lowers_the_quota_and_raises_the_attainment(cast: Cast) -> None:
    asked({cast.ana: 22_000})
    make.won(owner=cast.ana, amount=D(6_000))
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    assert (standing(COMPANY, cast).roll_up.quota, standing(COMPANY, cast).roll_up.attainment) == (D(12_000), D("0.5"))


def test_activity_against_its_target_leaves_out_what_is_still_to_come(cast: Cast) -> None:
    asked({cast.ana: 10}, metric="visits")
    make.activity(rep=cast.ana, channel="visit", outcome="held")
    make.activity(rep=cast.ana, channel="visit", outcome="", at=NOW + timedelta(hours=2))
    for scope in (COMPANY, of_team(cast.north), of_rep(cast.ana.rep)):
        assert standing(scope, cast, target=Target("visits")).lines[0].credited == 1
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        assert standing(COMPANY, cast, target=Target("visits")).lines[0].credited == 2


@pytest.mark.parametrize(
    "metric", ["won_value", "won_count", "meetings_held", "meetings_scheduled", "leads_created", "calls_made"]
)
def test_roll_ups_and_rows_give_the_same(cast: Cast, metric: str) -> None:
    """Today is read from roll-ups, an earlier day from the rows: asked as of yesterday's end, with nothing since, they agree."""
    asked({cast.ana: 10, cast.outsider: 5}, metric=metric)
    at = datetime(2026, 9, 10, 4, tzinfo=UTC)
    for who in (cast.ana, cast.outsider):
        make.won(owner=who, amount=D(3), on=date(2026, 9, 4))
        make.activity(rep=who, at=at)
        make.activity(rep=who, channel="meeting", outcome="held", at=at, booked_at=at - timedelta(days=1))
        make.lead(created_by=who.rep, created_at=at)
    for scope in (COMPANY, of_team(cast.north), of_rep(cast.outsider.rep)):
        now = standing(scope, cast, target=Target(metric))
        before = standing(scope, cast, target=Target(metric), day=date(2026, 9, 15))
        assert (now.roll_up, [line.credited for line in now.lines]) == (before.roll_up, [line.credited for line in before.lines])
        assert now.roll_up.actual > 0


def test_as_known_then_and_as_it_is_now(cast: Cast) -> None:
    with time_machine.travel(NOW - timedelta(days=2), tick=False):
        asked({cast.ana: 100})
        make.won(owner=cast.ana, amount=D(50), on=date(2026, 9, 1))
    then = NOW - timedelta(days=1)
    with time_machine.travel(NOW, tick=False):
        asked({cast.ana: 200})
        make.won(owner=cast.ana, amount=D(50), on=date(2026, 9, 2))
        give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
        now, known = standing(COMPANY, cast), standing(COMPANY, cast, known_at=then)
    assert (known.roll_up.actual, known.roll_up.quota) == (D(50), D(100))
    assert (now.roll_up.actual, now.roll_up.quota) == (D(100), D(109))  # 12 of 22 days of 200


def test_one_query_whatever_the_number_of_reps(cast: Cast) -> None:
    period = read_period(PERIOD, cast.company)
    at = as_of(cast.company)
    for _ in range(2):
        for _ in range(20):
            asked({make.user(team=cast.north): 10})
        for read in (attainment, leaderboard):
            who = {"viewer": cast.ana.viewer} if read is leaderboard else {}
            with CaptureQueriesContext(connection) as seen:
                read(COMPANY, period, at=at, company=cast.company, **who)  # type: ignore[operator]
            assert len(seen) == 1


# ── The leaderboard ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def ranked(cast: Cast) -> Cast:
    """Ana 120 %, Budi 90 % in North; Oki 100 %, Sari 40 % in South."""
    sari = make.user("Sari", team=cast.south)
    asked(dict.fromkeys((cast.ana, cast.budi, cast.outsider, sari), 100))
    for who, amount in ((cast.ana, 120), (cast.budi, 90), (cast.outsider, 100), (sari, 40)):
        make.won(owner=who, amount=D(amount))
    return cast


def test_a_manager_reads_those_below_exactly_and_others_by_band(ranked: Cast) -> None:
    assert shown(board(ranked, ranked.manager)) == [
        ("Ana", "exact", Band.OVER), ("Oki", "band", Band.MET), ("Budi", "exact", Band.NEAR), ("Sari", "band", Band.CRITICAL),
    ]  # fmt: skip
    assert [row.line.name for row in board(ranked, ranked.vp).rows] == ["Ana", "Oki", "Budi", "Sari"]
    assert all(row.shows_amounts for row in board(ranked, ranked.admin).rows)


def test_inside_a_band_only_the_name_decides_the_order(ranked: Cast) -> None:
    make.won(owner=ranked.outsider, amount=D(50))  # now above Ana
    assert [row.line.name for row in board(ranked, ranked.budi, of_team(ranked.whole)).rows] == ["Ana", "Oki", "Budi", "Sari"]
    assert [row.line.name for row in board(ranked, ranked.admin).rows] == ["Oki", "Ana", "Budi", "Sari"]


def test_what_a_team_shows_of_itself_is_its_own_choice(ranked: Cast) -> None:
    Team.objects.filter(pk=ranked.south.pk).update(standing="share")
    oki = next(row for row in board(ranked, ranked.ana).rows if row.line.name == "Oki")
    assert (oki.shows_ratio, oki.shows_rank, oki.shows_amounts) == (True, True, False)
    Team.objects.filter(pk=ranked.south.pk).update(standing="rank")
    rows = board(ranked, ranked.ana).rows
    assert [(row.line.name, row.sees) for row in rows] == [("Ana", "exact"), ("Budi", "band"), ("Oki", "rank"), ("Sari", "rank")]
    assert [(row.shows_ratio, row.shows_band, row.rank) for row in rows[2:]] == [(False, False, 2), (False, False, 4)]


def test_me_and_two_on_either_side_where_ranks_are_open(ranked: Cast) -> None:
    assert board(ranked, ranked.budi).around == []
    Team.objects.update(standing="rank")
    assert [row.line.name for row in board(ranked, ranked.budi).around] == ["Ana", "Oki", "Budi", "Sari"]
    assert [row.rank for row in board(ranked, ranked.budi).around] == [1, 2, 3, 4]


def test_pages_of_fifty(cast: Cast) -> None:
    for number in range(60):
        rep = make.rep(f"Rep {number:02}", team=cast.north)
        asked({rep: 100})
        make.won(owner=rep, amount=D(number + 1))
    first = board(cast, cast.vp)
    second = board(cast, cast.vp, after=first.next_after)
    assert (first.count, len(first.rows), len(second.rows), second.next_after) == (60, 50, 10, None)
    assert first.rows[0].line.name == "Rep 59"
    assert second.rows[-1].line.name == "Rep 00"
    assert first.whole.roll_up.actual == second.whole.roll_up.actual == sum(range(1, 61))


def test_the_clock_of_a_team_is_that_of_its_own_holidays(cast: Cast) -> None:
    calendar = make_calendar([date(2026, 9, 1), date(2026, 9, 2)])
    Team.objects.filter(pk=cast.south.pk).update(calendar=calendar)
    asked({cast.ana: 10, cast.outsider: 10})
    days = {line.name: (line.elapsed, line.total) for line in standing(COMPANY, cast).lines}
    assert days == {"Ana": (12, 22), "Oki": (10, 20)}
    assert clock.today(cast.company.zone) == date(2026, 9, 16)


def make_calendar(days: list[date]) -> Any:
    made = HolidayCalendar.objects.create(name="Bali")
    Holiday.objects.bulk_create([Holiday(calendar=made, day_on=day, name="Galungan") for day in days])
    return made
