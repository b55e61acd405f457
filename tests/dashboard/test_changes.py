"""What changed since Monday: each cause, and that the steps always add up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.panels import deals
from dashboard.panels.changes import Cause, Side, Touched, since
from deals.changes import change_deal, close_deal
from tests import make

MONDAY, TODAY, DUE_BEFORE = date(2026, 9, 14), date(2026, 9, 16), date(2026, 10, 1)
INSIDE, OUTSIDE = date(2026, 9, 25), date(2026, 10, 20)
M = Decimal(1_000_000)


def side(amount=10 * M, due=INSIDE, outcome="", *, ours=True):
    return Side(ours, amount, due, outcome)


NOT_YET = Side(None, None, None, "")


def moves(before, now):
    """Cause → amount of one deal, the closing being what it counts now."""
    closing = now.counts(DUE_BEFORE) or Decimal(0)
    found = since(MONDAY, [Touched(1, "Deal", before, now)], due_before=DUE_BEFORE, closing=closing)
    assert found.opening == (before.counts(DUE_BEFORE) or 0)
    return {step.cause: step.amount for step in found.steps}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (NOT_YET, side(), {Cause.NEW: 10 * M}),
        (NOT_YET, side(due=OUTSIDE), {}),
        (NOT_YET, side(due=None), {}),
        (NOT_YET, side(outcome="won"), {Cause.NEW: 10 * M, Cause.WON: -10 * M}),
        (NOT_YET, side(outcome="lost"), {}),
        (side(), side(12 * M), {Cause.UP: 2 * M}),
        (side(), side(7 * M), {Cause.DOWN: -3 * M}),
        (side(), side(due=OUTSIDE), {Cause.PUSHED: -10 * M}),
        (side(), side(12 * M, OUTSIDE), {Cause.UP: 2 * M, Cause.PUSHED: -12 * M}),
        (side(due=OUTSIDE), side(), {Cause.PULLED: 10 * M}),
        (side(due=None), side(), {Cause.PULLED: 10 * M}),
        (side(), side(outcome="won"), {Cause.WON: -10 * M}),
        (side(), side(12 * M, outcome="won"), {Cause.UP: 2 * M, Cause.WON: -12 * M}),
        (side(due=OUTSIDE), side(due=OUTSIDE, outcome="won"), {Cause.PULLED: 10 * M, Cause.WON: -10 * M}),
        (side(), side(outcome="lost"), {Cause.LOST: -10 * M}),
        (side(), side(outcome="no_decision"), {Cause.LOST: -10 * M}),
        (side(due=OUTSIDE), side(due=OUTSIDE, outcome="lost"), {}),
        (side(outcome="lost"), side(), {Cause.NEW: 10 * M}),
        (side(), side(ours=False), {Cause.MOVED: -10 * M}),
        (side(ours=False), side(), {Cause.MOVED: 10 * M}),
        (side(None), side(5 * M), {Cause.UP: 5 * M}),
        (side(), side(None), {Cause.DOWN: -10 * M}),
    ],
)  # fmt: skip
def test_one_deal_moves_the_sum_by_its_cause(before, now, expected):
    assert moves(before, now) == expected


SIDES = st.builds(
    Side,
    st.sampled_from([True, True, True, False]),
    st.none() | st.integers(0, 50).map(lambda n: n * M),
    st.sampled_from([None, INSIDE, OUTSIDE, date(2026, 6, 1)]),
    st.sampled_from(["", "", "open", "won", "lost", "no_decision", "disqualified"]),
)


@given(st.lists(st.tuples(st.just(NOT_YET) | SIDES, SIDES), max_size=12))
def test_opening_and_steps_always_add_up_to_the_closing(pairs):
    touched = [Touched(at, f"Deal {at}", before, now) for at, (before, now) in enumerate(pairs)]
    closing = sum((deal.now.counts(DUE_BEFORE) or Decimal(0) for deal in touched), Decimal(0))
    found = since(MONDAY, touched, due_before=DUE_BEFORE, closing=closing)
    assert found.opening == sum((deal.before.counts(DUE_BEFORE) or Decimal(0) for deal in touched), Decimal(0))
    assert found.opening + sum((step.amount for step in found.steps), Decimal(0)) == found.closing


def test_the_largest_movers_come_first_and_new_deals_without_a_date_are_counted():
    touched = [
        Touched(1, "Small", NOT_YET, side(2 * M)),
        Touched(2, "Large", NOT_YET, side(9 * M)),
        Touched(3, "Undated", NOT_YET, side(due=None)),
    ]
    found = since(MONDAY, touched, due_before=DUE_BEFORE, closing=11 * M)
    assert [mover.name for mover in found.steps[0].movers] == ["Large", "Small"]
    assert found.undated == 1
    assert found.moves == 2


def read(cast, *reps):
    return deals.read(rep_ids=[rep.rep.pk for rep in reps], currency="IDR", today=TODAY, due_before=DUE_BEFORE).changes


def test_the_week_is_read_from_events(cast):
    pushed = make.deal(owner=cast.ana, name="Pushed", amount=30 * M, expected_close_on=INSIDE)
    won = make.deal(owner=cast.ana, name="Won", amount=20 * M, expected_close_on=INSIDE)
    make.deal(owner=cast.ana, name="New", amount=5 * M, expected_close_on=INSIDE, opened_on=MONDAY)
    make.deal(owner=cast.ana, name="Untouched", amount=100 * M, expected_close_on=INSIDE)
    make.deal(owner=cast.outsider, name="Not ours", amount=7 * M, expected_close_on=INSIDE, opened_on=MONDAY)
    change_deal(deal_id=pushed.pk, version=1, by=cast.ana, expected_close_on=OUTSIDE)
    close_deal(deal_id=won.pk, version=1, outcome="won", by=cast.ana, on=TODAY)
    found = read(cast, cast.ana, cast.budi)
    assert {step.cause: step.amount for step in found.steps} == {Cause.NEW: 5 * M, Cause.PUSHED: -30 * M, Cause.WON: -20 * M}
    assert (found.opening, found.closing) == (150 * M, 105 * M)
    assert found.steps[1].movers[0].close_on == OUTSIDE


def test_what_happened_before_monday_is_no_change(cast):
    moved = make.deal(owner=cast.ana, amount=30 * M, expected_close_on=INSIDE)
    change_deal(deal_id=moved.pk, version=1, by=None, effective_on=MONDAY - timedelta(days=1), amount=40 * M)
    found = read(cast, cast.ana)
    assert found.steps == ()
    assert found.opening == found.closing == 40 * M


def test_a_deal_given_to_another_team_leaves_one_sum_and_enters_the_other(cast):
    deal = make.deal(owner=cast.ana, amount=30 * M, expected_close_on=INSIDE)
    change_deal(deal_id=deal.pk, version=1, by=cast.vp, owner=cast.outsider.rep)
    assert {step.cause: step.amount for step in read(cast, cast.ana).steps} == {Cause.MOVED: -30 * M}
    assert {step.cause: step.amount for step in read(cast, cast.outsider).steps} == {Cause.MOVED: 30 * M}
    assert read(cast, cast.ana, cast.outsider).steps == ()
