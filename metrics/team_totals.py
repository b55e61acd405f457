"""Attainment of every team in a scope, each with all teams below it, in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lib.periods import Period
from metrics import targets
from metrics.scopes import Scope, ScopeKind
from metrics.sql import read
from metrics.standings import Target, asked_of, calendar_of, credits_of, own_of, params_of, units
from metrics.targets import Band, Pace, RollUp
from metrics.windows import AsOf
from reps.models import Company

_TEAMS = f"""
WITH inside AS MATERIALIZED (SELECT id, name, path, parent_id, standing FROM reps_team WHERE path LIKE %(scope_path)s),
credited AS MATERIALIZED (SELECT team_id, sum(value) AS value FROM ({{credited}}) c WHERE team_id IS NOT NULL GROUP BY team_id),
asked AS MATERIALIZED (
    SELECT team_id, sum(value) AS value, count(*) AS reps FROM ({{asked}}) a WHERE team_id IS NOT NULL GROUP BY team_id
),
below AS MATERIALIZED (SELECT t.id, b.id AS part_id FROM inside t JOIN inside b ON b.path LIKE t.path || '%%'),
own AS MATERIALIZED (SELECT t.id, {own_of("t")}::bigint AS value FROM inside t),
{calendar_of("SELECT id AS team_id FROM inside")}
SELECT t.*, coalesce(s.actual, 0)::bigint AS actual, coalesce(s.street, 0)::bigint AS street, coalesce(s.reps, 0)::int AS reps,
       o.value AS own, d.elapsed, d.total
FROM inside t JOIN calendar d ON d.team_id = t.id JOIN own o ON o.id = t.id
LEFT JOIN (
    SELECT b.id, sum(c.value) AS actual, sum(a.value) AS street, sum(a.reps) AS reps
    FROM below b LEFT JOIN credited c ON c.team_id = b.part_id LEFT JOIN asked a ON a.team_id = b.part_id GROUP BY b.id
) s ON s.id = t.id
WHERE s.actual IS NOT NULL OR s.street IS NOT NULL OR o.value IS NOT NULL
"""


@dataclass(frozen=True)
class TeamTotal:
    """A team with everything below it: what was reached, the manager's number and the street, working days gone and in all.

    `reps` is how many were asked for something.
    """

    scope: Scope
    parent_id: int | None
    roll_up: RollUp
    elapsed: int
    total: int
    reps: int

    @property
    def pace(self) -> Pace:
        """Against what was to be expected by now."""
        return targets.pace(self.roll_up.actual, self.roll_up.quota, elapsed=self.elapsed, total=self.total)

    @property
    def band(self) -> Band | None:
        """How it stands."""
        return targets.band(self.roll_up.actual, self.roll_up.quota)


def team_totals(scope: Scope, period: Period, *, at: AsOf, company: Company, target: Target | None = None) -> list[TeamTotal]:
    """Every team at or below the scope with a quota or a credit, in no order; each includes the teams below it."""
    target = target or Target()
    credited, params = credits_of(scope, period, target, at, company, teams=True)
    sql = _TEAMS.replace("{credited}", credited).replace("{asked}", asked_of(scope, at, teams=True))
    asked = {**params, **params_of(scope, period, target, at, company)}
    if scope.is_company:
        asked["scope_path"] = "%"
    unit = target.unit(company)
    return [_total(row, unit) for row in read(sql, asked)]


def next_level(totals: Sequence[TeamTotal], scope: Scope) -> list[TeamTotal]:
    """The teams right below a scope; where that is a single one, as above a whole company, those below it."""
    own = scope.id if scope.is_team else None
    by_parent: dict[int | None, list[TeamTotal]] = {}
    for total in totals:
        by_parent.setdefault(total.parent_id, []).append(total)
    found = by_parent.get(own, [])
    while len(found) == 1 and by_parent.get(found[0].scope.id):
        found = by_parent[found[0].scope.id]
    return found


def _total(row: Mapping[str, Any], unit: int) -> TeamTotal:
    team = Scope(ScopeKind.TEAM, row["id"], row["name"], row["path"], standing=row["standing"])
    roll_up = RollUp(units(row["actual"], unit) or Decimal(0), units(row["own"], unit), units(row["street"], unit) or Decimal(0))
    return TeamTotal(team, row["parent_id"], roll_up, row["elapsed"], row["total"], row["reps"])
