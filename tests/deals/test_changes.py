"""Changing a deal writes events, and the deal row is what they say."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deals.changes import Refused, StaleDeal, change_deal, close_deal, events_of, open_deal, reopen_deal, void_events
from deals.models import Credit, Deal, DealEvent, Lead
from deals.replay import CACHED, replay
from reps.models import AuditEntry
from tests import make
from tests.cast import Cast
from tests.inventions import invented

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 16)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def a_deal(cast: Cast, **facts: Any) -> Deal:
    """Ana's deal, opened on 20 August by the product itself."""
    given = {"owner": cast.ana.rep, "name": "Mawar", "stage": cast.lead_in, "currency": "IDR", "opened_on": date(2026, 8, 20)}
    return open_deal(by=None, **{**given, **facts})


def row_equals_replay(deal: Deal) -> None:
    fresh, state = Deal.objects.get(pk=deal.pk), replay(events_of(deal.pk))
    assert {name: getattr(fresh, name) for name in CACHED} == {name: getattr(state, name) for name in CACHED}


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_opening_writes_one_event_for_each_fact(cast: Cast) -> None:
    deal = open_deal(
        by=cast.ana, owner=cast.ana.rep, name="  Mawar   Jaya ", stage=cast.qualified, currency="IDR", amount=Decimal("60000000.4"),
        expected_close_on=date(2026, 10, 1), next_action="Call Ibu Citra", next_action_on=date(2026, 9, 18),
    )  # fmt: skip
    assert {event.kind for event in events_of(deal.pk)} == {"stage", "owner", "amount", "close_on", "next_action"}
    assert (deal.name, deal.amount, deal.opened_on, deal.version) == ("Mawar Jaya", Decimal(60_000_000), TODAY, 1)
    assert deal.qualified_on == TODAY
    row_equals_replay(deal)


def test_opening_from_a_lead_converts_it(cast: Cast) -> None:
    lead = make.lead(owner=cast.ana)
    deal = a_deal(cast, lead=lead)
    lead.refresh_from_db()
    assert (deal.lead, lead.state) == (lead, Lead.State.CONVERTED)


def test_a_rep_opens_no_deal_in_a_closed_month(cast: Cast) -> None:
    with pytest.raises(Refused, match="Ask your manager"):
        open_deal(by=cast.ana, owner=cast.ana.rep, name="X", stage=cast.lead_in, currency="IDR", opened_on=date(2026, 8, 31))
    assert Deal.objects.count() == 0


# ── Changing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_change_that_changes_nothing_writes_nothing(cast: Cast) -> None:
    deal = a_deal(cast, amount=Decimal(5))
    same = change_deal(deal_id=deal.pk, version=1, by=cast.ana, stage=cast.lead_in, amount=Decimal("5.00"), name="Mawar")
    assert same.version == 1
    assert DealEvent.objects.count() == 3


def test_details_are_changed_on_the_row_and_told_in_an_event(cast: Cast) -> None:
    deal, account = a_deal(cast), make.account("PT Anggrek")
    change_deal(deal_id=deal.pk, version=1, by=cast.ana, name="Melati", account=account, deal_type=Deal.Type.RENEWAL)
    deal.refresh_from_db()
    assert (deal.name, deal.account, deal.deal_type) == ("Melati", account, "renewal")
    details = {event.code: event.text.text for event in events_of(deal.pk) if event.kind == "detail"}
    assert details == {"name": "Melati", "account": "PT Anggrek", "deal_type": "renewal"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": Decimal(-1)}, "amount from 0"),
        ({"amount": Decimal(10) ** 14}, "amount from 0"),
        ({"expected_close_on": date(9999, 12, 31)}, "between 1990 and 2099"),
        ({"name": " \x00 "}, "Give the deal a name"),
        ({"effective_on": TODAY + timedelta(days=1)}, "still to come"),
        ({"effective_on": date(2026, 9, 1), "amount": Decimal(7)}, "opened later"),
    ],
)
def test_what_no_deal_can_hold_is_refused(cast: Cast, changes: dict[str, Any], says: str) -> None:
    deal = a_deal(cast, opened_on=date(2026, 9, 5))
    with pytest.raises(Refused, match=says):
        change_deal(deal_id=deal.pk, version=1, by=cast.ana, **changes)
    assert Deal.objects.get().version == 1


def test_a_stage_of_another_pipeline_is_refused(cast: Cast) -> None:
    deal, other = a_deal(cast), make.pipeline("Other").stages.get(order=1)
    with pytest.raises(Refused, match="not in use"):
        change_deal(deal_id=deal.pk, version=1, by=cast.ana, stage=other)


def test_a_closed_deal_moves_only_after_it_is_reopened(cast: Cast) -> None:
    deal = close_deal(deal_id=a_deal(cast).pk, version=1, outcome="lost", by=cast.ana)
    with pytest.raises(Refused, match="Reopen it"):
        change_deal(deal_id=deal.pk, version=2, by=cast.ana, stage=cast.proposal)
    reopen_deal(deal_id=deal.pk, version=2, by=cast.ana)
    assert change_deal(deal_id=deal.pk, version=3, by=cast.ana, stage=cast.proposal).stage_id == cast.proposal.pk


# ── Past and future ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_rep_dates_back_within_the_month_and_a_manager_further_with_a_reason(cast: Cast) -> None:
    deal = a_deal(cast)
    change_deal(deal_id=deal.pk, version=1, by=cast.ana, effective_on=date(2026, 9, 1), stage=cast.qualified)
    past = {"deal_id": deal.pk, "version": 2, "effective_on": date(2026, 8, 31), "amount": Decimal(8)}
    with pytest.raises(Refused, match="Ask your manager"):
        change_deal(by=cast.ana, **past)
    with pytest.raises(Refused, match="Say why") as refusal:
        change_deal(by=cast.manager, **past)
    assert refusal.value.needs_why
    assert AuditEntry.objects.count() == 0
    change_deal(by=cast.manager, why="Order came late", **past)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.subject_id, entry.facts["on"]) == ("deal.past_edit", str(deal.pk), "2026-08-31")
    assert entry.detail.values == {"why": "Order came late"}
    row_equals_replay(deal)


def test_a_new_owner_is_audited(cast: Cast) -> None:
    deal = a_deal(cast)
    change_deal(deal_id=deal.pk, version=1, by=cast.manager, owner=cast.budi.rep, why="On leave")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.facts["from"], entry.facts["to"]) == ("deal.reassign", cast.ana.rep.pk, cast.budi.rep.pk)
    assert Deal.objects.get().has_history


def test_closing_before_a_reopening_is_refused(cast: Cast) -> None:
    deal = close_deal(deal_id=a_deal(cast).pk, version=1, outcome="lost", by=cast.ana, on=date(2026, 9, 10))
    reopen_deal(deal_id=deal.pk, version=2, by=cast.ana)
    with pytest.raises(Refused, match="closed or reopened after that day"):
        close_deal(deal_id=deal.pk, version=3, outcome="won", by=cast.ana, on=date(2026, 9, 12))
    assert Deal.objects.get().is_open


# ── Undo ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_undo_takes_back_the_push_with_the_date(cast: Cast) -> None:
    deal = a_deal(cast, expected_close_on=date(2026, 9, 30))
    moved = change_deal(deal_id=deal.pk, version=1, by=cast.ana, expected_close_on=date(2026, 10, 30))
    assert moved.push_count == 1
    back = void_events(deal_id=deal.pk, event_ids=[moved.last_events[0].pk], by=cast.ana)
    assert (back.expected_close_on, back.push_count, back.version) == (date(2026, 9, 30), 0, 3)
    assert void_events(deal_id=deal.pk, event_ids=[moved.last_events[0].pk], by=cast.ana).version == 3


def test_undo_keeps_what_others_changed_since(cast: Cast) -> None:
    deal = a_deal(cast)
    moved = change_deal(deal_id=deal.pk, version=1, by=cast.ana, stage=cast.proposal)
    change_deal(deal_id=deal.pk, version=2, by=cast.manager, amount=Decimal(77))
    back = void_events(deal_id=deal.pk, event_ids=[event.pk for event in moved.last_events], by=cast.ana)
    assert (back.stage_id, back.amount) == (cast.lead_in.pk, Decimal(77))
    row_equals_replay(deal)


def test_the_opening_of_a_deal_cannot_be_taken_back(cast: Cast) -> None:
    deal = a_deal(cast, opened_on=TODAY)
    with pytest.raises(Refused, match="opening"):
        void_events(deal_id=deal.pk, event_ids=[event.pk for event in events_of(deal.pk)], by=cast.ana)
    assert Deal.objects.get().version == 1


def test_undo_of_a_closed_month_needs_a_reason(cast: Cast) -> None:
    deal = a_deal(cast)
    moved = change_deal(deal_id=deal.pk, version=1, by=None, effective_on=date(2026, 8, 25), stage=cast.proposal)
    with pytest.raises(Refused):
        void_events(deal_id=deal.pk, event_ids=[moved.last_events[0].pk], by=cast.ana)
    void_events(deal_id=deal.pk, event_ids=[moved.last_events[0].pk], by=cast.manager, why="Wrong deal")
    assert AuditEntry.objects.get().verb == "deal.past_edit"


# ── The rule behind it all ──────────────────────────────────────────────────────────────────────────────────────────
days = st.integers(0, 27)
STEPS = st.one_of(
    st.tuples(st.just("stage"), st.integers(0, 3), days),
    st.tuples(st.just("amount"), st.none() | st.integers(0, 900), days),
    st.tuples(st.just("expected_close_on"), st.none() | st.integers(-10, 60), days),
    st.tuples(st.just("agreement_ready_on"), st.none() | st.integers(0, 30), days),
    st.tuples(st.just("agreement_sent_on"), st.none() | st.integers(0, 30), days),
    st.tuples(st.just("next_action"), st.sampled_from(["", "Call", "Send the draft"]), days),
    st.tuples(st.just("owner"), st.booleans(), days),
    st.tuples(st.just("close"), st.sampled_from(Deal.Outcome.values), days),
    st.tuples(st.just("reopen"), st.none(), days),
    st.tuples(st.just("void"), st.integers(0, 40), days),
)


def apply(cast: Cast, deal: Deal, step: tuple[str, Any, int]) -> None:
    """Do one edit as the manager, who may date back; what the rules refuse is passed over."""
    name, value, back = step
    common: dict[str, Any] = {"deal_id": deal.pk, "by": cast.manager, "why": "Because"}
    version = Deal.objects.get(pk=deal.pk).version
    stages = [cast.lead_in, cast.qualified, cast.proposal, cast.agreement]
    made = {"stage": lambda: stages[value], "owner": lambda: (cast.budi if value else cast.ana).rep,
            "amount": lambda: None if value is None else Decimal(value), "next_action": lambda: value}  # fmt: skip
    if name == "close":
        close_deal(**common, version=version, outcome=value, reason="price", on=days_ago(back))
    elif name == "reopen":
        reopen_deal(**common, version=version)
    elif name == "void":
        chosen = events_of(deal.pk)
        void_events(**common, event_ids=[chosen[value % len(chosen)].pk])
    elif name in made:
        change_deal(**common, version=version, effective_on=days_ago(back), **{name: made[name]()})
    else:
        to = None if value is None else TODAY + timedelta(days=value)
        change_deal(**common, version=version, effective_on=days_ago(back), **{name: to})


@invented(60)
@given(steps=st.lists(STEPS, min_size=1, max_size=14))
def test_the_deal_row_is_the_replay_of_its_events_after_any_edits(cast: Cast, steps: list[tuple[str, Any, int]]) -> None:
    deal = a_deal(cast)
    for step in steps:
        before, written = Deal.objects.get(pk=deal.pk).version, DealEvent.objects.filter(deal=deal).count()
        try:
            apply(cast, deal, step)
        except Refused:
            assert DealEvent.objects.filter(deal=deal).count() == written
        row = Deal.objects.get(pk=deal.pk)
        assert row.version - before == (DealEvent.objects.filter(deal=deal).count() > written)
        row_equals_replay(deal)
        counted = list(Credit.objects.current().filter(deal=deal))
        assert [credit.amount for credit in counted] == ([row.amount or Decimal(0)] if row.outcome == "won" else [])
        assert all(credit.won_on == row.closed_on and credit.share == 1 for credit in counted)


def test_a_stale_version_is_told_with_both_sides(cast: Cast) -> None:
    deal = a_deal(cast)
    change_deal(deal_id=deal.pk, version=1, by=cast.manager, amount=Decimal(5))
    with pytest.raises(StaleDeal) as stale:
        change_deal(deal_id=deal.pk, version=1, by=cast.ana, amount=Decimal(9))
    assert (stale.value.deal.amount, stale.value.wanted) == (Decimal(5), {"amount": Decimal(9)})
