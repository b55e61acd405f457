"""Sums of the roll-ups over any windows of days, as one query; today only, since they keep what stands now.

Whole months come from `RepPeriod`, what is left at either end from `RepDay`, and what is booked for later is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from lib import clock
from lib.periods import add_months
from metrics.activity_facts import FLAGS, PARTS
from metrics.facts import placed, scope_params, seats
from metrics.models.rollups import ACTIVE
from metrics.scopes import Scope
from metrics.standings import mine
from metrics.windows import AsOf, Days

_ONE_DAY = timedelta(days=1)


def activity(scope: Scope, windows: Sequence[Days], at: AsOf, *, group: str) -> tuple[str, dict[str, Any]]:
    """k, g and every activity count of each window and group; `group` is 0, rep_id or the team's id. And the parameters."""
    params: dict[str, Any] = scope_params(scope, at)
    parts, spans = [], []
    for k, window in enumerate(windows):
        months, edges, stop = _cut(window, at)
        spans.append((k, window.start_on, stop))
        parts += [_month(k, n, month, scope, params) for n, month in enumerate(months)]
        parts += [_edge(k, n, edge, scope, params) for n, edge in enumerate(edges)]
    parts.append(_to_come(spans, scope, params))
    rows = ", ".join(f"({k}, %(region{k})s::date, %(region_stop{k})s::date)" for k, _, _ in spans)
    sums = ", ".join(f"sum({name}) AS {name}" for name in ACTIVE)
    some = " OR ".join(f"sum({name}) <> 0" for name in ACTIVE)
    text = f"""
    WITH w (k, start_on, stop_on) AS (VALUES {rows}), {seats(scope, at)},
    inside AS MATERIALIZED (SELECT id FROM reps_team WHERE path LIKE %(scope_path)s)
    SELECT k, {group} AS g, {sums} FROM ({" UNION ALL ".join(parts)}) x GROUP BY 1, 2 HAVING {some}
    """
    return text, params


def _cut(window: Days, at: AsOf) -> tuple[list[date], list[tuple[date, date]], date]:
    """The first days of its whole months, the days [from, to) before and after them, and where all that ends.

    The running month counts as whole where the window has all of it: nothing of its later days has happened.
    """
    stop = at.stop(window)
    first = window.start_on if window.start_on.day == 1 else add_months(window.start_on.replace(day=1), 1)
    months, month = [], first
    while month < stop and add_months(month, 1) <= window.end_on and (add_months(month, 1) <= stop or stop == at.day + _ONE_DAY):
        months.append(month)
        month = add_months(month, 1)
    if not months:
        return [], [(window.start_on, stop)] if window.start_on < stop else [], stop
    edges = [(window.start_on, first), (month, stop)]
    return months, [(start, end) for start, end in edges if start < end], max(month, stop)


def _month(k: int, n: int, month: date, scope: Scope, params: dict[str, Any]) -> str:
    params[f"month{k}_{n}"] = month
    columns = ", ".join(f"p.{name}" for name in ACTIVE)
    return f"""SELECT {k} AS k, p.rep_id, p.team_id, {columns} FROM metrics_repperiod p
        WHERE p.grain = 'month' AND p.start_on = %(month{k}_{n})s AND {mine(scope, "p")}"""


def _edge(k: int, n: int, edge: tuple[date, date], scope: Scope, params: dict[str, Any]) -> str:
    params[f"from{k}_{n}"], params[f"to{k}_{n}"] = edge
    columns = ", ".join(f"d.{name}" for name in ACTIVE)
    return f"""SELECT {k} AS k, d.rep_id, d.team_id, {columns} FROM metrics_repday d
        WHERE d.day >= %(from{k}_{n})s AND d.day < %(to{k}_{n})s AND {mine(scope, "d")}"""


def _to_come(spans: Sequence[tuple[int, date, date]], scope: Scope, params: dict[str, Any]) -> str:
    """What lies after the present instant, with its sign turned."""
    for k, start, stop in spans:
        params |= {f"region{k}": start, f"region_stop{k}": stop}
    params |= {
        "first": min(start for _, start, _ in spans), "last": max(stop for _, _, stop in spans),
        "first_at": clock.now() + timedelta(microseconds=1), "last_at": "infinity",
    }  # fmt: skip
    body = placed(PARTS["happened"].format(known="", standing="a.cancelled_at IS NULL"), "day", scope, with_team=True)
    flags = ", ".join(f"{f'-({name})::int' if name in FLAGS else '0'} AS {name}" for name in ACTIVE)
    return f"SELECT k, rep_id, team_id, {flags} FROM ({body}) f"
