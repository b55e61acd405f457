"""Sixteen people save the same deal at once (TRUST 20): one wins, the others are told, nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from deals import draft
from deals.changes import StaleDeal, change_deal, events_of
from deals.models import Deal, DealEvent
from deals.replay import CACHED, replay
from tests import make
from tests.cast import Cast
from tests.racing import WRITERS, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def saved_amounts(deal: Deal) -> list[Decimal]:
    """The amounts in the deal's history, oldest first."""
    return [event.amount for event in events_of(deal.pk) if event.kind == DealEvent.Kind.AMOUNT and event.amount]


def test_one_of_sixteen_wins_and_the_history_has_no_gap(cast: Cast) -> None:
    deal = make.deal(owner=cast.ana, amount=Decimal(1))
    for round_ in range(5):
        seen = Deal.objects.get(pk=deal.pk).version

        def save(number: int, seen: int = seen, round_: int = round_) -> None:
            change_deal(deal_id=deal.pk, version=seen, by=cast.ana, amount=Decimal(100 * (round_ + 1) + number))

        assert sorted(at_once(save, StaleDeal)) == ["StaleDeal"] * (WRITERS - 1) + ["saved"]
        fresh = Deal.objects.get(pk=deal.pk)
        assert fresh.version == seen + 1
        assert saved_amounts(deal)[-1] == fresh.amount
        assert len(saved_amounts(deal)) == round_ + 2
    state = replay(events_of(deal.pk))
    assert {name: getattr(fresh, name) for name in CACHED} == {name: getattr(state, name) for name in CACHED}


def test_without_the_version_check_fifteen_saves_are_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same race with the protection off says yes to all, and fifteen people's values are gone."""
    deal = make.deal(owner=cast.ana, amount=Decimal(1))
    monkeypatch.setattr(draft, "is_stale", lambda deal, version: False)

    def save(number: int) -> None:
        change_deal(deal_id=deal.pk, version=1, by=cast.ana, amount=Decimal(100 + number))

    assert at_once(save) == ["saved"] * WRITERS
    assert Deal.objects.get(pk=deal.pk).amount == saved_amounts(deal)[-1]
