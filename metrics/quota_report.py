"""The quota report's read: credited, asked and how far, of the reps or teams of a scope, in one query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lib import clock
from lib.periods import add_months
from metrics import report_cells
from metrics.activity_facts import FLAGS
from metrics.models import Quota
from metrics.quotas import is_money
from metrics.report_cells import DEPTH, TREE, is_by_month, quota_months
from metrics.reports import Asked, Place, QuotaLine, QuotaReport, below, place_of, reads_quotas
from metrics.scopes import Scope
from metrics.sql import document, read
from metrics.standings import Target, calendar_of, mine, own_of, owners, units
from metrics.windows import Window
from reps.access import Viewer
from reps.models import Company

_SUMS = (
    "sum(credited)::bigint AS credited, sum(inside)::bigint AS inside, sum(unrated)::bigint AS unrated, "
    "nullif(sum(quota), 0)::bigint AS street"
)
_QUOTA = f"""
WITH {{parts}},
cells AS (
    SELECT rep_id, team_id, {_SUMS.replace("nullif(sum(quota), 0)::bigint AS street", "sum(quota)::bigint AS quota")} FROM (
        {{credited}}
        UNION ALL
        SELECT e.rep_id, e.team_id, 0, 0, 0, e.minor FROM metrics_effectivequota e
        WHERE e.metric = %(metric)s AND e.deal_type = %(deal_type)s AND e.month_on = ANY(%(months)s) AND {{asked_mine}}
    ) x GROUP BY 1, 2
),
raw_lines AS ({{lines}}),
{calendar_of("SELECT DISTINCT team_id FROM raw_lines", "quota_from", "quota_stop")},
lines AS (
    SELECT l.*, k.elapsed, k.total FROM raw_lines l LEFT JOIN calendar k ON k.team_id IS NOT DISTINCT FROM l.team_id
),
whole AS (SELECT {_SUMS} FROM cells),
own AS (
    SELECT sum(o.value)::bigint AS value, bool_or(o.value IS NULL) AS partly FROM (
        SELECT {own_of("t")} AS value FROM reps_team t WHERE {{owners}}) o
)
SELECT json_build_object(
    'whole', (SELECT row_to_json(w) FROM (
        SELECT whole.*, (SELECT CASE WHEN partly THEN NULL ELSE value END FROM own) AS own, (SELECT max(elapsed) FROM lines) AS elapsed,
               (SELECT max(total) FROM lines) AS total FROM whole) w),
    'count', (SELECT count(*) FROM lines),
    'rows', (SELECT json_agg(row_to_json(l) ORDER BY place, id) FROM (
        SELECT * FROM lines ORDER BY place, id OFFSET %(after)s LIMIT %(size)s) l)
)::text
"""
_REPS = f"""
    SELECT r.id, r.name, t.name AS note, ARRAY[lower(r.name)] AS place, 0 AS depth, m.team_id, NULL::bigint AS own, s.*
    FROM (SELECT rep_id, {_SUMS} FROM cells GROUP BY 1) s JOIN reps_rep r ON r.id = s.rep_id
    LEFT JOIN seated m ON m.rep_id = r.id LEFT JOIN reps_team t ON t.id = m.team_id
    WHERE s.credited <> 0 OR s.inside <> 0 OR s.unrated <> 0 OR s.street IS NOT NULL
"""
_TEAMS = f"""
    SELECT * FROM (
        SELECT a.id, a.name, '' AS note, {TREE.format(team="a")} AS place, {DEPTH.format(team="a")} AS depth, a.id AS team_id,
               {own_of("a")}::bigint AS own, {_SUMS}
        FROM inside a LEFT JOIN reps_team t ON t.path LIKE a.path || '%%' LEFT JOIN cells c ON c.team_id = t.id
        GROUP BY a.id, a.name, a.path
    ) x WHERE credited <> 0 OR inside <> 0 OR unrated <> 0 OR street IS NOT NULL OR own IS NOT NULL
    UNION ALL
    SELECT NULL, '', '', NULL, 0, NULL, NULL, {_SUMS} FROM cells WHERE team_id IS NULL HAVING count(*) > 0
"""


def metrics_asked(scope: Scope, months: list[date]) -> list[str]:
    """Of which metrics there are quotas in the scope, in the order they are known in."""
    rows = read(
        f"""
        WITH inside AS (SELECT id FROM reps_team WHERE path LIKE %(path)s)
        SELECT DISTINCT e.metric FROM metrics_effectivequota e
        WHERE e.month_on = ANY(%(months)s) AND e.deal_type = '' AND {mine(scope, "e")}
        """,
        {"path": f"{scope.path}%", "scope_id": scope.id, "months": months},
    )
    found = {row["metric"] for row in rows}
    return [metric.value for metric in Quota.Metric if metric.value in found]


def quota_report(asked: Asked, target: Target, *, viewer: Viewer, company: Company) -> QuotaReport:
    """Each line against its quota. The scope itself must be this person's to read; lines that are not say nothing of quotas."""
    months = quota_months(asked.span, company)
    first = min(months[0], asked.span.start_on)
    text, params = report_cells.parts(asked.scope, Window(first, asked.span.end_on), company)
    sql = (
        _QUOTA.replace("{parts}", text)
        .replace("{credited}", _credited(asked, target, company))
        .replace("{asked_mine}", mine(asked.scope, "e"))
        .replace("{lines}", _TEAMS if asked.by_team else _REPS)
        .replace("{owners}", owners(asked.scope, "SELECT FROM cells WHERE quota <> 0"))
    )
    found = document(sql, {**params, **_params(asked, target, company, months, first)})
    unit, rows = target.unit(company), below(found["rows"] or [], asked)
    top = min((row["depth"] for row in rows), default=0)
    return QuotaReport(
        lines=[_line(place_of(row, asked, top), row, unit, viewer) for row in rows],
        whole=_line(Place(asked.scope.title, "", asked.scope), found["whole"], unit, viewer),
        count=found["count"],
    )


def _credited(asked: Asked, target: Target, company: Company) -> str:
    """rep_id, team_id, credited, inside, unrated, quota: of the span, or since the first of the month and on the days of it."""
    unit = 1 if is_money(target.metric) else target.unit(company)
    value = f"p.{target.column}::bigint * {unit}"
    unrated = "p.unrated_count" if is_money(target.metric) else "0"
    minus = f"-{unit}::bigint * h.{target.metric}::int" if target.metric in FLAGS else "0::bigint"
    rolled = report_cells.rolled(asked.scope, asked.span)
    if is_by_month(asked.span):
        kept = f"SELECT p.rep_id, p.team_id, {value} AS credited, 0::bigint AS inside, {unrated} AS unrated, 0::bigint AS quota {rolled}"
        return f"{kept} UNION ALL SELECT h.rep_id, h.team_id, {minus}, 0, 0, 0 FROM ahead h"
    since, inside = "{0}.day >= %(quota_from)s", "{0}.day >= %(span_from)s"
    kept = f"""SELECT p.rep_id, p.team_id, CASE WHEN {since.format("p")} THEN {value} ELSE 0 END AS credited,
        CASE WHEN {inside.format("p")} THEN {value} ELSE 0 END AS inside, {unrated} AS unrated, 0::bigint AS quota {rolled}"""
    return f"""{kept} UNION ALL SELECT h.rep_id, h.team_id, CASE WHEN {since.format("h")} THEN {minus} ELSE 0 END,
        CASE WHEN {inside.format("h")} THEN {minus} ELSE 0 END, 0, 0 FROM ahead h"""


def _params(asked: Asked, target: Target, company: Company, months: list[date], first: date) -> dict[str, Any]:
    span = asked.span
    reached = max(first, min(span.end_on, clock.today(company.zone) + timedelta(days=1)))
    return {
        "grain": span.grain, "start_on": span.start_on if is_by_month(span) else first, "span_from": span.start_on,
        "stop_on": span.end_on, "after": asked.after, "size": asked.size, "metric": target.metric, "deal_type": target.deal_type,
        "unit": target.unit(company), "months": months, "quota_from": months[0], "quota_stop": add_months(months[-1], 1),
        "elapsed_stop": max(months[0], reached),
    }  # fmt: skip


def _line(place: Place, row: Mapping[str, Any], unit: int, viewer: Viewer) -> QuotaLine:
    hidden = not reads_quotas(viewer, place.scope)

    def amount(key: str) -> Decimal | None:
        return None if row[key] is None or (hidden and key in ("street", "own")) else units(row[key], unit)

    return QuotaLine(
        place=place, credited=amount("credited") or Decimal(0), inside=amount("inside") or Decimal(0), street=amount("street"),
        own=amount("own"), unrated=row["unrated"] or 0, elapsed=row["elapsed"] or 0, total=row["total"] or 0,
        is_withheld=hidden and row["street"] is not None,
    )  # fmt: skip
