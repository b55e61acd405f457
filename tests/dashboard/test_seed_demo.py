"""The demo company: the same for the same day, and its people's stories are in the numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Max, Min

from dashboard.demo.build import Built, NotEmpty, build
from deals.models import Activity, Credit, Deal, DealEvent
from deals.replay import CACHED, cached, replay
from metrics import scopes
from metrics.attainment import Attainment, attainment
from metrics.models import Quota
from metrics.scopes import Scope
from metrics.standings import Target
from metrics.targets import Band, is_over_assigned, shown_percent
from metrics.windows import as_of, read_period
from reps.models import Company, Leave, Rep, Team, TeamMembership, User

D = Decimal
DAY = date(2026, 9, 16)
# What the rows say without their numbers, which a sequence hands out.
PICTURE = """
SELECT (SELECT md5(string_agg(concat_ws('|', d.name, d.amount, d.opened_on, d.closed_on, d.outcome, s.name, r.name, d.push_count), ','
        ORDER BY d.name, d.opened_on, d.amount, r.name, d.closed_on))
        FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id JOIN reps_rep r ON r.id = d.owner_id),
       (SELECT md5(string_agg(concat_ws('|', a.id, a.channel, a.outcome, a.occurred_at), ',' ORDER BY a.id)) FROM deals_activity a),
       (SELECT md5(string_agg(concat_ws('|', kind, effective_on, amount, on_date, occurred_at), ',' ORDER BY occurred_at, kind, amount, on_date))
        FROM deals_dealevent),
       (SELECT md5(string_agg(concat_ws('|', name, phone, joined_on), ',' ORDER BY name)) FROM reps_rep),
       (SELECT md5(string_agg(concat_ws('|', r.name, t.name, q.metric, q.month_on, q.amount), ',' ORDER BY r.name, t.name, q.month_on))
        FROM metrics_quota q LEFT JOIN reps_rep r ON r.id = q.rep_id LEFT JOIN reps_team t ON t.id = q.team_id)
"""


def _picture() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(PICTURE)
        return cursor.fetchone()


@pytest.mark.slow
@pytest.mark.django_db
class TestTheCompany:
    """Built once; each look at it is cheap beside the building."""

    built: Built

    @pytest.fixture(autouse=True)
    def company(self) -> None:
        self.built = build(today=DAY, password_hash="!")

    def test_it_is_as_large_and_as_told(self) -> None:
        assert self.built.people == 41
        assert 8_000 <= self.built.deals <= 10_000
        assert 130_000 <= self.built.activities <= 170_000
        assert 2_900 <= Deal.objects.won().count() <= 3_600
        self._steady_and_volatile_win_the_same()
        self._three_slipped_agreements_hold_1190()
        self._the_leavers_deals_are_with_the_heir()
        self._a_win_after_midnight_is_of_the_day_before()
        self._people_moved()
        self._quotas_are_those_of_the_table()
        self._each_story_is_in_the_attainment()
        self._the_quarter_goes_at_the_pace_told()
        self._the_busy_one_held_five()
        self._leave_lowers_quotas_and_a_few_days_do_not()
        self._each_deal_is_what_its_events_say()
        self._a_second_company_is_refused()

    def _won(self, name: str, month: date) -> Decimal:
        end = month.replace(day=28)
        rows = Credit.objects.current().filter(
            rep__name=name,
            won_on__gte=month,
            won_on__lte=end.replace(day=31) if month.month in (3, 5, 7, 8) else end.replace(day=30),
        )
        return sum((row.amount for row in rows), Decimal(0)) / 1_000_000

    def _steady_and_volatile_win_the_same(self) -> None:
        months = [date(2026, month, 1) for month in range(3, 9)]
        assert [self._won("Dimas Harahap", month) for month in months] == [90, 24, 90, 30, 60, 30]
        assert [self._won("Sri Wahyuni", month) for month in months] == [54] * 6

    def _stood(self, whose: Scope, period: str, target: Target | None = None) -> Attainment:
        company = Company.load()
        return attainment(whose, read_period(period, company), at=as_of(company, DAY), company=company, target=target)

    def _shares(self, name: str, *periods: str) -> list[Decimal | None]:
        """The attainment of a rep in percent, as people read it."""
        rep = scopes.of_rep(Rep.objects.get(name=name))
        ratios = [self._stood(rep, period).roll_up.attainment for period in periods]
        return [None if ratio is None else shown_percent(ratio) for ratio in ratios]

    def _quotas_are_those_of_the_table(self) -> None:
        over = {}
        for team in Team.objects.all():
            found = self._stood(scopes.of_team(team), "2026-09").roll_up
            over[team.name] = (found.over_assignment and round(found.over_assignment * 100, 1), found.manager_quota)
        assert over == {
            "Penjualan": (D("15.0"), 5_000_000_000), "Menengah Jawa": (D("14.3"), 1_540_000_000),
            "Enterprise Jakarta": (D("13.4"), 2_380_000_000), "UKM Luar Jawa": (D("27.1"), 425_000_000),
            "Customer Success": (D("14.5"), 655_000_000), "SDR": (None, None), "Pencari Prospek": (None, None),
        }  # fmt: skip
        warned = {
            team.name
            for team in Team.objects.all()
            for found in [self._stood(scopes.of_team(team), "2026-09").roll_up]
            if is_over_assigned(found.street_quota, found.manager_quota)
        }
        assert warned == {"UKM Luar Jawa"}
        counts = {"SDR": "meetings_held", "Pencari Prospek": "leads_created"}
        asked = {
            name: {
                line.quota for line in self._stood(scopes.of_team(Team.objects.get(name=name)), "2026-09", Target(metric)).lines
            }
            for name, metric in counts.items()
        }
        assert asked == {"SDR": {D(18)}, "Pencari Prospek": {D(120)}}
        assert Quota.objects.aggregate(first=Min("month_on"), last=Max("month_on")) == {
            "first": date(2025, 4, 1), "last": date(2026, 12, 1),
        }  # fmt: skip

    def _each_story_is_in_the_attainment(self) -> None:
        months = [f"2026-{month:02}" for month in range(3, 9)]
        quarters = ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
        assert self._shares("Dimas Harahap", *months) == [150, 40, 150, 50, 100, 50]
        assert self._shares("Sri Wahyuni", *months) == [90] * 6
        assert self._shares("Rizky Pratama", *months[1:]) == [45, 38, 52, 41, 47]
        assert self._shares("Agus Setiawan", *months) == [101, 103, 100, 102, 101, 104]
        assert self._shares("Nadia Safitri", "2026-08") == [D("71.4")]
        # 96 of 110: 87,27, rounded down as every threshold is.
        assert self._shares("Yoga Aditya", *months[3:]) == [None, D("36.0"), D("87.2")]
        assert self._stood(scopes.of_rep(Rep.objects.get(name="Yoga Aditya")), "2026-08").band == Band.NEAR
        assert self._shares("Grace Natalia", *quarters) == [150, 40, 150, 50]
        assert self._shares("Maya Lasut", *quarters) == [118, 92, 72, 68]

    def _the_quarter_goes_at_the_pace_told(self) -> None:
        """DEMO's first screen at another day: 8,37 of 15,0 at 38 of 64 is a pace of 0,94."""
        found = self._stood(scopes.COMPANY, "2026-Q3")
        assert (found.roll_up.quota, found.elapsed, found.total) == (15_000_000_000, 54, 64)
        assert found.pace.ratio is not None
        assert round(found.pace.ratio, 2) == D("0.94")

    def _the_busy_one_held_five(self) -> None:
        sdr = scopes.of_team(Team.objects.get(name="SDR"))
        lines = self._stood(sdr, "2026-08", Target("meetings_held")).lines
        held = {line.name: line.credited for line in lines}
        assert held.pop("Fajar Ramadhan") == 5
        assert all(14 <= count <= 24 for count in held.values())

    def _leave_lowers_quotas_and_a_few_days_do_not(self) -> None:
        away = {leave.rep.name for leave in Leave.objects.current().select_related("rep") if DAY in leave.valid}
        assert away == {"Hendra Gunawan"}
        hendra = self._stood(scopes.of_rep(Rep.objects.get(name="Hendra Gunawan")), "2026-09")
        rudi = self._stood(scopes.of_rep(Rep.objects.get(name="Rudi Siregar")), "2026-05")
        assert hendra.roll_up.street_quota == 220_000_000
        assert 20_000_000 < rudi.roll_up.street_quota < 40_000_000

    def _three_slipped_agreements_hold_1190(self) -> None:
        slipped = Deal.objects.open().filter(
            agreement_ready_on__lt=DAY, agreement_sent_on=None, expected_close_on=date(2026, 9, 19)
        )
        found = sorted((deal.amount, deal.push_count) for deal in slipped if deal.next_action)
        assert (Decimal(640_000_000), 4) in found
        assert {(Decimal(310_000_000), 2), (Decimal(240_000_000), 1)} <= set(found)

    def _the_leavers_deals_are_with_the_heir(self) -> None:
        leaver = Rep.objects.get(name="Teguh Wibowo")
        moved = Deal.objects.open().filter(events__kind="owner", events__rep=leaver)
        assert moved.count() == 23
        assert {deal.owner.name for deal in moved.select_related("owner")} == {"Tia Rahmawati"}
        assert sum(deal.amount or 0 for deal in moved) == Decimal(1_900_000_000)
        assert not User.objects.get(name="Teguh Wibowo").is_active

    def _a_win_after_midnight_is_of_the_day_before(self) -> None:
        wins = DealEvent.objects.filter(kind="outcome", code="won", effective_on=date(2026, 8, 31), rep=None)
        assert any(win.occurred_at.hour == 16 and win.occurred_at.minute == 30 for win in wins)

    def _people_moved(self) -> None:
        teams = [
            row.team.name
            for row in TeamMembership.objects.filter(rep__name="Maya Lasut").order_by("valid").select_related("team")
        ]
        assert teams == ["UKM Luar Jawa", "Enterprise Jakarta"]
        calls = Activity.objects.filter(
            rep__name="Fajar Ramadhan", channel="call", occurred_on__gte=date(2026, 8, 1), occurred_on__lt=date(2026, 9, 1)
        )
        reached = calls.filter(outcome="reached").count() / calls.count()
        assert calls.count() > 350
        assert reached < 0.14

    def _each_deal_is_what_its_events_say(self) -> None:
        for deal in Deal.objects.order_by("-has_history", "id")[:150]:
            events = list(deal.events.select_related("stage", "text"))
            assert cached(replay(events)) == tuple(getattr(deal, name) for name in CACHED)

    def _a_second_company_is_refused(self) -> None:
        with pytest.raises(NotEmpty):
            build(today=DAY, password_hash="!")


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.django_db
def test_the_same_day_gives_the_same_company() -> None:
    pictures = []
    for _ in range(2):
        with transaction.atomic():
            build(today=DAY, password_hash="!")
            pictures.append(_picture())
            transaction.set_rollback(True)
    assert pictures[0] == pictures[1]


@pytest.mark.django_db
def test_it_is_refused_in_production(settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo", stdout=StringIO())
    assert not Rep.objects.exists()


@pytest.mark.django_db
def test_it_is_refused_beside_a_company(cast) -> None:
    with pytest.raises(CommandError, match="empty"):
        call_command("seed_demo", stdout=StringIO())


@pytest.mark.django_db
def test_a_day_to_come_is_refused() -> None:
    with pytest.raises(CommandError, match="future"):
        call_command("seed_demo", "--as-of", "2031-01-01", stdout=StringIO())
