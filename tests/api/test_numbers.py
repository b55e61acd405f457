"""Quotas and numbers through the API: what each person gets, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from metrics.models import Quota
from metrics.quotas import NewQuota, set_quotas
from reps.models import Team
from tests import make
from tests.api.calling import Api
from tests.cast import Cast

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def asked(cast: Cast) -> Cast:
    """September: Ana 120 of 100, Budi 90 of 100, Oki 40 of 80; North answers for 150."""
    people = ((cast.ana, 100, 120), (cast.budi, 100, 90), (cast.outsider, 80, 40))
    numbers = [NewQuota(date(2026, 9, 1), D(quota), rep_id=who.rep.pk) for who, quota, _ in people]
    numbers.append(NewQuota(date(2026, 9, 1), D(150), team_id=cast.north.pk))
    set_quotas(metric="won_value", numbers=numbers, by=None, company=cast.company)
    for who, _, won in people:
        make.won(owner=who, amount=D(won))
    return cast


# ── Attainment ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_admin_gets_every_figure(asked: Cast) -> None:
    status, found = Api(asked.admin).get("/metrics/attainment/", period="2026-09")
    assert status == 200
    assert found["rows"][0] == {
        "rep": {"id": asked.ana.rep.pk, "name": "Ana"}, "team": {"id": asked.north.pk, "name": "North"}, "quota": "100",
        "credited": "120", "band": "over", "attainment": "1.200000", "percent": "120.0", "pace": "2.200000",
    }  # fmt: skip
    assert found["company"] == {
        "scope": "company", "quota": "280", "manager_quota": None, "street_quota": "280", "credited": "250",
        "band": "near", "attainment": "0.892857", "percent": "89.2", "pace": "1.636905",
    }  # fmt: skip
    assert (found["elapsed_days"], found["total_days"], found["currency"]) == (12, 22, "IDR")


def test_a_rep_gets_no_amount_of_anybody_else_s_quota(asked: Cast) -> None:
    _, found = Api(asked.ana).get("/metrics/attainment/", period="2026-09")
    rows = {row["rep"]["name"]: row for row in found["rows"]}
    assert rows["Ana"]["quota"] == "100"
    assert set(rows["Budi"]) == {"rep", "team", "credited", "band"}
    assert set(rows["Oki"]) == {"rep", "team", "band"}


def test_what_a_team_shows_of_itself_holds_here_too(asked: Cast) -> None:
    Team.objects.filter(pk=asked.south.pk).update(standing="share")
    _, found = Api(asked.ana).get("/metrics/attainment/", period="2026-09")
    oki = next(row for row in found["rows"] if row["rep"]["name"] == "Oki")
    assert (oki["percent"], "quota" in oki, "credited" in oki) == ("50.0", False, False)
    Team.objects.filter(pk=asked.south.pk).update(standing="rank")
    _, found = Api(asked.ana).get("/metrics/attainment/", period="2026-09")
    assert set(next(row for row in found["rows"] if row["rep"]["name"] == "Oki")) == {"rep", "team"}


def test_a_manager_gets_their_team_with_its_own_number(asked: Cast) -> None:
    _, found = Api(asked.manager).get(
        "/metrics/attainment/", period="2026-09", scope=f"team:{asked.north.pk}", ordering="-attainment"
    )
    assert [row["rep"]["name"] for row in found["rows"]] == ["Ana", "Budi"]
    assert (found["company"]["quota"], found["company"]["manager_quota"], found["company"]["street_quota"]) == (
        "150",
        "150",
        "200",
    )


@pytest.mark.parametrize("order", ["quota", "-quota", "attainment", "-attainment", "-credited"])
def test_no_order_tells_what_may_not_be_read(asked: Cast, order: str) -> None:
    status, found = Api(asked.ana).get("/metrics/attainment/", period="2026-09", ordering=order)
    assert (status, list(found["error"]["fields"])) == (400, ["ordering"])


@pytest.mark.parametrize(
    "query",
    [{}, {"period": "2026-W38"}, {"period": "soon"}, {"period": "2026-09", "metric": "pay"}, {"period": "2026-09", "scope": "team:99999999"},
     {"period": "2026-09", "deal_type": "renewal", "metric": "visits"}, {"period": "2026-09", "quota__gt": "5"},
     {"period": "2026-09\x00"}, {"period": "9999-12"}],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(asked: Cast, query: dict[str, str]) -> None:
    assert Api(asked.ana).get("/metrics/attainment/", **query)[0] == 400


def test_wins_of_one_type_against_their_own_quota(asked: Cast) -> None:
    numbers = [NewQuota(date(2026, 9, 1), D(10), rep_id=asked.ana.rep.pk)]
    set_quotas(metric="won_count", deal_type="renewal", numbers=numbers, by=None, company=asked.company)
    make.won(owner=asked.ana, deal_type="renewal")
    _, found = Api(asked.ana).get("/metrics/attainment/", period="2026-09", metric="won_count", deal_type="renewal")
    assert [(row["quota"], row["credited"], row["attainment"]) for row in found["rows"]] == [("10", "1", "0.100000")]


# ── Outcome figures ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_outcome_figures_with_reasons(asked: Cast) -> None:
    _, found = Api(asked.ana).get("/metrics/kpis/", period="2026-09", scope=f"rep:{asked.ana.rep.pk}")
    assert (found["won_count"], found["won_value"], found["win_rate"], found["median_cycle_days"]) == (1, "120", "1.000000", "30")
    _, empty = Api(asked.ana).get("/metrics/kpis/", period="2025", scope="company")
    assert (empty["won_count"], empty["win_rate"], empty["reasons"]["win_rate"]) == (0, None, "no_denominator")


def test_another_team_s_money_is_left_out(asked: Cast) -> None:
    _, found = Api(asked.ana).get("/metrics/kpis/", period="2026-09", scope=f"team:{asked.south.pk}")
    assert found["won_count"] == 1
    assert not {"won_value", "average_deal"} & set(found)


# ── Quotas ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_each_reads_their_own_and_managers_those_below(asked: Cast) -> None:
    of = lambda who: sorted((row["rep"] or row["team"])["name"] for row in Api(who).get("/quotas/")[1]["results"])  # noqa: E731
    assert (of(asked.ana), of(asked.manager), of(asked.admin)) == (
        ["Ana"],
        ["Ana", "Budi", "North"],
        ["Ana", "Budi", "North", "Oki"],
    )


def test_a_manager_sets_changes_and_takes_away(asked: Cast) -> None:
    api = Api(asked.manager)
    status, made = api.post("/quotas/", {"rep": asked.ana.rep.pk, "month": "2026-10", "amount": "250", "reason": "New territory"})
    assert (status, made["amount"], made["month"], made["reason"]) == (201, "250", "2026-10", "New territory")
    _, changed = api.patch(f"/quotas/{made['id']}/", {"amount": "300"})
    assert changed["id"] != made["id"]
    assert api.get(f"/quotas/{made['id']}/")[0] == 404
    assert api.delete(f"/quotas/{changed['id']}/")[0] == 204
    history = Quota.objects.filter(rep=asked.ana.rep, month_on=date(2026, 10, 1)).order_by("pk")
    assert [(row.amount, row.superseded_at is None) for row in history] == [(D(250), False), (D(300), False)]


def test_nobody_sets_their_own_number_nor_that_of_the_team_they_lead(asked: Cast) -> None:
    for who, body in ((asked.manager, {"team": asked.north.pk}), (asked.manager, {"rep": asked.manager.rep.pk}),
                      (asked.manager, {"rep": asked.outsider.rep.pk})):  # fmt: skip
        assert Api(who).post("/quotas/", {**body, "month": "2026-10", "amount": "1"})[0] == 403
    assert not Quota.objects.filter(month_on=date(2026, 10, 1)).exists()


@pytest.mark.parametrize(
    "body",
    [{}, {"month": "2026-10"}, {"month": "2026-13", "amount": "1"}, {"month": "2026-10", "amount": 5},
     {"month": "2026-10", "amount": "60.000.000"}, {"month": "2026-10", "amount": "-1"}, {"month": "2026-10", "amount": "1", "pay": "9"},
     {"month": "2026-10", "amount": "1", "metric": "visits", "deal_type": "new"}, {"month": "2026-10", "amount": "1", "team": 1}],
)  # fmt: skip
def test_a_body_that_cannot_be_taken_changes_nothing(asked: Cast, body: dict[str, object]) -> None:
    before = Quota.objects.count()
    assert Api(asked.admin).post("/quotas/", {"rep": asked.ana.rep.pk, **body})[0] == 400
    assert Quota.objects.count() == before
