"""The rows behind attainment, as SQL: what each rep of a scope was credited in a period, and what was asked of them.

    lines   rep_id, name, team_id, team_name, standing, credited, quota, elapsed, total

`credited` and `quota` are whole units: minor units of money, ten-thousandths of counts, so that bands compare integers.
`team_*` is where the rep sits at the end of the period or today; `elapsed` and `total` count the working days of that
team's calendar. Reps with neither a quota nor a credit have no line.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lib import clock
from lib.money import places
from lib.periods import Period, months_of
from metrics import activity_facts, facts
from metrics.models import EffectiveQuota, Quota
from metrics.quotas import is_money
from metrics.scopes import Scope
from metrics.windows import AsOf
from reps.models import Company

M = Quota.Metric
_COUNT_UNIT = 10**EffectiveQuota.COUNT_PLACES


@dataclass(frozen=True)
class Target:
    """What is measured against a quota: a metric, of one deal type or of all."""

    metric: str = M.WON_VALUE
    deal_type: str = ""

    @property
    def column(self) -> str:
        """The roll-up column that adds it up."""
        if self.metric == M.WON_VALUE:
            return f"won_{self.deal_type}_minor" if self.deal_type else "won_minor"
        if self.metric == M.WON_COUNT:
            return f"won_{self.deal_type}_count" if self.deal_type else "won_count"
        return str(self.metric)

    def unit(self, company: Company) -> int:
        """Whole units in one of its money or in one count."""
        return 10 ** places(company.currency) if is_money(self.metric) else _COUNT_UNIT


# Whose acts of the running day may still be to come: only these channels are booked ahead, and without an outcome a call or
# visit counts once its hour has passed.
_BOOKED_AHEAD = {M.CALLS_MADE, M.VISITS}


def lines(scope: Scope, period: Period, target: Target, at: AsOf, company: Company) -> tuple[str, dict[str, Any]]:
    """The WITH parts (without the word), ending with `lines`, and their parameters."""
    credited, params = credits_of(scope, period, target, at, company)
    text = f"""
    inside AS MATERIALIZED (SELECT id FROM reps_team WHERE path LIKE %(scope_path)s),
    credited AS (SELECT rep_id, sum(value) AS value FROM ({credited}) c GROUP BY rep_id HAVING sum(value) <> 0),
    asked AS ({asked_of(scope, at)}),
    who AS (SELECT rep_id FROM credited UNION SELECT rep_id FROM asked),
    seat AS (
        SELECT w.rep_id, m.team_id FROM who w
        LEFT JOIN reps_teammembership m ON m.rep_id = w.rep_id AND m.superseded_at IS NULL AND m.valid @> %(seat_on)s::date
    ),
    {calendar_of("SELECT DISTINCT team_id FROM seat")},
    lines AS (
        SELECT r.id AS rep_id, r.name, s.team_id, t.name AS team_name, t.standing, coalesce(c.value, 0)::bigint AS credited,
               q.value::bigint AS quota, k.elapsed, k.total
        FROM who w JOIN reps_rep r ON r.id = w.rep_id JOIN seat s ON s.rep_id = w.rep_id
        LEFT JOIN credited c ON c.rep_id = w.rep_id LEFT JOIN asked q ON q.rep_id = w.rep_id
        LEFT JOIN reps_team t ON t.id = s.team_id LEFT JOIN calendar k ON k.team_id IS NOT DISTINCT FROM s.team_id
    ),
    own AS (
        -- The number the scope's manager answers for; the company's is the sum of its highest teams', if each has one.
        SELECT sum(o.value)::bigint AS value, bool_or(o.value IS NULL) AS partly FROM (
            SELECT {own_of("t")} AS value FROM reps_team t WHERE {owners(scope, "SELECT FROM asked")}
        ) o
    )
    """
    return text, {**params, **params_of(scope, period, target, at, company)}


def units(whole: int | None, unit: int) -> Decimal | None:
    """Whole units as money or a count."""
    return None if whole is None else Decimal(whole) / unit


# By the team on each day, so that a mover's quota is asked in part of each team.
_ASKED = """
SELECT {who}, sum(e.minor) AS value FROM metrics_effectivequota e
WHERE e.metric = %(metric)s AND e.deal_type = %(deal_type)s AND e.month_on = ANY(%(months)s) AND {mine} GROUP BY {who}
"""
_ASKED_AS_KNOWN = """
SELECT {who}, sum(e.minor) AS value FROM metrics_effective(
    ARRAY(SELECT DISTINCT g.rep_id FROM metrics_quota g WHERE g.rep_id IS NOT NULL AND g.month_on = ANY(%(months)s)),
    %(first_month)s, %(last_month)s, %(known_at)s) e
WHERE e.metric = %(metric)s AND e.deal_type = %(deal_type)s AND e.minor <> 0 AND {mine} GROUP BY {who}
"""


def asked_of(scope: Scope, at: AsOf, *, teams: bool = False) -> str:
    """rep_id, value and with `teams` the team_id of that day, as SQL: what was asked of each rep after leave."""
    who = "e.rep_id, e.team_id" if teams else "e.rep_id"
    return (_ASKED_AS_KNOWN if at.known_at else _ASKED).format(who=who, mine=mine(scope, "e"))


def mine(scope: Scope, alias: str) -> str:
    """The condition that a row of a rep and team lies in the scope."""
    if scope.is_rep:
        return f"{alias}.rep_id = %(scope_id)s"
    return f"{alias}.team_id IN (SELECT id FROM inside)" if scope.is_team else "TRUE"


def calendar_of(teams: str, first: str = "start_on", stop: str = "stop_on") -> str:
    """WITH parts ending with `calendar` (team_id, elapsed, total): the working days of each of these teams in the span.

    `teams` selects team_id; the days of a calendar that several share are counted once.
    """
    return f"""
    placed AS MATERIALIZED (SELECT t.team_id, metrics_calendar_of(t.team_id) AS calendar FROM ({teams}) t),
    days AS MATERIALIZED (
        SELECT x.calendar, metrics_working_days(x.calendar, %({first})s, %(elapsed_stop)s) AS elapsed,
               metrics_working_days(x.calendar, %({first})s, %({stop})s) AS total
        FROM (SELECT DISTINCT calendar FROM placed) x
    ),
    calendar AS (
        SELECT p.team_id, d.elapsed, d.total FROM placed p JOIN days d ON d.calendar IS NOT DISTINCT FROM p.calendar
    )"""


def own_of(team: str) -> str:
    """The number that the manager of a team answers for, in whole units; null where none was set."""
    return f"""(
    SELECT sum(g.amount * %(unit)s) FROM metrics_quota g
    WHERE g.team_id = {team}.id AND g.metric = %(metric)s AND g.deal_type = %(deal_type)s AND g.month_on = ANY(%(months)s)
      AND metrics_stood(g.recorded_at, g.superseded_at, %(known_at)s))"""


def owners(scope: Scope, asked: str) -> str:
    """The teams `t` whose own numbers make that of the scope; `asked` selects what was asked of anybody in it."""
    if scope.is_team:
        return "t.id = %(scope_id)s"
    return "FALSE" if scope.is_rep else f"t.parent_id IS NULL AND EXISTS ({asked})"


def params_of(scope: Scope, period: Period, target: Target, at: AsOf, company: Company) -> dict[str, Any]:
    """What the queries of this module ask with."""
    months = months_of(period)
    return {
        **facts.scope_params(scope, at),
        "metric": target.metric, "deal_type": target.deal_type, "unit": target.unit(company), "months": months,
        "first_month": months[0], "last_month": months[-1], "seat_on": at.end(period), "start_on": period.start_on,
        "stop_on": period.end_on, "elapsed_stop": at.stop(period),
    }  # fmt: skip


def credits_of(
    scope: Scope, period: Period, target: Target, at: AsOf, company: Company, *, teams: bool = False
) -> tuple[str, dict[str, Any]]:
    """rep_id, value and with `teams` the team_id of that day, as SQL.

    Sums of the roll-ups today; for another day or an earlier state of knowledge, of the rows themselves.
    """
    if at.is_now:
        return _from_rollups(scope, period, target, teams=teams)
    who = "f.rep_id, f.team_id" if teams else "f.rep_id"
    unit = 1 if is_money(target.metric) else _COUNT_UNIT
    typed = "JOIN deals_deal d ON d.id = f.deal_id AND d.deal_type = %(deal_type)s" if target.deal_type else ""
    if target.metric == M.WON_VALUE:
        text, params = facts.relations(scope, [period], at, company, parts=("credits",), teams=teams)
        value = 10 ** places(company.currency)
        return f"WITH {text} SELECT {who}, f.base_amount * {value} AS value FROM credits f {typed}", params
    if target.metric == M.WON_COUNT:
        text, params = facts.relations(scope, [period], at, company, parts=("closed",), teams=teams)
        return f"WITH {text} SELECT {who}, {unit} AS value FROM closed f {typed} WHERE f.ending = 'won'", params
    part = {M.MEETINGS_SCHEDULED: "booked", M.LEADS_CREATED: "leads"}.get(M(target.metric), "happened")
    text, params = activity_facts.relations(scope, [period], at, company, parts=(part,), teams=teams)
    where = f"WHERE f.{target.metric}" if part == "happened" else ""
    return f"WITH {text} SELECT {who}, {unit} AS value FROM {part} f {where}", params


def _from_rollups(scope: Scope, period: Period, target: Target, *, teams: bool) -> tuple[str, dict[str, Any]]:
    """Months or quarters of the roll-up, less what is booked for later today and after."""
    grain = "quarter" if period.grain in ("quarter", "year") else "month"
    starts = months_of(period)[::3] if grain == "quarter" else [period.start_on]
    unit = 1 if is_money(target.metric) else _COUNT_UNIT
    sums = f"""
    SELECT p.rep_id{", p.team_id" if teams else ""}, {target.column}::bigint * {unit} AS value FROM metrics_repperiod p
    WHERE p.grain = %(grain)s AND p.start_on = ANY(%(starts)s) AND {mine(scope, "p")}
    """
    params: dict[str, Any] = {"grain": grain, "starts": starts, "now": clock.now()}
    if target.metric not in _BOOKED_AHEAD:
        return sums, params
    join = "JOIN" if scope.is_team else "LEFT JOIN"
    seat = "" if not scope.is_team and not teams else f"""
        {join} reps_teammembership e ON e.rep_id = a.rep_id AND e.superseded_at IS NULL AND e.valid @> a.occurred_on
            {"AND e.team_id IN (SELECT id FROM inside)" if scope.is_team else ""}"""  # fmt: skip
    whose = "a.rep_id = %(scope_id)s" if scope.is_rep else "TRUE"
    return (
        f"""{sums} UNION ALL
    SELECT a.rep_id{", e.team_id" if teams else ""}, -{unit}::bigint FROM deals_activity a {seat}
    WHERE a.occurred_at > %(now)s AND a.occurred_on >= %(start_on)s AND a.occurred_on < %(stop_on)s
        AND {activity_facts.counted(target.column)} AND {whose}
    """,
        params,
    )
