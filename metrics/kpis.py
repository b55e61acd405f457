"""The outcome figures: won, lost, open, value, win rate, cycle and average deal (DOMAIN §0, §7).

One set-based query answers for any number of windows; metrics/facts.py says which deals it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metrics.definitions import METRICS, PRINTED, Visibility
from metrics.facts import relations
from metrics.figures import Figure, share, unknown
from metrics.scopes import Scope
from metrics.sql import read
from metrics.windows import AsOf, Days
from metrics.windows import as_of as as_of_day
from reps.models import Company

_MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY closed_on - opened_on)"

# Sums and medians of each window and group; {group} is what rows are grouped by: 0, rep_id or the team's id.
_AGGREGATES = f"""
WITH {{relations}},
c AS (
    SELECT k, {{group}} AS g,
           count(*) FILTER (WHERE ending = 'won') AS won,
           count(*) FILTER (WHERE ending = 'lost') AS lost,
           count(*) FILTER (WHERE ending = 'lost' AND outcome = 'no_decision') AS no_decision,
           count(*) FILTER (WHERE ending = 'lost' AND NOT qualified) AS lost_unqualified,
           count(*) FILTER (WHERE ending = 'out' AND outcome = 'no_decision') AS no_decision_out,
           count(*) FILTER (WHERE ending = 'out' AND outcome = 'disqualified') AS disqualified,
           count(*) FILTER (WHERE ending = 'won' AND opened_on IS NULL) AS won_undated,
           count(*) FILTER (WHERE ending <> 'out' AND opened_on IS NULL) AS closed_undated,
           {_MEDIAN} FILTER (WHERE ending = 'won' AND opened_on IS NOT NULL) AS median_won,
           {_MEDIAN} FILTER (WHERE ending <> 'out' AND opened_on IS NOT NULL) AS median_closed
    FROM closed GROUP BY 1, 2
), o AS (
    SELECT k, {{group}} AS g, count(*) AS open, count(*) FILTER (WHERE opened_on IS NULL) AS open_undated
    FROM opened GROUP BY 1, 2
), v AS (
    SELECT k, {{group}} AS g, sum(base_amount) AS value, count(*) AS credits,
           count(*) FILTER (WHERE base_amount IS NULL) AS without_rate,
           count(*) FILTER (WHERE amount = 0) AS without_amount
    FROM credits GROUP BY 1, 2
)
SELECT * FROM c FULL JOIN o USING (k, g) FULL JOIN v USING (k, g)
"""


@dataclass(frozen=True)
class LeftOut:
    """How many deals a figure says nothing of, by cause; `no_decision` is how many of the lost were that."""

    no_decision: int = 0
    no_decision_out: int = 0
    disqualified: int = 0
    lost_unqualified: int = 0
    won_undated: int = 0
    closed_undated: int = 0
    open_undated: int = 0
    without_rate: int = 0
    without_amount: int = 0


@dataclass(frozen=True)
class Kpis:
    """The outcome figures of one scope and window. Money is in `currency`, the company's; cycles are in days."""

    currency: str
    won_count: Figure
    lost_count: Figure
    open_count: Figure
    won_value: Figure
    win_rate: Figure
    median_cycle_days: Figure
    median_cycle_days_closed: Figure
    average_deal: Figure
    left_out: LeftOut

    def __getitem__(self, key: str) -> Figure:
        if key not in METRICS:
            raise KeyError(key)
        figure = getattr(self, key)
        assert isinstance(figure, Figure)
        return figure

    @property
    def is_empty(self) -> bool:
        """Nothing was won, lost or open."""
        return not (self.won_count.value or self.lost_count.value or self.open_count.value)


def kpis(
    scope: Scope, period: Days, *, as_of: date | None = None, known_at: datetime | None = None, company: Company | None = None
) -> Kpis:
    """The figures of a scope and period, in one query (two with `known_at`, one more without `company`).

    Events dated after `as_of` (today) or recorded after `known_at` (now) are left out. A count without rows is 0;
    what cannot be computed is None with its reason.
    """
    return kpis_many(scope, [period], as_of=as_of, known_at=known_at, company=company)[0]


def kpis_many(
    scope: Scope,
    windows: Sequence[Days],
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    company: Company | None = None,
    open_in: Sequence[int] | None = None,
) -> list[Kpis]:
    """The figures of several windows, in one query.

    `open_in` names the windows whose open deals are wanted (by index; all unless given); in the others `open_count`
    is None, which saves a pass over the deals.
    """
    company = company or Company.load()
    found = _grouped(scope, windows, company, as_of, known_at, open_in=open_in)
    if known_at is not None and not _anything_recorded(known_at):
        return [_not_recorded(company) for _ in windows]
    counted = range(len(windows)) if open_in is None else open_in
    return [of_row(found.get((k, 0), {}), company, with_open=k in counted) for k in range(len(windows))]


def without_money(row: Kpis) -> Kpis:
    """The same figures with the amounts withheld, as people of other teams read them."""
    withheld = {
        field.name: unknown("other_team")
        for field in fields(row)
        if field.name in METRICS and METRICS[field.name].visibility is Visibility.OWN_TEAMS
    }
    return replace(row, **withheld)  # type: ignore[arg-type]


def nothing(company: Company) -> Kpis:
    """The figures of someone without any deal."""
    return of_row({}, company)


def aggregates(
    scope: Scope, windows: Sequence[Days], at: AsOf, company: Company, *, group: str = "0", **how: Any
) -> tuple[str, dict[str, Any]]:
    """The query of the sums of each window and group, and its parameters; `of_row` reads its rows."""
    text, params = relations(scope, windows, at, company, **how)
    return _AGGREGATES.replace("{relations}", text).replace("{group}", group), params


def _grouped(
    scope: Scope, windows: Sequence[Days], company: Company, day: date | None, known_at: datetime | None, **how: Any
) -> dict[tuple[int, int], dict[str, Any]]:
    sql, params = aggregates(scope, windows, as_of_day(company, day, known_at), company, **how)
    return {(row["k"], row["g"]): row for row in read(sql, params)}


def _anything_recorded(known_at: datetime) -> bool:
    rows = read("SELECT EXISTS (SELECT FROM deals_dealevent WHERE recorded_at <= %(known_at)s) AS found", {"known_at": known_at})
    return bool(rows[0]["found"])


def _not_recorded(company: Company) -> Kpis:
    return replace(nothing(company), **{key: unknown("not_yet_recorded") for key in PRINTED})  # type: ignore[arg-type]


def of_row(row: Mapping[str, Any], company: Company, *, with_open: bool = True) -> Kpis:
    """One row of the aggregates as figures."""
    won, lost = row.get("won") or 0, row.get("lost") or 0
    undated = row.get("won_undated") or 0, row.get("closed_undated") or 0
    value = _value(row)
    return Kpis(
        currency=company.currency,
        won_count=Figure(won, n=won),
        lost_count=Figure(lost, n=lost),
        open_count=Figure(row.get("open") or 0, n=row.get("open") or 0) if with_open else Figure(None),
        won_value=value,
        win_rate=share(won, won + lost - (row.get("lost_unqualified") or 0)),
        median_cycle_days=_days(row.get("median_won"), won - undated[0]),
        median_cycle_days_closed=_days(row.get("median_closed"), won + lost - undated[1]),
        average_deal=_average(value, won),
        left_out=LeftOut(**{field.name: row.get(field.name) or 0 for field in fields(LeftOut)}),
    )


def _value(row: Mapping[str, Any]) -> Figure:
    known, n = row.get("value") or Decimal(0), row.get("credits") or 0
    return unknown("missing_fx", n=n, known=known) if row.get("without_rate") else Figure(known, n=n)


def _average(value: Figure, won: int) -> Figure:
    if value.value is None:
        return unknown(value.reason, n=won)
    if not won:
        return unknown("no_denominator")
    return Figure(Decimal(value.value) / won, n=won, part=Decimal(value.value), whole=won)


def _days(median: float | None, n: int) -> Figure:
    return unknown("no_denominator") if median is None else Figure(Decimal(str(median)), n=n)
