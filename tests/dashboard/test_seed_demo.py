"""The demo company: the same for the same day, and its people's stories are in the numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from dashboard.demo.build import Built, NotEmpty, build
from deals.models import Activity, Credit, Deal, DealEvent
from deals.replay import CACHED, cached, replay
from reps.models import Rep, TeamMembership, User

DAY = date(2026, 9, 16)
# What the rows say without their numbers, which a sequence hands out.
PICTURE = """
SELECT (SELECT md5(string_agg(concat_ws('|', d.name, d.amount, d.opened_on, d.closed_on, d.outcome, s.name, r.name, d.push_count), ','
        ORDER BY d.name, d.opened_on, d.amount, r.name, d.closed_on))
        FROM deals_deal d JOIN deals_stage s ON s.id = d.stage_id JOIN reps_rep r ON r.id = d.owner_id),
       (SELECT md5(string_agg(concat_ws('|', a.id, a.channel, a.outcome, a.occurred_at), ',' ORDER BY a.id)) FROM deals_activity a),
       (SELECT md5(string_agg(concat_ws('|', kind, effective_on, amount, on_date, occurred_at), ',' ORDER BY occurred_at, kind, amount, on_date))
        FROM deals_dealevent),
       (SELECT md5(string_agg(concat_ws('|', name, phone, joined_on), ',' ORDER BY name)) FROM reps_rep)
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
