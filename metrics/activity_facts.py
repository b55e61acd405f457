"""The activities and leads behind every activity figure, as SQL relations of windows (DOMAIN §6).

    w         k, start_on, stop_on, start_at, stop_at
    happened  k, id, rep_id, team_id, day, calls_made, connects, … one flag for each metric
    booked    k, id, rep_id, team_id, day      first bookings of meetings, for the booker
    leads     k, id, rep_id, team_id, day      new leads, for the rep who entered them

Nothing that starts after the present instant has happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from lib import clock
from metrics.facts import placed, scope_params, seats
from metrics.scopes import Scope
from metrics.windows import AsOf, Days, instants, reach
from reps.models import Company

# A call of this many seconds or more was a conversation; a meeting cancelled this many hours before counts as missed.
CONNECT_SECONDS = 30
LATE_CANCEL_HOURS = 24

_STANDING = "a.cancelled_at IS NULL"
# What of an act of deals_activity `a` is counted by each figure; `{standing}`: it was not cancelled.
_COUNTED = {
    "calls_made": "a.channel = 'call' AND a.direction = 'out' AND {standing} AND a.is_human",
    "connects": f"""a.channel = 'call' AND a.direction = 'out' AND {{standing}} AND a.is_human AND coalesce(
           a.ended_at - a.occurred_at >= interval '{CONNECT_SECONDS} seconds', a.outcome = 'reached')""",
    "whatsapp_sent": "a.channel = 'whatsapp' AND a.direction = 'out' AND {standing} AND a.is_human",
    "visits": "a.channel = 'visit' AND {standing} AND a.outcome NOT IN ('no_show', 'rescheduled')",
    "emails_sent": "a.channel = 'email' AND a.direction = 'out' AND {standing} AND a.is_human",
    "meetings_held": "a.channel = 'meeting' AND {standing} AND a.outcome = 'held'",
    "no_shows": "a.channel = 'meeting' AND {standing} AND a.outcome = 'no_show'",
    "late_cancels": f"""a.channel = 'meeting' AND NOT {{standing}} AND a.outcome = '' AND a.booked_at IS NOT NULL
           AND a.cancelled_at <= a.occurred_at AND a.cancelled_at > a.occurred_at - interval '{LATE_CANCEL_HOURS} hours'""",
}
FLAGS = tuple(_COUNTED)

# The days are those of the company's zone; the bounds on the instant only help the index find them.
_HAPPENED = f"""
SELECT w.k, a.id, a.rep_id, a.occurred_on AS day,
       {", ".join(f"{condition.format(standing='s.standing')} AS {flag}" for flag, condition in _COUNTED.items())}
FROM deals_activity a
JOIN w ON a.occurred_on >= w.start_on AND a.occurred_on < w.stop_on
CROSS JOIN LATERAL (SELECT {{standing}} AS standing) s
WHERE a.occurred_on >= %(first)s AND a.occurred_on < %(last)s
  AND a.occurred_at >= %(first_at)s AND a.occurred_at <= %(last_at)s {{known}}
"""

_BOOKED = """
SELECT w.k, a.id, coalesce(a.booked_by_id, a.rep_id) AS rep_id, (a.booked_at AT TIME ZONE %(zone)s)::date AS day
FROM deals_activity a
JOIN w ON a.booked_at >= w.start_at AND a.booked_at < w.stop_at
WHERE a.channel = 'meeting' AND a.root_id IS NULL AND a.booked_at >= %(earliest)s AND a.booked_at < %(latest)s {known}
"""

_LEADS = """
SELECT w.k, l.id, l.created_by_id AS rep_id, (l.created_at AT TIME ZONE %(zone)s)::date AS day
FROM deals_lead l
JOIN w ON l.created_at >= w.start_at AND l.created_at < w.stop_at
WHERE NOT l.is_import AND l.merged_into_id IS NULL AND l.created_by_id IS NOT NULL
  AND l.created_at >= %(earliest)s AND l.created_at < %(latest)s {known}
"""

PARTS = {"happened": _HAPPENED, "booked": _BOOKED, "leads": _LEADS}


def counted(flag: str) -> str:
    """The condition, on rows `a` of deals_activity as they stand now, by which an act counts for a figure of `FLAGS`."""
    return _COUNTED[flag].format(standing=f"({_STANDING})")


def relations(
    scope: Scope, windows: Sequence[Days], at: AsOf, company: Company, *, parts: Sequence[str] = tuple(PARTS), teams: bool = False
) -> tuple[str, dict[str, Any]]:
    """The WITH parts (without the word) and their parameters; `teams` fills `team_id` also where the scope needs none."""
    rows = ", ".join(
        f"({k}, %(start{k})s::date, %(stop{k})s::date, %(from{k})s::timestamptz, %(to{k})s::timestamptz)"
        for k in range(len(windows))
    )
    with_team = teams or scope.is_team
    texts = [f"w (k, start_on, stop_on, start_at, stop_at) AS (VALUES {rows})", *([seats(scope, at)] if with_team else [])]
    texts += [f"{part} AS ({placed(_as_known(part, at), 'day', scope, with_team=with_team)})" for part in parts]
    return ",\n".join(texts), _params(scope, windows, at, company)


def _as_known(part: str, at: AsOf) -> str:
    column = "l.created_at" if part == "leads" else "a.recorded_at"
    return PARTS[part].format(
        known=f"AND {column} <= %(known_at)s" if at.known_at else "",
        standing="a.cancelled_at IS NULL OR a.cancelled_at > %(known_at)s" if at.known_at else _STANDING,
    )


def _params(scope: Scope, windows: Sequence[Days], at: AsOf, company: Company) -> dict[str, Any]:
    first, last = reach(windows, at)
    bounds = [instants(window, at, company) for window in windows]
    params = {
        **scope_params(scope, at),
        "zone": company.time_zone,
        "first": first,
        "last": last,
        "first_at": min(start for start, _ in bounds) - timedelta(days=1),
        "last_at": clock.now(),
        "earliest": min(start for start, _ in bounds),
        "latest": max(stop for _, stop in bounds),
    }
    for k, (window, (start, stop)) in enumerate(zip(windows, bounds, strict=True)):
        params |= {f"start{k}": window.start_on, f"stop{k}": at.stop(window), f"from{k}": start, f"to{k}": stop}
    return params
