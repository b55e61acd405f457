"""The list of deals: what it shows to whom, how it is narrowed, sorted, paged, summed and taken out as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals import listing
from deals.columns import DEAL_COLUMNS
from deals.models import Deal
from reps.models import AuditEntry, Company
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TODAY = date(2026, 9, 16)


def names(response: Any) -> list[str]:
    """The deals in the list, in order."""
    return [row.deal.name for row in response.context["rows"]]


@pytest.fixture
def deals(cast: Cast) -> dict[str, Deal]:
    """Deals of North, each with something of its own."""
    anggrek = make.account("PT Anggrek")
    soon, later = TODAY + timedelta(days=5), TODAY + timedelta(days=40)
    return {
        "mawar": make.deal(owner=cast.ana, name="Mawar", amount=90, expected_close_on=later, next_action="Call"),
        "melati": make.deal(owner=cast.ana, name="Melati", amount=None, expected_close_on=None, account=anggrek),
        "tulip": make.deal(owner=cast.budi, name="Tulip", amount=300, expected_close_on=soon, push_count=2, next_action="Visit"),
        "won": make.won(owner=cast.ana, name="Kenanga", on=date(2026, 9, 3)),
        "lost": make.lost(owner=cast.ana, name="Dahlia", on=date(2026, 8, 3)),
        "south": make.deal(owner=cast.outsider, name="Rahasia Selatan", amount=70_000_000, expected_close_on=soon),
    }


def test_a_rep_starts_with_their_own_open_deals_and_goes_on_to_the_teams(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert names(client.get("/deals/")) == ["Mawar", "Melati"]
    assert names(client.get("/deals/?mine=0")) == ["Tulip", "Mawar", "Melati"]


def test_a_manager_starts_with_the_teams(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    assert names(signed_in(cast.manager).get("/deals/")) == ["Tulip", "Mawar", "Melati"]
    assert names(signed_in(cast.south_manager).get("/deals/")) == ["Rahasia Selatan"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=won", ["Kenanga"]),
        ("state=lost", ["Dahlia"]),
        ("state=won&closes=2026-Q3", ["Kenanga"]),
        ("state=won&closes=2026-08", []),
        ("q=anggrek", ["Melati"]),
        ("q=TUL", ["Tulip"]),
        ("q=selatan", []),
        ("nostep=1", ["Melati"]),
        ("pushed=1", ["Tulip"]),
        ("closes=month", ["Tulip"]),
        ("closes=none", ["Melati"]),
        ("due=none", ["Melati"]),
        ("due=2026-09-21", ["Tulip"]),
        ("closes=next-month", ["Mawar"]),
        ("type=renewal", []),
        ("sort=amount", ["Tulip", "Mawar", "Melati"]),
        ("sort=new", ["Tulip", "Melati", "Mawar"]),
        ("stage=99999", []),
        ("team=99999", []),
        ("state=nonsense&sort=nonsense&closes=nonsense", ["Tulip", "Mawar", "Melati"]),
    ],
)
def test_the_address_narrows_and_sorts(cast: Cast, deals: Any, signed_in: SignIn, query: str, shown: list[str]) -> None:
    assert names(signed_in(cast.manager).get(f"/deals/?{query}")) == shown


def test_owner_stage_and_team_narrow_by_id(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client = signed_in(cast.vp)
    assert names(client.get(f"/deals/?owner={cast.budi.rep.pk}")) == ["Tulip"]
    assert names(client.get(f"/deals/?team={cast.south.pk}")) == ["Rahasia Selatan"]
    assert len(names(client.get(f"/deals/?team={cast.whole.pk}"))) == 4
    assert names(client.get(f"/deals/?stage={cast.agreement.pk}")) == []


def test_quiet_deals_are_those_without_contact_for_14_days(cast: Cast, signed_in: SignIn) -> None:
    old = TODAY - timedelta(days=60)
    for name, contact, opened in (
        ("Silent", None, old), ("Quiet", TODAY - timedelta(days=14), old), ("Fresh", TODAY - timedelta(days=13), old),
        ("New", None, TODAY - timedelta(days=3)),
    ):  # fmt: skip
        make.deal(owner=cast.ana, name=name, last_contact_on=contact, opened_on=opened)
    assert sorted(names(signed_in(cast.ana).get("/deals/?quiet=1"))) == ["Quiet", "Silent"]


def test_agreements_due_are_near_and_not_sent(cast: Cast, signed_in: SignIn) -> None:
    near = TODAY + timedelta(days=7)
    make.deal(owner=cast.ana, name="Due", agreement_ready_on=near)
    make.deal(owner=cast.ana, name="Sent", agreement_ready_on=near, agreement_sent_on=TODAY)
    make.deal(owner=cast.ana, name="Far", agreement_ready_on=near + timedelta(days=1))
    assert names(signed_in(cast.ana).get("/deals/?agree=1")) == ["Due"]


def test_a_chip_adds_its_filter_and_the_same_chip_takes_it_away(cast: Cast) -> None:
    asked = listing.read({"q": "tirta", "pushed": "1"}, cast.ana.viewer)
    chips = {chip["label"]: chip for chip in listing.chips(asked, user=cast.ana, company=cast.company)}
    assert chips["Pushed"]["on"]
    assert chips["Pushed"]["url"] == "?q=tirta"
    assert chips["No next step"]["url"] == "?q=tirta&nostep=1&pushed=1"


def test_pages_go_both_ways_without_losing_a_row(cast: Cast, signed_in: SignIn) -> None:
    for number in range(60):
        make.deal(
            owner=cast.ana, name=f"{number:02}", expected_close_on=TODAY + timedelta(days=number // 7) if number < 55 else None
        )
    client = signed_in(cast.ana)
    first = client.get("/deals/?mine=1")
    second = client.get("/deals/" + first.context["next_url"])
    assert names(first) + names(second) == [f"{number:02}" for number in range(60)]
    assert second.context["next_url"] == ""
    assert names(client.get("/deals/" + second.context["previous_url"])) == names(first)


def test_a_spoilt_cursor_is_the_first_page(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    assert names(signed_in(cast.ana).get("/deals/?mine=1&after=%00nonsense")) == ["Mawar", "Melati"]


def test_the_list_costs_one_query_of_its_own(cast: Cast, signed_in: SignIn, django_assert_num_queries: Any) -> None:
    client, costs = signed_in(cast.manager), []
    for _round in range(2):
        for _ in range(10):
            make.deal(owner=cast.ana, account=make.account(), next_action="Call")
        with CaptureQueriesContext(connection) as queries:
            client.get("/deals/")
        costs.append(len(queries))
    assert costs == [5, 5]  # session, user, company, relations, list
    with django_assert_num_queries(6):
        client.get("/deals/?q=pelanggan&pushed=1&sort=contact&closes=quarter&owner=" + str(cast.ana.rep.pk))


def test_the_sum_is_of_the_same_deals(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    make.deal(owner=cast.ana, amount=Decimal("10.5"), currency="USD")
    sums = signed_in(cast.manager, htmx=True).get("/deals/sum/").context["sums"]
    assert [(row["currency"], row["total"], row["count"]) for row in sums] == [
        ("IDR", Decimal(390), 3),
        ("USD", Decimal("10.5"), 1),
    ]
    assert sums[0]["weighted"] == Decimal(117)


def test_a_sum_is_said_of_at_most_so_many_deals(
    cast: Cast, deals: Any, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deals.views.listing.SUMMED", 2)
    response = signed_in(cast.manager, htmx=True).get("/deals/sum/")
    assert "in the first 2 of them" in response.content.decode()


# ── Outline ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_other_teams_are_seen_in_outline_only(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    response = signed_in(cast.ana).get("/deals/?scope=company")
    page = response.content.decode()
    assert "Rahasia" not in page
    assert "Oki" not in page
    assert "Mawar" not in page
    row = response.context["rows"][0]
    assert (row.stage, row.band, row.expected_close_on) == (
        "Qualified",
        (Decimal(50_000_000), Decimal(100_000_000)),
        date(2026, 9, 21),
    )


def test_the_outline_takes_no_search_nor_other_sort(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    plain = client.get("/deals/?scope=company").context["rows"]
    assert client.get("/deals/?scope=company&q=zzz&owner=1&sort=amount&pushed=1").context["rows"] == plain


def test_a_company_may_close_the_outline(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    Company.objects.update(outline_across_teams=False)
    assert signed_in(cast.ana).get("/deals/?scope=company").status_code == 403
    assert "Other teams" not in signed_in(cast.ana).get("/deals/").content.decode()


# ── File ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_file_holds_what_the_list_holds_and_no_formula(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    Deal.objects.filter(pk=deals["mawar"].pk).update(name="=HYPERLINK(1)")
    response = signed_in(cast.manager).get("/deals.csv?nostep=0&mine=0")
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert tuple(rows[0]) == DEAL_COLUMNS
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)", "Melati", "Tulip"]
    assert (rows[0]["external_id"], rows[0]["amount"], rows[0]["outcome"]) == (f"D{deals['mawar'].pk}", "90", "")
    assert AuditEntry.objects.get().verb == "export"


def test_an_auditor_takes_no_file(cast: Cast, signed_in: SignIn) -> None:
    assert signed_in(cast.auditor).get("/deals.csv").status_code == 403
    assert AuditEntry.objects.count() == 0
