"""Reading the figures of teams and reps by their ids."""

from __future__ import annotations

from datetime import date, datetime

from lib.periods import Period
from metrics.definitions import Kind
from metrics.groups import Read, groups
from metrics.scopes import Scope
from metrics.windows import as_of
from reps.models import Company


def by_rep(
    scope: Scope, period: Period, kind: Kind = Kind.OUTCOME, *, day: date | None = None, known_at: datetime | None = None
) -> dict[int, Read]:
    """The figures of each rep who has any."""
    company = Company.load()
    found = groups(scope, period, kind, by_team=False, at=as_of(company, day, known_at), company=company)
    return {group.scope.id: group.figures for group in found if group.scope}


def by_team(scope: Scope, period: Period, kind: Kind = Kind.OUTCOME) -> dict[int, Read]:
    """The figures of each team that has any; 0 is no team."""
    company = Company.load()
    found = groups(scope, period, kind, by_team=True, at=as_of(company), company=company)
    return {group.scope.id if group.scope else 0: group.figures for group in found}
