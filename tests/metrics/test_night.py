"""The night: which days are due, what it writes, what it proves, and what became of a number later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from deals.changes import change_deal, close_deal, reopen_deal
from lib import clock
from metrics import night, proof, revisions
from metrics.kpis import kpis
from metrics.models import MetricRevision, NightRun, RepDay, RepPeriod
from metrics.scopes import COMPANY
from metrics.windows import read_period
from reps.models import Company
from tests import cast as cast_module
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
YESTERDAY = date(2026, 9, 15)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """The cast, in a database where each statement commits."""
    return cast_module.build()


def ran(*options: str) -> str:
    """The last line of the command."""
    out = StringIO()
    call_command("run_nightly", *options, stdout=out, stderr=StringIO())
    return out.getvalue().strip().splitlines()[-1]


def some_days(cast: Cast) -> None:
    for back in (2, 5, 40, 80):
        day = YESTERDAY - timedelta(days=back)
        make.won(owner=cast.ana, amount=D(1_000_000 * back), on=day)
        make.lost(owner=cast.outsider, on=day)
        make.activity(rep=cast.budi, at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


# ── Which days ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_day_is_due_half_an_hour_after_it_ended(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 9, 16, 17, 29, tzinfo=UTC), tick=False):  # 00:29 on the 17th in Jakarta
        assert night.last_due(cast.company) == date(2026, 9, 15)
    with time_machine.travel(datetime(2026, 9, 16, 17, 30, tzinfo=UTC), tick=False):
        assert night.last_due(cast.company) == date(2026, 9, 16)
        assert night.start_of_next(cast.company) == datetime(2026, 9, 17, 17, 30, tzinfo=UTC)


def test_the_first_night_is_the_last_one_that_is_over(cast: Cast) -> None:
    assert night.due(cast.company) == [YESTERDAY]


def test_missed_nights_are_caught_up_oldest_first(cast: Cast) -> None:
    night.run_due(cast.company)
    with time_machine.travel(cast_module.NOW + timedelta(days=3), tick=False):
        assert night.due(cast.company) == [date(2026, 9, 16), date(2026, 9, 17), date(2026, 9, 18)]
        night.run_due(cast.company)
        assert night.due(cast.company) == []
    rows = NightRun.objects.order_by("pk").values_list("business_day", "job", "state", "attempts")
    days = [date(2026, 9, day) for day in (15, 16, 17, 18)]
    assert list(rows) == [(day, job, "done", 1) for day in days for job in night.JOBS]


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_every_day_of_two_years_has_its_night_once_whatever_the_zone(zone: str) -> None:
    """Asked every five minutes, around every midnight, with clocks that jump an hour back or forth."""
    company, seen = Company(time_zone=zone), []
    instant = datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    while instant < datetime(2027, 1, 1, tzinfo=UTC):
        for minutes in (-65, -5, 0, 25, 30, 35, 95):
            day = night.last_due(company, instant + timedelta(minutes=minutes))
            if not seen or day > seen[-1]:
                seen.append(day)
        instant += timedelta(hours=12)
    assert seen == [seen[0] + timedelta(days=n) for n in range(len(seen))]
    assert len(seen) >= 730


# ── What it writes ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_second_run_of_everything_writes_nothing(cast: Cast) -> None:
    some_days(cast)
    first = ran("--all")
    assert first.endswith(" rows written")
    assert not first.startswith("0 ")
    assert ran("--all") == "0 rows written"
    assert NightRun.objects.done().count() == 2 * len(night.every_day(cast.company))


def test_damaged_roll_ups_are_put_right_counted_and_told(cast: Cast) -> None:
    some_days(cast)
    ran("--all")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE metrics_repday DISABLE TRIGGER USER")
        cursor.execute("UPDATE metrics_repday SET calls_made = 7 WHERE calls_made = 1 AND day >= '2026-09-01'")
        cursor.execute("ALTER TABLE metrics_repday ENABLE TRIGGER USER")
        cursor.execute("UPDATE metrics_repperiod SET won_minor = 5 WHERE grain = 'quarter' AND won_minor > 0")
    outcome = night.run_all(cast.company)
    assert outcome.defect_count >= 3
    assert RepDay.objects.filter(calls_made=7).count() == 0
    assert RepPeriod.objects.filter(won_minor=5).count() == 0
    run = NightRun.objects.get(job="activity", business_day=YESTERDAY)
    assert {"column": "calls_made", "kept": 7, "counted": 1, "rep": cast.budi.rep.pk, "day": "2026-09-13"} in run.detail[
        "defects"
    ]
    assert list(night.late(cast.company)) != []
    assert ran("--all") == "0 rows written"


def test_an_empty_company_has_no_nights_to_make_up(cast: Cast) -> None:
    assert ran("--all") == "0 rows written"
    assert NightRun.objects.count() == 0


def test_one_day_can_be_asked_for_and_only_once_it_is_over(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=D(10), on=YESTERDAY)
    assert ran("--date", "2026-09-15") != "0 rows written"
    assert ran("--date", "2026-09-15") == "0 rows written"
    with pytest.raises(CommandError, match="not over yet"):
        ran("--date", "2026-09-16")
    with pytest.raises(CommandError, match="is no day"):
        ran("--date", "soon")


def test_a_late_entry_revises_its_month_in_the_next_night(cast: Cast) -> None:
    some_days(cast)
    night.run_due(cast.company)
    make.won(owner=cast.budi, amount=D(500), on=date(2026, 7, 1))
    with time_machine.travel(cast_module.NOW + timedelta(days=1), tick=False):
        night.run_due(cast.company)
    found = MetricRevision.objects.filter(metric="won_value", scope_kind="rep", scope_id=cast.budi.rep.pk).order_by("pk")
    assert [(row.grain, row.start_on, row.value, row.cause) for row in found] == [
        ("month", date(2026, 7, 1), D(500), "first"), ("quarter", date(2026, 7, 1), D(500), "first"),
    ]  # fmt: skip


def test_a_sum_that_did_not_change_is_not_written_again(cast: Cast) -> None:
    some_days(cast)
    night.run_due(cast.company)
    with time_machine.travel(cast_module.NOW + timedelta(days=1), tick=False):
        night.run_due(cast.company)
    keys = list(MetricRevision.objects.values_list("metric", "scope_kind", "scope_id", "grain", "start_on"))
    assert len(keys) == len(set(keys)) > 20


def test_september_as_it_was_known_and_as_it_is_now() -> None:
    """DOMAIN §12.6: 100,000 on the 1st of October, 115,000 once a late win is in, 105,000 once one is taken back."""
    at = {day: datetime(2026, 10, day, 12, tzinfo=UTC) for day in (1, 5, 6, 20, 21)}
    with time_machine.travel(datetime(2026, 9, 30, 12, tzinfo=UTC), tick=False):
        cast = cast_module.build()
        make.won(owner=cast.ana, amount=D(90_000), on=date(2026, 9, 3))
        cancelled = make.deal(owner=cast.ana, amount=D(10_000), opened_on=date(2026, 8, 1))
        close_deal(deal_id=cancelled.pk, version=1, outcome="won", on=date(2026, 9, 10), by=cast.manager, why="Signed")
    with time_machine.travel(at[1], tick=False):
        night.run_due(cast.company)
    with time_machine.travel(at[5], tick=False):
        late = make.deal(owner=cast.ana, amount=D(15_000), opened_on=date(2026, 8, 1))
        close_deal(deal_id=late.pk, version=1, outcome="won", on=date(2026, 9, 29), by=cast.manager, why="Found in the post")
    with time_machine.travel(at[6], tick=False):
        night.run_due(cast.company)
    with time_machine.travel(at[20], tick=False):
        reopen_deal(deal_id=cancelled.pk, version=2, by=cast.manager, why="Cancelled")
    with time_machine.travel(at[21], tick=False):
        night.run_due(cast.company)
        september = read_period("2026-09", cast.company)
        known = {day: kpis(COMPANY, september, known_at=at[day]).won_value.value for day in (1, 6, 20)}
        assert known == {1: D(100_000), 6: D(115_000), 20: D(105_000)}
        assert kpis(COMPANY, september).won_value.value == D(105_000)
    told = revisions.history("won_value", "company", 0, "month", date(2026, 9, 1))
    assert [(row["value"], row["cause"]) for row in told] == [(D(100_000), "first"), (D(115_000), "late"), (D(105_000), "late")]


def test_revisions_of_teams_count_everyone_below(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=D(10), on=YESTERDAY)
    make.won(owner=cast.outsider, amount=D(5), on=YESTERDAY)
    night.run_due(cast.company)
    values = {
        (row.scope_kind, row.scope_id): row.value for row in MetricRevision.objects.filter(metric="won_value", grain="month")
    }
    assert values == {
        ("company", 0): D(15), ("team", cast.whole.pk): D(15), ("team", cast.north.pk): D(10), ("team", cast.south.pk): D(5),
        ("rep", cast.ana.rep.pk): D(10), ("rep", cast.outsider.rep.pk): D(5),
    }  # fmt: skip


def test_a_correction_moves_the_days_of_the_work_set_only(cast: Cast) -> None:
    some_days(cast)
    night.run_due(cast.company)
    deal = make.deal(owner=cast.ana, amount=D(10), opened_on=date(2026, 6, 1))
    close_deal(deal_id=deal.pk, version=1, outcome="won", on=date(2026, 8, 20), by=cast.manager, why="Late")
    change_deal(deal_id=deal.pk, version=2, amount=D(20), by=cast.manager, why="Late")
    last = NightRun.objects.filter(job="quota").latest("business_day")
    days = proof.days_written_since("quota", last.seen_at - night.OVERLAP, last.horizon, cast.company)
    assert date(2026, 8, 20) in days
    assert days <= {YESTERDAY - timedelta(days=n) for n in (2, 5, 40, 80)} | {date(2026, 8, 20), clock.today(cast.company.zone)}


# ── Failing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_three_attempts_then_it_is_failed_and_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(proof, "days", break_down)
    for _ in range(4):
        night.run_due(cast.company)
    run = NightRun.objects.get(job="activity", business_day=YESTERDAY)
    assert (run.state, run.attempts, run.detail) == ("failed", 3, {"error": "RuntimeError: the disk is full", "told": True})
    assert night.late(cast.company) == [run]
    assert NightRun.objects.count() == 1
    monkeypatch.undo()
    assert night.run_due(cast.company).written == 0  # what failed three times waits for a person
    ran("--date", "2026-09-15")
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("done", 1)
