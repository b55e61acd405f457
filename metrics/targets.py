"""Quota and attainment (DOMAIN §3): pure rules, no database. Amounts are Decimal; shares are fractions.

`effective` is also written in SQL, where boards read it (metrics/migrations/0003_effective_quota.py); a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from lib.money import allocate, quantize

# Leave shorter than this many working days in a row gives no relief (DOMAIN §14.5).
SHORTEST_LEAVE_DAYS = 5
# Counts keep four decimals: half a month of 17 meetings is 8.5.
COUNT_PLACES = Decimal("0.0001")
# Beyond this the reps' quotas promise far more than the team answers for.
OVER_ASSIGNED = Decimal("0.25")
# Full quota from the fourth month on (DOMAIN §3).
RAMP = (Decimal(0), Decimal("0.25"), Decimal("0.50"))


class Band(StrEnum):
    """How an attainment stands (DOMAIN §4); the lower bound belongs to the band."""

    CRITICAL = "critical"
    UNDER = "under"
    NEAR = "near"
    MET = "met"
    OVER = "over"


_BANDS = (
    (Decimal("1.20"), Band.OVER), (Decimal("1.00"), Band.MET), (Decimal("0.80"), Band.NEAR), (Decimal("0.50"), Band.UNDER),
)  # fmt: skip


# ── Effective quota ─────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Workday:
    """A working day: the share of it that is worked, and the share of the full quota asked of somebody new."""

    day: date
    works_share: Decimal = Decimal(1)
    ramp_share: Decimal = Decimal(1)


def effective(base: Decimal, days: Sequence[Workday], *, currency: str = "") -> Decimal:
    """What is left of a month's quota: base × Σ(ramp × worked) ÷ working days, rounded once, ties to even.

    `days` are all working days of the month. In minor units of `currency`, for a count (no currency) in ten-thousandths.
    Without working days nothing is asked.
    """
    if not days:
        return Decimal(0)
    worked = sum((day.ramp_share * day.works_share for day in days), Decimal(0))
    exact = base * worked / len(days)
    return quantize(exact, currency) if currency else exact.quantize(COUNT_PLACES, rounding=ROUND_HALF_EVEN)


def presence(
    days: Sequence[date],
    *,
    month: tuple[date, date],
    away: Mapping[date, Decimal],
    joined_on: date | None = None,
    left_on: date | None = None,
    ramp: Sequence[tuple[date, Decimal]] = (),
) -> list[Workday]:
    """The working days of the month [start, end) with how much of each counts.

    `days` are working days in order, beyond the month's ends as far as leave reaches, since a run of leave may begin or
    end outside; `away` the share still worked on days of leave. Shorter runs than SHORTEST_LEAVE_DAYS count as worked.
    `ramp` lists (from, share), the latest that has begun holds.
    """
    long = _long_leave(days, away)
    found = []
    for day in days:
        if not month[0] <= day < month[1]:
            continue
        here = (joined_on is None or day >= joined_on) and (left_on is None or day <= left_on)
        works = (away[day] if day in long else Decimal(1)) if here else Decimal(0)
        found.append(Workday(day, works, _latest(ramp, day)))
    return found


def ramp_share(months_of_tenure: int, steps: Sequence[Decimal] = RAMP) -> Decimal:
    """The share of the full quota in the nth month with the company, 0 for the first; whole after the last step."""
    return steps[months_of_tenure] if 0 <= months_of_tenure < len(steps) else Decimal(1)


def spread(year: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """A year's number over its months by seasonality weight, summing exactly (largest remainder, DOMAIN §1)."""
    return allocate(year, weights, currency)


def _long_leave(days: Sequence[date], away: Mapping[date, Decimal]) -> set[date]:
    long: set[date] = set()
    run: list[date] = []
    for day in [*days, None]:
        if day is not None and day in away:
            run.append(day)
            continue
        if len(run) >= SHORTEST_LEAVE_DAYS:
            long.update(run)
        run = []
    return long


def _latest(ramp: Sequence[tuple[date, Decimal]], day: date) -> Decimal:
    return next((share for start, share in reversed(ramp) if start <= day), Decimal(1))


# ── Attainment ──────────────────────────────────────────────────────────────────────────────────────────────────────
def attainment(actual: Decimal, quota: Decimal | None) -> Decimal | None:
    """actual ÷ quota, unrounded and never capped; None without a quota (reason `no_quota`)."""
    return actual / quota if quota else None


def gap(actual: Decimal, quota: Decimal | None) -> Decimal | None:
    """What is missing to the quota, never negative; None without one."""
    return None if quota is None else max(quota - actual, Decimal(0))


def band(actual: Decimal, quota: Decimal | None) -> Band | None:
    """The band, compared by numerator and denominator and never by a rounded ratio (DOMAIN §0.5)."""
    if not quota:
        return None
    return next((name for bound, name in _BANDS if actual >= bound * quota), Band.CRITICAL)


def shown_percent(ratio: Decimal) -> Decimal:
    """A threshold ratio as people read it: percent with one decimal, rounded down, so that 99.96 is never 100.0."""
    return (ratio * 100).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)


@dataclass(frozen=True)
class Segment:
    """A part of a period in one role: its working days, and what was reached of what was asked."""

    workdays: int
    actual: Decimal
    quota: Decimal | None
    unit: str


def composite(segments: Sequence[Segment]) -> Decimal | None:
    """Attainment over a change of role: the ratio of sums where the unit is one, else the mean weighted by working days."""
    counted = [part for part in segments if part.quota]
    if not counted:
        return None
    if len({part.unit for part in counted}) == 1:
        return attainment(sum((p.actual for p in counted), Decimal(0)), sum((p.quota or Decimal(0) for p in counted), Decimal(0)))
    days = sum(part.workdays for part in counted)
    weighted = [part.workdays * (attainment(part.actual, part.quota) or Decimal(0)) for part in counted]
    return sum(weighted, Decimal(0)) / days if days else None


@dataclass(frozen=True)
class RollUp:
    """A team: what its members reached, against the number the manager answers for and against the sum of their quotas."""

    actual: Decimal
    manager_quota: Decimal | None
    street_quota: Decimal

    @property
    def quota(self) -> Decimal | None:
        """The denominator: the manager's own number where there is one, else the members' (DOMAIN §14.7)."""
        return self.manager_quota or self.street_quota or None

    @property
    def attainment(self) -> Decimal | None:
        """Against that denominator."""
        return attainment(self.actual, self.quota)

    @property
    def street_attainment(self) -> Decimal | None:
        """Against the members' quotas."""
        return attainment(self.actual, self.street_quota or None)

    @property
    def over_assignment(self) -> Decimal | None:
        """Σ members' quotas ÷ the manager's − 1; None without a manager's number."""
        return over_assignment(self.street_quota, self.manager_quota)


def over_assignment(street: Decimal, manager: Decimal | None) -> Decimal | None:
    """By which share the members' quotas exceed the manager's (negative: fall short of it)."""
    return street / manager - 1 if manager else None


def is_over_assigned(street: Decimal, manager: Decimal | None) -> bool:
    """More than OVER_ASSIGNED above, compared unrounded."""
    return bool(manager) and street > (1 + OVER_ASSIGNED) * (manager or 0)


# ── Pace ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Pace:
    """How a period goes: what was to be expected by now, the ratio to it, and where the same pace leads."""

    expected: Decimal | None
    ratio: Decimal | None
    run_rate: Decimal | None


def pace(actual: Decimal, quota: Decimal | None, *, elapsed: int, total: int) -> Pace:
    """Pace after `elapsed` of `total` working days; None before the first. At the end it is the attainment."""
    if not elapsed or not total:
        return Pace(None, None, None)
    expected = quota * elapsed / total if quota else None
    return Pace(expected, actual / expected if expected else None, actual * total / elapsed)


def coverage(open_amount: Decimal, quota: Decimal | None, won: Decimal) -> tuple[Decimal | None, str]:
    """Open qualified pipeline due in the rest of the period ÷ what is still missing; (None, reason) where there is none."""
    if not quota:
        return None, "no_quota"
    left = quota - won
    return (open_amount / left, "") if left > 0 else (None, "quota_met")
