"""What the homes say of the quota: reached, missing, pace."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from metrics.quotas import NewQuota, set_quotas
from reps.models import Company, Team
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
M = 1_000_000


def asked(numbers: dict[Any, int], months: tuple[int, ...] = (7, 8, 9)) -> None:
    rows = [
        NewQuota(
            date(2026, month, 1), Decimal(amount), **({"team_id": who.pk} if isinstance(who, Team) else {"rep_id": who.rep.pk})
        )
        for who, amount in numbers.items()
        for month in months
    ]
    set_quotas(metric="won_value", numbers=rows, by=None, company=Company.load())


@pytest.fixture
def quarter(cast: Cast) -> Cast:
    """A third of Q3's working days is left; Ana has 30 of 60, Budi 60 of 60, their manager answers for 90."""
    asked({cast.ana: 20 * M, cast.budi: 20 * M, cast.north: 30 * M})
    make.won(owner=cast.ana, amount=Decimal(30 * M), on=date(2026, 8, 3))
    make.won(owner=cast.budi, amount=Decimal(60 * M), on=date(2026, 7, 20))
    return cast


def text(response: Any) -> str:
    return " ".join(html.unescape(response.content.decode()).replace("\u00a0", " ").split())


def test_a_manager_reads_what_is_reached_of_the_team_s_own_number(quarter: Cast, signed_in: SignIn) -> None:
    page = text(signed_in(quarter.manager).get("/?period=2026-Q3"))
    assert "100.0% of Rp 90 m" in page
    assert "quota is met" in page
    assert "▲" in page
    assert "day 56 of 66" in page


def test_too_much_asked_of_the_reps_is_said_to_their_manager(quarter: Cast, signed_in: SignIn) -> None:
    assert "The reps' quotas ask for 33.3% more than the team's." in text(signed_in(quarter.manager).get("/"))


def test_each_rep_stands_against_their_own_quota(quarter: Cast, signed_in: SignIn) -> None:
    response = signed_in(quarter.manager).get("/?period=2026-Q3")
    assert [(row.name, row.percent) for row in response.context["week"].rows] == [("Budi", "100.0%"), ("Ana", "50.0%")]


def test_a_rep_reads_their_own_number_and_nobody_else_s(quarter: Cast, signed_in: SignIn) -> None:
    page = text(signed_in(quarter.ana).get("/?period=2026-Q3"))
    assert "50.0% of Rp 60 m" in page
    assert "▼ Rp 20.9 m behind" in page
    assert "Rp 3 m a working day" in page
    assert "Rp 90 m" not in page


def test_almost_there_is_not_there(cast: Cast, signed_in: SignIn) -> None:
    asked({cast.ana: 10_000}, (9,))
    make.won(owner=cast.ana, amount=Decimal(9_996))
    assert "99.9% of" in text(signed_in(cast.ana).get("/?period=2026-09"))


def test_without_a_quota_the_home_says_nothing_of_one(cast: Cast, signed_in: SignIn) -> None:
    make.won(owner=cast.ana)
    for who in (cast.ana, cast.manager):
        assert "quota" not in text(signed_in(who).get("/")).lower()


def test_a_period_that_is_over_has_no_pace(quarter: Cast, signed_in: SignIn) -> None:
    asked({quarter.ana: 1}, (6,))
    page = text(signed_in(quarter.ana).get("/?period=2026-06"))
    assert "Pace" not in page
