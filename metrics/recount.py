"""The roll-ups counted anew from the rows behind them, by rep and day, with the very definitions that every page reads.

`closings` and `activity` are queries; the night compares them with what the triggers kept (metrics/night.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from lib.money import places
from lib.periods import midnight
from metrics import activity_facts, facts
from metrics.models.rollups import ACTIVE, OUTCOME_COLUMNS
from metrics.scopes import COMPANY
from metrics.windows import AsOf, Window
from reps.models import Company

_TYPES = ("new", "cross_sell", "renewal", "expansion")
_BY_TYPE = ", ".join(
    f"count(*) FILTER (WHERE f.outcome = 'won' AND d.deal_type = '{kind}') AS won_{kind}_count" for kind in _TYPES
)
_MONEY_BY_TYPE = ", ".join(
    f"sum(CASE WHEN d.deal_type = '{kind}' THEN coalesce(f.base_amount, 0) ELSE 0 END) * %(unit)s AS won_{kind}_minor"
    for kind in _TYPES
)
_CLOSINGS = f"""
WITH {{relations}},
c AS (
    SELECT f.rep_id, f.closed_on AS day, count(*) FILTER (WHERE f.outcome = 'won') AS won_count, {_BY_TYPE},
           count(*) FILTER (WHERE f.outcome = 'lost') AS lost_count,
           count(*) FILTER (WHERE f.outcome = 'lost' AND f.qualified) AS lost_qualified_count,
           count(*) FILTER (WHERE f.outcome = 'no_decision') AS no_decision_count,
           count(*) FILTER (WHERE f.outcome = 'no_decision' AND f.qualified) AS no_decision_qualified_count,
           count(*) FILTER (WHERE f.outcome = 'disqualified') AS disqualified_count,
           count(*) FILTER (WHERE f.outcome = 'disqualified' AND f.qualified) AS disqualified_qualified_count
    FROM closed f JOIN deals_deal d ON d.id = f.deal_id GROUP BY 1, 2
), v AS (
    SELECT f.rep_id, f.won_on AS day, count(*) AS credit_count, count(*) FILTER (WHERE f.base_amount IS NULL) AS unrated_count,
           coalesce(sum(f.base_amount), 0) * %(unit)s AS won_minor, {_MONEY_BY_TYPE}
    FROM credits f JOIN deals_deal d ON d.id = f.deal_id GROUP BY 1, 2
)
SELECT rep_id, day, {", ".join(f"coalesce({name}, 0)::bigint AS {name}" for name in OUTCOME_COLUMNS)}
FROM c FULL JOIN v USING (rep_id, day)
"""
_SUMS = ", ".join(f"count(*) FILTER (WHERE {flag}) AS {flag}" for flag in activity_facts.FLAGS)
_ACTIVITY = f"""
WITH {{relations}},
h AS (SELECT rep_id, day, {_SUMS} FROM happened GROUP BY 1, 2),
b AS (SELECT rep_id, day, count(*) AS meetings_scheduled FROM booked GROUP BY 1, 2),
l AS (SELECT rep_id, day, count(*) AS leads_created FROM leads GROUP BY 1, 2)
SELECT rep_id, day, {", ".join(f"coalesce({name}, 0)::bigint AS {name}" for name in ACTIVE)}
FROM h FULL JOIN b USING (rep_id, day) FULL JOIN l USING (rep_id, day)
"""


def closings(first: date, stop: date, company: Company) -> tuple[str, dict[str, Any]]:
    """Outcomes and credits of every rep and day in [first, stop), money in minor units; and the parameters."""
    text, params = facts.relations(COMPANY, [Window(first, stop)], _at(stop), company, parts=("closed", "credits"))
    return _CLOSINGS.replace("{relations}", text), {**params, "unit": 10 ** places(company.currency)}


def activity(first: date, stop: date, company: Company) -> tuple[str, dict[str, Any]]:
    """Activities, bookings and leads of every rep and day in [first, stop), those still to come included."""
    text, params = activity_facts.relations(COMPANY, [Window(first, stop)], _at(stop), company)
    end = midnight(stop, company.zone)
    return _ACTIVITY.replace("{relations}", text), {**params, "last_at": end + timedelta(days=1), "to0": end, "latest": end}


def _at(stop: date) -> AsOf:
    return AsOf(stop - timedelta(days=1), is_now=True)
