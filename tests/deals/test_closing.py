"""Who a win counts for, and how much of company money it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from deals.changes import change_deal, close_deal, open_deal, reopen_deal, void_events
from deals.closing import fill_missing_rates
from deals.models import Credit, Deal, FxRate
from lib.versioned import since
from reps.models import Company
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def won(cast: Cast, *, on: date = date(2026, 9, 10), **facts: Any) -> Deal:
    """Ana's deal of 250 million rupiah, won."""
    given = {"name": "Mawar", "stage": cast.proposal, "currency": "IDR", "amount": Decimal(250_000_000)}
    deal = open_deal(by=None, owner=cast.ana.rep, opened_on=date(2026, 8, 1), **{**given, **facts})
    return close_deal(deal_id=deal.pk, version=1, outcome="won", by=None, on=on)


def current() -> Credit:
    return Credit.objects.current().get()


def test_a_win_counts_whole_for_its_owner(cast: Cast) -> None:
    won(cast)
    credit = current()
    assert (credit.rep, credit.share, credit.kind) == (cast.ana.rep, Decimal(1), "revenue")
    assert (credit.amount, credit.fx, credit.base_amount) == (Decimal(250_000_000), Decimal(1), Decimal(250_000_000))
    assert credit.won_on == date(2026, 9, 10)


def test_a_win_without_an_amount_counts_as_nothing_and_still_counts(cast: Cast) -> None:
    won(cast, amount=None)
    assert (current().amount, current().base_amount) == (0, 0)


def test_a_loss_has_no_credit(cast: Cast) -> None:
    deal = open_deal(by=None, owner=cast.ana.rep, name="X", stage=cast.proposal, currency="IDR", amount=Decimal(5))
    close_deal(deal_id=deal.pk, version=1, outcome="lost", by=cast.ana, reason="price")
    assert Credit.objects.count() == 0


def test_the_rate_of_the_day_it_was_won_is_copied(cast: Cast) -> None:
    """The pairs of DOMAIN §1: 250 million rupiah won on 10 and on 15 September in a dollar company."""
    Company.objects.update(currency="USD")
    FxRate.objects.create(currency="IDR", rate=Decimal("0.000061"), valid=since(date(2026, 9, 1), date(2026, 9, 15)))
    FxRate.objects.create(currency="IDR", rate=Decimal("0.0000625"), valid=since(date(2026, 9, 15)))
    won(cast, on=date(2026, 9, 10))
    won(cast, on=date(2026, 9, 15))
    assert list(Credit.objects.order_by("pk").values_list("base_amount", flat=True)) == [Decimal("15250.00"), Decimal("15625.00")]


@pytest.mark.parametrize(("valid_from", "counts"), [(date(2026, 8, 10), True), (date(2026, 8, 9), False)])
def test_a_rate_older_than_31_days_is_no_rate(cast: Cast, valid_from: date, counts: bool) -> None:
    FxRate.objects.create(currency="USD", rate=Decimal(16_000), valid=since(valid_from))
    won(cast, currency="USD", amount=Decimal(10), on=date(2026, 9, 10))
    assert (current().fx is not None, current().base_amount is not None) == (counts, counts)


def test_a_missing_rate_is_filled_later_and_a_copied_one_stays(cast: Cast) -> None:
    won(cast, currency="USD", amount=Decimal("19.99"))
    assert (current().fx, current().base_amount) == (None, None)
    assert fill_missing_rates(currency="USD", by=cast.admin) == 0
    rate = FxRate.objects.create(currency="USD", rate=Decimal("16000.5"), valid=since(date(2026, 9, 1)))
    assert fill_missing_rates(currency="EUR", by=cast.admin) == 0
    assert fill_missing_rates(currency="USD", by=cast.admin) == 1
    assert (current().base_amount, current().actor) == (Decimal(319_850), cast.admin)
    FxRate.objects.filter(pk=rate.pk).update(superseded_at=rate.recorded_at)
    FxRate.objects.create(currency="USD", rate=Decimal(1), valid=since(date(2026, 9, 1)))
    change_deal(deal_id=current().deal_id, version=2, by=cast.ana, amount=Decimal(20))
    assert (current().fx, current().base_amount) == (Decimal("16000.5"), Decimal(320_010))


def test_a_corrected_amount_supersedes_the_credit(cast: Cast) -> None:
    deal = won(cast)
    change_deal(deal_id=deal.pk, version=2, by=cast.ana, amount=Decimal(240_000_000))
    assert current().amount == Decimal(240_000_000)
    assert Credit.objects.exclude(superseded_at=None).get().amount == Decimal(250_000_000)


def test_a_change_that_touches_no_money_leaves_the_credit(cast: Cast) -> None:
    deal = won(cast)
    change_deal(deal_id=deal.pk, version=2, by=cast.ana, next_action="Onboard them")
    assert Credit.objects.count() == 1


def test_a_later_owner_takes_the_deal_and_not_the_win(cast: Cast) -> None:
    deal = won(cast)
    change_deal(deal_id=deal.pk, version=2, by=cast.manager, owner=cast.budi.rep, effective_on=date(2026, 9, 11))
    assert current().rep == cast.ana.rep
    assert Deal.objects.get().owner == cast.budi.rep


def test_an_owner_change_dated_before_the_win_moves_it(cast: Cast) -> None:
    deal = won(cast)
    change_deal(deal_id=deal.pk, version=2, by=cast.manager, owner=cast.budi.rep, effective_on=date(2026, 9, 9))
    assert current().rep == cast.budi.rep


def test_reopening_and_undo_leave_no_credit(cast: Cast) -> None:
    deal = won(cast)
    reopen_deal(deal_id=deal.pk, version=2, by=cast.ana)
    assert Credit.objects.current().count() == 0
    again = close_deal(deal_id=deal.pk, version=3, outcome="won", by=cast.ana)
    assert current().won_on == date(2026, 9, 16)
    void_events(deal_id=deal.pk, event_ids=[event.pk for event in again.last_events], by=cast.ana)
    assert Credit.objects.current().count() == 0
