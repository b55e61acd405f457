"""The night: proves that the roll-ups are what the rows behind them say, and writes down which values changed.

One `NightRun` for each job and business day of the company. The row is the work; beat, a command or a worker only wakes it.
Each run is one REPEATABLE READ transaction: killed, it leaves nothing behind but its attempt, and it is done again. What
was written live meanwhile lies outside its snapshot and stays; where both want the same row PostgreSQL refuses the night,
and it starts over. (In READ COMMITTED it would overwrite the live write: tests/metrics/test_night_faults.py shows it.)

What a run of day D looks at, whatever the length of history: D itself, the days whose rows or roll-ups were written since the
run before began, and the months and quarters these lie in. `run_all` looks at all days, quarter by quarter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.utils import OperationalError

from lib import clock
from lib.periods import Period, add_months, containing, midnight, months_of
from metrics import night_mail, proof, revisions
from metrics.models import NightRun
from metrics.proof import Outcome
from metrics.sql import read
from reps.models import Company

log = logging.getLogger(__name__)

JOBS = tuple(NightRun.Job.values)
# The day is over for good half an hour after midnight (DOMAIN §12.5).
GRACE = timedelta(minutes=30)
# Rows recorded a little before the last run began may have been committed after its snapshot.
OVERLAP = timedelta(minutes=15)
ATTEMPTS = 3
_COLLISIONS = 20
REPEATABLE = "REPEATABLE READ"


# ── Which nights are due ────────────────────────────────────────────────────────────────────────────────────────────
def last_due(company: Company, now: datetime | None = None) -> date:
    """The latest business day that is over: the day before today in the company's zone, half an hour after midnight."""
    return clock.local_date((now or clock.now()) - GRACE, company.zone) - timedelta(days=1)


def due(company: Company, now: datetime | None = None) -> list[date]:
    """The business days that still need a run, oldest first: since the first night ever, or yesterday if there was none."""
    last = last_due(company, now)
    done: dict[date, int] = {}
    for job, day in NightRun.objects.done().values_list("job", "business_day"):
        if job in JOBS:
            done[day] = done.get(day, 0) + 1
    first = NightRun.objects.aggregate(first=Min("business_day"))["first"] or last
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if done.get(day, 0) < len(JOBS)]


def every_day(company: Company) -> list[date]:
    """Every business day from the first event to the last day that is over."""
    first = proof.first_day(company)
    last = last_due(company)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)] if first else []


# ── Running ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def run_due(company: Company | None = None) -> Outcome:
    """Do what is due, oldest day first. Stops at a run that somebody else has in hand or that failed too often."""
    company = company or Company.load()
    total = Outcome()
    for day in due(company):
        for job in JOBS:
            found = _claim(job, day, within=ATTEMPTS)
            if found is None:
                return total
            if found.state != NightRun.State.DONE:
                done = _attempt(found, company)
                if done is None:
                    return total
                total.add(done)
    return total


def run_day(day: date, company: Company | None = None) -> Outcome:
    """Both jobs of a business day, whether or not they were done before."""
    company = company or Company.load()
    total = Outcome()
    for job in JOBS:
        run = _claim(job, day, within=None)
        done = _attempt(run, company, again=True) if run else None
        total.add(done or Outcome())
    return total


def run_all(company: Company | None = None, tell: Callable[[str], None] = lambda text: None) -> Outcome:
    """Every business day since the first event, oldest first, a quarter of them at a time.

    A quarter, since its sum is only written down once all its months are proved.
    """
    company = company or Company.load()
    total = Outcome()
    quarters: dict[Period, list[date]] = {}
    for day in every_day(company):
        quarters.setdefault(containing(day, "quarter", company.fiscal_start), []).append(day)
    for quarter, days in quarters.items():
        for job in JOBS:
            run = _claim(job, days[-1], within=None)
            if run is not None:
                total.add(_attempt(run, company, again=True, whole=quarter, others=days[:-1]) or Outcome())
        tell(f"{quarter.label}: {total.written} rows written so far")
    return total


def _claim(job: str, day: date, *, within: int | None) -> NightRun | None:
    """The run of that job and day with one more attempt on its account; None when it may not be tried again."""
    NightRun.objects.bulk_create([NightRun(job=job, business_day=day, attempts=0)], ignore_conflicts=True)
    with transaction.atomic():
        run = NightRun.objects.select_for_update(skip_locked=True).filter(job=job, business_day=day).first()
        if run is None:
            return None
        if within is None:
            run.attempts = 0
        elif run.state == NightRun.State.DONE:
            return run
        elif run.attempts >= within:
            if run.state != NightRun.State.FAILED:
                NightRun.objects.filter(pk=run.pk).update(
                    state=NightRun.State.FAILED, detail={**run.detail, **night_mail.tell(run)}
                )
            return None
        run.attempts, run.state, run.started_at = run.attempts + 1, NightRun.State.RUNNING, clock.now()
        run.save(update_fields=["attempts", "state", "started_at"])
    return run


def _attempt(
    run: NightRun, company: Company, *, again: bool = False, whole: Period | None = None, others: list[date] | None = None
) -> Outcome | None:
    """Do the run; None when somebody else has it in hand or it failed, which its row then says."""
    try:
        return _collided(lambda: _work(run, company, again=again, whole=whole, others=others or []))
    except Exception as error:
        log.exception("The night of %s failed: %s", run.business_day, run.job)
        _note_failure(run, f"{type(error).__name__}: {error}"[:500])
        if again:
            raise
        return None


def _note_failure(run: NightRun, words: str) -> None:
    """Say on the row why it failed; after the last attempt the admins are written to."""
    over = run.attempts >= ATTEMPTS
    with transaction.atomic():
        told = night_mail.tell(run) if over else {name: run.detail[name] for name in run.detail if name == night_mail.TOLD}
        state = NightRun.State.FAILED if over else NightRun.State.RUNNING
        NightRun.objects.filter(pk=run.pk).update(state=state, detail={"error": words, **told})


def _collided(work: Callable[[], Outcome | None]) -> Outcome | None:
    """Start over when a live write came in between, which PostgreSQL then says (40001, 40P01)."""
    for _ in range(_COLLISIONS):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") not in ("40001", "40P01"):
                raise
    return work()


@contextmanager
def snapshot(isolation: str = REPEATABLE) -> Iterator[None]:
    """One transaction that sees one state of everything. Must not run inside another one."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        yield


def _work(run: NightRun, company: Company, *, again: bool, whole: Period | None, others: list[date]) -> Outcome | None:
    with snapshot():
        mine = NightRun.objects.select_for_update(skip_locked=True).filter(pk=run.pk)
        if not again:
            mine = mine.exclude(state=NightRun.State.DONE)
        held = mine.first()
        if held is None:
            return None
        scope = _whole(whole) if whole else _work_set(run, company)
        outcome = _proved(run.job, scope, company)
        outcome.written += revisions.write(run, scope.months, company)
        _finish(held, outcome, others)
    return outcome


@dataclass(frozen=True)
class WorkSet:
    """The days to count anew, as spans [start, stop), and the months whose sums and revisions are looked at."""

    spans: list[tuple[date, date]]
    months: list[date]


def _proved(job: str, scope: WorkSet, company: Company) -> Outcome:
    outcome = Outcome()
    for first, stop in scope.spans:
        outcome.add(proof.days(job, first, stop, company))
    if job == NightRun.Job.QUOTA:
        for first, stop in scope.spans:
            outcome.add(proof.seats(first, stop))
        outcome.add(proof.effective_quotas(scope.months))
    outcome.add(proof.periods(job, scope.months, company))
    return outcome


def _finish(run: NightRun, outcome: Outcome, others: list[date]) -> None:
    """Say on the row what came of it; in a whole quarter the earlier days were looked at with the last."""
    horizon = read("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS x", {})[0]["x"]
    now = clock.now()
    done = {
        "state": NightRun.State.DONE, "seen_at": run.started_at, "horizon": horizon, "finished_at": now, "started_at": run.started_at,
    }  # fmt: skip
    detail = {"defects": outcome.defects, **night_mail.tell(run)} if outcome.defects else {}
    NightRun.objects.filter(pk=run.pk).update(
        **done, rows_written=outcome.written, defects=outcome.defect_count, detail=detail
    )  # fmt: skip
    NightRun.objects.bulk_create(
        [NightRun(job=run.job, business_day=day, attempts=1, **done) for day in others], ignore_conflicts=True
    )
    NightRun.objects.filter(job=run.job, business_day__in=others).exclude(state=NightRun.State.DONE).update(**done)


def _whole(quarter: Period) -> WorkSet:
    """All its days, a month in one statement: one over everything took far longer than its parts."""
    months = months_of(quarter)
    return WorkSet([(month, add_months(month, 1)) for month in months], months)


def _work_set(run: NightRun, company: Company) -> WorkSet:
    """The day of the run, and what was written since the run before it began."""
    day = run.business_day
    before = NightRun.objects.done().filter(job=run.job).exclude(pk=run.pk)
    known = before.aggregate(seen=Max("seen_at"), horizon=Max("horizon"))
    days = {day}
    if known["seen"] is not None:
        days |= proof.days_written_since(run.job, known["seen"] - OVERLAP, known["horizon"], company)
    months = {found.replace(day=1) for found in days}
    if known["seen"] is not None:
        months |= proof.months_written_since(known["horizon"])
    return WorkSet(_spans(sorted(days)), sorted(months))


def _spans(days: list[date]) -> list[tuple[date, date]]:
    """Days that follow each other as one span."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and spans[-1][1] == day:
            spans[-1] = (spans[-1][0], day + timedelta(days=1))
        else:
            spans.append((day, day + timedelta(days=1)))
    return spans


# ── What admins are told ────────────────────────────────────────────────────────────────────────────────────────────
def late(company: Company) -> list[NightRun]:
    """Runs that were tried as often as may be and are not done, and those with defects, of the last 30 days."""
    since = last_due(company) - timedelta(days=30)
    rows = NightRun.objects.filter(business_day__gte=since)
    failed = rows.exclude(state=NightRun.State.DONE).filter(attempts__gte=ATTEMPTS)
    return list(failed.union(rows.filter(defects__gt=0)).order_by("-business_day")[:10])


def try_again(day: date) -> bool:
    """Give the runs of a day that failed their attempts back; False when the ledger knows no such day."""
    rows = NightRun.objects.filter(business_day=day)
    rows.exclude(state=NightRun.State.DONE).update(state=NightRun.State.RUNNING, attempts=0)
    return rows.exists()


def start_of_next(company: Company) -> datetime:
    """When the next night is due, in UTC."""
    return midnight(last_due(company) + timedelta(days=2), company.zone) + GRACE
