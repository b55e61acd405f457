"""`manage.py kpis`: the figures of a scope and period as JSON, for scripts and for checking the product against its data."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand

from lib import clock
from lib.money import quantize
from lib.periods import BadPeriod, Period
from metrics import scopes
from metrics.activity import ActivityFigures, activity
from metrics.definitions import ACTIVITIES, METRICS, PRINTED, Unit
from metrics.figures import Figure
from metrics.kpis import Kpis, kpis
from metrics.scopes import BadScope, Scope
from metrics.windows import as_of, read_day, read_period
from reps.models import Company

# Ratios keep this many decimals: enough to compare, few enough to be the same everywhere.
_RATIO_DIGITS = 12


class Command(BaseCommand):
    help = "Print the figures of a scope and period as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scope", default="company", help="company, team:NAME (with every team below it) or rep:NAME")
        parser.add_argument("--period", required=True, help="2017, 2017-Q1, 2017-03 or 2017-W05; years and quarters are fiscal")
        parser.add_argument(
            "--as-of", metavar="DAY", help="leave out what happened after this day (2017-12-31); today unless given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.load()
        try:
            scope, period = scopes.named(options["scope"]), read_period(options["period"], company)
            day = read_day(options["as_of"]) if options["as_of"] else clock.today(company.zone)
        except (BadScope, BadPeriod, ValueError) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        figures = kpis(scope, period, as_of=day, company=company)
        done = activity(scope, period, as_of=day, company=company)
        self.stdout.write(json.dumps(_report(scope, period, day, company, figures, done), indent=2, ensure_ascii=False))


def _report(scope: Scope, period: Period, day: date, company: Company, figures: Kpis, done: ActivityFigures) -> dict[str, Any]:
    at = as_of(company, day)
    nulls = {key: figures[key].reason for key in PRINTED if figures[key].value is None}
    return {
        "scope": scope.key if scope.is_company else f"{scope.kind.value}:{scope.name}",
        "period": period.label,
        "window": {"start": period.start_on.isoformat(), "end": period.end_on.isoformat()},
        "as_of": at.day.isoformat(),
        "currency": company.currency,
        **{key: _number(key, figures[key], company) for key in PRINTED},
        "reasons": nulls,
        "left_out": {cause: count for cause, count in vars(figures.left_out).items() if count},
        "activity": {metric.key: _number(metric.key, done[metric.key], company) for metric in ACTIVITIES},
    }


def _number(key: str, figure: Figure, company: Company) -> int | float | None:
    """The value as a JSON number: whole where it is whole."""
    if figure.value is None:
        return None
    value = Decimal(figure.value)
    if METRICS[key].unit is Unit.MONEY:
        value = quantize(value, company.currency)
    elif METRICS[key].unit is Unit.SHARE:
        value = round(value, _RATIO_DIGITS)
    return int(value) if value == value.to_integral_value() else float(value)
