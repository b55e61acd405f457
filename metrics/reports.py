"""The activity report and the quota report of a scope: lines of its teams or its reps and their sum, each in one query.

Lines of teams are roll-ups: each team with everything below it, in the order of the tree. Rates are ratios of sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lib.periods import Period
from metrics import activity, report_cells, targets
from metrics import standing_rights as rights
from metrics.activity import ActivityFigures
from metrics.activity_facts import FLAGS
from metrics.models import EffectiveQuota, Quota
from metrics.models.rollups import ACTIVE
from metrics.report_cells import DEPTH, TREE, is_by_month, quota_months
from metrics.scopes import Scope, ScopeKind
from metrics.sql import document
from metrics.standings import mine
from metrics.windows import Window
from reps.access import Viewer
from reps.models import Company

PAGE_ROWS = 50
TARGETS = tuple(name.value for name in Quota.Metric if name.value in ACTIVE)
_UNIT = 10**EffectiveQuota.COUNT_PLACES


@dataclass(frozen=True)
class Asked:
    """Whose lines of which days, teams or reps, from which line on; `size` None for all of them."""

    scope: Scope
    span: Period
    by_team: bool
    after: int = 0
    size: int | None = PAGE_ROWS


@dataclass(frozen=True)
class Place:
    """Whose line it is; `scope` None for rows of nobody's team. `depth` is a team's below the first in the list."""

    name: str
    note: str
    scope: Scope | None
    depth: int = 0


@dataclass(frozen=True)
class Target:
    """What was asked, and what of it was done by those who were asked."""

    asked: Decimal
    done: int


@dataclass(frozen=True)
class ActivityLine:
    """What was done, and by metric what was asked and what those did of whom it was; `targets` is empty where this person
    may not read quotas.
    """

    place: Place
    figures: ActivityFigures
    targets: Mapping[str, Target]


@dataclass(frozen=True)
class ActivityReport:
    """The lines of one page of how many, and the scope as a whole."""

    lines: Sequence[ActivityLine]
    whole: ActivityLine
    count: int


# ── Who reads which quotas ──────────────────────────────────────────────────────────────────────────────────────────
def reads_quotas(viewer: Viewer, scope: Scope | None) -> bool:
    """Own, of those below, and for admins and auditors all (TRUST, quota); never those of colleagues."""
    if scope is None or scope.is_company:
        return viewer.reads_everything
    return rights.shows_quota(viewer, scope)


# ── Activity ────────────────────────────────────────────────────────────────────────────────────────────────────────
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in ACTIVE)
_TARGETED_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in TARGETS)
_TARGETED = " ".join(f"WHEN '{name}' THEN p.{name}" for name in TARGETS)
_PER_METRIC = "json_object_agg(metric, json_build_array(value, done))"
_ANY = " OR ".join(f"sum({name}) <> 0" for name in ACTIVE)
_ACTIVITY = f"""
WITH {{parts}},
cells AS (
    SELECT p.rep_id, p.team_id, {", ".join(f"p.{name}" for name in ACTIVE)} {{rolled}}
    UNION ALL
    SELECT h.rep_id, h.team_id, {", ".join(f"-h.{name}::int" if name in FLAGS else "0" for name in ACTIVE)} FROM ahead h
),
pairs AS (SELECT rep_id, team_id, {_TARGETED_SUMS} FROM cells GROUP BY 1, 2),
asked AS (
    -- With what those did who were asked: a sum over everybody would be held against the target of a few.
    SELECT e.rep_id, e.team_id, e.metric, sum(e.minor)::bigint AS value, coalesce(max(CASE e.metric {_TARGETED} END), 0) AS done
    FROM metrics_effectivequota e LEFT JOIN pairs p ON p.rep_id = e.rep_id AND p.team_id IS NOT DISTINCT FROM e.team_id
    WHERE %(with_targets)s AND e.deal_type = '' AND e.metric = ANY(%(metrics)s) AND e.month_on = ANY(%(months)s) AND {{asked_mine}}
    GROUP BY 1, 2, 3
),
lines AS ({{lines}})
SELECT json_build_object(
    'whole', (SELECT row_to_json(w) FROM (SELECT {_SUMS} FROM cells) w),
    'targets', (SELECT {_PER_METRIC} FROM (SELECT metric, sum(value) AS value, sum(done) AS done FROM asked GROUP BY 1) t),
    'count', (SELECT count(*) FROM lines),
    'rows', (SELECT json_agg(row_to_json(l) ORDER BY place, id) FROM (
        SELECT * FROM lines ORDER BY place, id OFFSET %(after)s LIMIT %(size)s) l)
)::text
"""
_ACTIVE_REPS = f"""
    SELECT r.id, r.name, t.name AS note, ARRAY[lower(r.name)] AS place, 0 AS depth, a.targets,
           {", ".join(f"coalesce(s.{name}, 0) AS {name}" for name in ACTIVE)}
    FROM reps_rep r
    LEFT JOIN (SELECT rep_id, {_SUMS} FROM cells GROUP BY 1 HAVING {_ANY}) s ON s.rep_id = r.id
    LEFT JOIN (SELECT rep_id, {_PER_METRIC} AS targets FROM (
        SELECT rep_id, metric, sum(value) AS value, sum(done) AS done FROM asked GROUP BY 1, 2) x GROUP BY 1) a ON a.rep_id = r.id
    LEFT JOIN seated m ON m.rep_id = r.id LEFT JOIN reps_team t ON t.id = m.team_id
    WHERE s.rep_id IS NOT NULL OR a.rep_id IS NOT NULL
       OR r.sells AND (r.left_on IS NULL OR r.left_on > %(seat_on)s) AND {{idle}}
"""
_ACTIVE_TEAMS = f"""
    SELECT a.id, a.name, '' AS note, {TREE.format(team="a")} AS place, {DEPTH.format(team="a")} AS depth,
           (SELECT {_PER_METRIC} FROM (
               SELECT q.metric, sum(q.value) AS value, sum(q.done) AS done FROM asked q JOIN reps_team b ON b.id = q.team_id
               WHERE b.path LIKE a.path || '%%' GROUP BY 1) x) AS targets,
           {", ".join(f"coalesce(sum(s.{name}), 0)::bigint AS {name}" for name in ACTIVE)}
    FROM inside a LEFT JOIN reps_team t ON t.path LIKE a.path || '%%'
    LEFT JOIN (SELECT team_id, {_SUMS} FROM cells GROUP BY 1) s ON s.team_id = t.id
    GROUP BY a.id, a.name, a.path, a.closed_on HAVING a.closed_on IS NULL OR {_ANY.replace("sum(", "sum(s.")}
    UNION ALL
    SELECT NULL, '', '', NULL, 0, NULL, {_SUMS} FROM cells WHERE team_id IS NULL HAVING {_ANY}
"""


def activity_report(asked: Asked, *, viewer: Viewer, company: Company) -> ActivityReport:
    """Every activity count of each line, with targets where the span is of months and this person may read them."""
    text, params = report_cells.parts(asked.scope, Window(asked.span.start_on, asked.span.end_on), company)
    sql = (
        _ACTIVITY.replace("{parts}", text)
        .replace("{rolled}", report_cells.rolled(asked.scope, asked.span))
        .replace("{asked_mine}", mine(asked.scope, "e"))
        .replace("{lines}", _ACTIVE_TEAMS if asked.by_team else _ACTIVE_REPS.replace("{idle}", _idle(asked.scope)))
    )
    more = {"with_targets": is_by_month(asked.span), "metrics": list(TARGETS), "months": quota_months(asked.span, company)}
    found = document(sql, {**params, **_span_params(asked), **more})
    rows = below(found["rows"] or [], asked)
    top = min((row["depth"] for row in rows), default=0)
    whole = Place(asked.scope.title, "", asked.scope)
    return ActivityReport(
        lines=[_activity_line(place_of(row, asked, top), row, row["targets"], viewer) for row in rows],
        whole=_activity_line(whole, found["whole"], found["targets"], viewer),
        count=found["count"],
    )


def _activity_line(place: Place, row: Mapping[str, Any], asked: Mapping[str, Any] | None, viewer: Viewer) -> ActivityLine:
    read = asked if asked and reads_quotas(viewer, place.scope) else {}
    return ActivityLine(
        place, activity.of_row(row), {key: Target(Decimal(value) / _UNIT, int(done)) for key, (value, done) in read.items()}
    )


def _idle(scope: Scope) -> str:
    """Sellers who sit in the scope: an empty line is news too."""
    if scope.is_rep:
        return "r.id = %(scope_id)s"
    return "m.team_id IN (SELECT id FROM inside)" if scope.is_team else "TRUE"


def _span_params(asked: Asked) -> dict[str, Any]:
    span = asked.span
    return {"grain": span.grain, "start_on": span.start_on, "stop_on": span.end_on, "after": asked.after, "size": asked.size}


def below(rows: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Lines of teams without the scope's own, which is the sum at their foot; it stays where it has none below it."""
    if asked.by_team and asked.scope.is_team and len(rows) > 1:
        return [row for row in rows if row["id"] != asked.scope.id]
    return rows


def place_of(row: Mapping[str, Any], asked: Asked, top: int) -> Place:
    """Whose line a row is; `top` is the depth of the first team of the list."""
    if row["id"] is None:
        return Place("", "", None)
    kind = ScopeKind.TEAM if asked.by_team else ScopeKind.REP
    return Place(row["name"], row["note"] or "", Scope(kind, row["id"], row["name"]), max(0, row["depth"] - top))


# ── Quota ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class QuotaLine:
    """What was credited and asked, in money or counts; None for what was not asked or is not this person's to read.

    `street` is the sum of the reps' effective quotas, `own` the number a team's manager answers for. `inside` is what was
    credited on a day or in a week; `credited` then is since the first of the month.
    """

    place: Place
    credited: Decimal
    inside: Decimal
    street: Decimal | None
    own: Decimal | None
    unrated: int
    elapsed: int
    total: int
    is_withheld: bool = False

    @property
    def roll_up(self) -> targets.RollUp:
        """Both denominators."""
        return targets.RollUp(self.credited, self.own, self.street or Decimal(0))

    @property
    def quota(self) -> Decimal | None:
        """What it is held against."""
        return self.roll_up.quota

    @property
    def attainment(self) -> Decimal | None:
        """Unrounded; None without a quota."""
        return self.roll_up.attainment

    @property
    def band(self) -> targets.Band | None:
        """How it stands."""
        return targets.band(self.credited, self.quota)

    @property
    def gap(self) -> Decimal | None:
        """What is missing, never negative."""
        return targets.gap(self.credited, self.quota)

    @property
    def pace(self) -> targets.Pace:
        """Against what was to be expected by now."""
        return targets.pace(self.credited, self.quota, elapsed=self.elapsed, total=self.total)

    @property
    def is_over_assigned(self) -> bool:
        """The reps' quotas promise far more than the team answers for."""
        return targets.is_over_assigned(self.street or Decimal(0), self.own)


@dataclass(frozen=True)
class QuotaReport:
    """The lines of one page of how many, and the scope as a whole."""

    lines: Sequence[QuotaLine]
    whole: QuotaLine
    count: int
