"""The table of a scope: its teams or its reps, with outcomes or with activity, never both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import OuterRef
from django.utils.translation import gettext as _

from lib.periods import Period
from metrics import activity, kpis
from metrics.activity import ActivityFigures
from metrics.definitions import METRICS, Kind, Metric
from metrics.figures import Figure
from metrics.kpis import Kpis
from metrics.scopes import Scope, of_rep, of_team, shows_money
from metrics.windows import AsOf
from reps.access import Viewer
from reps.models import Company, Rep, Team, TeamMembership

OUTCOME_COLUMNS = ("won_value", "won_count", "win_rate", "average_deal", "median_cycle_days", "open_count")
ACTIVITY_COLUMNS = (
    "whatsapp_sent", "visits", "calls_made", "connects", "meetings_scheduled", "meetings_held", "show_rate", "leads_created",
)  # fmt: skip

Read = Kpis | ActivityFigures


@dataclass(frozen=True)
class Line:
    """A team or rep with its figures; `note` says where a rep sits, or what a team is part of."""

    name: str
    note: str
    scope: Scope | None
    figures: Read

    def figure(self, metric: Metric) -> Figure:
        """The figure of a column."""
        return self.figures[metric.key]


@dataclass(frozen=True)
class Asked:
    """Which table: of teams or reps, of outcomes or activity, sorted by which column."""

    by_team: bool
    kind: Kind
    sort: str
    descending: bool

    @property
    def columns(self) -> list[Metric]:
        """Its columns."""
        return [METRICS[key] for key in (ACTIVITY_COLUMNS if self.kind is Kind.ACTIVITY else OUTCOME_COLUMNS)]


def lines(scope: Scope, period: Period, asked: Asked, *, at: AsOf, company: Company, viewer: Viewer) -> list[Line]:
    """The lines in the order asked for, in two queries. Amounts that the viewer may not read are withheld."""
    found = _figures(scope, period, asked, at, company)
    named = (_teams if asked.by_team else _reps)(scope, found, at, period)
    empty: Read = activity.no_activity() if asked.kind is Kind.ACTIVITY else kpis.nothing(company)
    made = [Line(name, note, place, found.get(place.id, empty)) for place, name, note in named]
    if asked.by_team and 0 in found:
        made.append(Line(_("No team"), "", None, found[0]))
    return _ordered([_withheld(line, scope, viewer) for line in made], asked)


def _figures(scope: Scope, period: Period, asked: Asked, at: AsOf, company: Company) -> Mapping[int, Read]:
    how: dict[str, Any] = {"as_of": at.day, "known_at": at.known_at, "company": company}
    if asked.kind is Kind.ACTIVITY:
        group = activity.activity_by_team if asked.by_team else activity.activity_by_rep
        return group(scope, period, **how)
    return (kpis.by_team if asked.by_team else kpis.by_rep)(scope, period, **how)


def _members(scope: Scope, at: AsOf, period: Period) -> QuerySet[TeamMembership]:
    """Who sat in the scope's teams at the end of the period."""
    return TeamMembership.objects.on(at.end(period)).filter(team__path__startswith=scope.path or "/")


def _teams(scope: Scope, found: Mapping[int, Read], at: AsOf, period: Period) -> list[tuple[Scope, str, str]]:
    sitting = Q(pk__in=_members(scope, at, period).values("team"))
    teams = Team.objects.filter(Q(pk__in=found) | sitting).annotate(above=F("parent__name"))
    return [(of_team(team), team.name, team.above or "") for team in teams]


def _reps(scope: Scope, found: Mapping[int, Read], at: AsOf, period: Period) -> list[tuple[Scope, str, str]]:
    """Reps with figures, and those of the scope without any: an empty line is news too."""
    end = at.end(period)
    here = Q(pk__in=_members(scope, at, period).values("rep"), sells=True) & (Q(left_on=None) | Q(left_on__gt=end))
    team = TeamMembership.objects.on(end).filter(rep=OuterRef("pk")).values("team__name")[:1]
    reps = Rep.objects.filter(Q(pk__in=found) | here).annotate(team_name=Subquery(team))
    return [(of_rep(rep), rep.name, rep.team_name or "") for rep in reps]


def _withheld(line: Line, scope: Scope, viewer: Viewer) -> Line:
    """In a table of the company, each line by the rights to its own team or rep; else by those to the scope."""
    asked = line.scope if scope.is_company else scope
    if not isinstance(line.figures, Kpis) or (shows_money(viewer, asked) if asked else viewer.reads_everything):
        return line
    return Line(line.name, line.note, line.scope, kpis.without_money(line.figures))


def _ordered(found: Sequence[Line], asked: Asked) -> list[Line]:
    """Sorted by a column, lines without a value last either way; by name where the column is the name."""
    by_name = sorted(found, key=lambda line: line.name.casefold())
    if asked.sort not in METRICS:
        return by_name[::-1] if asked.descending else by_name
    metric = METRICS[asked.sort]
    known = [line for line in by_name if line.figure(metric).value is not None]
    known.sort(key=lambda line: line.figure(metric).value or 0, reverse=asked.descending)
    return known + [line for line in by_name if line.figure(metric).value is None]
