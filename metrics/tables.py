"""The table of a scope: its teams or its reps, with outcomes or with activity, never both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.periods import Period
from metrics import kpis
from metrics.definitions import METRICS, Kind, Metric
from metrics.groups import Group, groups
from metrics.kpis import Kpis
from metrics.scopes import Scope, shows_parts
from metrics.windows import AsOf
from reps.access import Viewer
from reps.models import Company

OUTCOME_COLUMNS = ("won_value", "won_count", "win_rate", "average_deal", "median_cycle_days", "open_count")
ACTIVITY_COLUMNS = (
    "whatsapp_sent", "visits", "calls_made", "connects", "meetings_scheduled", "meetings_held", "show_rate", "leads_created",
)  # fmt: skip


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


def lines(scope: Scope, period: Period, asked: Asked, *, at: AsOf, company: Company, viewer: Viewer) -> list[Group]:
    """The lines in the order asked for, in one query. Amounts that the viewer may not read are withheld."""
    found = groups(scope, period, asked.kind, by_team=asked.by_team, at=at, company=company, with_idle=True)
    return _ordered([_withheld(line, scope, viewer) for line in found], asked)


def _withheld(line: Group, scope: Scope, viewer: Viewer) -> Group:
    """The line with the amounts this person may read: of all in their own scopes, elsewhere by the line's own rights."""
    own = shows_parts(viewer, scope) or (line.scope is not None and shows_parts(viewer, line.scope))
    if own or not isinstance(line.figures, Kpis):
        return line
    return Group(line.name, line.note, line.scope, kpis.without_money(line.figures))


def _ordered(found: Sequence[Group], asked: Asked) -> list[Group]:
    """Sorted by a column, lines without a value last either way; by name where the column is the name."""
    by_name = sorted(found, key=lambda line: line.name.casefold())
    if asked.sort not in METRICS:
        return by_name[::-1] if asked.descending else by_name
    metric = METRICS[asked.sort]
    known = [line for line in by_name if line.figures[metric.key].value is not None]
    known.sort(key=lambda line: line.figures[metric.key].value or 0, reverse=asked.descending)
    return known + [line for line in by_name if line.figures[metric.key].value is None]
