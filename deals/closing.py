"""Who a win counts for, and how much.

Rules. A won deal has one current REVENUE credit of share 1, for the rep who owned it when it was won (DOMAIN §0.8): a
later owner takes the deal and not the win; an owner change dated before the win moves it. Its amount is the deal's
amount, 0 if none; an amount corrected after the win restates it. Reopening or undoing the win leaves no credit. Rows are
never changed: the old one is superseded, a new one written.

The rate is the company-currency value of one unit on the day of the win, from a rate not older than 31 days. Without one
`fx` and `base_amount` stay empty (reason `missing_fx`) until `fill_missing_rates` finds it; it is never 1 by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from deals.models import Competitor, Credit, Deal, DealEvent, FxRate
from deals.replay import owner_at, standing
from lib import clock
from lib.money import quantize
from lib.versioned import since
from reps.models import Company, User

OLDEST_RATE = timedelta(days=31)


def settle_credit(*, deal: Deal, events: Iterable[DealEvent], company: Company, by: User | None) -> Credit | None:
    """Bring the deal's credit to what the deal is now. Runs in the transaction of the change, under the deal's lock."""
    current = list(Credit.objects.current().filter(deal=deal, kind=Credit.Kind.REVENUE))
    wanted = _wanted(deal, list(events), company, current)
    if wanted and len(current) == 1 and all(getattr(current[0], key) == value for key, value in wanted.items()):
        return current[0]
    now = clock.now()
    if current:
        Credit.objects.filter(pk__in=[credit.pk for credit in current]).update(superseded_at=now)
    if not wanted:
        return None
    return Credit.objects.create(
        deal=deal, kind=Credit.Kind.REVENUE, valid=since(deal.closed_on), recorded_at=now, actor=by, **wanted
    )


def rate_on(day: date, *, currency: str, company: Company) -> Decimal | None:
    """Company-currency units for one unit of `currency` on that day; None when no rate is young enough."""
    if currency == company.currency:
        return Decimal(1)
    row = FxRate.objects.on(day).filter(currency=currency).first()
    if row is None or row.valid.lower is None or day - row.valid.lower > OLDEST_RATE:
        return None
    return row.rate


def in_base(amount: Decimal, *, fx: Decimal | None, company: Company) -> Decimal | None:
    """The amount in company currency, whole minor units; None without a rate."""
    return None if fx is None else quantize(amount * fx, company.currency)


def fill_missing_rates(*, by: User | None, currency: str = "", company: Company | None = None) -> int:
    """Give wins that waited for a rate the one known by now, in one currency or in all; returns how many.

    Rates in place stay.
    """
    company = company or Company.load()
    filled = 0
    with transaction.atomic():
        waiting = Credit.objects.current().filter(fx=None).select_for_update().order_by("rep_id", "pk")
        for credit in waiting.filter(currency=currency) if currency else waiting:
            fx = rate_on(credit.won_on, currency=credit.currency, company=company)
            if fx is not None:
                _replace(credit, fx=fx, base_amount=in_base(credit.amount, fx=fx, company=company), actor=by)
                filled += 1
    return filled


def naming_competitor(name: str) -> Competitor | None:
    """The competitor of that name, whatever its case, made if there is none; None for an empty name."""
    if not name:
        return None
    known = Competitor.objects.filter(name__iexact=name).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Competitor.objects.create(name=name)
    except IntegrityError:
        return Competitor.objects.get(name__iexact=name)


def _replace(credit: Credit, **values: Any) -> None:
    now = clock.now()
    Credit.objects.filter(pk=credit.pk).update(superseded_at=now)
    kept = {
        field.attname: getattr(credit, field.attname)
        for field in Credit._meta.concrete_fields
        if field.name not in {"id", "superseded_at", "recorded_at", "actor"}
    }
    Credit.objects.create(**{**kept, **values}, recorded_at=now)


def _wanted(deal: Deal, events: list[DealEvent], company: Company, current: list[Credit]) -> dict[str, Any] | None:
    """The fields of the credit the deal should have, or None when it is not won. A rate once copied stays."""
    if deal.outcome != Deal.Outcome.WON or deal.closed_on is None:
        return None
    win = [event for event in standing(events) if event.kind == DealEvent.Kind.OUTCOME][-1]
    amount = deal.amount or Decimal(0)
    copied = [row.fx for row in current if row.fx and (row.won_on, row.currency) == (deal.closed_on, deal.currency)]
    fx = copied[0] if copied else rate_on(deal.closed_on, currency=deal.currency, company=company)
    return {
        "rep_id": owner_at(events, win) or deal.owner_id,
        "share": Decimal(1),
        "amount": amount,
        "currency": deal.currency,
        "fx": fx,
        "base_amount": in_base(amount, fx=fx, company=company),
        "won_on": deal.closed_on,
    }
