"""The board: which deals stand in which column for whom, in which order, with which sums; and moving a card."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.changes import change_deal, close_deal
from deals.models import Deal, Stage
from tests import make
from tests.cast import Cast

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TODAY = date(2026, 9, 16)


def shown(response: Any) -> dict[str, list[str]]:
    """Stage → the names of its cards, in order; stages without a card left out."""
    assert response.status_code == 200
    return {column.stage.name: [card.deal.name for card in cards] for column, cards in response.context["columns"] if cards}


def toast_of(response: Any) -> dict[str, str]:
    """What the page is to say."""
    toast: dict[str, str] = json.loads(response["HX-Trigger"])["toast"]
    return toast


@pytest.fixture
def deals(cast: Cast) -> dict[str, Deal]:
    """Deals of North, each with something of its own, and one of South."""
    anggrek, soon, later = make.account("PT Anggrek"), TODAY + timedelta(days=5), TODAY + timedelta(days=40)
    return {
        "mawar": make.deal(owner=cast.ana, name="Mawar", amount=90, expected_close_on=later, next_action="Call"),
        "melati": make.deal(owner=cast.ana, name="Melati", amount=None, account=anggrek, stage=cast.proposal),
        "tulip": make.deal(owner=cast.budi, name="Tulip", amount=300, expected_close_on=soon, push_count=2, next_action="Visit"),
        "won": make.won(owner=cast.ana, name="Kenanga", on=date(2026, 9, 3)),
        "lost": make.lost(owner=cast.ana, name="Dahlia", on=date(2026, 8, 3)),
        "south": make.deal(owner=cast.outsider, name="Rahasia Selatan", amount=70_000_000, expected_close_on=soon),
    }  # fmt: skip


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_columns_are_the_stages_in_order_with_open_deals_only(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    response = signed_in(cast.manager).get("/deals/board/")
    assert [column.stage.name for column, _cards in response.context["columns"]] == ["Lead", "Qualified", "Proposal", "Agreement"]
    assert shown(response) == {"Qualified": ["Tulip", "Mawar"], "Proposal": ["Melati"]}


def test_a_rep_starts_with_their_own_deals_and_goes_on_to_the_teams(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert shown(client.get("/deals/board/")) == {"Qualified": ["Mawar"], "Proposal": ["Melati"]}
    assert shown(client.get("/deals/board/?mine=0")) == {"Qualified": ["Tulip", "Mawar"], "Proposal": ["Melati"]}


def test_sums_are_by_stage_and_currency(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    make.deal(owner=cast.ana, amount=Decimal("10.5"), currency="USD", stage=cast.qualified)
    board = signed_in(cast.manager).get("/deals/board/").context["board"]
    sums = {column.stage.name: [(each.currency, each.count, each.total) for each in column.sums] for column in board.columns}
    assert sums == {
        "Lead": [],
        "Qualified": [("IDR", 2, Decimal(390)), ("USD", 1, Decimal("10.5"))],
        "Proposal": [("IDR", 1, Decimal(0))],
        "Agreement": [],
    }
    assert board.count == 4
    assert [(each.currency, each.total, each.weighted) for each in board.sums] == [
        ("IDR", Decimal(390), Decimal(117)),
        ("USD", Decimal("10.5"), Decimal("3.15")),
    ]
    assert board.largest is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=anggrek", ["Melati"]),
        ("q=selatan", []),
        ("nostep=1", ["Melati"]),
        ("pushed=1", ["Tulip"]),
        ("closes=month", ["Tulip"]),
        ("closes=none", ["Melati"]),
        ("type=renewal", []),
        ("sort=amount", ["Tulip", "Mawar", "Melati"]),
        ("sort=new", ["Tulip", "Mawar", "Melati"]),
        ("sort=ended", ["Tulip", "Mawar", "Melati"]),
        ("state=won", ["Tulip", "Mawar", "Melati"]),
        ("stage=99999", ["Tulip", "Mawar", "Melati"]),
        ("product=99999", []),
        ("pipeline=99999", ["Tulip", "Mawar", "Melati"]),
        ("team=99999", []),
        ("state=x&sort=x&closes=x&pipeline=x&column=x&after=x", ["Tulip", "Mawar", "Melati"]),
    ],
)
def test_the_filters_are_those_of_the_list(cast: Cast, deals: Any, signed_in: SignIn, query: str, names: list[str]) -> None:
    found = shown(signed_in(cast.manager).get(f"/deals/board/?{query}"))
    assert [name for column in found.values() for name in column] == names


def test_product_owner_and_team_narrow_by_id(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    product = make.product("Paket A")
    Deal.objects.filter(pk=deals["mawar"].pk).update(product=product)
    client = signed_in(cast.vp)
    assert shown(client.get(f"/deals/board/?product={product.pk}")) == {"Qualified": ["Mawar"]}
    assert shown(client.get(f"/deals/board/?owner={cast.budi.rep.pk}")) == {"Qualified": ["Tulip"]}
    assert shown(client.get(f"/deals/board/?team={cast.south.pk}")) == {"Qualified": ["Rahasia Selatan"]}
    assert b"Paket A" in client.get(f"/deals/?product={product.pk}").content


def test_the_switch_keeps_the_filters(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert 'href="/deals/board/?q=maw&mine=0&pushed=1"' in client.get("/deals/?q=maw&pushed=1&mine=0").content.decode().replace(
        "&amp;", "&"
    )
    assert 'href="/deals/?q=maw&mine=0&pushed=1&view=list"' in client.get(
        "/deals/board/?q=maw&pushed=1&mine=0"
    ).content.decode().replace("&amp;", "&")
    found = signed_in(cast.ana, htmx=True).get("/deals/board/?q=maw").content.decode()
    assert "<html" not in found
    assert 'id="view-switch"' in found


def test_deals_opens_on_the_view_that_was_used_last(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert client.get("/deals/").status_code == 200
    client.get("/deals/board/")
    assert client.get("/deals/")["Location"] == "/deals/board/"
    assert client.get("/deals/?pushed=1").status_code == 200
    client.get("/deals/?view=list")
    assert client.get("/deals/").status_code == 200


def test_there_is_a_picker_where_there_is_more_than_one_pipeline(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    client = signed_in(cast.manager)
    assert "board-pipelines" not in client.get("/deals/board/").content.decode()
    renewals = make.pipeline("Renewals")
    make.deal(owner=cast.ana, name="Sedap Malam", pipeline=renewals)
    page = client.get(f"/deals/board/?pipeline={renewals.pk}")
    assert shown(page) == {"Qualified": ["Sedap Malam"]}
    assert "board-pipelines" in page.content.decode()
    assert shown(client.get("/deals/board/")) == {"Qualified": ["Tulip", "Mawar"], "Proposal": ["Melati"]}
    assert [row.deal.name for row in client.get(f"/deals/?pipeline={renewals.pk}").context["rows"]] == ["Sedap Malam"]


def test_a_stage_no_longer_in_use_stays_while_deals_are_in_it(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    Stage.objects.filter(pk__in=[cast.proposal.pk, cast.lead_in.pk]).update(is_active=False)
    response = signed_in(cast.manager).get("/deals/board/")
    assert [column.stage.name for column, _cards in response.context["columns"]] == ["Qualified", "Proposal", "Agreement"]
    assert "No longer in use" in response.content.decode()


def test_the_card_says_what_is_late_quiet_and_missing(cast: Cast, signed_in: SignIn) -> None:
    make.deal(
        owner=cast.ana, name="Mawar", amount=840_000_000, next_action="Answer legal", next_action_on=TODAY - timedelta(days=2),
        last_contact_on=TODAY - timedelta(days=14), expected_close_on=TODAY + timedelta(days=9), push_count=2,
        agreement_ready_on=TODAY + timedelta(days=3),
    )  # fmt: skip
    make.deal(owner=cast.ana, name="Melati", last_contact_on=TODAY - timedelta(days=7), stage=cast.proposal)
    make.deal(owner=cast.ana, name="Tulip", last_contact_on=TODAY - timedelta(days=6), stage=cast.agreement, next_action="Call")
    page = signed_in(cast.ana).get("/deals/board/").content.decode()
    late, missing, calm = page.split('<li class="board-card')[1:4]
    for words in (
        "Rp\u00a0840\u00a0m",
        "Answer legal",
        "2 days late",
        "is-bad",
        "14\u00a0d",
        "too quiet",
        "25 Sep",
        "19 Sep",
        "2 pushes",
    ):
        assert words.replace("\u00a0", " ") in late.replace("\u00a0", " "), words
    assert "No next step" in missing
    assert 'class="warn"' in missing
    assert "getting quiet" in missing
    assert "quiet" not in calm
    assert "is-bad" not in calm


@pytest.mark.parametrize(
    ("who", "sees"), [("outsider", False), ("south_manager", False), ("admin", True), ("auditor", True), ("vp", True)]
)
def test_other_teams_deals_are_not_shown(cast: Cast, deals: Any, signed_in: SignIn, who: str, sees: bool) -> None:
    page = signed_in(getattr(cast, who)).get("/deals/board/?mine=0").content.decode()
    assert ("Mawar" in page) is sees


@pytest.mark.parametrize(("who", "moves"), [("admin", 0), ("auditor", 0), ("vp", 4), ("manager", 3), ("ana", 2)])
def test_only_cards_that_may_be_moved_have_a_handle(cast: Cast, deals: Any, signed_in: SignIn, who: str, moves: int) -> None:
    page = signed_in(getattr(cast, who)).get("/deals/board/?mine=0").content.decode()
    assert page.count('class="card-move"') == moves
    assert ("sortable.min" in page) is bool(moves)


def test_finance_has_no_board(cast: Cast, signed_in: SignIn) -> None:
    assert signed_in(cast.finance).get("/deals/board/").status_code == 403


def test_empty_boards_say_what_to_do(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    assert "Open a deal" in client.get("/deals/board/").content.decode()
    assert "No deal matches" in client.get("/deals/board/?q=zzz").content.decode()
    make.deal(owner=cast.ana)
    assert "No deals in this stage" in client.get("/deals/board/").content.decode()


def test_a_company_without_a_pipeline_has_an_empty_board(cast: Cast, signed_in: SignIn) -> None:
    cast.pipeline.delete()
    assert "No open deals" in signed_in(cast.manager).get("/deals/board/").content.decode()


@pytest.mark.parametrize("sort", ["", "amount", "new", "contact", "next"])
def test_every_deal_is_shown_once_ten_at_a_time(cast: Cast, signed_in: SignIn, sort: str) -> None:
    for number in range(33):
        day = TODAY + timedelta(days=number // 4) if number % 5 else None
        make.deal(owner=cast.ana, amount=number // 3, expected_close_on=day, next_action_on=day, last_contact_on=day)
    listed = [row.deal.pk for row in signed_in(cast.ana).get(f"/deals/?mine=1&sort={sort}").context["rows"]]
    first = signed_in(cast.ana).get(f"/deals/board/?mine=1&sort={sort}")
    column = first.context["board"].columns[1]
    assert (len(column.deals), column.count, column.left) == (10, 33, 23)
    found, cursor, client = [deal.pk for deal in column.deals], column.next_cursor, signed_in(cast.ana, htmx=True)
    while cursor:
        answer = client.get(f"/deals/board/?mine=1&sort={sort}&column={cast.qualified.pk}&after={cursor}")
        found += [card.deal.pk for card in answer.context["cards"]]
        cursor = answer.context["next_cursor"]
    assert found == listed


def test_a_spoilt_cursor_is_the_first_page(cast: Cast, deals: Any, signed_in: SignIn) -> None:
    answer = signed_in(cast.ana, htmx=True).get(f"/deals/board/?mine=1&column={cast.qualified.pk}&after=%00nonsense&left=x")
    assert [card.deal.name for card in answer.context["cards"]] == ["Mawar"]


def test_the_board_costs_one_query_of_its_own(cast: Cast, signed_in: SignIn) -> None:
    client, costs = signed_in(cast.manager), []
    for _round in range(2):
        for at in range(24):
            make.deal(owner=cast.ana, account=make.account(), stage=1 + at % 4)
        make.pipeline()
        with CaptureQueriesContext(connection) as queries:
            client.get("/deals/board/")
        costs.append(len(queries))
    assert costs == [5, 5]  # session, user, company, relations, board


# ── Moving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def move(client: Client, deal: Deal, stage: Any, *, version: int = 1, query: str = "") -> Any:
    """Send a card to a stage."""
    return client.post(f"/deals/{deal.pk}/move/", {"stage": getattr(stage, "pk", stage), "version": version, "query": query})


def test_a_move_brings_the_card_and_all_heads_and_can_be_undone(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    deal, client = deals["mawar"], signed_in(cast.ana, htmx=True)
    answer = move(client, deal, cast.agreement, query="?mine=1")
    page, toast = answer.content.decode(), toast_of(answer)
    assert answer.status_code == 200
    assert toast["text"] == "Moved Mawar to Agreement."
    assert page.count('<li class="board-card') == 1
    assert f'data-version="2" data-stage="{cast.agreement.pk}"' in page
    assert page.count('class="board-head"') == 4
    assert [column.count for column, _cards in answer.context["columns"]] == [0, 0, 1, 1]  # of ana's own: the query of the page
    assert Deal.objects.get(pk=deal.pk).stage == cast.agreement
    signed_in(cast.ana).post(toast["undo"])
    assert Deal.objects.get(pk=deal.pk).stage == cast.qualified


def test_without_script_the_move_is_a_form_that_leads_back(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    page = client.get(f"/deals/{deals['mawar'].pk}/move/?query=%3Fmine%3D1").content.decode()
    assert page.count('name="stage"') == 4
    assert 'value="?mine=1"' in page
    answer = move(client, deals["mawar"], cast.agreement, query="?mine=1")
    assert (answer.status_code, answer["Location"]) == (302, "/deals/board/?mine=1")
    assert "Moved Mawar to Agreement." in client.get("/deals/board/?mine=1").content.decode()
    assert move(client, deals["melati"], cast.agreement, query="https://example.com/")["Location"] == "/deals/board/"


def test_a_closed_deal_says_so_on_the_form(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    page = signed_in(cast.ana).get(f"/deals/{deals['won'].pk}/move/").content.decode()
    assert "This deal is closed" in page
    assert 'name="stage"' not in page


def test_entering_a_proposal_stage_asks_for_the_agreement_date(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client = signed_in(cast.ana, htmx=True)
    assert "When can the agreement go out?" in move(client, deals["mawar"], cast.proposal).content.decode()
    change_deal(deal_id=deals["mawar"].pk, version=2, by=cast.ana, agreement_ready_on=TODAY)
    assert "When can" not in move(client, deals["mawar"], cast.qualified, version=3).content.decode()
    assert "When can" not in move(client, deals["mawar"], cast.proposal, version=4).content.decode()


def test_who_comes_second_learns_who_was_quicker(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    deal, client = deals["mawar"], signed_in(cast.ana, htmx=True)
    change_deal(deal_id=deal.pk, version=1, by=cast.manager, stage=cast.agreement)
    answer = move(client, deal, cast.proposal)
    assert answer.status_code == 409
    assert toast_of(answer)["text"].startswith("Maya moved Mawar to Agreement (16 Sep")
    assert f'data-version="2" data-stage="{cast.agreement.pk}"' in answer.content.decode()
    assert Deal.objects.get(pk=deal.pk).stage == cast.agreement
    change_deal(deal_id=deal.pk, version=2, by=cast.ana, amount=Decimal(95))
    assert toast_of(move(client, deal, cast.proposal, version=2))["text"].startswith("You, in another window, changed Mawar")
    close_deal(deal_id=deal.pk, version=3, outcome="won", by=cast.manager)
    answer = move(client, deal, cast.proposal, version=3)
    assert toast_of(answer)["text"] == "Maya closed Mawar meanwhile, so it was not moved."
    assert "board-card" not in answer.content.decode()


def test_without_script_a_stale_move_is_told_on_the_board(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client = signed_in(cast.ana)
    change_deal(deal_id=deals["mawar"].pk, version=1, by=cast.manager, stage=cast.agreement)
    assert move(client, deals["mawar"], cast.proposal)["Location"] == "/deals/board/"
    assert "Maya moved Mawar to Agreement" in client.get("/deals/board/").content.decode()


def test_a_move_to_nowhere_is_refused_in_words(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client, elsewhere = signed_in(cast.ana, htmx=True), make.pipeline().stages.first()
    for stage in (elsewhere, 0, 99999, "x", "\x00", ""):
        answer = move(client, deals["mawar"], stage)
        assert answer.status_code == 422
        assert "stage" in toast_of(answer)["text"]
    assert move(client, deals["mawar"], cast.agreement, version="x").status_code == 409  # type: ignore[arg-type]
    assert move(client, deals["mawar"], cast.qualified, query="?pipeline=x&closes=%00&team=9" + "x" * 900).status_code == 200


def test_a_move_to_the_same_stage_says_nothing(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    answer = move(signed_in(cast.ana, htmx=True), deals["mawar"], cast.qualified)
    assert answer.status_code == 200
    assert "HX-Trigger" not in answer
    assert Deal.objects.get(pk=deals["mawar"].pk).version == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("budi", 403), ("outsider", 404), ("manager", 200), ("south_manager", 404), ("admin", 403), ("auditor", 403)],
)
def test_only_who_may_edit_moves(cast: Cast, deals: dict[str, Deal], signed_in: SignIn, who: str, status: int) -> None:
    assert move(signed_in(getattr(cast, who), htmx=True), deals["mawar"], cast.agreement).status_code == status
    assert (Deal.objects.get(pk=deals["mawar"].pk).stage == cast.agreement) is (status == 200)


def test_a_card_refreshes_itself_and_goes_when_the_deal_is_closed(cast: Cast, deals: dict[str, Deal], signed_in: SignIn) -> None:
    client, deal = signed_in(cast.ana, htmx=True), deals["mawar"]
    assert 'id="card-' in client.get(f"/deals/{deal.pk}/move/?query=%3Fmine%3D1").content.decode()
    close_deal(deal_id=deal.pk, version=1, outcome="lost", by=cast.ana)
    page = client.get(f"/deals/{deal.pk}/move/").content.decode()
    assert 'id="card-' not in page
    assert page.count('class="board-head"') == 4
