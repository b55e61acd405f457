"""Days offered as chips, so that nobody has to open a calendar for the usual ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from lib.periods import containing


@dataclass(frozen=True)
class QuickDay:
    """A day and its words."""

    label: str
    on: date


def soon(today: date) -> list[QuickDay]:
    """For a next step: tomorrow, this Friday, Monday, in two weeks; no day twice, no weekend but by name."""
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    monday = today + timedelta(days=7 - today.weekday())
    tomorrow = today + timedelta(days=1)
    offered = [
        QuickDay(_("Today"), today),
        QuickDay(_("Tomorrow"), tomorrow if tomorrow.weekday() < 5 else monday),
        QuickDay(_("Friday"), friday if friday > today else friday + timedelta(days=7)),
        QuickDay(_("Next week"), monday),
        QuickDay(_("In 2 weeks"), monday + timedelta(days=7)),
    ]
    return _once(offered)


def quick_days(today: date, since: date | None = None) -> list[QuickDay]:
    """For a close or an agreement: later than what stands by a week or a month, and the ends of month and quarter."""
    start = max(since, today) if since else today
    month, quarter = containing(today, "month"), containing(today, "quarter")
    next_month = containing(month.end_on, "month")
    offered = [
        QuickDay(_("+1 week"), start + timedelta(days=7)),
        QuickDay(_("+2 weeks"), start + timedelta(days=14)),
        QuickDay(_("+1 month"), start + timedelta(days=30)),
        QuickDay(_("End of month"), month.last_on),
        QuickDay(_("End of next month"), next_month.last_on),
        QuickDay(_("End of quarter"), quarter.last_on),
    ]
    return _once([each for each in offered if each.on > today])


def _once(days: list[QuickDay]) -> list[QuickDay]:
    seen: dict[date, QuickDay] = {}
    for each in days:
        seen.setdefault(each.on, each)
    return list(seen.values())
