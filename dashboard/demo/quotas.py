"""What everybody is asked for, month by month, and who was away: DEMO's table, and the stories that have a target of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from dashboard.demo.calendar import MONTHS, Days, at
from dashboard.demo.people import GROUPS, LEAVER
from dashboard.demo.plan import LEFT_MONTHS_AGO, STARTED, kind_at
from dashboard.demo.staff import Seller, Staff
from lib.versioned import since
from metrics.models import Quota
from reps.models import Leave

M = Quota.Metric
JUTA = Decimal(1_000_000)
# What each manager answers for, in juta a month; the reps' targets sum to more.
TEAMS = {
    "Penjualan": 5000, "Menengah Jawa": 1540, "Enterprise Jakarta": 2380, "UKM Luar Jawa": 425, "Customer Success": 655,
}  # fmt: skip
LEADS, MEETINGS = 120, 18
# A bar below the usual level, and one far above it in the month that closed last.
LOW_BAR, HIGH_BAR = ("Agus Setiawan", 213), ("Nadia Safitri", 336)
# Beside the low bar, so that the team's reps sum to 8 × 220.
HIGH_BAR_OTHERWISE = 227
# The first months of somebody new, oldest first: 0, 25 and 50 % of 220.
RAMP = ("Yoga Aditya", (0, 55, 110))
# Who was away: months ago, from which working day on, how many of them, and what of each was worked.
AWAY = (
    ("Rudi Siregar", 4, 4, 10, "0"), ("Farida Rauf", 4, 2, 15, "0.5"), ("Bima Prakoso", 5, 6, 7, "0"),
    ("Mega Lestari", 3, 8, 10, "0"), ("Indra Kusuma", 3, 1, 5, "0"), ("Tia Rahmawati", 6, 10, 6, "0"),
)  # fmt: skip
# Away now, and too short a time for it to lower a quota.
AWAY_NOW, AWAY_NOW_DAYS = "Hendra Gunawan", 4


def set_targets(staff: Staff, days: Days) -> None:
    """Leave first, since every change of either settles what is left of the quotas anew."""
    Leave.objects.bulk_create(_away(staff, days))
    Quota.objects.bulk_create([*_of_reps(staff, days), *_of_teams(staff, days)])


def _months(days: Days) -> Iterator[int]:
    """Months back from the oldest to the end of the running year, where they are negative."""
    yield from range(MONTHS - 1, days.today.month - 13, -1)


def _of_reps(staff: Staff, days: Days) -> Iterator[Quota]:
    for seller in staff.sellers.values():
        for back in _months(days):
            asked = _asked(seller, back, days)
            if asked is not None:
                yield _quota(staff, days, back, *asked, rep=seller.rep)


def _asked(seller: Seller, back: int, days: Days) -> tuple[str, Decimal] | None:
    """Metric and amount of one month; None where nothing is asked."""
    if seller.name == LEAVER[0] and back < LEFT_MONTHS_AGO:
        return None
    was_in_another_job = seller.name in STARTED and back > STARTED[seller.name]
    if seller.group == "Pencari Prospek":
        return M.LEADS_CREATED, Decimal(LEADS)
    if seller.group == "SDR" or was_in_another_job:
        return (M.MEETINGS_HELD, Decimal(MEETINGS)) if seller.name != RAMP[0] else None
    assert seller.kind is not None
    return M.WON_VALUE, _juta(seller, back, days) * JUTA


def _juta(seller: Seller, back: int, days: Days) -> Decimal:
    assert seller.kind is not None
    name, (new, steps) = seller.name, RAMP
    if name == new and 0 < back <= len(steps):
        return Decimal(steps[len(steps) - back])
    if name == LOW_BAR[0]:
        return Decimal(LOW_BAR[1])
    if name == HIGH_BAR[0]:
        return Decimal(HIGH_BAR[1] if back == 1 else HIGH_BAR_OTHERWISE)
    return Decimal(round(kind_at(name, seller.kind, back, days).target))


def _of_teams(staff: Staff, days: Days) -> Iterator[Quota]:
    known = {group.name: staff.of(group.name)[0].team for group in GROUPS}
    parent = next(iter(known.values())).parent
    assert parent is not None
    for back in _months(days):
        for name, juta in TEAMS.items():
            yield _quota(staff, days, back, M.WON_VALUE, juta * JUTA, team=known.get(name, parent))


def _quota(staff: Staff, days: Days, back: int, metric: str, amount: Decimal, **whose: object) -> Quota:
    first = days.month(back)[0]
    said = at(min(first, days.today) - timedelta(days=20), 600)
    currency = staff.company.currency if metric == M.WON_VALUE else ""
    return Quota(metric=metric, month_on=first, amount=amount, currency=currency, recorded_at=said, actor=staff.admin, **whose)


def _away(staff: Staff, days: Days) -> Iterator[Leave]:
    for name, back, first, count, works in AWAY:
        start = days.index(days.month(back)[0]) + first
        yield _leave(staff, name, days.working[start], days.working[start + count - 1], Decimal(works))
    today = days.index(days.today)
    yield _leave(staff, AWAY_NOW, days.working[today - 1], days.working[today + AWAY_NOW_DAYS - 2], Decimal(0))


def _leave(staff: Staff, name: str, first: date, last: date, works: Decimal) -> Leave:
    said = at(first - timedelta(days=12), 600)
    span = since(first, last + timedelta(days=1))
    return Leave(rep=staff.sellers[name].rep, valid=span, works_share=works, recorded_at=said, actor=staff.admin)
