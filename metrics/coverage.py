"""Coverage: what is open and may still close in the period, against what is missing to the quota (DOMAIN §7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lib.periods import Period
from metrics import facts
from metrics.scopes import Scope
from metrics.sql import read
from metrics.windows import AsOf
from reps.models import Company

# A rate older than this is no rate (DOMAIN §1).
_RATE_LASTS_DAYS = 31


@dataclass(frozen=True)
class OpenDue:
    """Open qualified deals expected to close from today to the end of the period: their sum, how many, how many lack a rate."""

    amount: Decimal
    count: int
    without_rate: int


def open_due(scope: Scope, period: Period, *, at: AsOf, company: Company) -> OpenDue:
    """As the deals stand today, in one query; amounts in company currency at today's rate."""
    text, params = facts.relations(scope, [period], at, company, parts=("opened",))
    sql = f"""
    WITH {text}, rates AS (
        SELECT currency, rate FROM deals_fxrate WHERE superseded_at IS NULL AND valid @> %(today)s::date
          AND (lower_inf(valid) OR lower(valid) >= %(today)s::date - {_RATE_LASTS_DAYS})
        UNION SELECT %(currency)s, 1
    )
    SELECT coalesce(sum(d.amount * r.rate), 0) AS amount, count(*) AS count,
           count(*) FILTER (WHERE d.amount IS NOT NULL AND r.rate IS NULL) AS without_rate
    FROM opened o JOIN deals_deal d ON d.id = o.deal_id JOIN deals_stage g ON g.id = d.stage_id AND g.is_qualified
    LEFT JOIN rates r ON r.currency = d.currency
    WHERE d.expected_close_on >= %(today)s AND d.expected_close_on < %(period_stop)s
    """
    found = read(sql, {**params, "today": at.day, "currency": company.currency, "period_stop": period.end_on})[0]
    return OpenDue(Decimal(found["amount"]), found["count"], found["without_rate"])
