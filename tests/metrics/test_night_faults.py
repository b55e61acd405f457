"""The night killed at any point, and raced by live writes; each with the protection taken off as its control."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction

from metrics import night, proof
from metrics.models import NightRun, RepDay
from metrics.quotas import NewQuota, set_quotas
from metrics.recount import activity
from metrics.sql import read
from tests import cast as cast_module
from tests import make
from tests.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
YESTERDAY = date(2026, 9, 15)
KILLS = 100
NAIVE_ROUNDS = 15


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """The cast with ten weeks behind them."""
    built = cast_module.build()
    for back in range(0, 70, 3):
        day = YESTERDAY - timedelta(days=back)
        for person in (built.ana, built.budi, built.outsider):
            make.activity(rep=person, at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC))
        make.won(owner=built.ana, amount=Decimal(1_000 + back), on=day)
    set_quotas(
        metric="won_value", by=None, company=built.company,
        numbers=[NewQuota(date(2026, month, 1), Decimal(50_000), rep_id=built.ana.rep.pk) for month in (7, 8, 9)],
    )  # fmt: skip
    return built


def damaged() -> None:
    """Roll-ups as after a fault: some days wrong, some gone, a quarter wrong, effective quotas lost, no revisions."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("metrics_repday", "metrics_repperiod", "metrics_metricrevision"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM metrics_metricrevision")
        cursor.execute("DELETE FROM metrics_nightrun")
        cursor.execute(
            "UPDATE metrics_repday SET calls_made = calls_made + 3, won_minor = 1 WHERE (rep_id + extract(day FROM day)::int) % 3 = 0"
        )
        cursor.execute("DELETE FROM metrics_repday WHERE (rep_id + extract(day FROM day)::int) % 7 = 1")
        cursor.execute("UPDATE metrics_repperiod SET won_minor = 5 WHERE grain = 'quarter'")
        cursor.execute("DELETE FROM metrics_effectivequota WHERE month_on = '2026-08-01'")
        for table in ("metrics_repday", "metrics_repperiod", "metrics_metricrevision"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


_STATE = """
SELECT md5(string_agg(t.row, ';' ORDER BY t.row)) AS state FROM (
    SELECT (to_jsonb(d) - 'id' - 'changed_in')::text AS row FROM metrics_repday d WHERE calls_made + won_count + credit_count <> 0
    UNION ALL SELECT (to_jsonb(p) - 'id' - 'changed_in')::text FROM metrics_repperiod p WHERE calls_made + won_count + credit_count <> 0
    UNION ALL SELECT (to_jsonb(e) - 'id')::text FROM metrics_effectivequota e
    UNION ALL SELECT (to_jsonb(r) - 'id' - 'run_id' - 'known_at')::text FROM metrics_metricrevision r
    UNION ALL SELECT concat_ws('|', job, business_day, state) FROM metrics_nightrun
) t
"""


def state() -> str:
    return str(read(_STATE, {})[0]["state"])


def in_child(work: Callable[[], Any]) -> int:
    """Start the work in a forked process with a connection of its own; returns its number."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def killed_after(child: int, seconds: float) -> bool:
    """Kill the child after that time; whether it was still at work."""
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_a_hundred_points_and_run_again_it_comes_to_the_same(cast: Cast) -> None:
    chance, hit = random.Random(20260916), 0
    damaged()
    started = time.perf_counter()
    night.run_all(cast.company)
    lasts = time.perf_counter() - started
    expected = state()
    for _ in range(KILLS):
        damaged()
        hit += killed_after(in_child(lambda: night.run_all(cast.company)), chance.uniform(0, lasts))
        night.run_all(cast.company)
        assert state() == expected
    assert hit > KILLS / 2


def test_the_control_a_job_that_adds_what_it_counts_is_wrong_once_killed(cast: Cast) -> None:
    """What many nightly jobs do: go through the reps one by one, add, and commit as they go."""

    def naive() -> None:
        for row in read("SELECT rep_id, occurred_on AS day, count(*) AS n FROM deals_activity GROUP BY 1, 2 ORDER BY 1, 2", {}):
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE metrics_repday SET calls_made = calls_made + %(n)s WHERE rep_id = %(rep_id)s AND day = %(day)s", row
                )

    def emptied() -> None:
        RepDay.objects.update(calls_made=0)

    chance, wrong = random.Random(20260916), 0
    emptied()
    started = time.perf_counter()
    naive()
    lasts = time.perf_counter() - started
    right = read("SELECT sum(calls_made) AS n FROM metrics_repday", {})
    for _ in range(NAIVE_ROUNDS):
        emptied()
        killed_after(in_child(naive), chance.uniform(0.3, 1) * lasts)
        naive()
        wrong += read("SELECT sum(calls_made) AS n FROM metrics_repday", {}) != right
    assert wrong > NAIVE_ROUNDS / 3


def a_live_call_while_the_night_mends(cast: Cast, monkeypatch: pytest.MonkeyPatch, isolation: str) -> bool:
    """A day is found wrong; before it is put right a call is logged on it. Whether the roll-up is right in the end."""
    monkeypatch.setattr(night, "snapshot", lambda isolation=isolation, made=night.snapshot: made(isolation))
    mend, logged = proof._mend_days, []

    def log_a_call() -> None:
        make.activity(rep=cast.ana, at=datetime(2026, 9, 15, 5, tzinfo=UTC))
        connection.close()

    def mend_late(columns: Any) -> Any:
        if not logged:
            with ThreadPoolExecutor(1) as pool:
                logged.append(pool.submit(log_a_call).result())
        return mend(columns)

    RepDay.objects.filter(rep=cast.ana.rep, day=YESTERDAY).update(calls_made=50)
    monkeypatch.setattr(proof, "_mend_days", mend_late)
    night.run_day(YESTERDAY, cast.company)
    sql, params = activity(YESTERDAY, YESTERDAY + timedelta(days=1), cast.company)
    raw = {row["rep_id"]: row["calls_made"] for row in read(sql, params)}
    assert raw[cast.ana.rep.pk] == 2
    return RepDay.objects.get(rep=cast.ana.rep, day=YESTERDAY).calls_made == 2


def test_a_call_logged_during_the_night_is_never_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert a_live_call_while_the_night_mends(cast, monkeypatch, night.REPEATABLE)


def test_the_control_read_committed_overwrites_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not a_live_call_while_the_night_mends(cast, monkeypatch, "READ COMMITTED")


def test_live_writes_by_many_at_once_while_nights_run(cast: Cast) -> None:
    """Eight writers on three reps and a mover, nights over and over: everything is counted in the end, nothing locks up."""
    people = [cast.ana, cast.budi, cast.outsider]

    def write(number: int) -> None:
        chance = random.Random(number)
        for _ in range(25):
            make.activity(rep=chance.choice(people), at=datetime(2026, 9, chance.randint(1, 15), 5, tzinfo=UTC))
        connection.close()

    def nights(_: int) -> None:
        for _ in range(6):
            night.run_day(YESTERDAY, cast.company)
        connection.close()

    with ThreadPoolExecutor(9) as pool:
        for done in [*[pool.submit(write, number) for number in range(8)], pool.submit(nights, 0)]:
            done.result()
    assert read("SELECT sum(calls_made) AS n FROM metrics_repday WHERE day >= '2026-09-01'", {})[0]["n"] == 200 + 3 * 5
    outcome = night.run_all(cast.company)
    assert (outcome.defect_count, outcome.defects) == (0, [])


def test_many_that_wake_the_night_at_once_run_it_once(cast: Cast) -> None:
    """Two beats and three workers are five who ask at the same moment."""
    for _ in range(10):
        damaged()
        children = [in_child(lambda: night.run_due(cast.company)) for _ in range(5)]
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
        night.run_due(cast.company)
        rows = list(NightRun.objects.order_by("job").values_list("job", "business_day", "state"))
        assert rows == [("activity", YESTERDAY, "done"), ("quota", YESTERDAY, "done")]
