"""Roll-ups equal the rows behind them, whatever happens in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from deals.activities import cancel_activity, edit_activity, log_activity
from deals.bulk import NewDeal, NewEvent, Writer
from deals.changes import change_deal, close_deal, reopen_deal, void_events
from deals.days import Refused
from deals.models import Activity, Deal, DealEvent, Lead
from lib import clock
from metrics.models import EffectiveQuota, Quota, RepDay, RepPeriod
from metrics.quotas import NewQuota, set_quotas
from reps import org
from reps.absence import give_leave
from reps.models import Company, Holiday, HolidayCalendar, Rep
from tests import make
from tests.cast import Cast, build
from tests.inventions import invented
from tests.metrics.proving import differences, effective_by_rule, effective_kept

TODAY = date(2026, 9, 16)
JULY, AUGUST, SEPTEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)
D = Decimal


def day_of(rep: Any, day: date = TODAY) -> RepDay:
    return RepDay.objects.get(rep=make.rep_of(rep), day=day)


def period_of(rep: Any, grain: str, start: date, team: Any = None) -> RepPeriod:
    teams = {"team": team} if team else {}
    return RepPeriod.objects.get(rep=make.rep_of(rep), grain=grain, start_on=start, **teams)


# ── What a write moves ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_win_stands_in_its_day_month_and_quarter_at_once(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=D(120_000_000), on=date(2026, 8, 3), deal_type="renewal")
    for row in (day_of(cast.ana, date(2026, 8, 3)), period_of(cast.ana, "month", AUGUST), period_of(cast.ana, "quarter", JULY)):
        assert (row.won_count, row.won_renewal_count, row.won_minor, row.won_renewal_minor, row.won_new_minor) == (
            1, 1, 120_000_000, 120_000_000, 0,
        )  # fmt: skip
        assert row.team == cast.north


def test_money_is_kept_in_minor_units(cast: Cast) -> None:
    Company.objects.update(currency="USD")
    make.won(owner=cast.ana, amount=D("19.99"), currency="USD")
    assert day_of(cast.ana).won_minor == 1999


def test_a_win_without_a_rate_counts_and_adds_nothing(cast: Cast) -> None:
    deal = make.won(owner=cast.ana, amount=D(100), on=TODAY)
    other = make.deal(owner=cast.ana, amount=D(100), currency="USD")
    make.credit(other, cast.ana, fx=None)
    row = day_of(cast.ana)
    assert (row.credit_count, row.unrated_count, row.won_minor, deal.outcome) == (2, 1, 100, "won")


def test_a_win_taken_back_leaves_nothing(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, amount=D(50))
    close_deal(deal_id=deal.pk, version=1, outcome="won", by=cast.ana)
    assert day_of(cast.ana).won_minor == 50
    reopen_deal(deal_id=deal.pk, version=2, by=cast.ana)
    row = day_of(cast.ana)
    assert (row.won_count, row.credit_count, row.won_minor, row.won_new_minor) == (0, 0, 0, 0)


def test_a_corrected_type_takes_the_money_along(cast: Cast) -> None:
    deal = make.won(owner=cast.ana, amount=D(70))
    Deal.objects.filter(pk=deal.pk).update(deal_type="expansion")
    row = day_of(cast.ana)
    assert (row.won_new_minor, row.won_expansion_minor, row.won_minor) == (0, 70, 70)
    assert (row.won_new_count, row.won_expansion_count) == (0, 1)


def test_who_closed_it_keeps_it_when_the_deal_moves_on(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana)
    close_deal(deal_id=deal.pk, version=1, outcome="lost", by=cast.ana, reason="price")
    change_deal(deal_id=deal.pk, version=2, by=cast.manager, owner=cast.budi.rep)
    assert day_of(cast.ana).lost_count == 1
    assert not RepDay.objects.filter(rep=cast.budi.rep, lost_count__gt=0).exists()


def test_a_booking_counts_on_its_day_for_the_booker_and_the_meeting_on_its_own(cast: Cast) -> None:
    at = datetime(2026, 9, 18, 3, 0, tzinfo=UTC)
    meeting = log_activity(by=cast.ana, rep=cast.ana.rep, channel="meeting", occurred_at=at, booked=True)
    assert day_of(cast.ana).meetings_scheduled == 1
    Activity.objects.filter(pk=meeting.pk).update(outcome="held", rep=cast.budi.rep)
    assert day_of(cast.budi, date(2026, 9, 18)).meetings_held == 1
    assert day_of(cast.ana).meetings_scheduled == 1


def test_an_activity_late_in_the_evening_belongs_to_the_company_s_day(cast: Cast) -> None:
    make.lead(created_by=cast.ana.rep, created_at=datetime(2026, 9, 14, 17, 30, tzinfo=UTC))  # 00:30 on the 15th in Jakarta
    assert day_of(cast.ana, date(2026, 9, 15)).leads_created == 1


def test_a_lead_that_is_merged_counts_no_more(cast: Cast) -> None:
    kept, same = make.lead(created_by=cast.ana.rep), make.lead(created_by=cast.ana.rep)
    assert day_of(cast.ana).leads_created == 2
    Lead.objects.filter(pk=same.pk).update(merged_into=kept)
    assert day_of(cast.ana).leads_created == 1


def test_a_rep_who_moves_leaves_both_teams_past_as_it_was(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=D(10), on=date(2026, 9, 2))
    make.won(owner=cast.ana, amount=D(7), on=date(2026, 9, 14))
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 9, 10), by=cast.admin)
    assert period_of(cast.ana, "month", SEPTEMBER, cast.north).won_minor == 10
    assert period_of(cast.ana, "month", SEPTEMBER, cast.south).won_minor == 7
    assert day_of(cast.ana, date(2026, 9, 14)).team == cast.south


def test_another_fiscal_year_has_other_quarters(cast: Cast) -> None:
    make.won(owner=cast.ana, amount=D(10), on=date(2026, 9, 2))
    make.won(owner=cast.ana, amount=D(5), on=date(2026, 7, 2))
    Company.objects.filter(pk=1).update(fiscal_start=2)
    assert period_of(cast.ana, "quarter", AUGUST).won_minor == 10
    assert period_of(cast.ana, "quarter", date(2026, 5, 1)).won_minor == 5
    cast.company.refresh_from_db()
    assert differences(cast.company) == []


def test_a_chunk_by_copy_is_counted_like_one_by_one(cast: Cast) -> None:
    kind = DealEvent.Kind
    deals = [
        NewDeal(f"Deal {n}", "IDR", cast.pipeline.pk, [
            NewEvent(kind.STAGE, SEPTEMBER, stage=cast.qualified), NewEvent(kind.OWNER, SEPTEMBER, rep_id=cast.ana.rep.pk),
            NewEvent(kind.AMOUNT, SEPTEMBER, amount=D(n)), NewEvent(kind.OUTCOME, TODAY, code="won"),
        ], opened_on=SEPTEMBER)
        for n in range(1, 41)
    ]  # fmt: skip
    with transaction.atomic(), Writer(company=cast.company, actor=None) as writer:
        writer.deals(deals)
    row = day_of(cast.ana)
    assert (row.won_count, row.won_minor, row.credit_count) == (40, 820, 40)
    assert differences(cast.company) == []


# ── Effective quotas ────────────────────────────────────────────────────────────────────────────────────────────────
def asked(rep: Any, month: date = SEPTEMBER, amount: int = 22_000, metric: str = "won_value") -> Quota:
    set_quotas(metric=metric, numbers=[NewQuota(month, D(amount), rep_id=make.rep_of(rep).pk)], by=None, company=Company.load())
    return Quota.objects.current().get(rep=make.rep_of(rep), month_on=month, metric=metric)


def test_leave_entered_later_lowers_the_quota_at_once(cast: Cast) -> None:
    quota = asked(cast.ana)
    assert effective_kept(quota) == 22_000
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=cast.manager)
    assert effective_kept(quota) == effective_by_rule(quota, cast.company) == 12_000


def test_a_mover_s_quota_is_shared_by_working_days(cast: Cast) -> None:
    quota = asked(cast.ana, amount=100)
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 9, 10), by=cast.admin)
    rows = EffectiveQuota.objects.filter(rep=cast.ana.rep)
    assert {row.team.name: row.minor for row in rows} == {"North": 32, "South": 68}  # 7 and 15 of 22 days: 31.8 and 68.2
    assert effective_kept(quota) == 100


def test_a_new_version_replaces_the_number_and_keeps_the_old_one(cast: Cast) -> None:
    first = asked(cast.ana, amount=10)
    second = asked(cast.ana, amount=30)
    first.refresh_from_db()
    assert (first.superseded_at, effective_kept(second)) == (clock.now(), 30)
    assert Quota.objects.filter(rep=cast.ana.rep).count() == 2


def test_a_count_keeps_four_decimals(cast: Cast) -> None:
    Rep.objects.filter(pk=cast.ana.rep.pk).update(joined_on=date(2026, 9, 14))
    quota = asked(cast.ana, amount=18, metric="meetings_held")
    assert effective_kept(quota) == effective_by_rule(quota, cast.company) == 106_364  # 18 × 13 ÷ 22 = 10.6364


def test_a_holiday_changes_the_share_of_each_day(cast: Cast) -> None:
    calendar = HolidayCalendar.objects.create(name="ID")
    Company.objects.filter(pk=1).update(calendar=calendar)
    Rep.objects.filter(pk=cast.ana.rep.pk).update(joined_on=date(2026, 9, 14))
    quota = asked(cast.ana, amount=22_000)
    Holiday.objects.create(calendar=calendar, day_on=date(2026, 9, 15), name="Day off")
    cast.company.refresh_from_db()
    assert effective_kept(quota) == effective_by_rule(quota, cast.company) == 12_571  # 12 of 21 days


# ── Anything in any order ───────────────────────────────────────────────────────────────────────────────────────────
PEOPLE = ("ana", "budi", "outsider")
back = st.integers(0, 90)
who = st.sampled_from(PEOPLE)
STEPS = st.one_of(
    st.tuples(st.just("open"), who, st.sampled_from(["new", "renewal", "expansion"]), back),
    st.tuples(st.just("close"), st.integers(0, 9), st.sampled_from(["won", "won", "lost", "no_decision", "disqualified"]), back),
    st.tuples(st.just("reopen"), st.integers(0, 9), st.none(), back),
    st.tuples(st.just("give"), st.integers(0, 9), who, back),
    st.tuples(st.just("amount"), st.integers(0, 9), st.integers(0, 999_999), back),
    st.tuples(st.just("void"), st.integers(0, 9), st.integers(0, 20), back),
    st.tuples(st.just("type"), st.integers(0, 9), st.sampled_from(["new", "cross_sell"]), back),
    st.tuples(st.just("log"), who, st.sampled_from(["call", "visit", "meeting", "whatsapp", "email"]), back),
    st.tuples(st.just("book"), who, st.sampled_from(["meeting", "visit"]), back),
    st.tuples(st.just("edit"), st.integers(0, 9), st.sampled_from(["held", "no_show", "rescheduled", "reached"]), back),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.none(), back),
    st.tuples(st.just("lead"), who, st.booleans(), back),
    st.tuples(st.just("move"), who, st.sampled_from(["north", "south", None]), back),
    st.tuples(st.just("leave"), who, st.integers(1, 20), back),
    st.tuples(st.just("quota"), who, st.integers(0, 10**9), back),
    st.tuples(st.just("joined"), who, st.booleans(), back),
)


def apply(cast: Cast, step: tuple[str, Any, Any, int], deals: list[Deal], activities: list[Activity]) -> None:
    """Do one thing as those may who may date back; what the rules refuse is passed over."""
    name, one, two, ago = step
    day = TODAY - timedelta(days=ago)
    rep = getattr(cast, one).rep if isinstance(one, str) else None
    deal = deals[one % len(deals)] if isinstance(one, int) and deals else None
    done = activities[one % len(activities)] if isinstance(one, int) and activities else None
    at = datetime.combine(day, time(1 + ago % 3), tzinfo=UTC)
    if name == "open":
        deals.append(make.deal(owner=rep, deal_type=two, opened_on=day - timedelta(days=30)))
    elif name == "log":
        outcome = {"call": "reached", "whatsapp": "sent", "email": "sent"}.get(two, "held")
        activities.append(make.activity(rep=rep, channel=two, outcome=outcome, at=at))
    elif name == "book":
        ahead = clock.now() + timedelta(days=ago % 30, hours=1)
        activities.append(log_activity(by=None, rep=rep, channel=two, occurred_at=ahead, booked=True))
    elif name == "lead":
        make.lead(created_by=rep, created_at=at, is_import=two)
    elif name == "move":
        org.place(rep=rep, team=getattr(cast, two) if two else None, start=day, by=None)
    elif name == "leave":
        give_leave(rep=rep, start=day, end=day + timedelta(days=two), works_share=D(two % 2) / 2, by=None)
    elif name == "quota":
        asked(rep, day.replace(day=1), two, "meetings_held" if two % 2 else "won_value")
    elif name == "joined":
        Rep.objects.filter(pk=rep.pk).update(**{"joined_on" if two else "left_on": day})
    elif deal is not None and name in {"close", "reopen", "give", "amount", "void", "type"}:
        _edit_deal(cast, deal, name, two, day)
    elif done is not None and name == "edit":
        edit_activity(activity=done, by=cast.vp, why="Because", outcome=two)
    elif done is not None and name == "cancel":
        cancel_activity(activity=done, by=cast.vp, why="Because")


def _edit_deal(cast: Cast, deal: Deal, name: str, value: Any, day: date) -> None:
    common: dict[str, Any] = {"deal_id": deal.pk, "by": cast.vp, "why": "Because"}
    version = Deal.objects.get(pk=deal.pk).version
    if name == "close":
        close_deal(**common, version=version, outcome=value, reason="price", on=day)
    elif name == "reopen":
        reopen_deal(**common, version=version)
    elif name == "void":
        events = list(DealEvent.objects.filter(deal=deal).order_by("pk"))
        void_events(**common, event_ids=[events[value % len(events)].pk])
    elif name == "type":
        Deal.objects.filter(pk=deal.pk).update(deal_type=value)
    else:
        edit = {"owner": getattr(cast, value).rep} if name == "give" else {"amount": D(value)}
        change_deal(**common, version=version, effective_on=day, **edit)


@pytest.mark.slow
@invented(40)
@given(steps=st.lists(STEPS, min_size=4, max_size=25))
def test_live_equals_raw_after_any_events_moves_and_back_dating(cast: Cast, steps: list[tuple[str, Any, Any, int]]) -> None:
    deals: list[Deal] = []
    activities: list[Activity] = []
    for step in steps:
        try:
            with transaction.atomic():
                apply(cast, step, deals, activities)
        except Refused:
            continue
    assert differences(cast.company) == []
    for quota in Quota.objects.current().exclude(rep=None):
        assert effective_kept(quota) == effective_by_rule(quota, cast.company)


@pytest.mark.parametrize("column", ["calls_made", "won_minor"])
def test_a_roll_up_that_is_wrong_is_found_and_put_right(cast: Cast, column: str) -> None:
    """The control of all above: the comparison does see a difference."""
    make.won(owner=cast.ana, amount=D(10))
    make.activity(rep=cast.ana)
    RepDay.objects.update(**{column: 99})
    found = differences(cast.company)
    assert [row["column"] for row in found] == [column]
    assert differences(cast.company) == []
    assert getattr(period_of(cast.ana, "quarter", JULY), column) == {"calls_made": 1, "won_minor": 10}[column]


# ── Many rows at once beside single ones ────────────────────────────────────────────────────────────────────────────
def a_call_during_an_import(cast: Cast, *, aside: bool) -> str:
    """While an import holds activities of Ana that are not committed yet, Ana logs a call; what that comes to."""

    def log() -> str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '700ms'")
                make.activity(rep=cast.ana)
        except OperationalError as error:
            return type(error.__cause__).__name__
        finally:
            connection.close()
        return "logged"

    row = {"rep_id": cast.ana.rep.pk, "channel": "call", "outcome": "reached", "occurred_at": clock.now() - timedelta(hours=2),
           "occurred_on": TODAY}  # fmt: skip
    with transaction.atomic(), Writer(company=cast.company, actor=None) as writer:
        if not aside:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('salesteam.bulk', 'off', true)")
        writer.activities([{**row, "external_id": f"a{number}"} for number in range(50)])
        writer.wait()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(log).result()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_import_of_their_own_days() -> None:
    cast = build()
    assert a_call_during_an_import(cast, aside=True) == "logged"
    assert day_of(cast.ana).calls_made == 51
    with transaction.atomic():
        assert differences(cast.company) == []


@pytest.mark.django_db(transaction=True)
def test_the_control_counted_at_once_the_call_waits_in_vain() -> None:
    cast = build()
    assert a_call_during_an_import(cast, aside=False) == "LockNotAvailable"
    assert day_of(cast.ana).calls_made == 50
