"""Sixteen people set the same quota at once (TRUST 23, 20): the database lets one in, nobody's value is lost unseen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from metrics.models import Quota
from metrics.quotas import NewQuota, Stale, set_quotas
from reps.models import Company
from tests.cast import Cast
from tests.racing import WRITERS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
JANUARY = date(2026, 1, 1)


def test_of_sixteen_inserts_the_database_takes_one(cast: Cast) -> None:
    rep_id = cast.ana.rep.pk

    def insert(number: int) -> None:
        Quota.objects.create(rep_id=rep_id, metric="won_value", month_on=JANUARY, amount=number + 1, currency="IDR")

    assert sorted(at_once(insert, IntegrityError)) == ["IntegrityError"] * (WRITERS - 1) + ["saved"]
    assert Quota.objects.current().count() == 1


def test_of_sixteen_who_saw_an_empty_cell_one_saves_and_the_rest_are_told(cast: Cast) -> None:
    rep_id, company = cast.ana.rep.pk, Company.load()
    key = (rep_id, None, JANUARY)

    def save(number: int) -> None:
        numbers = [NewQuota(JANUARY, Decimal(number + 1), rep_id=rep_id)]
        set_quotas(metric="won_value", numbers=numbers, by=cast.admin, company=company, seen={key: None})

    assert sorted(at_once(save, Stale)) == ["Stale"] * (WRITERS - 1) + ["saved"]


def test_two_grids_in_opposite_order_do_not_wait_for_each_other(cast: Cast) -> None:
    ids, company = [cast.ana.rep.pk, cast.budi.rep.pk, cast.outsider.rep.pk], Company.load()

    def save(number: int) -> None:
        order = ids if number % 2 else ids[::-1]
        numbers = [NewQuota(date(2026, month, 1), Decimal(number + 1), rep_id=pk) for pk in order for month in range(1, 13)]
        set_quotas(metric="won_value", numbers=numbers, by=cast.admin, company=company)

    assert at_once(save) == ["saved"] * WRITERS
    assert Quota.objects.current().count() == 36
    assert len(set(Quota.objects.current().values_list("amount", flat=True))) == 1
