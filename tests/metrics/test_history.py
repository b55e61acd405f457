"""Figures as of an earlier day and as known at an earlier instant, against a plain replay of every deal."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from deals import changes
from deals.models import Deal, DealEvent, Stage
from deals.replay import owner_at, replay, standing
from lib import periods
from metrics import scopes
from metrics.kpis import kpis
from reps.models import Company, Rep
from tests import make
from tests.cast import Cast
from tests.metrics.reading import by_rep

AUGUST, SEPTEMBER = periods.named("2026-08"), periods.named("2026-09")
WON, LOST = Deal.Outcome.WON, Deal.Outcome.LOST


def at(day: int, month: int = 9, hour: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def opened(cast: Cast, owner: Rep, amount: int = 10_000) -> Deal:
    return changes.open_deal(by=None, owner=owner, name="A deal", stage=cast.qualified, currency="IDR", amount=Decimal(amount))


def close(deal: Deal, outcome: str, on: date | None = None) -> Deal:
    return changes.close_deal(deal_id=deal.pk, version=None, outcome=outcome, by=None, on=on)


def test_a_month_restated_after_a_late_entry_and_a_cancellation_keeps_what_was_known(cast: Cast) -> None:
    with time_machine.travel(at(1), tick=False):
        kept, taken_back, late = (opened(cast, cast.ana.rep, amount) for amount in (90_000, 10_000, 15_000))
    with time_machine.travel(at(10), tick=False):
        close(kept, WON)
        close(taken_back, WON)
    with time_machine.travel(at(5, month=10), tick=False):
        close(late, WON, on=date(2026, 9, 29))
    with time_machine.travel(at(20, month=10), tick=False):
        win = DealEvent.objects.get(deal=taken_back, kind="outcome")
        changes.void_events(deal_id=taken_back.pk, event_ids=[win.pk], by=None)

        def known(day: int) -> Decimal | int | None:
            return kpis(scopes.COMPANY, SEPTEMBER, known_at=at(day, month=10)).won_value.value

        assert known(1) == 100_000
        assert known(6) == 115_000
        assert known(1) == 100_000
        assert kpis(scopes.COMPANY, SEPTEMBER).won_value.value == 105_000
        assert kpis(scopes.COMPANY, SEPTEMBER, known_at=at(20, month=10)).won_value.value == 105_000


def test_before_anything_was_recorded_there_is_no_answer(cast: Cast) -> None:
    opened(cast, cast.ana.rep)

    found = kpis(scopes.COMPANY, SEPTEMBER, known_at=at(1, month=1))

    assert (found.won_count.value, found.won_count.reason) == (None, "not_yet_recorded")
    assert (found.open_count.value, found.open_count.reason) == (None, "not_yet_recorded")


def test_a_reopened_win_is_no_win_any_more_but_was_one_as_of_its_month(cast: Cast) -> None:
    with time_machine.travel(at(3, month=8), tick=False):
        deal = opened(cast, cast.ana.rep)
    with time_machine.travel(at(20, month=8), tick=False):
        close(deal, WON)
    changes.reopen_deal(deal_id=deal.pk, version=None, by=None)

    now, then = kpis(scopes.COMPANY, AUGUST), kpis(scopes.COMPANY, AUGUST, as_of=date(2026, 8, 31))

    assert (now.won_count.value, now.won_value.value) == (0, 0)
    assert (then.won_count.value, then.won_value.value) == (1, 10_000)
    assert (then.open_count.value, kpis(scopes.COMPANY, SEPTEMBER).open_count.value) == (0, 1)


def test_an_outcome_counts_for_the_owner_of_its_day_and_an_open_deal_for_the_owner_at_the_end(cast: Cast) -> None:
    with time_machine.travel(at(3, month=8), tick=False):
        won, still_open = opened(cast, cast.ana.rep), opened(cast, cast.ana.rep)
    with time_machine.travel(at(20, month=8), tick=False):
        close(won, WON)
    for deal in (won, still_open):
        changes.change_deal(deal_id=deal.pk, version=None, by=None, owner=cast.budi.rep)
    ana, budi = scopes.of_rep(cast.ana.rep), scopes.of_rep(cast.budi.rep)

    assert [kpis(scope, AUGUST).won_count.value for scope in (ana, budi)] == [1, 0]
    assert [kpis(scope, AUGUST).won_value.value for scope in (ana, budi)] == [10_000, 0]
    assert [kpis(scope, AUGUST).open_count.value for scope in (ana, budi)] == [1, 0]
    assert [kpis(scope, SEPTEMBER).open_count.value for scope in (ana, budi)] == [0, 1]


# ── Random histories ────────────────────────────────────────────────────────────────────────────────────────────────
def live(cast: Cast, chance: random.Random, days: list[datetime]) -> list[Deal]:
    """Deals with a random life, lived through the verbs on successive days."""
    reps, stages = [cast.ana.rep, cast.budi.rep, cast.outsider.rep], list(Stage.objects.all())
    deals: list[Deal] = []
    for moment in days:
        with time_machine.travel(moment, tick=False):
            deals += [
                changes.open_deal(
                    by=None, owner=chance.choice(reps), name="D", stage=chance.choice(stages[:2]), currency="IDR",
                    amount=Decimal(chance.randrange(1, 100)), opened_on=moment.date() - timedelta(days=chance.randrange(20)),
                )
                for _ in range(3)
            ]  # fmt: skip
            for deal in chance.sample(deals, len(deals) // 2):
                act(deal, chance, reps, stages)
    return deals


def act(deal: Deal, chance: random.Random, reps: list[Rep], stages: list[Stage]) -> None:
    """One random change, some dated back; a change the rules refuse does not happen."""
    deal.refresh_from_db()
    today = make.today()
    back = today - timedelta(days=chance.randrange(25))
    ask = {"deal_id": deal.pk, "version": None, "by": None}
    try:
        match chance.randrange(5):
            case 0:
                changes.change_deal(**ask, owner=chance.choice(reps), effective_on=chance.choice([today, back]))
            case 1 if deal.is_open:
                changes.change_deal(**ask, stage=chance.choice(stages), effective_on=back)
            case 2 if not deal.is_open:
                changes.reopen_deal(**ask)
            case 3:
                ids = list(DealEvent.objects.filter(deal=deal, kind__in=["outcome", "owner"]).values_list("pk", flat=True))
                changes.void_events(deal_id=deal.pk, event_ids=[chance.choice(ids)], by=None)
            case _ if deal.is_open:
                outcome = chance.choice([WON, WON, LOST, Deal.Outcome.NO_DECISION, Deal.Outcome.DISQUALIFIED])
                close(deal, outcome, on=chance.choice([today, back]))
    except changes.Refused:
        pass


def recount(
    deals: list[Deal], events: dict[int, list[DealEvent]], period: periods.Period, day: date, known: datetime | None
) -> dict:
    """Won, lost and open by rep, and the rates of all, by replaying each deal in Python."""
    won, lost, still_open, qualified = Counter(), Counter(), Counter(), 0
    end = min(period.last_on, day)
    for deal in deals:
        mine = [event for event in events[deal.pk] if known is None or event.recorded_at <= known]
        state = replay(mine, day=day)
        if state.closed_on and state.closed_on in period:
            moment = [event for event in standing(mine, day=day) if event.kind == "outcome"][-1]
            owner = owner_at(mine, moment)
            won[owner] += state.outcome == WON
            is_lost = state.outcome in (LOST, "no_decision") or (state.outcome == "disqualified" and state.is_qualified)
            lost[owner] += is_lost
            qualified += is_lost and state.is_qualified
        state, owners = replay(mine, day=end), [event.rep_id for event in standing(mine) if event.kind == "owner"]
        if owners and state.outcome == "" and (deal.opened_on is None or deal.opened_on <= end):
            still_open[state.owner_id or owners[0]] += 1
    return {"won": +won, "lost": +lost, "open": +still_open, "qualified": qualified + won.total()}


LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12)]


@pytest.mark.parametrize("seed", [0, 1, *LONG])
def test_every_reading_equals_a_replay_of_every_deal(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    days = [at(1, month=7) + timedelta(days=9 * step, hours=chance.randrange(8)) for step in range(9)]
    deals = live(cast, chance, days)
    for deal in deals:
        deal.refresh_from_db()
    events = {deal.pk: changes.events_of(deal.pk) for deal in deals}
    company = Company.load()
    readings = [(day, known) for day in (date(2026, 9, 16), date(2026, 8, 20)) for known in (None, days[-2], days[4], at(31, 8))]

    for day, known in readings:
        for period in (periods.named("2026-07"), AUGUST, periods.named("2026-Q3")):
            expected = recount(deals, events, period, day, known)
            rows = by_rep(scopes.COMPANY, period, day=day, known_at=known)
            whole = kpis(scopes.COMPANY, period, as_of=day, known_at=known, company=company)

            for name, key in (("won_count", "won"), ("lost_count", "lost"), ("open_count", "open")):
                assert +Counter({rep: row[name].value for rep, row in rows.items()}) == expected[key], (
                    day,
                    known,
                    period.label,
                    key,
                )
            assert (whole.win_rate.n, whole.won_count.value) == (expected["qualified"], expected["won"].total())


@pytest.mark.parametrize("seed", [0, 1, *LONG])
def test_won_value_as_known_then_is_the_amount_known_then(cast: Cast, seed: int) -> None:
    chance = random.Random(100 + seed)
    days = [at(1, month=7) + timedelta(days=9 * step, hours=chance.randrange(8)) for step in range(9)]
    deals = live(cast, chance, days)
    events, quarter = {deal.pk: changes.events_of(deal.pk) for deal in deals}, periods.named("2026-Q3")

    for known in (None, days[-2] + timedelta(hours=1), days[4] + timedelta(hours=1)):
        expected = Decimal(0)
        for mine in events.values():
            state = replay(mine, known_at=known)
            if state.outcome == WON and state.closed_on in quarter:
                expected += state.amount or 0
        assert kpis(scopes.COMPANY, quarter, known_at=known).won_value.value == expected
