"""A rep's own quotas of a year, what leave takes off them, and what a leave that is only being typed would take off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import numbers, periods
from lib.money import places
from lib.periods import Period
from lib.versioned import since
from metrics import targets
from metrics.models import EffectiveQuota, Quota
from metrics.quota_presence import Calendars, Part, months_of
from metrics.quota_reading import exact
from reps.models import Company, Leave, Rep, Team, TeamMembership

_MOST_MONTHS = 24


@dataclass(frozen=True)
class Line:
    """One kind of quota: the running month, the running quarter, the year, after leave, joining and leaving."""

    title: str
    month: str
    quarter: str
    year: str


@dataclass(frozen=True)
class RepYear:
    """A rep's year: a line for each kind of quota, and sentences on the months of which only a part counts."""

    year: Period
    lines: list[Line]
    cuts: list[str]


def of_rep(rep: Rep, *, company: Company, today: date, lang: str) -> RepYear:
    """The fiscal year of today."""
    year = periods.containing(today, "year", company.fiscal_start)
    quarter = periods.containing(today, "quarter", company.fiscal_start)
    quotas = list(_quotas(rep, year.start_on, year.end_on))
    counted = _Known.of(rep, [periods.add_months(year.start_on, at) for at in range(12)], company).parts() if quotas else {}
    lines = []
    for kind in dict.fromkeys(_kind(row) for row in quotas):
        mine = [row for row in quotas if _kind(row) == kind]
        spans = (periods.containing(today, "month"), quarter, year)
        sums = [sum((_left(row, counted[row.month_on]) for row in mine if row.month_on in span), Decimal(0)) for span in spans]
        lines.append(Line(_title(mine[0]), *(_words(amount, mine[0].currency, lang) for amount in sums)))
    return RepYear(year, lines, list(_cuts(quotas, counted, lang)))


def effect(rep: Rep, *, start: date, end: date, works_share: Decimal, company: Company, lang: str) -> list[str]:
    """What leave on [start, end) does to the targets of its months, in sentences."""
    first, stop = start.replace(day=1), periods.add_months(end.replace(day=1), 1)
    months = [first]
    while (following := periods.add_months(months[-1], 1)) < stop and len(months) < _MOST_MONTHS:
        months.append(following)
    known = _Known.of(rep, months, company)
    before, after = known.parts(), known.parts(Leave(rep=rep, valid=since(start, end), works_share=works_share))
    quotas = _main(list(_quotas(rep, first, periods.add_months(months[-1], 1))))
    said = [_changed(month, before[month], after[month], quotas, lang) for month in months if before[month] != after[month]]
    return said or [_unchanged(months, before)]


# ── Inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _quotas(rep: Rep, first: date, stop: date) -> Iterator[Quota]:
    rows = Quota.objects.current().filter(rep=rep, month_on__gte=first, month_on__lt=stop)
    yield from sorted(rows, key=lambda row: (Quota.Metric.values.index(row.metric), row.deal_type, row.month_on))


def _kind(row: Quota) -> tuple[str, str]:
    return row.metric, row.deal_type


def _main(quotas: Sequence[Quota]) -> list[Quota]:
    """Those of the first kind there is."""
    return [row for row in quotas if _kind(row) == _kind(quotas[0])]


@dataclass(frozen=True)
class _Known:
    """Where a rep sits and when they are away, in and around some months."""

    rep: Rep
    months: Sequence[date]
    seats: list[TeamMembership]
    leaves: list[Leave]
    calendars: Calendars

    @classmethod
    def of(cls, rep: Rep, months: Sequence[date], company: Company) -> _Known:
        seats = list(TeamMembership.objects.current().filter(rep=rep).select_related("team"))
        above = {int(pk) for seat in seats for pk in seat.team.path.split("/") if pk}
        calendars = Calendars.around(company, Team.objects.in_bulk(above), months[0], periods.add_months(months[-1], 1))
        return cls(rep, months, seats, list(Leave.objects.current().filter(rep=rep, valid__overlap=calendars.span)), calendars)

    def parts(self, *typed: Leave) -> dict[date, Part]:
        """How much of each month counts, with leave that is only being typed."""
        stop, leaves = periods.add_months(self.months[-1], 1), [*self.leaves, *typed]
        return months_of(self.rep, months=self.months, stop=stop, seats=self.seats, leaves=leaves, calendars=self.calendars)


def _cuts(quotas: Sequence[Quota], counted: dict[date, Part], lang: str) -> Iterator[str]:
    for row in _main(quotas):
        part = counted[row.month_on]
        if not part.is_whole:
            words = {
                "month": date_format(row.month_on, "F"), "days": _days(part, lang),
                "part": _words(_left(row, part), row.currency, lang), "whole": _words(row.amount, row.currency, lang),
            }  # fmt: skip
            yield _("%(month)s: %(days)s, %(part)s of %(whole)s") % words


def _changed(month: date, before: Part, after: Part, quotas: Sequence[Quota], lang: str) -> str:
    row = next((row for row in quotas if row.month_on == month), None)
    words = {"month": date_format(month, "F"), "days": _days(after, lang)}
    if row is None:
        return _("%(month)s: %(days)s. No target is set for it yet.") % words
    amounts = {"before": _words(_left(row, before), row.currency, lang), "after": _words(_left(row, after), row.currency, lang)}
    return _("%(month)s target: %(before)s → %(after)s, %(days)s.") % {**words, **amounts}


def _unchanged(months: Sequence[date], before: dict[date, Part]) -> str:
    if any(before[month].present for month in months):
        days = targets.SHORTEST_LEAVE_DAYS
        words = ngettext(
            "No relief: only leave of %(days)d working day or more in a row lowers a target.",
            "No relief: only leave of %(days)d working days or more in a row lowers a target.",
            days,
        )
        return words % {"days": days}
    return _("The target of these months does not change.")


def _left(row: Quota, part: Part) -> Decimal:
    scale = _scale(row.currency)
    return Decimal(part.of(int(row.amount * scale))) / scale


def _scale(currency: str) -> Decimal:
    """Units of the table in one of what people read."""
    return Decimal(10) ** (places(currency) if currency else EffectiveQuota.COUNT_PLACES)


def _words(amount: Decimal, currency: str, lang: str) -> str:
    return numbers.money_short(amount, currency, lang) if currency else exact(amount.quantize(Decimal("0.01")), lang)


def _days(part: Part, lang: str) -> str:
    words = {"days": numbers.number(part.present, lang), "of": part.workdays}
    return _("%(days)s of %(of)s working days") % words


def _title(row: Quota) -> str:
    name = row.get_metric_display()
    return f"{name}, {row.get_deal_type_display()}" if row.deal_type else name
