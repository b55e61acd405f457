"""The figures of a scope's teams or reps with their names, in one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from metrics import activity, kpis
from metrics.activity import ActivityFigures
from metrics.definitions import Kind
from metrics.kpis import Kpis
from metrics.scopes import Scope, ScopeKind
from metrics.sql import read
from metrics.windows import AsOf, Days
from reps.models import Company

Read = Kpis | ActivityFigures

# Who sat in the scope's teams at the end of the window.
_SEATED = """
SELECT m.rep_id, m.team_id, t.name FROM reps_teammembership m JOIN reps_team t ON t.id = m.team_id
WHERE m.superseded_at IS NULL AND m.valid @> %(end)s AND t.path LIKE %(scope_path)s
"""
_TEAMS = """
WITH figures AS ({figures}), seated AS ({seated}), idle AS (SELECT DISTINCT team_id AS g FROM seated WHERE %(with_idle)s)
SELECT f.*, coalesce(f.g, i.g) AS id, t.name, p.name AS note, t.path
FROM figures f FULL JOIN idle i ON i.g = f.g
LEFT JOIN reps_team t ON t.id = coalesce(f.g, i.g) LEFT JOIN reps_team p ON p.id = t.parent_id
"""
_REPS = """
WITH figures AS ({figures}), seated AS ({seated}), idle AS (
    SELECT r.id AS g FROM seated s JOIN reps_rep r ON r.id = s.rep_id
    WHERE %(with_idle)s AND r.sells AND (r.left_on IS NULL OR r.left_on > %(end)s)
)
SELECT f.*, coalesce(f.g, i.g) AS id, r.name, s.name AS note, '' AS path
FROM figures f FULL JOIN idle i ON i.g = f.g
LEFT JOIN reps_rep r ON r.id = coalesce(f.g, i.g) LEFT JOIN seated s ON s.rep_id = r.id
"""


@dataclass(frozen=True)
class Group:
    """A team or rep with its figures; `note` is the team a rep sits in, or what a team is part of."""

    name: str
    note: str
    scope: Scope | None
    figures: Read


def groups(
    scope: Scope, period: Days, kind: Kind, *, by_team: bool, at: AsOf, company: Company, with_idle: bool = False
) -> list[Group]:
    """Teams by the reps who sat in them on the day, so that they do not overlap and add up; or reps.

    `with_idle` adds the scope's teams and sellers without any row: an empty line is news too.
    """
    source = activity if kind is Kind.ACTIVITY else kpis
    by = "coalesce(team_id, 0)" if by_team else "rep_id"
    figures, params = source.aggregates(scope, [period], at, company, group=by, teams=by_team)
    sql = (_TEAMS if by_team else _REPS).replace("{figures}", figures).replace("{seated}", _SEATED)
    rows = read(sql, {**params, "end": at.end(period), "with_idle": with_idle})
    return [_group(row, kind, company, by_team=by_team) for row in rows]


def _group(row: Mapping[str, Any], kind: Kind, company: Company, *, by_team: bool) -> Group:
    figures: Read = activity.of_row(row) if kind is Kind.ACTIVITY else kpis.of_row(row, company)
    if not row["id"]:
        return Group(_("No team"), "", None, figures)
    place = Scope(ScopeKind.TEAM if by_team else ScopeKind.REP, row["id"], row["name"], row["path"])
    return Group(row["name"], row["note"] or "", place, figures)
