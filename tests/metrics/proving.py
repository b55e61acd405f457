"""Roll-ups held against the rows behind them, in tests."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lib.money import minor_units
from metrics import proof, targets
from metrics.models import EffectiveQuota, NightRun, Quota
from reps.calendars import working_calendar
from reps.models import Company, Leave, Team, TeamMembership

FIRST, STOP = date(2026, 1, 1), date(2027, 1, 1)
MONTHS = [date(2026, month, 1) for month in range(1, 13)]


def differences(company: Company) -> list[dict[str, Any]]:
    """Every difference between what is kept and what is counted anew; putting them right is undone by the test's end."""
    found = []
    for job in NightRun.Job.values:
        found += proof.days(job, FIRST, STOP, company).defects
    found += proof.seats(FIRST, STOP).defects
    found += proof.effective_quotas(MONTHS).defects
    for job in NightRun.Job.values:
        found += proof.periods(job, MONTHS, company).defects
    return found


def effective_by_rule(quota: Quota, company: Company) -> int:
    """What metrics/targets.py makes of a quota, in the units the table keeps."""
    memberships = list(TeamMembership.objects.current().filter(rep=quota.rep).select_related("team"))
    start = quota.month_on
    stop = (start + timedelta(days=32)).replace(day=1)
    days = []
    for n in range(-40, 75):
        day = start + timedelta(days=n)
        team = next((row.team for row in memberships if day in row.valid), None)
        if _calendar(company, team).is_working(day):
            days.append(day)
    away: dict[date, Decimal] = {}
    for leave in Leave.objects.current().filter(rep=quota.rep):
        for n in range((leave.valid.upper - leave.valid.lower).days):
            away[leave.valid.lower + timedelta(days=n)] = leave.works_share
    rep = quota.rep
    assert rep is not None
    rep.refresh_from_db()
    counted = targets.presence(days, month=(start, stop), away=away, joined_on=rep.joined_on, left_on=rep.left_on)
    amount = targets.effective(quota.amount, counted, currency=quota.currency)
    return minor_units(amount, quota.currency) if quota.currency else int(amount * 10**EffectiveQuota.COUNT_PLACES)


def effective_kept(quota: Quota) -> int:
    """What the table says, over all teams."""
    rows = EffectiveQuota.objects.filter(rep=quota.rep, metric=quota.metric, deal_type=quota.deal_type, month_on=quota.month_on)
    return sum(row.minor for row in rows)


def _calendar(company: Company, team: Team | None) -> Any:
    return working_calendar(company, team)
