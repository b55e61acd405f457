"""`manage.py attainment`: what each rep of a scope reached of what was asked, one JSON line each, and the whole."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from deals.models import Deal
from lib.periods import BadPeriod, Period
from metrics import scopes
from metrics.attainment import Attainment, Line, attainment
from metrics.models import Quota
from metrics.quotas import is_money
from metrics.scopes import BadScope, Scope
from metrics.standings import Target
from metrics.targets import Pace
from metrics.windows import AsOf, as_of, read_day, read_period
from reps.models import Company

# Ratios keep this many decimals: enough to compare, few enough to be the same everywhere.
_RATIO_DIGITS = 12


class Command(BaseCommand):
    help = "Print quota, credits, attainment and pace of each rep of a scope as JSON lines, the whole last."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scope", default="company", help="company, team:NAME (with every team below it) or rep:NAME")
        parser.add_argument("--period", required=True, help="2017, 2017-Q1 or 2017-03; years and quarters are fiscal")
        parser.add_argument("--metric", default="won_value", choices=Quota.Metric.values, help="what is measured")
        parser.add_argument("--deal-type", default="", choices=["", *Deal.Type.values], help="wins of one type of deal only")
        parser.add_argument("--as-of", metavar="DAY", help="leave out what happened after this day; today unless given")
        parser.add_argument(
            "--known-at", metavar="INSTANT", help="as it was known then (2017-04-03 or 2017-04-03T09:00+07:00); now unless given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.load()
        try:
            scope, period, at = scopes.named(options["scope"]), _period(options["period"], company), _at(options, company)
            target = _target(options["metric"], options["deal_type"])
        except (BadScope, BadPeriod, ValueError) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        found = attainment(scope, period, at=at, company=company, target=target)
        for line in found.lines:
            self._print(_line(line))
        self._print(_whole(found, scope, period, at, company))

    def _print(self, row: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(row, ensure_ascii=False))


def _period(text: str, company: Company) -> Period:
    period = read_period(text, company)
    if period.grain == "week":
        raise BadPeriod(_("Quotas are set by month: give a month, quarter or year."))
    return period


def _target(metric: str, deal_type: str) -> Target:
    if deal_type and metric not in Quota.BY_TYPE:
        raise ValueError(_("Only won value and deals won are divided by deal type."))
    return Target(metric, deal_type)


def _at(options: dict[str, Any], company: Company) -> AsOf:
    day = read_day(options["as_of"]) if options["as_of"] else None
    text = options["known_at"]
    if not text:
        return as_of(company, day)
    try:
        instant = datetime.fromisoformat(text)
        if not 1990 <= instant.year <= 2099:
            raise ValueError
    except ValueError:
        raise ValueError(_("“%(text)s” is no instant: write it as 2017-04-03T09:00+07:00.") % {"text": text}) from None
    return as_of(company, day, (instant if instant.tzinfo else instant.replace(tzinfo=company.zone)).astimezone(UTC))


def _line(line: Line) -> dict[str, Any]:
    return {
        "rep": line.name, "id": line.rep_id, "team": line.team_name or None,
        **_standing(line.credited, line.quota, line.attainment, line.band, line.pace), "elapsed": line.elapsed, "total": line.total,
    }  # fmt: skip


def _whole(found: Attainment, scope: Scope, period: Period, at: AsOf, company: Company) -> dict[str, Any]:
    roll_up, target = found.roll_up, found.target
    return {
        "scope": scope.key if scope.is_company else f"{scope.kind.value}:{scope.name}", "period": period.label,
        "metric": target.metric, "deal_type": target.deal_type or None,
        **_standing(roll_up.actual, roll_up.quota, roll_up.attainment, found.band, found.pace),
        "manager_quota": _number(roll_up.manager_quota), "street_quota": _number(roll_up.street_quota),
        "street_attainment": _ratio(roll_up.street_attainment), "over_assignment": _ratio(roll_up.over_assignment),
        "elapsed": found.elapsed, "total": found.total, "as_of": at.day.isoformat(),
        "known_at": at.known_at.isoformat() if at.known_at else None,
        "unit": company.currency if is_money(target.metric) else "count",
    }  # fmt: skip


def _standing(actual: Decimal, quota: Decimal | None, ratio: Decimal | None, band: str | None, pace: Pace) -> dict[str, Any]:
    return {
        "quota": _number(quota), "credited": _number(actual), "attainment": _ratio(ratio), "band": band,
        "expected": _ratio(pace.expected), "pace": _ratio(pace.ratio), "run_rate": _ratio(pace.run_rate),
    }  # fmt: skip


def _ratio(value: Decimal | None) -> int | float | None:
    return _number(None if value is None else round(value, _RATIO_DIGITS))


def _number(value: Decimal | None) -> int | float | None:
    """As a JSON number: whole where it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
