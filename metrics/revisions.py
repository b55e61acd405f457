"""Which values changed: one `MetricRevision` for each value that differs from the one before, written by the night.

Rows are kept for the company, every team with those below it, and every rep, by month and quarter. Outcomes and quotas are looked at every
night; activity once its period is over, and again only when something late changes it. Nothing here is read to show a
number: it says when a number changed, and what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from lib import clock
from lib.money import places
from lib.periods import Period, containing, months_of
from metrics.definitions import METRICS
from metrics.kpis import kpis_many
from metrics.models import EffectiveQuota, NightRun
from metrics.models.rollups import ACTIVE
from metrics.scopes import COMPANY
from metrics.sql import read
from metrics.windows import AsOf
from reps.models import Company

_NOT_KEPT = ("no_shows", "late_cancels")
_OUTCOMES = {
    "won_value": "won_minor / %(unit)s", "won_count": "won_count", "lost_count": "lost_count",
}  # fmt: skip
_ACTIVITY = {name: name for name in ACTIVE if name not in _NOT_KEPT}
# What the company alone keeps, since it cannot be summed (DOMAIN §12.2).
_MEDIANS = ("median_cycle_days", "win_rate")


def write(run: NightRun, months: Sequence[date], company: Company) -> int:
    """Compare these months and the quarters they lie in with their last revisions; returns how many were written."""
    spans = _spans(months, company)
    if not spans:
        return 0
    over = [span for span in spans if span.end_on <= run.business_day + timedelta(days=1)]
    if run.job == NightRun.Job.ACTIVITY:
        return _write(run, over, _sums(_ACTIVITY), company)
    written = _write(run, spans, _sums(_OUTCOMES), company)
    written += _write(run, spans, _QUOTAS, company)
    return written + _write_medians(run, spans, company)


def _spans(months: Sequence[date], company: Company) -> list[Period]:
    found = {containing(month, grain, company.fiscal_start) for month in months for grain in ("month", "quarter")}
    return sorted(found, key=lambda span: (span.grain, span.start_on))


# The rows of each scope: a rep's own, those of each team and all teams above it, the company's.
_SCOPED = """
    SELECT 'rep' AS scope_kind, s.rep_id AS scope_id, s.* FROM s
    UNION ALL
    SELECT 'team', a.id, s.* FROM s JOIN reps_team t ON t.id = s.team_id JOIN reps_team a ON t.path LIKE a.path || '%%'
    UNION ALL
    SELECT 'company', 0, s.* FROM s
"""


def _sums(metrics: dict[str, str]) -> str:
    """metric, scope_kind, scope_id, grain, start_on, value: the sums of roll-up columns, by period and scope."""
    columns = sorted({text.split(" ")[0] for text in metrics.values()})
    values = ", ".join(f"('{key}', {text})" for key, text in metrics.items())
    return f"""
    WITH s AS (SELECT * FROM metrics_repperiod WHERE (grain, start_on) IN (SELECT * FROM spans)),
    totals AS (
        SELECT scope_kind, scope_id, grain, start_on, {", ".join(f"sum({name}) AS {name}" for name in columns)}
        FROM ({_SCOPED}) x GROUP BY 1, 2, 3, 4
    )
    SELECT v.metric, t.scope_kind, t.scope_id, t.grain, t.start_on, v.value::numeric AS value
    FROM totals t CROSS JOIN LATERAL (VALUES {values}) v (metric, value)
    """


# A rep's and the street's quotas by metric, all types; a team's own number is not summed.
_QUOTAS = f"""
    WITH s AS (
        SELECT e.rep_id, e.team_id, p.grain, p.start_on, e.metric, e.minor FROM metrics_effectivequota e
        JOIN month_of p ON p.month_on = e.month_on WHERE e.deal_type = ''
    )
    SELECT 'quota_' || x.metric AS metric, scope_kind, scope_id, grain, start_on,
           sum(minor) / (CASE WHEN x.metric = 'won_value' THEN %(unit)s ELSE {10**EffectiveQuota.COUNT_PLACES}.0 END) AS value
    FROM ({_SCOPED}) x GROUP BY x.metric, scope_kind, scope_id, grain, start_on
"""

_WRITE = """
WITH spans (grain, start_on, stop_on) AS (VALUES {spans}),
month_of (month_on, grain, start_on) AS (VALUES {months}),
fresh AS ({fresh}),
latest AS (
    SELECT DISTINCT ON (metric, scope_kind, scope_id, grain, start_on) metric, scope_kind, scope_id, grain, start_on, value
    FROM metrics_metricrevision WHERE (grain, start_on) IN (SELECT grain, start_on FROM spans)
      AND metric IN (SELECT DISTINCT metric FROM fresh)
    ORDER BY metric, scope_kind, scope_id, grain, start_on, id DESC
)
INSERT INTO metrics_metricrevision
    (metric, def_version, scope_kind, scope_id, grain, start_on, value, reason, known_at, input_hash, run_id, cause)
SELECT f.metric, coalesce((%(versions)s::jsonb ->> f.metric)::int, 1), f.scope_kind, f.scope_id, f.grain, f.start_on,
       round(f.value, 6), '', %(known_at)s,
       md5(concat_ws('|', f.metric, f.scope_kind, f.scope_id, f.grain, f.start_on, round(f.value, 6))), %(run)s,
       CASE WHEN l.metric IS NULL THEN 'first' WHEN s.stop_on > %(day)s THEN 'running' ELSE 'late' END
FROM fresh f JOIN spans s ON s.grain = f.grain AND s.start_on = f.start_on
LEFT JOIN latest l ON l.metric = f.metric AND l.scope_kind = f.scope_kind AND l.scope_id = f.scope_id
  AND l.grain = f.grain AND l.start_on = f.start_on
WHERE round(f.value, 6) IS DISTINCT FROM l.value AND (l.metric IS NOT NULL OR f.value <> 0)
ORDER BY f.metric, f.scope_kind, f.scope_id, f.grain, f.start_on
"""


def _write(run: NightRun, spans: Sequence[Period], fresh: str, company: Company) -> int:
    if not spans:
        return 0
    values, params = _values(spans, company)
    # `spans` as the inner queries read it has no third column.
    inner = fresh.replace("(SELECT * FROM spans)", "(SELECT grain, start_on FROM spans)")
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(fresh=inner, **values), {**params, **_of_run(run, company)})
        return cursor.rowcount


def _values(spans: Sequence[Period], company: Company) -> tuple[dict[str, str], dict[str, Any]]:
    params: dict[str, Any] = {}
    rows: list[str] = []
    months: list[str] = []
    for k, span in enumerate(spans):
        params |= {f"grain{k}": span.grain, f"start{k}": span.start_on, f"stop{k}": span.end_on}
        rows.append(f"(%(grain{k})s, %(start{k})s::date, %(stop{k})s::date)")
        for month in months_of(span):
            params[f"month{len(months)}"] = month
            months.append(f"(%(month{len(months)})s::date, %(grain{k})s, %(start{k})s::date)")
    return {"spans": ", ".join(rows), "months": ", ".join(months)}, params


def _of_run(run: NightRun, company: Company) -> dict[str, Any]:
    versions = ", ".join(f'"{metric.key}": {metric.version}' for metric in METRICS.values())
    return {
        "unit": Decimal(10 ** places(company.currency)), "versions": f"{{{versions}}}", "known_at": clock.now(), "run": run.pk,
        "day": run.business_day + timedelta(days=1),
    }  # fmt: skip


def _write_medians(run: NightRun, spans: Sequence[Period], company: Company) -> int:
    """The company's figures that are no sums."""
    at = AsOf(max(clock.today(company.zone), run.business_day), is_now=True)
    found = kpis_many(COMPANY, list(spans), as_of=at.day, company=company, open_in=())
    rows: list[str] = []
    params: dict[str, Any] = {}
    for k, (span, figures) in enumerate(zip(spans, found, strict=True)):
        for key in _MEDIANS:
            name = f"{key}{k}"
            params[name] = figures[key].value
            rows.append(f"('{key}', 'company', 0::bigint, %(g_{name})s, %(s_{name})s::date, %({name})s::numeric)")
            params |= {f"g_{name}": span.grain, f"s_{name}": span.start_on}
    values, spanned = _values(spans, company)
    fresh = f"SELECT * FROM (VALUES {', '.join(rows)}) x (metric, scope_kind, scope_id, grain, start_on, value) WHERE value IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(fresh=fresh, **values), {**params, **spanned, **_of_run(run, company)})
        return cursor.rowcount


def history(metric: str, scope_kind: str, scope_id: int, grain: str, start_on: date) -> list[dict[str, Any]]:
    """What a value was, from which night on, oldest first."""
    return read(
        """SELECT value, known_at, cause FROM metrics_metricrevision
        WHERE metric = %(metric)s AND scope_kind = %(kind)s AND scope_id = %(id)s AND grain = %(grain)s AND start_on = %(start)s
        ORDER BY id""",
        {"metric": metric, "kind": scope_kind, "id": scope_id, "grain": grain, "start": start_on},
    )
