"""What the night compares: roll-ups with the rows behind them. A difference is put right, counted, and told as a defect.

Nothing is written where nothing differs. Each comparison is two statements, what differs and its mending, in the
transaction of the run (metrics/night.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from lib import clock
from lib.periods import add_months
from metrics import recount
from metrics.models import NightRun
from metrics.models.rollups import ACTIVE, COLUMNS, OUTCOME_COLUMNS
from metrics.sql import read
from reps.models import Company

# So many differences are told in full; all are counted.
TOLD = 20
_XID = "pg_current_xact_id()::text::bigint"
_COLUMNS_OF = {NightRun.Job.ACTIVITY: ACTIVE, NightRun.Job.QUOTA: OUTCOME_COLUMNS}


@dataclass
class Outcome:
    """What was found and put right: values `written`, how many rows were wrong, and the first of those in full."""

    defect_count: int = 0
    written: int = 0
    defects: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Sum up."""
        self.defect_count += other.defect_count
        self.written += other.written
        self.defects += other.defects[: max(0, TOLD - len(self.defects))]


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def days(job: str, first: date, stop: date, company: Company) -> Outcome:
    """Compare the days [first, stop) of every rep with their rows."""
    columns = _COLUMNS_OF[NightRun.Job(job)]
    sql, params = (recount.activity if job == NightRun.Job.ACTIVITY else recount.closings)(first, stop, company)
    raw = ", ".join(f"coalesce(r.{name}, 0) AS {name}" for name in columns)
    kept = ", ".join(f"coalesce(k.{name}, 0) AS was_{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS night_difference")
        cursor.execute(
            f"""
            CREATE TEMP TABLE night_difference ON COMMIT DROP AS
            WITH raw AS ({sql}), kept AS (SELECT * FROM metrics_repday WHERE day >= %(start0)s AND day < %(day_stop)s)
            SELECT rep_id, day, {raw}, {kept} FROM raw r FULL JOIN kept k USING (rep_id, day)
            WHERE ({", ".join(f"coalesce(r.{name}, 0)" for name in columns)})
                  IS DISTINCT FROM ({", ".join(f"coalesce(k.{name}, 0)" for name in columns)})
            """,
            {**params, "day_stop": stop},
        )
    return _mend_days(columns)


def _mend_days(columns: Sequence[str]) -> Outcome:
    found = read("SELECT count(*) AS n FROM night_difference", {})[0]["n"]
    if not found:
        return Outcome()
    told = _told(read("SELECT * FROM night_difference ORDER BY rep_id, day LIMIT %(most)s", {"most": TOLD}), columns)
    zeros = [name for name in COLUMNS if name not in columns]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO metrics_repday (changed_in, rep_id, day, team_id, {", ".join(columns)}, {", ".join(zeros)})
            SELECT {_XID}, n.rep_id, n.day, m.team_id, {", ".join(f"n.{name}" for name in columns)}, {", ".join("0" for _ in zeros)}
            FROM night_difference n
            LEFT JOIN reps_teammembership m ON m.rep_id = n.rep_id AND m.superseded_at IS NULL AND m.valid @> n.day
            ORDER BY n.rep_id, n.day
            ON CONFLICT (rep_id, day) DO UPDATE SET changed_in = EXCLUDED.changed_in, {sets}
            """
        )
    # The days' trigger moves the sums of their month and quarter along.
    periods = read("SELECT count(DISTINCT (rep_id, date_trunc('month', day))) AS n FROM night_difference", {})[0]["n"]
    return Outcome(found, found + 2 * periods, told)


def seats(first: date, stop: date) -> Outcome:
    """Compare the team on each day of [first, stop) with the membership of that day."""
    rows = read(
        f"""
        UPDATE metrics_repday r SET team_id = n.team_id, changed_in = {_XID}
        FROM (SELECT d.id, m.team_id FROM metrics_repday d
              LEFT JOIN reps_teammembership m ON m.rep_id = d.rep_id AND m.superseded_at IS NULL AND m.valid @> d.day
              WHERE d.day >= %(first)s AND d.day < %(stop)s AND d.team_id IS DISTINCT FROM m.team_id) n
        WHERE n.id = r.id RETURNING r.rep_id, r.day, r.team_id
        """,
        {"first": first, "stop": stop},
    )
    told = [{"rep": row["rep_id"], "day": str(row["day"]), "column": "team"} for row in sorted(rows, key=_place)[:TOLD]]
    return Outcome(len(rows), len(rows), told)


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["rep_id"], row["day"])


def _told(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"rep": row["rep_id"], "day": str(row["day"]), "column": name, "kept": int(row[f"was_{name}"]), "counted": int(row[name])}
        for row in rows
        for name in columns
        if row[name] != row[f"was_{name}"]
    ][:TOLD]


# ── Months and quarters ─────────────────────────────────────────────────────────────────────────────────────────────
def periods(job: str, months: Sequence[date], company: Company) -> Outcome:
    """Compare the sums of these months, and of the quarters they lie in, with their days."""
    if not months:
        return Outcome()
    columns = _COLUMNS_OF[NightRun.Job(job)]
    sums = ", ".join(f"sum({name}) AS {name}" for name in columns)
    by_month = f"""
        SELECT rep_id, team_id, date_trunc('month', day)::date AS start_on, {sums} FROM metrics_repday
        WHERE date_trunc('month', day)::date = ANY(%(months)s) AND day >= %(first)s AND day < %(stop)s GROUP BY 1, 2, 3"""
    by_quarter = f"""
        SELECT rep_id, team_id, metrics_quarter_start(start_on, %(fiscal)s) AS start_on, {sums} FROM metrics_repperiod
        WHERE grain = 'month' AND start_on >= %(first)s AND start_on < %(stop)s
          AND metrics_quarter_start(start_on, %(fiscal)s) = ANY(%(quarters)s) GROUP BY 1, 2, 3"""
    quarters = sorted({_quarter(month, company.fiscal_start) for month in months})
    params = {"fiscal": company.fiscal_start, "months": list(months), "quarters": quarters}
    inside = {"first": min(months), "stop": add_months(max(months), 1)}
    whole = {"first": quarters[0], "stop": add_months(quarters[-1], 3)}
    found = _sums_differ("month", by_month, columns, list(months), {**params, **inside})
    more = _sums_differ("quarter", by_quarter, columns, quarters, {**params, **whole})
    found.add(more)
    return found


def _sums_differ(grain: str, sums: str, columns: Sequence[str], starts: list[date], params: dict[str, Any]) -> Outcome:
    right = ", ".join(f"coalesce(s.{name}, 0)" for name in columns)
    kept = ", ".join(f"coalesce(p.{name}, 0)" for name in columns)
    zeros = [name for name in COLUMNS if name not in columns]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    rows = read(
        f"""
        WITH sums AS ({sums}),
        kept AS (SELECT * FROM metrics_repperiod WHERE grain = %(grain)s AND start_on = ANY(%(starts)s)),
        wrong AS (
            SELECT coalesce(s.rep_id, p.rep_id) AS rep_id, coalesce(s.team_id, p.team_id) AS team_id,
                   coalesce(s.start_on, p.start_on) AS start_on, {", ".join(f"coalesce(s.{n}, 0) AS {n}" for n in columns)}
            FROM sums s FULL JOIN kept p
              ON p.rep_id = s.rep_id AND coalesce(p.team_id, 0) = coalesce(s.team_id, 0) AND p.start_on = s.start_on
            WHERE ({right}) IS DISTINCT FROM ({kept})
        )
        INSERT INTO metrics_repperiod (changed_in, rep_id, team_id, grain, start_on, {", ".join(columns)}, {", ".join(zeros)})
        SELECT {_XID}, rep_id, team_id, %(grain)s, start_on, {", ".join(columns)}, {", ".join("0" for _ in zeros)}
        FROM wrong ORDER BY rep_id, start_on, team_id
        ON CONFLICT (rep_id, grain, start_on, team_id) DO UPDATE SET changed_in = EXCLUDED.changed_in, {sets}
        RETURNING rep_id, start_on
        """,
        {**params, "grain": grain, "starts": starts},
    )
    told = [{"rep": row["rep_id"], grain: str(row["start_on"]), "column": "sum"} for row in rows[:TOLD]]
    return Outcome(len(rows), len(rows), told)


def _quarter(month: date, fiscal_start: int) -> date:
    return add_months(month.replace(day=1), -((month.month - fiscal_start) % 3))


# ── Effective quotas ────────────────────────────────────────────────────────────────────────────────────────────────
def effective_quotas(months: Sequence[date]) -> Outcome:
    """Compare the effective quotas of these months with quotas, leave, memberships and calendars."""
    if not months:
        return Outcome()
    params = {"months": list(months), "first": min(months), "last": max(months)}
    wrong = read(
        """
        WITH who AS (SELECT coalesce(array_agg(DISTINCT rep_id), '{}') AS reps FROM (
            SELECT rep_id FROM metrics_quota WHERE superseded_at IS NULL AND rep_id IS NOT NULL AND month_on = ANY(%(months)s)
            UNION SELECT rep_id FROM metrics_effectivequota WHERE month_on = ANY(%(months)s)) r),
        fresh AS (SELECT e.* FROM who, metrics_effective(who.reps, %(first)s, %(last)s) e WHERE e.minor <> 0),
        kept AS (SELECT * FROM metrics_effectivequota WHERE month_on = ANY(%(months)s))
        SELECT coalesce(f.rep_id, k.rep_id) AS rep_id, coalesce(f.month_on, k.month_on) AS month_on, count(*) AS n
        FROM (SELECT * FROM fresh WHERE month_on = ANY(%(months)s)) f FULL JOIN kept k
          ON k.rep_id = f.rep_id AND k.metric = f.metric AND k.deal_type = f.deal_type AND k.month_on = f.month_on
             AND coalesce(k.team_id, 0) = coalesce(f.team_id, 0)
        WHERE f.minor IS DISTINCT FROM k.minor GROUP BY 1, 2 ORDER BY 1, 2
        """,
        params,
    )
    for row in wrong:
        read("SELECT metrics_settle(ARRAY[%(rep_id)s]::bigint[], %(month_on)s, %(month_on)s)", row)
    told = [{"rep": row["rep_id"], "month": str(row["month_on"]), "column": "effective quota"} for row in wrong[:TOLD]]
    return Outcome(len(wrong), sum(row["n"] for row in wrong), told)


# ── What to look at ─────────────────────────────────────────────────────────────────────────────────────────────────
def first_day(company: Company) -> date | None:
    """The day of the first event there is; None in an empty company."""
    rows = read(
        """
        SELECT least((SELECT min(occurred_on) FROM deals_activity),
                     (SELECT min(closed_on) FROM deals_deal WHERE outcome <> ''),
                     (SELECT min(won_on) FROM deals_credit WHERE superseded_at IS NULL),
                     (SELECT (min(booked_at) AT TIME ZONE %(zone)s)::date FROM deals_activity WHERE booked_at IS NOT NULL),
                     (SELECT (min(created_at) AT TIME ZONE %(zone)s)::date FROM deals_lead)) AS day
        """,
        {"zone": company.time_zone},
    )
    first: date | None = rows[0]["day"]
    return min(first, clock.today(company.zone)) if first else None


def days_written_since(job: str, instant: datetime, horizon: int, company: Company) -> set[date]:
    """Days whose roll-up, or rows behind it, were written since, up to today."""
    params = {"seen": instant, "horizon": _known(horizon), "zone": company.time_zone, "today": clock.today(company.zone)}
    rows = read(_ACTIVE_SINCE if job == NightRun.Job.ACTIVITY else _CLOSED_SINCE, params)
    return {row["day"] for row in rows if row["day"] is not None}


def months_written_since(horizon: int) -> set[date]:
    """First days of the months whose sums were written since."""
    sql = "SELECT DISTINCT start_on FROM metrics_repperiod WHERE grain = 'month' AND changed_in >= %(horizon)s"
    return {row["start_on"] for row in read(sql, {"horizon": _known(horizon)})}


def _known(horizon: int | None) -> int:
    """The horizon, or 0 (everything) where the database is younger: its transactions were numbered anew by a restore."""
    now: int = read("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS x", {})[0]["x"]
    return horizon if horizon is not None and horizon <= now else 0


_ROLLED_SINCE = "SELECT DISTINCT day FROM metrics_repday WHERE changed_in >= %(horizon)s AND day <= %(today)s"
_ACTIVE_SINCE = f"""
{_ROLLED_SINCE}
UNION SELECT DISTINCT occurred_on FROM deals_activity WHERE recorded_at > %(seen)s AND occurred_on <= %(today)s
UNION SELECT DISTINCT (booked_at AT TIME ZONE %(zone)s)::date FROM deals_activity WHERE recorded_at > %(seen)s
UNION SELECT DISTINCT (created_at AT TIME ZONE %(zone)s)::date FROM deals_lead WHERE created_at > %(seen)s
"""
_CLOSED_SINCE = f"""
{_ROLLED_SINCE}
UNION SELECT DISTINCT d.closed_on FROM deals_deal d
      WHERE d.outcome <> '' AND d.id IN (SELECT e.deal_id FROM deals_dealevent e WHERE e.recorded_at > %(seen)s)
UNION SELECT DISTINCT c.won_on FROM deals_credit c
      WHERE c.deal_id IN (SELECT e.deal_id FROM deals_dealevent e WHERE e.recorded_at > %(seen)s)
"""
