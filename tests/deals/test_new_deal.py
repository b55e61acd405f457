"""A new deal from four fields, and what is guessed for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from deals import dates
from deals.models import Account, Deal, Lead
from deals.opening import Bought, bare_name, guess_type
from tests import make
from tests.cast import Cast

SignIn = Callable[..., Client]
TODAY = date(2026, 9, 16)


# ── Guesses ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("bought", "product", "kind"),
    [
        ([], 1, "new"),
        ([Bought(1, TODAY - timedelta(days=300))], 1, "renewal"),
        ([Bought(1, TODAY - timedelta(days=30))], 1, "expansion"),
        ([Bought(1, TODAY - timedelta(days=400)), Bought(1, TODAY - timedelta(days=30))], 1, "expansion"),
        ([Bought(2, TODAY - timedelta(days=300))], 1, "cross_sell"),
        ([Bought(2, TODAY - timedelta(days=300))], None, "expansion"),
    ],
)
def test_the_type_follows_from_what_they_bought(bought: list[Bought], product: int | None, kind: str) -> None:
    assert guess_type(bought, product, TODAY).deal_type == kind


def test_the_form_of_a_company_is_no_part_of_its_name() -> None:
    assert bare_name("PT Anggrek Jaya Tbk") == "Anggrek Jaya"
    assert bare_name("PT") == "PT"


def test_quick_days_are_working_days_ahead_and_no_day_twice() -> None:
    friday = date(2026, 9, 18)
    offered = {each.label: each.on for each in dates.soon(friday)}
    assert offered == {
        "Today": friday,
        "Tomorrow": date(2026, 9, 21),
        "Friday": date(2026, 9, 25),
        "In 2 weeks": date(2026, 9, 28),
    }
    later = {each.label: each.on for each in dates.quick_days(TODAY, since=date(2026, 9, 29))}
    assert later["+1 week"] == date(2026, 10, 6)
    assert later["End of month"] == date(2026, 9, 30)


# ── The form ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def filled(cast: Cast) -> dict[str, Any]:
    """The four fields and a next step."""
    return {
        "account_text": "PT Anggrek", "product": make.product("Gudang", list_price=48_000_000).pk, "amount": "60 jt",
        "stage": cast.qualified.pk, "close": "2026-11-30", "next_text": "Send the draft", "next_on": "2026-09-18",
    }  # fmt: skip


@pytest.mark.django_db
def test_four_fields_make_a_deal_and_its_customer(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    response = signed_in(cast.ana).post("/deals/new/", filled)
    deal = Deal.objects.get()
    assert response["Location"] == f"/deals/{deal.pk}/"
    assert (deal.name, deal.account.name, deal.account.owner) == ("PT Anggrek, Gudang", "PT Anggrek", cast.ana.rep)
    assert (deal.amount, deal.stage, deal.owner, deal.deal_type) == (Decimal(60_000_000), cast.qualified, cast.ana.rep, "new")
    assert (deal.next_action, deal.next_action_on, deal.opened_on) == ("Send the draft", date(2026, 9, 18), TODAY)


@pytest.mark.django_db
def test_no_value_means_the_list_price(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    signed_in(cast.ana).post("/deals/new/", {**filled, "amount": ""})
    assert Deal.objects.get().amount == 48_000_000


@pytest.mark.django_db
def test_a_similar_customer_is_offered_before_one_is_created(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    known, client = make.account("PT Anggrek Tbk", owner=cast.ana), signed_in(cast.ana)
    asked = client.post("/deals/new/", {**filled, "account_text": "Anggrek"})
    assert asked.status_code == 422
    assert "Is “Anggrek” one of these?" in asked.content.decode()
    assert 'value="60 jt"' in asked.content.decode()
    assert Deal.objects.count() == 0
    client.post("/deals/new/", {**filled, "account_text": "Anggrek", "account": known.pk})
    assert Deal.objects.get().account == known
    client.post("/deals/new/", {**filled, "account_text": "Anggrek", "really": "1"})
    assert set(Account.objects.values_list("name", flat=True)) == {"PT Anggrek Tbk", "Anggrek"}


@pytest.mark.django_db
def test_the_same_form_twice_opens_one_deal(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    client, sent = signed_in(cast.ana), {**filled, "idempotency_key": "a-key-of-this-form"}
    assert client.post("/deals/new/", sent)["Location"] == client.post("/deals/new/", sent)["Location"]
    assert (Deal.objects.count(), Account.objects.count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account_text": ""}, "Type the customer"),
        ({"close": ""}, "Say when it may close"),
        ({"close": "9999-12-31"}, "between 1990 and 2099"),
        ({"close": "1989-12-31"}, "The deal opens today"),
        ({"close": "2026-09-15"}, "The deal opens today"),
        ({"stage": ""}, "Choose a stage"),
        ({"stage": "99999"}, "one of the stages"),
        ({"product": "99999"}, "on sale"),
        ({"amount": "much"}, "Write an amount"),
        ({"amount": "5 M"}, "This can mean two things"),
        ({"amount": "-5"}, "Give an amount from 0"),
    ],
)
def test_what_is_missing_is_said_beside_it_and_nothing_is_lost(
    cast: Cast, signed_in: SignIn, filled: dict[str, Any], change: dict[str, str], says: str
) -> None:
    response = signed_in(cast.ana).post("/deals/new/", {**filled, **change})
    assert response.status_code == 422
    assert says in response.content.decode()
    assert 'value="Send the draft"' in response.content.decode()
    assert (Deal.objects.count(), Account.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_manager_who_does_not_sell_chooses_who_works_on_it(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    client = signed_in(cast.manager)
    assert "Choose who works on it." in client.post("/deals/new/", filled).content.decode()
    assert client.post("/deals/new/", {**filled, "owner": cast.outsider.rep.pk}).status_code == 422
    client.post("/deals/new/", {**filled, "owner": cast.budi.rep.pk})
    assert Deal.objects.get().owner == cast.budi.rep


@pytest.mark.django_db
def test_a_rep_cannot_open_a_deal_for_somebody_else(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    signed_in(cast.ana).post("/deals/new/", {**filled, "owner": cast.budi.rep.pk})
    assert Deal.objects.get().owner == cast.ana.rep


@pytest.mark.django_db
def test_a_customer_of_another_team_cannot_be_picked(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    hidden = make.account("PT Rahasia", owner=cast.outsider)
    response = signed_in(cast.ana).post("/deals/new/", {**filled, "account": hidden.pk, "account_text": ""})
    assert response.status_code == 422
    assert "Rahasia" not in response.content.decode()


@pytest.mark.django_db
def test_a_lead_becomes_a_deal_with_its_contact(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    lead, account = make.lead(owner=cast.ana), make.account("PT Dahlia", owner=cast.ana)
    contact = make.contact(account=account)
    client = signed_in(cast.ana)
    page = client.get(f"/deals/new/?account={account.pk}&lead={lead.pk}&contact={contact.pk}").content.decode()
    assert 'value="PT Dahlia"' in page
    client.post("/deals/new/", {**filled, "account": account.pk, "lead": lead.pk, "contact": contact.pk})
    deal = Deal.objects.get()
    lead.refresh_from_db()
    assert (deal.lead, deal.contact, lead.state) == (lead, contact, Lead.State.CONVERTED)


@pytest.mark.django_db
def test_a_proposal_asks_for_the_agreement_date_next(cast: Cast, signed_in: SignIn, filled: dict[str, Any]) -> None:
    response = signed_in(cast.ana).post("/deals/new/", {**filled, "stage": cast.proposal.pk})
    assert response["Location"].endswith("/?ask=agreement")


@pytest.mark.django_db
def test_hints_tell_of_open_deals_and_guess_the_type(cast: Cast, signed_in: SignIn) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    make.won(owner=cast.ana, account=account)
    make.deal(owner=cast.budi, account=account, name="Running already")
    page = signed_in(cast.ana, htmx=True).get(f"/deals/new/hints/?account={account.pk}").content.decode()
    assert "Running already" in page
    assert 'value="expansion" checked' in page


@pytest.mark.django_db
def test_the_customer_picker_offers_to_create_what_it_does_not_know(cast: Cast, signed_in: SignIn) -> None:
    make.account("PT Anggrek", owner=cast.ana)
    make.account("PT Anggrek Rahasia", owner=cast.outsider)
    page = signed_in(cast.ana).get("/deals/new/customers/?q=anggrek").content.decode()
    assert "PT Anggrek" in page
    assert "Rahasia" not in page
    assert "create this customer" in page
    assert "create this customer" not in signed_in(cast.ana).get("/deals/new/customers/?q=pt+anggrek").content.decode()


@pytest.mark.django_db
def test_an_account_or_lead_that_is_not_theirs_is_refused_and_nothing_is_made(
    cast: Cast, signed_in: SignIn, filled: dict[str, Any]
) -> None:
    client = signed_in(cast.ana)
    elsewhere = make.account("PT Anggrek", owner=cast.outsider)
    refused = client.post("/deals/new/", {**filled, "account": elsewhere.pk})
    assert (refused.status_code, refused.context["form"].errors) == (422, {"account_text": ["Choose an account from the list."]})
    refused = client.post("/deals/new/", {**filled, "lead": make.lead("Pak Joko", owner=cast.outsider).pk})
    assert refused.status_code == 422
    assert "This lead is no longer yours." in refused.content.decode()
    assert 'value="Send the draft"' in refused.content.decode()
    assert (Deal.objects.count(), Account.objects.count()) == (0, 1)
