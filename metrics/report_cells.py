"""What the two reports add up, as SQL: the roll-ups of a span by rep and team of that day, and what was asked of them.

    inside  id, path, name             the teams of the scope
    ahead   rep_id, team_id, flags     acts dated in the span that are still to come: they have not happened yet
    seated  rep_id, team_id            who sits where at the end of the span, or today

Days and weeks are read from `RepDay`, months and quarters from `RepPeriod`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from lib import clock
from lib.periods import Period, containing, midnight, months_of
from metrics import activity_facts, facts
from metrics.scopes import Scope
from metrics.standings import mine
from metrics.windows import AsOf, Window
from reps.models import Company

# The place of a team among the others: by the names from the top down.
TREE = """(SELECT array_agg(lower(x.name) || ' ' || x.id ORDER BY length(x.path)) FROM reps_team x WHERE {team}.path LIKE x.path || '%%')"""
DEPTH = "length({team}.path) - length(replace({team}.path, '/', '')) - 2"


def is_by_month(span: Period) -> bool:
    """Whether quotas, which are months, can be asked of the span itself."""
    return span.grain in ("month", "quarter")


def quota_months(span: Period, company: Company) -> list[date]:
    """First days of the months whose quotas the span is held against: its own, or that of its last day, today at the latest."""
    if span.grain == "quarter":
        return months_of(span)
    last = max(span.start_on, min(span.last_on, clock.today(company.zone)))
    return [containing(last, "month").start_on]


def rolled(scope: Scope, span: Period) -> str:
    """FROM and WHERE of the roll-up rows `p` of the span."""
    if is_by_month(span):
        return f"FROM metrics_repperiod p WHERE p.grain = %(grain)s AND p.start_on = %(start_on)s AND {mine(scope, 'p')}"
    return f"FROM metrics_repday p WHERE p.day >= %(start_on)s AND p.day < %(stop_on)s AND {mine(scope, 'p')}"


def parts(scope: Scope, days: Window, company: Company) -> tuple[str, dict[str, Any]]:
    """The WITH parts named above (without the word) and their parameters."""
    today = clock.today(company.zone)
    texts = ["inside AS MATERIALIZED (SELECT id, path, name, closed_on FROM reps_team WHERE path LIKE %(scope_path)s)"]
    params: dict[str, Any] = facts.scope_params(scope, AsOf(today, is_now=True))
    if days.end_on > today:
        text, more = _ahead(scope, days, company)
        texts.append(text)
        params |= more
    else:
        flags = ", ".join(f"FALSE AS {flag}" for flag in activity_facts.FLAGS)
        texts.append(f"ahead AS (SELECT 0::bigint AS rep_id, NULL::bigint AS team_id, NULL::date AS day, {flags} WHERE FALSE)")
    texts.append(
        "seated AS (SELECT m.rep_id, m.team_id FROM reps_teammembership m WHERE m.superseded_at IS NULL AND m.valid @> %(seat_on)s::date)"
    )
    return ",\n".join(texts), {**params, "seat_on": min(days.end_on - timedelta(days=1), today)}


def _ahead(scope: Scope, days: Window, company: Company) -> tuple[str, dict[str, Any]]:
    """Acts of the span after this instant, by the very flags that the roll-ups count by."""
    whole = AsOf(days.end_on - timedelta(days=1), is_now=True)
    text, params = activity_facts.relations(scope, [days], whole, company, parts=("happened",), teams=True)
    now = clock.now()
    params |= {
        "first": clock.today(company.zone) - timedelta(days=1),
        "first_at": now + timedelta(microseconds=1),
        "last_at": midnight(days.end_on, company.zone) + timedelta(days=1),
    }
    return f"{text}, ahead AS (SELECT * FROM happened)", params
