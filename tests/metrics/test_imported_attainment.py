"""Attainment on imported data, against a recount in plain SQL that knows nothing of roll-ups."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from lib.money import allocate
from lib.periods import add_months
from metrics.attainment import attainment
from metrics.quotas import NewQuota, set_quotas
from metrics.scopes import COMPANY
from metrics.sql import read
from metrics.targets import attainment as ratio
from metrics.windows import as_of, read_period
from reps.models import Company, Rep
from tests import crm_like
from tests.metrics.test_imported_figures import REAL, needs_real

pytestmark = pytest.mark.django_db
QUARTERS = ("2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4")
GROWTH = Decimal("1.1")

# From the deals themselves: what each seller won in a quarter.
_WON = """
SELECT r.name, sum(d.amount) AS won FROM deals_deal d JOIN reps_rep r ON r.id = d.owner_id
WHERE d.outcome = 'won' AND d.closed_on >= %(start)s AND d.closed_on < %(stop)s GROUP BY r.name
"""


def won(period: str, company: Company) -> dict[str, Decimal]:
    span = read_period(period, company)
    return {row["name"]: row["won"] or Decimal(0) for row in read(_WON, {"start": span.start_on, "stop": span.end_on})}


def set_from_quarter_before(company: Company) -> dict[tuple[str, str], Decimal]:
    """Each seller's quota is 1.1 × what they won the quarter before, spread over its months; returns what was set."""
    reps = {rep.name: rep.pk for rep in Rep.objects.all()}
    made: dict[tuple[str, str], Decimal] = {}
    for before, period in itertools.pairwise(QUARTERS):
        numbers = []
        for name, amount in won(before, company).items():
            months = allocate(amount * GROWTH, [1, 1, 1], company.currency)
            start: date = read_period(period, company).start_on
            numbers += [NewQuota(add_months(start, n), month, rep_id=reps[name]) for n, month in enumerate(months)]
            made[period, name] = sum(months, Decimal(0))
        set_quotas(metric="won_value", numbers=numbers, by=None, company=company)
    return made


def checked(company: Company) -> int:
    """Compare every seller and quarter; returns how many were compared."""
    quotas, n = set_from_quarter_before(company), 0
    for period in QUARTERS[1:]:
        found = attainment(COMPANY, read_period(period, company), at=as_of(company), company=company)
        by_name: dict[str, Any] = {line.name: line for line in found.lines}
        recount = won(period, company)
        assert set(by_name) == set(recount) | {name for span, name in quotas if span == period}
        for name, line in by_name.items():
            actual, quota = recount.get(name, Decimal(0)), quotas.get((period, name))
            assert (line.credited, line.quota or None) == (actual, quota or None), (period, name)
            assert line.attainment == ratio(actual, quota)
            n += 1
        assert found.roll_up.actual == sum(recount.values())
    return n


def test_generated_files(tmp_path: Path) -> None:
    call_command("import_crm", str(crm_like.generate(deals=600).write(tmp_path)), currency="USD", stdout=StringIO())
    assert checked(Company.load()) > 30


@needs_real
def test_all_thirty_sellers_of_the_real_files() -> None:
    call_command("import_crm", str(REAL), currency="USD", stdout=StringIO())
    assert checked(Company.load()) == 90
