"""Lists: pages that neither skip nor repeat, filters and orders from an explicit list, and nothing learnt of what is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.serializers import Serializer

from deals.api.accounts import ACCOUNTS, CONTACTS, AccountOut, ContactOut
from deals.api.activities import ACTIVITIES, ActivityOut
from deals.api.deal_fields import DEALS, DealOut
from deals.api.leads import LEADS, LeadOut
from deals.models import Activity, Deal
from lib.api.lists import Listing
from reps.api.people import REPS, RepOut
from reps.api.roles import ROLES, RoleOut
from reps.api.teams import TEAMS, TeamOut
from reps.models import Role, Team
from tests import make
from tests.api.calling import Api, names
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
LISTS: dict[str, tuple[Listing, type[Serializer]]] = {
    "reps": (REPS, RepOut), "teams": (TEAMS, TeamOut), "roles": (ROLES, RoleOut), "accounts": (ACCOUNTS, AccountOut),
    "contacts": (CONTACTS, ContactOut), "leads": (LEADS, LeadOut), "deals": (DEALS, DealOut), "activities": (ACTIVITIES, ActivityOut),
}  # fmt: skip


def walked(api: Api, path: str, **query: Any) -> Iterator[Any]:
    """Every row, page by page along `next`."""
    while True:
        status, said = api.get(path, **query)
        assert status == 200, said
        yield from said["results"]
        if said["next"] is None:
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(said["next"]).query).items()}


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "ordering", ["id", "-id", "amount", "-amount", "expected_close_on", "-expected_close_on", "last_contact_on"]
)
def test_pages_neither_skip_nor_repeat(cast: Cast, ordering: str) -> None:
    day = make.today()
    for at in range(11):
        make.deal(
            owner=cast.ana,
            amount=None if at % 4 == 0 else at % 3,
            expected_close_on=None if at % 3 == 0 else day + timedelta(at % 2),
        )
    api = Api(cast.ana)
    found = [row["id"] for row in walked(api, "/deals/", ordering=ordering, page_size=3)]
    whole = [row["id"] for row in api.get("/deals/", ordering=ordering)[1]["results"]]
    assert found == whole
    assert sorted(found) == sorted(Deal.objects.values_list("pk", flat=True))


def test_activities_are_paged_newest_first(cast: Cast) -> None:
    for hours in (3, 1, 2, 1):
        make.activity(rep=cast.ana, at=NOW - timedelta(hours=hours))
    api = Api(cast.ana)
    found = [row["id"] for row in walked(api, "/activities/", page_size=1)]
    assert found == [str(pk) for pk in Activity.objects.order_by("-occurred_at", "-pk").values_list("pk", flat=True)]
    assert found == [row["id"] for row in walked(api, "/activities/", ordering="occurred_at", page_size=3)][::-1]


def test_the_next_page_keeps_what_was_asked(cast: Cast, settings: Any) -> None:
    for name in ("PT Ada", "PT Adi", "PT Budi"):
        make.account(name, owner=cast.ana)
    api = Api(cast.ana)
    first = api.get("/accounts/", q="PT Ad", page_size=1, ordering="-name")[1]
    assert names(first) == ["PT Adi"]
    assert first["next"].startswith(f"{settings.SITE_URL}/api/v1/accounts/?q=PT+Ad&page_size=1&ordering=-name&after=")
    assert [row["name"] for row in walked(api, "/accounts/", q="PT Ad", page_size=1)] == ["PT Ada", "PT Adi"]


def test_the_address_of_the_next_page_ignores_the_host_that_was_named(cast: Cast, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    make.account(owner=cast.ana)
    make.account(owner=cast.ana)
    said = Api(cast.ana).send("GET", "/accounts/", query={"page_size": 1}, Host="evil.example").json()
    assert said["next"].startswith(settings.SITE_URL)


@pytest.mark.parametrize("size", ["0", "201", "-1", "x", "", "5.0", "99999999999", "٣", "1 "])
def test_a_page_has_1_to_200_rows(cast: Cast, size: str) -> None:
    status, said = Api(cast.ana).get("/deals/", page_size=size)
    assert (status, said["error"]["fields"]) == (400, {"page_size": ["Choose a number from 1 to 200."]})


def test_a_page_has_50_rows_unless_asked(cast: Cast) -> None:
    for at in range(51):
        make.lead(f"Lead {at}", owner=cast.ana)
    api = Api(cast.ana)
    assert [len(api.get("/leads/", **size)[1]["results"]) for size in ({}, {"page_size": 200})] == [50, 51]


@pytest.mark.parametrize("cursor", ["", "x", "W251bGxd", "WyJuIiwibnVsbCIsIngiXQ", "a" * 401, "%00", "\u0000", "eyJhIjogMX0"])
@pytest.mark.parametrize("path", ["/deals/", "/activities/", "/accounts/"])
def test_a_cursor_that_names_no_place_is_refused(cast: Cast, path: str, cursor: str) -> None:
    status, said = Api(cast.ana).get(path, after=cursor)
    assert (status, list(said["error"]["fields"])) == (400, ["after"])


@pytest.mark.parametrize("path", [f"/{name}/" for name in LISTS])
def test_an_empty_list_is_a_list(cast: Cast, path: str) -> None:
    status, said = Api(cast.auditor).get(path, **({"q": "nobody is called so"} if path != "/activities/" else {}))
    assert (status, said) == (200, {"results": [], "next": None})


# ── Filters and orders ──────────────────────────────────────────────────────────────────────────────────────────────
# What a filter reads, where its name does not say it.
READS = {
    "q": "name", "unowned": "owner", "present": "left_on", "open": "closed_on", "booked": "booked_at",
    "created_from": "created_at", "created_before": "created_at", "opened_from": "opened_on", "opened_before": "opened_on",
    "expected_close_from": "expected_close_on", "expected_close_before": "expected_close_on", "closed_from": "closed_on",
    "closed_before": "closed_on", "occurred_from": "occurred_at", "occurred_before": "occurred_at",
}  # fmt: skip


@pytest.mark.parametrize("resource", LISTS)
def test_filters_and_orders_are_of_fields_that_are_shown_to_all_who_may_use_them(resource: str) -> None:
    listing, shown = LISTS[resource]
    fields = set(shown().fields)
    assert {READS.get(name, name) for name in listing.filters} <= fields
    assert set(listing.orders) <= fields
    sometimes_hidden = {name for name in listing.filters if READS.get(name, name) in shown.hideable}
    # Finance sees no roles, and is refused the filter: see below.
    assert sometimes_hidden == ({"role"} if resource == "reps" else set())


# Fields that are not offered, columns of other tables, and words of Django's own.
UNKNOWN = (
    "password",
    "extra",
    "note",
    "user",
    "owner__user__password",
    "name__gt",
    "fields",
    "expand",
    "search",
    "id__in",
    "batch",
)
ORDERS = ("extra", "note", "user__password", "owner__user__email", "-pk", "?", "", "--id", "id,name", "name; drop", "external_id")


@pytest.mark.parametrize("resource", LISTS)
def test_an_unknown_parameter_is_refused_by_a_list_of_the_known_ones(cast: Cast, resource: str) -> None:
    api = Api(cast.auditor)
    known = ", ".join(sorted([*LISTS[resource][0].filters, "after", "ordering", "page_size"]))
    answers = {name: api.get(f"/{resource}/", **{name: "1"}) for name in UNKNOWN}
    assert {name: (status, said["error"]["fields"]) for name, (status, said) in answers.items()} == {
        name: (400, {name: [f"There is no such parameter. Parameters are: {known}."]}) for name in UNKNOWN
    }


@pytest.mark.parametrize("resource", LISTS)
def test_an_unknown_order_is_refused(cast: Cast, resource: str) -> None:
    api = Api(cast.auditor)
    answers = {ordering: api.get(f"/{resource}/", ordering=ordering) for ordering in ORDERS}
    assert {ordering: (status, list(said["error"]["fields"])) for ordering, (status, said) in answers.items()} == {
        ordering: (400, ["ordering"]) for ordering in ORDERS
    }


@pytest.mark.parametrize("path", ["/deals/1/", "/reps/1/", "/schema/", "/nothing/"])
def test_one_thing_takes_no_parameters(cast: Cast, path: str) -> None:
    status, said = Api(cast.ana).get(path, expand="owner")
    assert (status, list(said["error"]["fields"])) == (400, ["expand"])


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "2147483648", "9" * 400, "1.0", "a\x00", "٣", "NaN", "1,2"])
def test_an_id_that_is_none_is_refused(cast: Cast, value: str) -> None:
    status, said = Api(cast.ana).get("/deals/", owner=value)
    assert (status, list(said["error"]["fields"])) == (400, ["owner"])


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/deals/", "outcome", "Won"), ("/deals/", "opened_from", "9999-12-31"), ("/deals/", "opened_from", "2026-02-30"),
        ("/leads/", "created_from", "2026-09-16T00:00:00"), ("/leads/", "created_from", "9999-12-31T23:59:59-12:00"),
        ("/leads/", "unowned", "1"), ("/accounts/", "q", "a\x00b"), ("/accounts/", "q", ""), ("/accounts/", "q", "x" * 201),
        ("/accounts/", "sector", "\x00"), ("/activities/", "channel", "fax"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(cast: Cast, path: str, name: str, value: str) -> None:
    status, said = Api(cast.ana).get(path, **{name: value})
    assert (status, list(said["error"]["fields"])) == (400, [name])


def test_deals_are_filtered(cast: Cast) -> None:
    account, product = make.account(owner=cast.ana), make.product()
    one = make.deal(owner=cast.ana, name="One", account=account, expected_close_on=make.today(), external_id="D1")
    two = make.deal(owner=cast.budi, name="Two", product=product, stage=cast.proposal, deal_type="renewal")
    won = make.won(owner=cast.ana, name="Three", on=make.today())
    asked = {
        "all": {}, "owner": {"owner": cast.budi.rep.pk}, "account": {"account": account.pk}, "product": {"product": product.pk},
        "stage": {"stage": cast.proposal.pk}, "open": {"outcome": "open"}, "won": {"outcome": "won"}, "lost": {"outcome": "lost"},
        "type": {"deal_type": "renewal"}, "q": {"q": "tw"}, "number": {"external_id": "D1"},
        "close": {"expected_close_from": make.today().isoformat()}, "before": {"expected_close_before": make.today().isoformat()},
        "closed": {"closed_from": make.today().isoformat()}, "both": {"owner": cast.ana.rep.pk, "outcome": "open"},
    }  # fmt: skip
    api = Api(cast.ana)
    found = {name: [row["name"] for row in api.get("/deals/", **query)[1]["results"]] for name, query in asked.items()}
    assert found == {
        "all": [won.name, two.name, one.name], "owner": ["Two"], "account": ["One"], "product": ["Two"], "stage": ["Two"],
        "open": ["Two", "One"], "won": ["Three"], "lost": [], "type": ["Two"], "q": ["Two"], "number": ["One"], "close": ["One"],
        "before": [], "closed": ["Three"], "both": ["One"],
    }  # fmt: skip


def test_reps_and_teams_are_filtered(cast: Cast) -> None:
    role = make.role("Closer")
    make.RoleAssignment.objects.create(rep=cast.ana.rep, role=role, valid=make.since(None))
    make.rep("Gone", left_on=make.today() - timedelta(days=1))
    api = Api(cast.ana)
    asked = [
        ("/reps/", {"team": cast.north.pk}, ["Ana", "Budi"]),
        ("/reps/", {"role": role.pk}, ["Ana"]),
        ("/reps/", {"present": "false"}, ["Gone"]),
        ("/reps/", {"sells": "false", "ordering": "-name"}, ["Vera", "Surya", "Maya"]),
        ("/reps/", {"q": "an"}, ["Ana"]),
        ("/teams/", {"parent": cast.whole.pk}, ["North", "South"]),
        ("/teams/", {"q": "comp"}, ["Company"]),
        ("/teams/", {"open": "false"}, []),
        ("/roles/", {"q": "close"}, ["Closer"]),
    ]
    assert [names(api.get(path, **query)[1]) for path, query, _names in asked] == [expected for *_asked, expected in asked]
    assert (Team.objects.count(), Role.objects.count()) == (3, 1)


# ── What is hidden ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_finance_sees_no_role_and_cannot_ask_by_it(cast: Cast) -> None:
    role = make.role("Closer")
    make.RoleAssignment.objects.create(rep=cast.ana.rep, role=role, valid=make.since(None))
    api = Api(cast.finance)
    assert all("role" not in row for row in api.get("/reps/")[1]["results"])
    status, said = api.get("/reps/", role=role.pk)
    assert (status, list(said["error"]["fields"])) == (400, ["role"])
    assert "role" not in said["error"]["fields"]["role"][0]


def test_a_filter_by_what_the_caller_does_not_see_finds_nothing(cast: Cast) -> None:
    """Whether a hidden thing of that id is there makes no difference, and so tells nothing."""
    theirs = make.account("PT Rahasia", owner=cast.outsider)
    hidden_deal = make.deal(owner=cast.outsider, account=theirs, name="Hidden")
    child = make.account("PT Anak", owner=cast.ana, parent=theirs)
    make.activity(rep=cast.ana, deal=hidden_deal, account=theirs)
    api, auditor = Api(cast.ana), Api(cast.auditor)
    asked = [
        ("/accounts/", {"parent": theirs.pk}),
        ("/activities/", {"deal": hidden_deal.pk}),
        ("/activities/", {"account": theirs.pk}),
    ]
    for path, query in asked:
        nowhere = dict.fromkeys(query, 2000000000)
        assert api.get(path, **query) == api.get(path, **nowhere) == (200, {"results": [], "next": None})
        assert len(auditor.get(path, **query)[1]["results"]) == 1
    shown = api.get(f"/accounts/{child.pk}/")[1]
    assert shown["parent"] is None
    assert auditor.get(f"/accounts/{child.pk}/")[1]["parent"] == {"id": theirs.pk, "name": "PT Rahasia"}
    (activity,) = api.get("/activities/")[1]["results"]
    assert (activity["deal"], activity["account"]) == (None, None)
    everything = str([api.get(f"/{name}/") for name in LISTS])
    assert "PT Rahasia" not in everything
    assert "Hidden" not in everything
