"""The night and the imports, each against raw SQL that writes the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from lib import clock
from metrics import night, proof
from metrics.models.rollups import ACTIVE, COLUMNS
from reps.models import Company


def measure() -> dict[str, Any]:
    """Rows of the night, each with its target."""
    company = Company.load()
    day = clock.today(company.zone) - timedelta(days=1)
    while not _count("SELECT count(*) FROM deals_activity WHERE occurred_on = %s", day):
        day -= timedelta(days=1)
    night.run_day(day, company)
    found: dict[str, Any] = {}
    raw = _best(lambda: _rolled_back(_raw_day, day))
    own = _best(lambda: _rolled_back(lambda day: proof.days("activity", day, day + timedelta(days=1), company), day))
    found["night, roll-up of a day"] = _against(own, raw, 2, "raw SQL upsert of the same day")
    whole = _best(lambda: night.run_day(day, company), times=5)
    found["night, whole"] = {"kind": "seconds", "seconds": round(whole, 3), "most": 1.0}
    raw_all = _best(lambda: _rolled_back(_raw_everything, None), times=1)
    full = _best(lambda: _rolled_back(_rebuilt, company), times=1)
    found["night, full recompute"] = _against(full, raw_all, 1.3, "raw SQL of the same output")
    started = time.perf_counter()
    written = night.run_all(company).written
    found["run_nightly --all"] = {"kind": "told", "seconds": round(time.perf_counter() - started, 2), "written": written}
    return found


def _against(own: float, raw: float, most: float, what: str) -> dict[str, Any]:
    return {
        "kind": "ratio", "seconds": round(own, 4), "raw_seconds": round(raw, 4), "ratio": round(own / raw, 2), "most": most,
        "against": what,
    }  # fmt: skip


def _best(work: Callable[[], Any], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _rolled_back(work: Callable[[Any], Any], argument: Any) -> None:
    with transaction.atomic():
        work(argument)
        transaction.set_rollback(True)


_FLAGS = """
    count(*) FILTER (WHERE channel = 'call' AND direction = 'out' AND is_human), 0,
    count(*) FILTER (WHERE channel = 'whatsapp'), count(*) FILTER (WHERE channel = 'visit' AND outcome = 'held'),
    count(*) FILTER (WHERE channel = 'email'), count(*) FILTER (WHERE channel = 'meeting' AND outcome = 'held'),
    count(*) FILTER (WHERE channel = 'meeting' AND outcome = 'no_show'), 0, 0, 0
"""
_DAY_TABLE = "CREATE TEMP TABLE IF NOT EXISTS raw_day (rep_id bigint, day date, {columns}, PRIMARY KEY (rep_id, day))"


def _raw_day(day: Any) -> None:
    """What the day's roll-up costs in one bare upsert, without comparing, teams or triggers."""
    columns = ", ".join(f"{name} int" for name in ACTIVE)
    with connection.cursor() as cursor:
        cursor.execute(_DAY_TABLE.format(columns=columns) + " ON COMMIT DROP")
        sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in ACTIVE)
        cursor.execute(
            f"INSERT INTO raw_day SELECT rep_id, occurred_on, {_FLAGS} FROM deals_activity WHERE occurred_on = %s GROUP BY 1, 2 "  # noqa: S608
            f"ON CONFLICT (rep_id, day) DO UPDATE SET {sets}",
            [day],
        )


def _raw_everything(_: Any) -> None:
    """All days, their months and quarters, from activities, deals and credits, in as few bare statements as will do."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE raw_days (LIKE metrics_repday INCLUDING INDEXES) ON COMMIT DROP")
        cursor.execute("CREATE TEMP TABLE raw_periods (LIKE metrics_repperiod INCLUDING INDEXES) ON COMMIT DROP")
        zeros = ", ".join("0" for name in COLUMNS if name not in ACTIVE)
        others = [name for name in COLUMNS if name not in ACTIVE]
        cursor.execute(
            f"INSERT INTO raw_days (id, changed_in, rep_id, day, team_id, {', '.join(ACTIVE)}, {', '.join(others)}) "  # noqa: S608
            f"SELECT row_number() OVER (), 0, a.rep_id, a.occurred_on, min(m.team_id), {_FLAGS}, {zeros} FROM deals_activity a "
            "LEFT JOIN reps_teammembership m ON m.rep_id = a.rep_id AND m.superseded_at IS NULL AND m.valid @> a.occurred_on "
            "GROUP BY a.rep_id, a.occurred_on"
        )
        cursor.execute(
            "UPDATE raw_days r SET won_count = c.n, won_minor = c.v FROM (SELECT rep_id, won_on, count(*) AS n, "
            "sum(base_amount)::bigint AS v FROM deals_credit WHERE superseded_at IS NULL GROUP BY 1, 2) c "
            "WHERE c.rep_id = r.rep_id AND c.won_on = r.day"
        )
        sums = ", ".join(f"sum({name})" for name in COLUMNS)
        for offset, grain in ((0, "month"), (10_000_000, "quarter")):
            cursor.execute(
                f"INSERT INTO raw_periods (id, changed_in, rep_id, team_id, grain, start_on, {', '.join(COLUMNS)}) "  # noqa: S608
                f"SELECT {offset} + row_number() OVER (), 0, rep_id, team_id, '{grain}', date_trunc('{grain}', day)::date, {sums} "
                "FROM raw_days GROUP BY 3, 4, 6"
            )


def _rebuilt(company: Company) -> None:
    """The night over everything, from roll-ups that are all gone: in one transaction here, so that it can be taken back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE metrics_repday DISABLE TRIGGER USER")
        cursor.execute("TRUNCATE metrics_repday, metrics_repperiod")
        cursor.execute("ALTER TABLE metrics_repday ENABLE TRIGGER USER")
    for day in sorted({day.replace(day=1) for day in night.every_day(company)}):
        stop = (day + timedelta(days=32)).replace(day=1)
        for job in night.JOBS:
            proof.days(job, day, stop, company)
    for job in night.JOBS:
        proof.periods(job, sorted({day.replace(day=1) for day in night.every_day(company)}), company)


def _count(sql: str, *params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])
