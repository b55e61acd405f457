"""What is in a quota: who set which month when, what leave made of it, and how its sums changed from night to night.

One query, whatever the period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from lib.periods import Period, add_months, months_of
from metrics.scopes import Scope
from metrics.sql import document
from metrics.standings import Target
from metrics.targets import SHORTEST_LEAVE_DAYS
from metrics.windows import AsOf
from reps.models import Company

_READ = """
WITH owners AS (SELECT t.id, t.name FROM reps_team t WHERE {owners}),
versions AS (
    SELECT q.*, u.name AS actor, o.name AS owner,
           row_number() OVER (PARTITION BY q.rep_id, q.team_id, q.month_on ORDER BY q.recorded_at, q.id) AS version
    FROM metrics_quota q LEFT JOIN reps_user u ON u.id = q.actor_id LEFT JOIN owners o ON o.id = q.team_id
    WHERE q.metric = %(metric)s AND q.deal_type = %(deal_type)s AND q.month_on = ANY(%(months)s) AND {mine}
),
months AS (
    SELECT m.month_on, s.minor, metrics_working_days(metrics_calendar_of(p.team_id), m.month_on, (m.month_on + interval '1 month')::date) AS days
    FROM unnest(%(months)s::date[]) m (month_on)
    LEFT JOIN (
        SELECT e.month_on, sum(e.minor) AS minor
        FROM metrics_effective(ARRAY[%(id)s]::bigint[], %(first)s, %(last)s, %(known_at)s) e
        WHERE e.metric = %(metric)s AND e.deal_type = %(deal_type)s GROUP BY e.month_on
    ) s ON s.month_on = m.month_on
    LEFT JOIN LATERAL (
        SELECT x.team_id FROM reps_teammembership x WHERE x.rep_id = %(id)s AND x.superseded_at IS NULL
          AND x.valid && daterange(m.month_on, (m.month_on + interval '1 month')::date) ORDER BY x.valid DESC LIMIT 1
    ) p ON TRUE
    WHERE %(is_rep)s
),
away AS (
    SELECT lower(l.valid) AS start_on, upper(l.valid) AS stop_on FROM reps_leave l
    WHERE %(is_rep)s AND l.rep_id = %(id)s AND metrics_stood(l.recorded_at, l.superseded_at, %(known_at)s)
      AND l.valid && daterange(%(first)s, %(stop)s) ORDER BY 1
)
SELECT json_build_object(
    'versions', (SELECT json_agg(json_build_object(
        'owner', owner, 'team_id', team_id, 'month_on', month_on, 'amount', amount, 'actor', actor, 'recorded_at', recorded_at, 'version', version,
        'reason', reason) ORDER BY owner NULLS FIRST, month_on)
        FROM versions WHERE metrics_stood(recorded_at, superseded_at, %(known_at)s)),
    'months', (SELECT json_agg(json_build_object('month_on', month_on, 'minor', minor, 'days', days)) FROM months),
    'away', (SELECT json_agg(json_build_object('start_on', start_on, 'stop_on', stop_on)) FROM away),
    'rep', (SELECT json_build_object('joined_on', joined_on, 'left_on', left_on) FROM reps_rep WHERE %(is_rep)s AND id = %(id)s),
    'revisions', (SELECT json_agg(json_build_object('metric', v.metric, 'value', v.value, 'known_at', v.known_at, 'cause', v.cause)
        ORDER BY v.id) FROM metrics_metricrevision v
        WHERE v.metric = ANY(%(revised)s) AND v.scope_kind = %(kind)s AND v.scope_id = %(id)s AND v.grain = %(grain)s
          AND v.start_on = %(first)s AND %(deal_type)s = '')
)::text
"""


@dataclass(frozen=True)
class Month:
    """One month's number in the version that stands: by whom and when it was set, the how manieth version it is.

    Of a rep also what leave, joining and leaving left of it, and the days at work of all working days.
    """

    owner: str
    team_id: int | None
    month_on: date
    base: Decimal
    actor: str
    recorded_at: datetime
    version: int
    reason: str
    effective: Decimal | None = None
    worked: Decimal | None = None
    days: int = 0
    away: Sequence[tuple[date, date]] = ()
    joined_on: date | None = None
    left_on: date | None = None

    @property
    def is_cut(self) -> bool:
        """Less was asked than was set."""
        return self.effective is not None and self.effective != self.base


@dataclass(frozen=True)
class Revision:
    """What a value was until the night that began at `until`; `is_late` when something late changed a period that was over."""

    metric: str
    value: Decimal | None
    until: datetime
    is_late: bool


@dataclass(frozen=True)
class Story:
    """The months of the quota, and former values, latest first."""

    months: Sequence[Month]
    revisions: Sequence[Revision]


def story(scope: Scope, period: Period, target: Target, at: AsOf, company: Company, *, revised: Sequence[str]) -> Story:
    """`revised` names the metrics whose former values this person reads."""
    owners = "t.parent_id IS NULL" if scope.is_company else "t.id = %(id)s" if scope.is_team else "FALSE"
    mine = "q.rep_id = %(id)s" if scope.is_rep else "q.team_id IN (SELECT id FROM owners)"
    months = months_of(period)
    found = document(
        _READ.replace("{owners}", owners).replace("{mine}", mine),
        {
            "id": scope.id, "is_rep": scope.is_rep, "kind": scope.kind.value, "metric": target.metric,
            "deal_type": target.deal_type, "months": months, "first": months[0], "last": months[-1], "stop": period.end_on,
            "grain": period.grain, "known_at": at.known_at, "revised": list(revised),
        },
    )  # fmt: skip
    unit = target.unit(company)
    cut = {row["month_on"]: row for row in found["months"] or ()}
    shown = [_month(row, cut.get(row["month_on"]), found, unit) for row in found["versions"] or ()]
    return Story(shown, _revisions(found["revisions"] or ()))


def _month(row: Mapping[str, Any], cut: Mapping[str, Any] | None, found: Mapping[str, Any], unit: int) -> Month:
    start = date.fromisoformat(row["month_on"])
    month = {
        "owner": row["owner"] or "", "team_id": row["team_id"], "month_on": start, "base": Decimal(row["amount"]), "actor": row["actor"] or "",
        "recorded_at": datetime.fromisoformat(row["recorded_at"]), "version": row["version"], "reason": row["reason"],
    }  # fmt: skip
    if cut is None:
        return Month(**month)
    effective = Decimal(cut["minor"] or 0) / unit
    worked = effective * cut["days"] / month["base"] if month["base"] else None
    rep = found["rep"] or {}
    return Month(
        **month, effective=effective, worked=worked, days=cut["days"], away=_away(found["away"] or (), start),
        joined_on=_within(rep.get("joined_on"), start), left_on=_within(rep.get("left_on"), start),
    )  # fmt: skip


def _away(rows: Sequence[Mapping[str, Any]], month_on: date) -> list[tuple[date, date]]:
    """The leave that may lower this month: first and last day of each that is long enough to count."""
    spans = [(date.fromisoformat(row["start_on"]), date.fromisoformat(row["stop_on"])) for row in rows if row["stop_on"]]
    after = add_months(month_on, 1)
    return [
        (start, stop - timedelta(days=1))
        for start, stop in spans
        if start < after and stop > month_on and (stop - start).days >= SHORTEST_LEAVE_DAYS
    ]


def _within(text: str | None, month_on: date) -> date | None:
    day = date.fromisoformat(text) if text else None
    return day if day and (day.year, day.month) == (month_on.year, month_on.month) else None


def _revisions(rows: Sequence[Mapping[str, Any]]) -> list[Revision]:
    """Each value with the night that replaced it."""
    found = []
    for metric in {row["metric"]: None for row in rows}:
        mine = [row for row in rows if row["metric"] == metric]
        for was, then in pairwise(mine):
            value = None if was["value"] is None else Decimal(was["value"])
            found.append(Revision(metric, value, datetime.fromisoformat(then["known_at"]), then["cause"] == "late"))
    return sorted(found, key=lambda one: one.until, reverse=True)
