"""`/accounts/`, `/contacts/` and `/leads/`: exact answers, who reads what, and changes by the forms of the pages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connections

from deals.api import accounts, leads
from deals.models import Account, Contact, Lead
from reps.gates import editable_or_denied
from reps.models import AuditEntry
from tests import make
from tests.api.calling import Api, names
from tests.cast import Cast

pytestmark = pytest.mark.django_db


# ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_account_is_shown_whole(cast: Cast) -> None:
    parent = make.account("PT Induk", owner=cast.budi)
    account = make.account(
        "PT Anggrek", owner=cast.ana, parent=parent, sector="Retail", city="Medan", phone="+62812345678", website="a.example",
        employees=12, external_id="A-1", extra={"Tier": "Gold"},
    )  # fmt: skip
    assert Api(cast.ana).get(f"/accounts/{account.pk}/") == (
        200,
        {
            "id": account.pk, "name": "PT Anggrek", "parent": {"id": parent.pk, "name": "PT Induk"},
            "owner": {"id": cast.ana.rep.pk, "name": "Ana"}, "sector": "Retail", "city": "Medan", "phone": "+62812345678",
            "website": "a.example", "employees": 12, "external_id": "A-1", "extra": {"Tier": "Gold"},
            "created_at": "2026-09-16T03:00:00Z",
        },
    )  # fmt: skip


def test_each_lists_the_accounts_they_see(cast: Cast) -> None:
    make.account("PT Ana", owner=cast.ana)
    make.account("PT Oki", owner=cast.outsider)
    make.account("PT Umum")
    shared = make.account("PT Bersama", owner=cast.outsider)
    make.deal(owner=cast.budi, account=shared)
    found = {who: names(Api(getattr(cast, who)).get("/accounts/")[1]) for who in ("ana", "outsider", "manager", "admin")}
    assert found == {
        "ana": ["PT Ana", "PT Bersama", "PT Umum"], "outsider": ["PT Bersama", "PT Oki", "PT Umum"],
        "manager": ["PT Ana", "PT Bersama", "PT Umum"], "admin": ["PT Ana", "PT Bersama", "PT Oki", "PT Umum"],
    }  # fmt: skip


def test_a_new_account_is_the_writers_own(cast: Cast) -> None:
    status, said = Api(cast.ana).post("/accounts/", {"name": " PT  Baru ", "phone": "0812-345 678", "employees": 5})
    assert (status, said["name"], said["phone"], said["owner"]["name"]) == (201, "PT Baru", "+62812345678", "Ana")
    account = Account.objects.get()
    assert (account.owner, account.employees, account.external_id) == (cast.ana.rep, 5, "")


def test_a_change_leaves_the_rest_as_it_is_even_what_the_writer_does_not_see(cast: Cast) -> None:
    hidden = make.account("PT Rahasia", owner=cast.outsider)
    account = make.account("PT Anak", owner=cast.ana, parent=hidden, sector="Retail", employees=7)
    status, said = Api(cast.ana).patch(f"/accounts/{account.pk}/", {"city": "Medan"})
    assert (status, said["city"], said["parent"]) == (200, "Medan", None)
    account.refresh_from_db()
    assert (account.parent, account.sector, account.employees, account.name) == (hidden, "Retail", 7, "PT Anak")


def test_a_field_is_cleared_by_null_or_an_empty_text(cast: Cast) -> None:
    account = make.account(owner=cast.ana, parent=make.account(), sector="Retail", employees=7)
    said = Api(cast.ana).patch(f"/accounts/{account.pk}/", {"parent": None, "employees": None, "sector": ""})[1]
    assert (said["parent"], said["employees"], said["sector"]) == (None, None, "")


def test_accounts_form_no_circle(cast: Cast) -> None:
    top = make.account("PT Atas", owner=cast.ana)
    below = make.account("PT Bawah", owner=cast.ana, parent=top)
    status, said = Api(cast.ana).patch(f"/accounts/{top.pk}/", {"parent": below.pk})
    assert (status, said["error"]["fields"]) == (400, {"parent": ["PT Bawah is part of this account already. Choose another."]})
    assert Api(cast.ana).patch(f"/accounts/{top.pk}/", {"parent": top.pk})[0] == 400
    assert Account.objects.get(pk=top.pk).parent is None


# ── Contacts ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_contact_is_written_changed_and_removed(cast: Cast) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    api = Api(cast.ana)
    status, said = api.post("/contacts/", {"account": account.pk, "name": "Ibu Citra", "phone": "0812345678"})
    assert (status, said) == (
        201,
        {
            "id": said["id"], "account": {"id": account.pk, "name": "PT Anggrek"}, "name": "Ibu Citra", "title": "", "email": "",
            "phone": "+62812345678", "external_id": "", "created_at": "2026-09-16T03:00:00Z",
        },
    )  # fmt: skip
    path = f"/contacts/{said['id']}/"
    assert api.patch(path, {"title": "Buyer", "email": "citra@example.com"})[1]["email"] == "citra@example.com"
    deal = make.deal(owner=cast.ana, account=account, contact_id=said["id"])
    assert api.delete(path) == (204, None)
    deal.refresh_from_db()
    assert (deal.contact, Contact.objects.count()) == (None, 0)
    assert AuditEntry.objects.filter(verb="contact.removed", actor=cast.ana).count() == 1


@pytest.mark.parametrize("email", ["x", "a@b", "a b@example.com", "a@example.com\nBcc: b@example.com"])
def test_what_is_no_address_is_refused(cast: Cast, email: str) -> None:
    account = make.account(owner=cast.ana)
    status, said = Api(cast.ana).post("/contacts/", {"account": account.pk, "name": "Ibu Citra", "email": email})
    assert (status, list(said["error"]["fields"])) == (400, ["email"])
    assert Contact.objects.count() == 0


def test_a_contact_moves_to_accounts_that_the_writer_may_change_alone(cast: Cast) -> None:
    contact = make.contact(account=make.account(owner=cast.ana))
    for other in (make.account(owner=cast.budi), make.account(owner=cast.outsider)):
        status, said = Api(cast.ana).patch(f"/contacts/{contact.pk}/", {"account": other.pk})
        assert (status, list(said["error"]["fields"])) == (400, ["account"])
    contact.refresh_from_db()
    assert contact.account.owner == cast.ana.rep


# ── Leads ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_lead_is_shown_whole(cast: Cast) -> None:
    status, said = Api(cast.ana).post("/leads/", {"name": "Pak Joko", "company_name": "CV Dahlia", "source": "event"})
    ana, north = {"id": cast.ana.rep.pk, "name": "Ana"}, {"id": cast.north.pk, "name": "North"}
    assert (status, said) == (
        201,
        {
            "id": said["id"], "name": "Pak Joko", "company_name": "CV Dahlia", "account": None, "email": "", "phone": "",
            "source": "event", "state": "new", "owner": ana, "team": north, "created_by": ana, "external_id": "", "extra": {},
            "created_at": "2026-09-16T03:00:00Z",
        },
    )  # fmt: skip
    assert Api(cast.ana).get(f"/leads/{said['id']}/") == (200, said)


def test_a_lead_of_nobody_is_taken_once(cast: Cast) -> None:
    lead = make.lead(team=cast.north)
    path = f"/leads/{lead.pk}/"
    status, said = Api(cast.ana).patch(path, {"owner": cast.ana.rep.pk})
    assert (status, said["owner"]["name"], said["state"]) == (200, "Ana", "working")
    assert Api(cast.budi).patch(path, {"owner": cast.budi.rep.pk})[0] == 403
    assert Api(cast.ana).patch(path, {"owner": cast.ana.rep.pk})[0] == 200
    assert Lead.objects.get().owner == cast.ana.rep


def test_the_second_of_two_who_take_a_lead_is_told_who_was_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:

    lead, take = make.lead(team=cast.north), leads.take_lead

    def beaten(**asked: Any) -> Lead:
        Lead.objects.filter(pk=lead.pk).update(owner=cast.budi.rep)
        return take(**asked)

    monkeypatch.setattr(leads, "take_lead", beaten)
    status, said = Api(cast.ana).patch(f"/leads/{lead.pk}/", {"owner": cast.ana.rep.pk, "name": "Changed"})
    assert (status, said["error"]["code"], said["error"]["message"]) == (409, "taken", "Budi took this lead a moment ago.")
    assert Lead.objects.get().name != "Changed"


def test_managers_give_leads_to_their_reps_alone(cast: Cast) -> None:
    lead = make.lead(owner=cast.ana)
    api, path = Api(cast.manager), f"/leads/{lead.pk}/"
    assert list(api.patch(path, {"owner": cast.outsider.rep.pk})[1]["error"]["fields"]) == ["owner"]
    assert api.patch(path, {"owner": cast.budi.rep.pk})[1]["owner"]["name"] == "Budi"
    assert AuditEntry.objects.filter(verb="lead.given", actor=cast.manager).count() == 1


@pytest.mark.parametrize("state", ["new", "converted", "won", ""])
def test_a_lead_is_put_into_no_state_by_hand_but_working_and_no_fit(cast: Cast, state: str) -> None:
    lead = make.lead(owner=cast.ana)
    assert Api(cast.ana).patch(f"/leads/{lead.pk}/", {"state": state})[0] == 400
    assert Api(cast.ana).patch(f"/leads/{lead.pk}/", {"state": "disqualified"})[1]["state"] == "disqualified"


def test_a_lead_becomes_an_account_a_contact_and_a_deal(cast: Cast) -> None:
    lead = make.lead("Pak Joko", owner=cast.ana, company_name="CV Dahlia", phone="+62812345678")
    api = Api(cast.ana)
    status, said = api.post(f"/leads/{lead.pk}/convert/")
    assert (status, said["account"]["name"], said["contact"]["name"]) == (200, "CV Dahlia", "Pak Joko")
    body = {
        "account": said["account"]["id"],
        "contact": said["contact"]["id"],
        "lead": lead.pk,
        "expected_close_on": "2026-10-01",
    }
    assert api.post("/deals/", body)[1]["lead"] == {"id": lead.pk, "name": "Pak Joko"}
    assert api.get(f"/leads/{lead.pk}/")[1]["state"] == "converted"


def test_a_lead_that_turns_into_a_customer_of_others_does_not_give_it_away(cast: Cast) -> None:
    make.account("CV Dahlia", owner=cast.outsider)
    lead = make.lead("Pak Joko", owner=cast.ana, company_name="CV Dahlia")
    assert Api(cast.ana).post(f"/leads/{lead.pk}/convert/") == (200, {"account": None, "contact": None})
    assert Api(cast.ana).get(f"/leads/{lead.pk}/")[1]["account"] is None


def test_merged_leads_are_not_listed(cast: Cast) -> None:
    kept = make.lead("Kept", owner=cast.ana)
    make.lead("Merged", owner=cast.ana, merged_into=kept)
    assert names(Api(cast.ana).get("/leads/")[1]) == ["Kept"]


# ── Rights ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_role_that_may_not_takes_the_verb_from_its_holders_token(cast: Cast) -> None:
    make.RoleAssignment.objects.create(
        rep=cast.ana.rep, role=make.role("Caller", capabilities=["activity.log"]), valid=make.since(None)
    )
    account, lead = make.account(owner=cast.ana), make.lead(owner=cast.ana)
    api = Api(cast.ana)
    answers = [
        api.post("/accounts/", {"name": "PT Baru"}), api.patch(f"/accounts/{account.pk}/", {"city": "x"}),
        api.post("/leads/", {"name": "x"}), api.patch(f"/leads/{lead.pk}/", {"name": "x"}), api.post(f"/leads/{lead.pk}/convert/"),
        api.post("/deals/", {"account": account.pk, "expected_close_on": "2026-10-01"}),
    ]  # fmt: skip
    assert [(status, said["error"]["code"]) for status, said in answers] == [(403, "forbidden")] * 6
    assert api.post("/activities/", {"channel": "call", "outcome": "reached"})[0] == 201
    assert (Account.objects.count(), Lead.objects.count()) == (1, 1)


# ── At once ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def both_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """City and sector after two programs changed one each, the second reading before the first has written if it can."""
    account, meeting, check = make.account(owner=cast.ana), Barrier(2, timeout=1), accounts.checked

    def together(*asked: Any, **options: Any) -> Any:
        with suppress(BrokenBarrierError):
            meeting.wait()
        return check(*asked, **options)

    monkeypatch.setattr(accounts, "checked", together)
    api = Api(cast.ana)

    def change(body: dict[str, str]) -> int:
        try:
            return api.patch(f"/accounts/{account.pk}/", body)[0]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert [*pool.map(change, ({"city": "Medan"}, {"sector": "Retail"}))] == [200, 200]
    account.refresh_from_db()
    return account.city, account.sector


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_none_undoes_the_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both_at_once(cast, monkeypatch) == ("Medan", "Retail")


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_one_change_would_be_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(accounts, "locked", editable_or_denied)
    assert both_at_once(cast, monkeypatch) in {("Medan", ""), ("", "Retail")}
