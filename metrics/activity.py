"""The activity figures: leads, calls, WhatsApp, visits, meetings (DOMAIN §6). Never added to outcomes, nor ranked with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from metrics import rolled
from metrics.activity_facts import FLAGS, relations
from metrics.definitions import METRICS
from metrics.figures import Figure, share
from metrics.scopes import Scope
from metrics.sql import read
from metrics.windows import AsOf, Days
from metrics.windows import as_of as as_of_day
from reps.models import Company

_SUMS = ", ".join(f"count(*) FILTER (WHERE {flag}) AS {flag}" for flag in FLAGS)
_AGGREGATES = f"""
WITH {{relations}},
h AS (SELECT k, {{group}} AS g, {_SUMS} FROM happened GROUP BY 1, 2),
b AS (SELECT k, {{group}} AS g, count(*) AS meetings_scheduled FROM booked GROUP BY 1, 2),
l AS (SELECT k, {{group}} AS g, count(*) AS leads_created FROM leads GROUP BY 1, 2)
SELECT * FROM h FULL JOIN b USING (k, g) FULL JOIN l USING (k, g)
"""
_COUNTS = (
    "leads_created", "calls_made", "connects", "whatsapp_sent", "visits", "emails_sent", "meetings_scheduled", "meetings_held",
)  # fmt: skip


@dataclass(frozen=True)
class ActivityFigures:
    """The activity figures of one scope and window."""

    leads_created: Figure
    calls_made: Figure
    connects: Figure
    connect_rate: Figure
    whatsapp_sent: Figure
    visits: Figure
    emails_sent: Figure
    meetings_scheduled: Figure
    meetings_held: Figure
    show_rate: Figure

    def __getitem__(self, key: str) -> Figure:
        if key not in METRICS:
            raise KeyError(key)
        figure = getattr(self, key)
        assert isinstance(figure, Figure)
        return figure


def activity(
    scope: Scope, period: Days, *, as_of: date | None = None, known_at: datetime | None = None, company: Company | None = None
) -> ActivityFigures:
    """The activity figures of a scope and period, in one query (one more without `company`)."""
    return activity_many(scope, [period], as_of=as_of, known_at=known_at, company=company)[0]


def activity_many(
    scope: Scope,
    windows: Sequence[Days],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    company: Company | None = None,
) -> list[ActivityFigures]:
    """The activity figures of several windows, in one query."""
    found = _grouped(scope, windows, company, as_of, known_at)
    return [of_row(found.get((k, 0), {})) for k in range(len(windows))]


def aggregates(
    scope: Scope, windows: Sequence[Days], at: AsOf, company: Company, *, group: str = "0", teams: bool = False
) -> tuple[str, dict[str, Any]]:
    """The query of the sums of each window and group, and its parameters; `of_row` reads its rows.

    Today they are summed up already; for another day or an earlier state of knowledge the rows are counted.
    """
    if at.is_now:
        return rolled.activity(scope, windows, at, group=group)
    text, params = relations(scope, windows, at, company, teams=teams)
    return _AGGREGATES.replace("{relations}", text).replace("{group}", group), params


def _grouped(
    scope: Scope, windows: Sequence[Days], company: Company | None, day: date | None, known_at: datetime | None, **how: Any
) -> dict[tuple[int, int], dict[str, Any]]:
    company = company or Company.load()
    sql, params = aggregates(scope, windows, as_of_day(company, day, known_at), company, **how)
    return {(row["k"], row["g"]): row for row in read(sql, params)}


def of_row(row: Mapping[str, Any]) -> ActivityFigures:
    """One row of the aggregates as figures."""
    counts = {key: Figure(row.get(key) or 0, n=row.get(key) or 0) for key in _COUNTS}
    held = row.get("meetings_held") or 0
    due = held + (row.get("no_shows") or 0) + (row.get("late_cancels") or 0)
    return ActivityFigures(
        **counts,
        connect_rate=share(row.get("connects") or 0, row.get("calls_made") or 0),
        show_rate=share(held, due),
    )
