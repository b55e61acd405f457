"""How much each seller wins in each month: what DEMO's people are known for, and everybody else around the company's total.

Amounts are in thousands of rupiah, months are counted back from the current one (0 is now, 1 is last month).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from dashboard.demo.calendar import MONTHS, SEASON, Days
from dashboard.demo.people import FIELD, GROUPS, LARGE, LEAVER, MIDDLE, Kind

JUTA = 1000
COMPANY_MONTH = 5000 * JUTA
LEVEL = 0.94
# Shares of the own monthly target, oldest first, for the closed months that end with last month.
KNOWN_MONTHS = {
    "Dimas Harahap": (1.5, 0.4, 1.5, 0.5, 1.0, 0.5),
    "Sri Wahyuni": (0.9,) * 6,
    "Agus Setiawan": tuple(share * 213 / 220 for share in (1.01, 1.03, 1.0, 1.02, 1.01, 1.04)),
    "Nadia Safitri": tuple(amount / 220 for amount in (208, 212, 210, 205, 213, 240)),
    "Rizky Pratama": (0.45, 0.38, 0.52, 0.41, 0.47),
    "Yoga Aditya": (0.0, 0.09, 96 / 220),
    "Lina Marlina": (0.95, 1.02, 0.9, 1.1, 0.98, 1.15),
}
# Shares of the own quarterly target, oldest first, for the closed quarters that end with the last one.
KNOWN_QUARTERS = {
    "Grace Natalia": (1.5, 0.4, 1.5, 0.5),
    "Maya Lasut": (1.18, 0.92, 0.72, 0.68),
    "Ratna Dewanti": (1.25, 1.3, 1.2, 1.35),
    "Budi Santoso": (0.6, 0.55, 0.62, 0.5),
}
# First month of selling, counted back; before it no deal is theirs.
STARTED = {"Rizky Pratama": 5, "Yoga Aditya": 3}
LEFT_MONTHS_AGO = 3
# Months since a move from another team, where the same person sold otherwise.
CAME_FROM_MIDDLE = ("Yulia Hartono", 2)
CAME_FROM_FIELD = "Maya Lasut"
# How far the running quarter has come of what was to be expected of it by now.
PACE = 0.9398
# A win at half past midnight on the first of the month, which is of the month before (dashboard/demo/arcs.py).
AFTER_MIDNIGHT = 9_500


@dataclass
class Month:
    """What one seller wins in one month."""

    name: str
    kind: Kind
    back: int
    amount: int
    fixed: bool
    wins: int = 1


def monthly_wins(days: Days, rnd: Random) -> list[Month]:
    """Every seller's months over the whole history, scaled quarter by quarter to the company's total."""
    months = [month for name, kind in _sellers() for month in _months_of(name, kind, days, rnd)]
    for quarter in sorted({_quarter(days, month.back) for month in months}):
        _scale([month for month in months if _quarter(days, month.back) == quarter], days)
    for month in months:
        month.wins = 0 if month.amount <= 0 else max(1, round(month.amount / JUTA / month.kind.average))
    return [month for month in months if month.amount > 0]


def _sellers() -> list[tuple[str, Kind]]:
    named = [(name, group.kind) for group in GROUPS if group.kind for name, _ in group.people]
    return [*named, (LEAVER[0], next(group.kind for group in GROUPS if group.name == LEAVER[1] and group.kind))]


def moved_back(days: Days) -> int:
    """Months ago, the builder came to the named accounts: with the first of the four quarters that are known."""
    return (days.month(0)[0].month - 1) % 3 + 3 * len(KNOWN_QUARTERS[CAME_FROM_FIELD])


def kind_at(name: str, kind: Kind, back: int, days: Days) -> Kind:
    """How somebody sold so many months ago."""
    if name == CAME_FROM_MIDDLE[0] and back > CAME_FROM_MIDDLE[1]:
        return MIDDLE
    return FIELD if name == CAME_FROM_FIELD and back > moved_back(days) else kind


def _months_of(name: str, kind: Kind, days: Days, rnd: Random) -> list[Month]:
    backs = [back for back in range(MONTHS - 1, -1, -1) if back <= STARTED.get(name, MONTHS)]
    if name == LEAVER[0]:
        backs = [back for back in backs if back >= LEFT_MONTHS_AGO]
    made = []
    for sold in dict.fromkeys(kind_at(name, kind, back, days) for back in backs):
        mine = [back for back in backs if kind_at(name, kind, back, days) is sold]
        made += (_large_months if sold is LARGE else _usual_months)(name, sold, mine, days, rnd)
    return made


def _usual_months(name: str, kind: Kind, backs: list[int], days: Days, rnd: Random) -> list[Month]:
    known = KNOWN_MONTHS.get(name, ())
    own = rnd.uniform(0.68, 1.0)
    made = []
    for back in backs:
        share = own * rnd.uniform(0.8, 1.2) * SEASON[days.month(back)[0].month]
        fixed = 0 < back <= len(known)
        if fixed:
            share = known[len(known) - back]
        elif back == 0:
            share = (sum(known) / len(known) if known else share) * days.elapsed_share(0)
            fixed = bool(known)
        made.append(Month(name, kind, back, round(kind.target * JUTA * share), fixed))
    return made


def _large_months(name: str, kind: Kind, backs: list[int], days: Days, rnd: Random) -> list[Month]:
    """Two deals a quarter or so: the quarter's amount falls on one to three of its months."""
    quarters: dict[tuple[int, int], list[int]] = {}
    for back in backs:
        quarters.setdefault(_quarter(days, back), []).append(back)
    now = _quarter(days, 0)
    closed = [quarter for quarter in quarters if quarter != now]
    known = KNOWN_QUARTERS.get(name, ())
    made = []
    for quarter, months in quarters.items():
        place = len(closed) - closed.index(quarter) if quarter in closed else 0
        fixed = 0 < place <= len(known)
        share = known[len(known) - place] if fixed else rnd.uniform(0.7, 1.0)
        amount = kind.target * JUTA * share * sum(days.elapsed_share(back) for back in months)
        lucky = [back for back in months if days.past(back)] or months
        chosen = sorted(rnd.sample(lucky, min(len(lucky), max(1, round(amount / JUTA / kind.average)))), reverse=True)
        parts = [round(amount / len(chosen))] * (len(chosen) - 1)
        parts.append(round(amount) - sum(parts))
        made += [Month(name, kind, back, part, fixed) for back, part in zip(chosen, parts, strict=True)]
    return made


def _scale(months: list[Month], days: Days) -> None:
    """Bring the free months of a quarter to what the company wins in it; nobody moves by more than half."""
    backs = {month.back for month in months}
    running = 0 in backs
    wanted = (
        _expected_now(days)
        if running
        else sum(COMPANY_MONTH * LEVEL * SEASON[days.month(back)[0].month] ** 0.5 for back in backs)
    )
    fixed = sum(month.amount for month in months if month.fixed)
    free = [month for month in months if not month.fixed and month.amount > 0]
    most = 3.0 if running else 1.5
    factor = min(max((wanted - fixed) / (sum(month.amount for month in free) or 1), 0.2 if running else 0.5), most)
    for month in free:
        month.amount = round(month.amount * factor)
    if running and free:
        last = max(free, key=lambda month: (month.amount, month.name, month.back))
        last.amount = max(0, last.amount + round(wanted) - sum(month.amount for month in months))


def _expected_now(days: Days) -> float:
    """What the company has won this quarter at its pace, the day that has just begun included; less what a story adds."""
    into = (days.today.month - 1) % 3
    start, end = days.month(into)[0], days.month(into - 2)[1]
    elapsed = len(days.within(start, days.today + timedelta(days=1))) / len(days.within(start, end))
    if not any(days.past(back) for back in range(into + 1)):
        return 0.0
    return COMPANY_MONTH * 3 * elapsed * PACE - (AFTER_MIDNIGHT if into else 0)


def _quarter(days: Days, back: int) -> tuple[int, int]:
    first = days.month(back)[0]
    return first.year, (first.month - 1) // 3


def last_days_only(name: str, back: int) -> bool:
    """Dimas closes his strong months in their last three working days."""
    known = KNOWN_MONTHS.get(name, ())
    return name == "Dimas Harahap" and 0 < back <= len(known) and known[len(known) - back] >= 1.0


def first_days_often(name: str) -> bool:
    """Agus holds deals back: 38 % of his value closes in the first three days of a month."""
    return name == "Agus Setiawan"


def is_field(kind: Kind) -> bool:
    """Sells outside Java, on the road."""
    return kind is FIELD
